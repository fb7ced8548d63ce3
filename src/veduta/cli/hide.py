"""`veduta hide`: a text, a file or a picture in a photo, where nobody sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.add import JsonOption
from veduta.cli.output import Bar, emit, printable, say

if TYPE_CHECKING:
    from veduta.edit.stego_message import Message

PasswordOption = Annotated[bool, typer.Option("--password", help="Ask for a password, and do not show it.")]
PasswordFileOption = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="The password is the first line of a file."),
]


def hide(
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="PHOTO...", help="Photos, or folders of photos.", show_default=False),
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT", help="Folder for the copies, or a file for one photo."),
    ] = None,
    text: Annotated[str | None, typer.Option("--text", metavar="TEXT", help="Hide a text.")] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="Hide a file.")] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--picture", metavar="PICTURE", help="Hide a picture, made smaller where it does not fit."
        ),
    ] = None,
    robust: Annotated[
        bool,
        typer.Option("--robust", help="A short message that outlives JPEG, resizing and cropping."),
    ] = False,
    fidelity: Annotated[
        float,
        typer.Option("--fidelity", metavar="DB", help="Of a robust message: 30 (tough) to 50 (faint) dB."),
    ] = 38.5,
    password: PasswordOption = False,
    password_file: PasswordFileOption = None,
    capacity: Annotated[
        bool, typer.Option("--capacity", help="Tell how much each photo holds, and do nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Hide a text, a file or a picture in copies of photos; `veduta reveal` gets it out again.

    Without --robust a message lies in the lowest bits of a PNG, TIFF or WebP without loss: much fits, and any other
    way of saving destroys it. With --robust it is a mark of a few dozen bytes in any format. With a password the
    message is encrypted; what is lost with the password is lost for good.
    """
    from veduta.cli.see import expand

    given = [what for what in (text, file, picture) if what is not None]
    if not capacity and (len(given) != 1 or out is None):
        raise typer.BadParameter(
            "say what to hide (--text, --file or --picture) and with -o where the copies go"
        )
    secret = asked_password(password, password_file, confirm=not capacity)
    paths, problems = expand(photos, skip=out)
    if not paths and not problems:
        say("no photos there")
    targets = {} if capacity or out is None else _targets(photos, paths, out, robust)
    what = (text, file, picture)

    def work(path: Path) -> dict[str, Any]:
        if capacity:
            return _room(path, secret is not None)
        return _one(path, targets[path], what, robust, secret, fidelity, len(paths) == 1)

    failed = bool(problems)
    progress = Bar()
    if len(paths) > 1:
        progress.begin("measuring" if capacity else "hiding", len(paths))
    try:
        for path in paths:
            told = _tried(path, partial(work, path))
            failed = failed or told["error"] is not None
            progress.advance()
            _tell(told, as_json)
    finally:
        progress.end()
    for where, reason in problems:
        _tell({"path": str(where), "error": reason}, as_json)
    if failed:
        raise typer.Exit(1)


def asked_password(ask: bool, file: Path | None, confirm: bool = False) -> str | None:
    """The password that the options speak of; None without."""
    if file is not None:
        from veduta.errors import BadInput

        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{file}: the password cannot be read: {error}") from error
        return lines[0] if lines else ""
    if not ask:
        return None
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=confirm, err=True))


def _tried(path: Path, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The result for one photo; one that fails does not stop the others, but what was asked wrongly does."""
    from veduta.errors import BadInput, VedutaError

    told: dict[str, Any] = {"path": str(path), "error": None}
    try:
        return told | work()
    except BadInput:
        raise
    except VedutaError as error:
        return told | {"error": str(error)}
    except MemoryError:
        return told | {"error": "too large for this machine's memory"}
    except OSError as error:
        return told | {"error": error.strerror or str(error)}


def _room(path: Path, locked: bool) -> dict[str, Any]:
    from veduta.edit.stego import room_in_file

    found = room_in_file(path, locked)
    return {"lossless": found.lossless, "robust": found.robust}


def _one(
    path: Path,
    target: Path,
    what: tuple[str | None, Path | None, Path | None],
    robust: bool,
    password: str | None,
    fidelity: float,
    alone: bool,
) -> dict[str, Any]:
    from veduta.edit.stego import hide as hide_in_file
    from veduta.edit.stego_message import TooMuch
    from veduta.errors import BadInput, VedutaError

    mode = "robust" if robust else "lossless"
    try:
        message, note = _message(path, what, mode, password is not None)
        done = hide_in_file(path, message, target, mode, password, fidelity)  # type: ignore[arg-type]
    except TooMuch as error:
        if alone:
            raise BadInput(f"{path.name}: {error}") from error
        raise VedutaError(str(error)) from error
    return {
        "out": str(target),
        "mode": mode,
        "kind": message.kind,
        "bytes": done.size,
        "fits": done.fits,
        "psnr": round(done.psnr, 1),
        "notes": [*([note] if note else []), *done.notes],
    }


def _message(
    path: Path, what: tuple[str | None, Path | None, Path | None], mode: str, locked: bool
) -> tuple[Message, str | None]:
    from veduta.edit.stego import fitted, room_in_file
    from veduta.edit.stego_message import Message
    from veduta.errors import BadInput

    text, file, picture = what
    if text is not None:
        return Message.of_text(text), None
    chosen = file or picture or Path()
    try:
        data = chosen.read_bytes()
    except OSError as error:
        raise BadInput(f"{chosen}: {error.strerror or error}") from error
    if file is not None:
        return Message("file", data, file.name), None
    from veduta.image import decode

    fits = room_in_file(path, locked)
    return fitted(
        data, chosen.name, decode.read(chosen), fits.lossless if mode == "lossless" else fits.robust
    )


def _targets(given: Sequence[Path], paths: Sequence[Path], out: Path, robust: bool) -> dict[Path, Path]:
    """Where each copy goes: a file, or a folder in which photos of folders keep their places."""
    from veduta.cli.copies import check_originals, in_folder

    if out.suffix and not out.is_dir() and [p.is_dir() for p in given] == [False]:
        from veduta.edit.picture_file import same_file
        from veduta.edit.stored_file import refuse_lossy

        if not robust:
            refuse_lossy(out)
        if same_file(paths[0], out):
            raise typer.BadParameter("would write over the photo; give another name", param_hint="-o")
        return {paths[0]: out}
    made = in_folder(given, paths, out, lambda path: _named(path, robust))
    check_originals(paths, made.values())
    return made


def _named(path: Path, robust: bool) -> str:
    from veduta.edit.picture_file import kind_for, name_for
    from veduta.edit.stored_file import LOSSLESS
    from veduta.errors import UnreadableImage

    try:
        return name_for(path) if robust or kind_for(path) in LOSSLESS else f"{path.stem}.png"
    except (UnreadableImage, OSError):  # it will be told when its turn comes
        return path.name


def _tell(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit(told)
        return
    name = printable(told["path"])
    if told["error"] is not None:
        say(f"{name}: {told['error']}")
    elif "out" not in told:
        typer.echo(f"{name}: {told['lossless']:,} bytes lossless, {told['robust']:,} bytes robust")
    else:
        typer.echo(
            f"{name} -> {printable(told['out'])}: {told['kind']} of {told['bytes']:,} bytes of {told['fits']:,},"
            f" {told['mode']}, {told['psnr']} dB"
        )
        for note in told["notes"]:
            typer.echo(f"    {note}")
