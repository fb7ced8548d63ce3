"""`veduta redact`: number plates, faces, text and people are hidden for good."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import Bar, emit, printable, say

if TYPE_CHECKING:
    from veduta.edit.redaction import Order, Redactor

FAILED, NOTHING = 1, 3


def redact(
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="PHOTO...", help="Photos, or folders of photos.", show_default=False),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--out",
            metavar="OUT",
            help="Folder for the copies, or a file for one photo.",
            show_default=False,
        ),
    ],
    plates: Annotated[bool, typer.Option("--plates", help="Hide number plates.")] = False,
    faces: Annotated[bool, typer.Option("--faces", help="Hide faces.")] = False,
    text: Annotated[bool, typer.Option("--text", help="Hide lines of text.")] = False,
    people: Annotated[bool, typer.Option("--people", help="Hide people from head to foot.")] = False,
    spare: Annotated[
        list[str] | None,
        typer.Option(
            "--except",
            metavar="WHO",
            help="Whose face stays: a person's name in the library, or a picture of a face. May be repeated.",
        ),
    ] = None,
    style: Annotated[
        str,
        typer.Option(
            "--style",
            metavar="STYLE",
            help="blur or pixelate (a few noisy colors stay), fill (made up from around), replace (a plain plate or"
            " oval). None can be undone.",
        ),
    ] = "pixelate",
    words: Annotated[
        str | None,
        typer.Option("--plate-text", metavar="TEXT", help="With --style replace, what the new plates say."),
    ] = None,
    every: Annotated[
        bool,
        typer.Option("--every", help="Also copy photos in which nothing was found, without their metadata."),
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Do photos again that are done already.")] = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hide number plates, faces, text and people in copies of photos, for good.

    Copies have the format and quality of the originals, but no thumbnail, position, maker notes, serial numbers or
    names in them. A folder of copies gets a report: redacted.json, and redacted.html that shows the copies. Ends with
    status 3 where nothing was found in any photo.
    """
    from veduta.cli.redact_batch import Batch
    from veduta.cli.see import expand
    from veduta.edit.redaction import Redactor

    chosen = {"plates": plates, "faces": faces, "text": text, "people": people}
    what = tuple(name for name, wanted in chosen.items() if wanted)
    if not what:
        raise typer.BadParameter("say what to hide: --plates, --faces, --text, --people")
    order = _order(what, style, spare or (), words, every, library)
    paths, problems = expand(photos, skip=out)
    batch = Batch(photos, paths, out, order)
    redactor = Redactor(order)
    results: list[dict[str, Any]] = []
    progress = Bar()
    progress.begin("redacting", len(paths))
    try:
        for path in paths:
            told = None if again else batch.done(path)
            if told is None:
                told = _one(redactor, batch.target(path), path)
                batch.record(path, told)
            results.append(told)
            progress.advance()
            _tell(told, as_json)
    finally:
        progress.end()
    for path, reason in problems:
        results.append(_failure(path, reason))
        _tell(results[-1], as_json)
    if not results:
        say("no photos there")
        return
    batch.report(results)
    if not as_json and not batch.single:
        typer.echo(f"report: {printable(str(batch.out / 'redacted.html'))}")
    if any(told["error"] is not None for told in results):
        raise typer.Exit(FAILED)
    if not any(told["hidden"] for told in results):
        raise typer.Exit(NOTHING)


def _order(
    what: tuple[str, ...],
    style: str,
    spare: Sequence[str],
    words: str | None,
    every: bool,
    library: Path | None,
) -> Order:
    from veduta.cli.keeping import face_vectors
    from veduta.edit.redaction import Order

    # Everything that may be wrong with the words is told before the library and the photos are opened.
    Order(what, style)  # type: ignore[arg-type]
    known = {who: face_vectors(who, library) for who in spare}
    return Order(what, style, known, every, words)  # type: ignore[arg-type]


def _one(redactor: Redactor, target: Path, path: Path) -> dict[str, Any]:
    """The result for one photo; a photo that fails does not stop the others."""
    from veduta.edit.regions import NotThere
    from veduta.errors import ModelUnavailable, VedutaError

    try:
        return redactor.redact(path, target).as_json()
    except (ModelUnavailable, NotThere):
        raise  # no other photo would fare better
    except VedutaError as error:
        return _failure(path, str(error))
    except MemoryError:
        return _failure(path, "too large for this machine's memory")
    except OSError as error:
        return _failure(path, error.strerror or str(error))


def _failure(path: Path, reason: str) -> dict[str, Any]:
    return {
        "path": str(path),
        "out": None,
        "width": 0,
        "height": 0,
        "hidden": {},
        "kept": 0,
        "seconds": 0.0,
        "notes": [],
        "error": reason,
    }


def _tell(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit(told)
        return
    name = printable(told["path"])
    if told["error"] is not None:
        say(f"{name}: {told['error']}")
        return
    hidden = ", ".join(f"{count} {what}" for what, count in told["hidden"].items()) or "nothing found"
    kept = f", {told['kept']} kept" if told["kept"] else ""
    where = f" -> {printable(told['out'])}" if told["out"] is not None else "; not copied"
    typer.echo(f"{name}: {hidden}{kept}{where}")
