"""`veduta redact`: number plates, faces, text and people are hidden for good."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.copies import AgainOption, OutOption, PhotosArgument, all_told
from veduta.cli.counted import counted
from veduta.cli.output import Bar, printable

if TYPE_CHECKING:
    from veduta.edit.redaction import Order, Redactor

NOTHING = 3
# What is told of a photo that failed.
BLANK: dict[str, Any] = {
    "out": None,
    "width": 0,
    "height": 0,
    "hidden": {},
    "kept": 0,
    "seconds": 0.0,
    "notes": [],
}


def redact(
    photos: PhotosArgument,
    out: OutOption,
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
    again: AgainOption = False,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hide number plates, faces, text and people in copies of photos, for good.

    Copies have the format and quality of the originals, but no thumbnail, position, maker notes, serial numbers or
    names in them. A folder of copies gets a report: redacted.json, and redacted.html that shows the copies. Ends with
    status 3 where nothing was found in any photo.
    """
    from veduta.cli.given import expand
    from veduta.cli.outcome import Outcomes
    from veduta.cli.redact_batch import Batch
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
    outcomes = Outcomes(len(paths) + len(problems))
    progress = Bar()
    progress.begin("redacting", len(paths))
    try:
        for path in paths:
            results.append(batch.result(path, again, outcomes, partial(_one, redactor, batch, path), BLANK))
            progress.advance()
            _tell(results[-1], as_json)
    finally:
        progress.end()
    for path, reason in problems:
        outcomes.failed()
        results.append({"path": str(path), **BLANK, "error": reason})
        _tell(results[-1], as_json)
    if any(told["error"] is None for told in results):
        batch.report(results)
        if not as_json and not batch.single:
            typer.echo(f"report: {printable(str(batch.out / 'redacted.html'))}")
    outcomes.end()
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


def _one(redactor: Redactor, batch: Any, path: Path) -> dict[str, Any]:
    return redactor.redact(path, batch.target(path)).as_json()


def _tell(told: dict[str, Any], as_json: bool) -> None:
    if all_told(told, as_json):
        return
    name = printable(told["path"])
    hidden = counted(told["hidden"]) or "nothing found"
    kept = f", {told['kept']} kept" if told["kept"] else ""
    where = f" -> {printable(told['out'])}" if told["out"] is not None else "; not copied"
    typer.echo(f"{name}: {hidden}{kept}{where}")
