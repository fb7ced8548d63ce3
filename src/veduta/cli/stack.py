"""`veduta stack`: several photos of one view, one photo without the people who walked through."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.output import Bar, emit, printable, say
from veduta.cli.place import check_file

if TYPE_CHECKING:
    from veduta.edit.shots import Film, Shots
    from veduta.edit.stack import Stacked
    from veduta.edit.tourists import Tourists


def stack(
    photos: Annotated[
        list[Path],
        typer.Argument(
            metavar="PHOTO...",
            help="Photos of the same view, a folder of them, or one video.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("-o", "--out", metavar="OUT", help="The file for the result.", show_default=False),
    ],
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            metavar="PHOTO",
            help="Whose view the result shows; default: the first, unless it is blurred.",
        ),
    ] = None,
    keep_frame: Annotated[
        bool, typer.Option("--no-crop", help="Keep the whole frame, also where not all photos show it.")
    ] = False,
    keep_standing: Annotated[
        bool, typer.Option("--keep-standing", help="Leave people who stand in every photo.")
    ] = False,
    frames: Annotated[
        int, typer.Option("--frames", min=2, max=500, metavar="N", help="Frames taken from a video.")
    ] = 25,
    no_location: Annotated[
        bool, typer.Option("--no-location", help="Take the position out of the result.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Tell what was done as one JSON object.")] = False,
) -> None:
    """Make people vanish who walk through several photos of one view, taken from the hand or a tripod.

    Photos are laid onto each other; each place is taken from photos that agree there and show nobody. People
    who stand in every photo are filled. The result has the format, quality and metadata of the photo whose
    view it shows. Photos of something else are left out and told.
    """
    from veduta.edit.stack import stack as made_of

    start = time.monotonic()
    shots, number = _shots(photos, out, reference, frames)
    tourists, notes = _tourists()
    progress = Bar()
    try:
        done = made_of(shots, tourists, number, not keep_frame, not keep_standing, progress)
    finally:
        progress.end()
    notes += _write(shots, done, out, not no_location)
    told = _told(shots, done, out, notes, time.monotonic() - start)
    if as_json:
        emit(told)
    else:
        _show(told)


def _shots(
    given: Sequence[Path], out: Path, reference: Path | None, frames: int
) -> tuple[Shots | Film, int | None]:
    """The shots, and the number of the one asked for as reference."""
    from veduta.cli.given import expand
    from veduta.edit.picture_file import kind_for, same_file
    from veduta.edit.shots import Film, Shots, is_video
    from veduta.edit.stack import CannotStack
    from veduta.errors import NotFound, VedutaError

    for path in given:
        if not path.exists():
            raise NotFound(f"{path}: no such file")
    paths, problems = expand(given)
    for path, reason in problems:
        say(f"{path}: {reason}")
    check_file(out, paths)
    if len(paths) == 1 and _quietly(is_video, paths[0]):
        if reference is not None:
            raise CannotStack("--reference is for photos; of a video, the first sharp frame is taken")
        if out.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"):
            raise CannotStack(f"{out.name}: name a picture, such as {out.stem}.jpg")
        return Film(paths[0], frames), None
    if len(paths) < 2:
        raise CannotStack("a stack needs two photos of the same view at least, or one video")
    try:
        kind_for(paths[0], out)
    except VedutaError as error:
        raise CannotStack(str(error)) from error
    if reference is None:
        return Shots(paths), None
    same = [n for n, path in enumerate(paths) if same_file(path, reference)]
    if not same:
        raise NotFound(f"{reference}: is none of the photos; --reference names one of them")
    return Shots(paths), same[0]


def _quietly(question: Any, path: Path) -> bool:
    from veduta.errors import UnreadableImage

    try:
        return bool(question(path))
    except UnreadableImage:
        return False


def _tourists() -> tuple[Tourists | None, list[str]]:
    """Who finds people; without their networks, the vote alone must do."""
    from veduta.edit.tourists import Tourists
    from veduta.errors import ModelUnavailable

    try:
        return Tourists(), []
    except ModelUnavailable as error:
        return None, [f"people are not recognized, only outvoted: {error}"]


def _write(shots: Shots | Film, done: Stacked, out: Path, location: bool) -> list[str]:
    from veduta.edit.shots import Shots

    if isinstance(shots, Shots):
        from veduta.edit.picture_file import save

        return list(save(shots.paths[done.reference], done.pixels, out, location=location).notes)
    from PIL import Image

    from veduta.files import replacing

    kind = {".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}.get(out.suffix.lower(), "JPEG")
    with replacing(out) as temporary:
        Image.fromarray(done.pixels).save(temporary, kind, quality=92)
    return []


def _told(
    shots: Shots | Film, done: Stacked, out: Path, notes: Sequence[str], seconds: float
) -> dict[str, Any]:
    height, width = done.pixels.shape[:2]
    return {
        "out": str(out),
        "width": width,
        "height": height,
        "reference": shots.name(done.reference),
        "crop": list(done.crop),
        "used": [
            {
                "path": shots.name(number),
                "shift": [round(v, 1) for v in alignment.shift(*done.full_size)],
                "turn": round(alignment.turn(*done.full_size), 2),
                "matches": alignment.inliers,
                "likeness": round(alignment.likeness, 3),
            }
            for number, alignment in zip(done.used, done.alignments, strict=True)
        ],
        "left_out": [{"path": shots.name(one.number), "reason": one.reason} for one in done.left_out],
        "voted": done.voted,
        "filled": done.filled,
        "standing": done.standing,
        "seconds": round(seconds, 2),
        "notes": list(notes),
    }


def _show(told: dict[str, Any]) -> None:
    total = told["width"] * told["height"]
    typer.echo(
        f"{printable(told['out'])}: {told['width']} x {told['height']}, of {len(told['used'])} photos;"
        f" {100 * told['voted'] / total:.1f} % taken from others than {printable(told['reference'])}"
    )
    if told["filled"]:
        typer.echo(
            f"    {told['standing']} people stand in every photo: {100 * told['filled'] / total:.1f} % filled"
        )
    elif told["standing"]:
        typer.echo(f"    {told['standing']} people stand in every photo")
    for one in told["left_out"]:
        typer.echo(f"    left out: {printable(one['path'])}: {one['reason']}")
    for note in told["notes"]:
        typer.echo(f"    {note}")
