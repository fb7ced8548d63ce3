"""`veduta hide`: a text, a file or a picture in a photo, where nobody sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.add import JsonOption
from veduta.cli.copies import PhotosArgument, all_told, check_originals, in_folder, is_single
from veduta.cli.output import Bar, printable
from veduta.cli.place import check_file

if TYPE_CHECKING:
    from veduta.edit.stego import Mode
    from veduta.edit.stego_message import Message

    Load = Callable[[Path, Mode], tuple[Message, str | None]]

PasswordOption = Annotated[bool, typer.Option("--password", help="Ask for a password, and do not show it.")]
PasswordFileOption = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="The password is the first line of a file."),
]


def hide(
    photos: PhotosArgument,
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
    from veduta.cli.given import expand
    from veduta.cli.outcome import Outcomes
    from veduta.edit.stego_dct import check_fidelity

    given = [what for what in (text, file, picture) if what is not None]
    if not capacity and (len(given) != 1 or out is None):
        raise typer.BadParameter(
            "say what to hide (--text, --file or --picture) and with -o where the copies go"
        )
    check_fidelity(fidelity)
    secret = asked_password(password, password_file, confirm=not capacity)
    load = None if capacity else _load(text, file, picture, secret is not None)
    paths, problems = expand(photos, skip=out)
    targets = {} if capacity or out is None else _targets(photos, paths, out, robust)
    outcomes = Outcomes(len(paths) + len(problems))

    def work(path: Path) -> dict[str, Any]:
        if load is None:
            return _room(path, secret is not None)
        return _one(path, targets[path], load, "robust" if robust else "lossless", secret, fidelity)

    progress = Bar()
    progress.begin("measuring" if capacity else "hiding", len(paths))
    try:
        for path in paths:
            told = {"path": str(path), **outcomes.attempt(path, partial(work, path))}
            progress.advance()
            _tell(told, as_json)
    finally:
        progress.end()
    for where, reason in problems:
        outcomes.failed()
        _tell({"path": str(where), "error": reason}, as_json)
    outcomes.end()


def asked_password(ask: bool, file: Path | None, confirm: bool = False) -> str | None:
    """The password that the options speak of; None without. Raises BadInput, EmptyPassword."""
    from veduta.edit.stego_envelope import check_password
    from veduta.errors import BadInput

    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{file}: the password cannot be read: {error}") from error
        return check_password(lines[0] if lines else "")
    if not ask:
        return None
    return check_password(typer.prompt("Password", hide_input=True, confirmation_prompt=confirm, err=True))


def _room(path: Path, locked: bool) -> dict[str, Any]:
    from veduta.edit.stego import room_in_file

    found = room_in_file(path, locked)
    return {"lossless": found.lossless, "robust": found.robust}


def _one(
    path: Path, target: Path, load: Load, mode: Mode, password: str | None, fidelity: float
) -> dict[str, Any]:
    from veduta.edit.stego import hide as hide_in_file

    message, note = load(path, mode)
    done = hide_in_file(path, message, target, mode, password, fidelity)
    return {
        "out": str(target),
        "mode": mode,
        "kind": message.kind,
        "bytes": done.size,
        "fits": done.fits,
        "psnr": round(done.psnr, 1),
        "notes": [*([note] if note else []), *done.notes],
    }


def _load(text: str | None, file: Path | None, picture: Path | None, locked: bool) -> Load:
    """What gives the message for a photo, and a note on it; raises BadInput where it cannot be read."""
    from veduta.edit.stego import fitted, room_in_file
    from veduta.edit.stego_message import Message
    from veduta.errors import BadInput
    from veduta.image import decode

    if text is not None:
        return lambda path, mode: (Message.of_text(text), None)
    chosen = file or picture or Path()
    try:
        data = chosen.read_bytes()
    except OSError as error:
        raise BadInput(f"{chosen}: {error.strerror or error}") from error
    if file is not None:
        return lambda path, mode: (Message("file", data, file.name), None)
    pixels = decode.read(chosen)

    def fit(path: Path, mode: Mode) -> tuple[Message, str | None]:
        fits = room_in_file(path, locked)
        return fitted(data, chosen.name, pixels, fits.lossless if mode == "lossless" else fits.robust)

    return fit


def _targets(given: Sequence[Path], paths: Sequence[Path], out: Path, robust: bool) -> dict[Path, Path]:
    """Where each copy goes: a file, or a folder in which photos of folders keep their places."""
    if is_single(given, out):
        from veduta.edit.stored_file import refuse_lossy

        if not robust:
            refuse_lossy(out)
        check_file(out, paths)
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
    if all_told(told, as_json):
        return
    name = printable(told["path"])
    if "out" not in told:
        typer.echo(f"{name}: {told['lossless']:,} bytes lossless, {told['robust']:,} bytes robust")
    else:
        typer.echo(
            f"{name} -> {printable(told['out'])}: {told['kind']} of {told['bytes']:,} bytes of {told['fits']:,},"
            f" {told['mode']}, {told['psnr']} dB"
        )
        for note in told["notes"]:
            typer.echo(f"    {note}")
