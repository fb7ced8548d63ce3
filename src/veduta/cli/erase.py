"""`veduta erase`: what does not belong disappears."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.add import LibraryOption
from veduta.cli.copies import (
    AgainOption,
    NoLocationOption,
    OutOption,
    PhotoJsonOption,
    PhotosArgument,
    all_told,
)
from veduta.cli.counted import counted
from veduta.cli.output import Bar, printable

if TYPE_CHECKING:
    from veduta.edit.erase import Eraser, Wish

NOTHING = 3
# What is told of a photo that failed.
BLANK: dict[str, Any] = {"out": None, "width": 0, "height": 0, "removed": [], "kept": [], "method": ""}
BLANK |= {"seconds": 0.0, "notes": []}


def erase(
    photos: PhotosArgument,
    what: Annotated[
        list[str],
        typer.Option(
            "--what",
            metavar="WHAT",
            help="cranes, people, plates, faces, text, any object (car, dog...), or a mask: MASK.png or MASK.json."
            " May be repeated.",
            show_default=False,
        ),
    ],
    out: OutOption,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            metavar="WHO",
            help="Who stays: a person's name in the library, a picture of a face, a point X,Y (pixels, or shares of"
            " width and height), or protagonists. May be repeated.",
        ),
    ] = None,
    method: Annotated[
        str, typer.Option("--method", metavar="METHOD", help="How holes are filled; see the documentation.")
    ] = "auto",
    grow: Annotated[
        float | None,
        typer.Option("--grow", metavar="PX", help="Grow what goes by so many pixels; default: by its size."),
    ] = None,
    feather: Annotated[
        float | None,
        typer.Option("--feather", metavar="PX", min=0, help="Fade the filling out over so many pixels."),
    ] = None,
    least: Annotated[
        float, typer.Option("--least", metavar="P", min=0, max=1, help="How sure a find must be.")
    ] = 0.5,
    shadows: Annotated[
        bool, typer.Option("--shadows/--no-shadows", help="People go with the shadow that they cast.")
    ] = True,
    no_location: NoLocationOption = False,
    save_mask: Annotated[
        bool, typer.Option("--save-mask", help="Also write what was removed, as NAME.mask.png.")
    ] = False,
    again: AgainOption = False,
    library: LibraryOption = None,
    as_json: PhotoJsonOption = False,
) -> None:
    """Make things vanish from photos: the originals stay, the copies keep format, quality and metadata.

    A photo in which nothing is found is told and not copied. Photos done already with the same wish are left
    out, so that an interrupted command goes on where it was. Ends with status 0, with 1 where some of several
    failed, with 3 where nothing was found in any photo.
    """
    from veduta.cli.erase_batch import Batch
    from veduta.cli.given import expand
    from veduta.cli.outcome import Outcomes
    from veduta.edit.erase import Eraser

    wish = _wish(what, keep or [], method, grow, feather, least, not no_location, shadows, library)
    paths, problems = expand(photos, skip=out)
    batch = Batch(photos, paths, out, wish, save_mask)
    eraser = Eraser(wish)
    outcomes, found = Outcomes(len(paths) + len(problems)), 0
    progress = Bar()
    progress.begin("erasing", len(paths))
    try:
        for path in paths:
            told = batch.result(path, again, outcomes, partial(_one, eraser, batch, path), BLANK)
            found += told["out"] is not None
            progress.advance()
            _tell(told, as_json)
    finally:
        progress.end()
    for path, reason in problems:
        outcomes.failed()
        _tell({"path": str(path), **BLANK, "error": reason}, as_json)
    outcomes.end()
    if not found:
        raise typer.Exit(NOTHING)


def _wish(
    what: Sequence[str],
    keep: Sequence[str],
    method: str,
    grow: float | None,
    feather: float | None,
    least: float,
    location: bool,
    shadows: bool,
    library: Path | None,
) -> Wish:
    from veduta.cli.keeping import keeping
    from veduta.edit.erase import Wish
    from veduta.edit.mask import SUFFIXES
    from veduta.errors import NotFound
    from veduta.image.formats import PHOTO_SUFFIXES

    for word in what:
        if Path(word).suffix.lower() in PHOTO_SUFFIXES.difference(SUFFIXES):
            raise NotFound(f"{word}: masks are PNG files, white where something goes, or COCO files (.json)")
    files = [Path(word) for word in what if Path(word).suffix.lower() in SUFFIXES]
    for file in files:
        if not file.is_file():
            raise NotFound(f"{file}: no such mask")
    words = [word for word in what if Path(word).suffix.lower() not in SUFFIXES]
    # Everything that may be wrong with the words is told before the library and the photos are opened.
    Wish(tuple(words), tuple(files), method=method)
    return Wish(
        what=tuple(words),
        mask_files=tuple(files),
        keep=keeping(keep, library),
        method=method,
        grow=grow,
        feather=feather,
        least=least,
        location=location,
        shadows=shadows,
    )


def _one(eraser: Eraser, batch: Any, path: Path) -> dict[str, Any]:
    target = batch.target(path)
    return eraser.erase(path, target, batch.mask_target(target)).as_json()


def _tell(told: dict[str, Any], as_json: bool) -> None:
    if all_told(told, as_json):
        return
    name = printable(told["path"])
    if told["out"] is None:
        typer.echo(f"{name}: {'; '.join(told['notes']) or 'nothing found'}; not copied")
        return
    removed = counted(one["name"] for one in told["removed"])
    stays = f", {len(told['kept'])} kept" if told["kept"] else ""
    already = " (done already)" if told.get("already") else ""
    typer.echo(f"{name}: {removed} removed{stays} -> {printable(told['out'])}{already}")
    for note in told["notes"]:
        typer.echo(f"    {note}")
