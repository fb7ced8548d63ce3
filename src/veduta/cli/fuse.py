"""`veduta fuse`: several frames of one thing, one larger and clearer picture."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.numbers import numbers
from veduta.cli.output import Bar, emit, printable, say
from veduta.cli.place import check_file

if TYPE_CHECKING:
    from veduta.edit.fuse import Fused
    from veduta.edit.shots import Segment, Shots


def fuse(
    frames: Annotated[
        list[Path],
        typer.Argument(
            metavar="FRAME...",
            help="Photos of the same thing, a folder of them, or one video. The first tells the view.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("-o", "--out", metavar="OUT", help="The file for the result.", show_default=False),
    ],
    by: Annotated[int, typer.Option("--by", metavar="1|2|3|4", help="How many times as large.")] = 2,
    region: Annotated[
        str | None,
        typer.Option(
            "--region",
            metavar="X,Y,W,H",
            help="The part that matters, each 0 to 1 of the first frame: it is followed where it goes.",
        ),
    ] = None,
    motion: Annotated[
        str,
        typer.Option(
            "--motion",
            metavar="MOTION",
            help="shift, affine or perspective; auto: the simplest one that explains each frame.",
        ),
    ] = "auto",
    start: Annotated[
        float, typer.Option("--start", metavar="SECONDS", min=0, help="Of a video: where to begin.")
    ] = 0.0,
    most: Annotated[
        int, typer.Option("--frames", metavar="N", min=2, max=200, help="Of a video: frames to take.")
    ] = 16,
    no_location: Annotated[
        bool, typer.Option("--no-location", help="Take the position out of the result.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Tell what was done as one JSON object.")] = False,
) -> None:
    """Fuse small, noisy frames of a camera that shakes or of a thing that moves to one larger, clearer picture.

    Frames are laid onto the first to a fraction of a pixel; what they show together is put on a finer grid, and the
    blur of the camera's pixels is taken back. Nothing is invented: what no frame shows, the result does not show.
    Frames of something else are left out and told.
    """
    from veduta.edit.fuse import fuse as fused
    from veduta.edit.registration import MOTIONS

    if motion not in ("auto", *MOTIONS):
        raise typer.BadParameter(f"one of auto, {', '.join(MOTIONS)}", param_hint="--motion")
    began = time.monotonic()
    shots = _shots(frames, out, start, most)
    progress = Bar()
    try:
        done = fused(shots, by, _region(region), motion, progress)
    finally:
        progress.end()
    notes = _write(shots, done, out, not no_location)
    told = _told(shots, done, out, by, notes, time.monotonic() - began)
    if as_json:
        emit(told)
    else:
        _show(told)


def _region(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    x, y, width, height = numbers(text, 4, "--region")
    return x, y, width, height


def _shots(given: Sequence[Path], out: Path, start: float, most: int) -> Shots | Segment:
    from veduta.cli.given import expand
    from veduta.edit.fuse import CannotFuse
    from veduta.edit.picture_file import kind_for
    from veduta.edit.shots import Segment, Shots, is_video
    from veduta.errors import NotFound, UnreadableImage, VedutaError

    for path in given:
        if not path.exists():
            raise NotFound(f"{path}: no such file")
    paths, problems = expand(given)
    for path, reason in problems:
        say(f"{path}: {reason}")
    check_file(out, paths)
    try:
        film = len(paths) == 1 and is_video(paths[0])
    except UnreadableImage:
        film = False
    if film:
        if out.suffix.lower() not in (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"):
            raise CannotFuse(f"{out.name}: name a picture, such as {out.stem}.png")
        return Segment(paths[0], start, most)
    if len(paths) < 2:
        raise CannotFuse("two frames at least make more than one: name photos, or a video")
    try:
        kind_for(paths[0], out)
    except VedutaError as error:
        raise CannotFuse(str(error)) from error
    return Shots(paths)


def _write(shots: Shots | Segment, done: Fused, out: Path, location: bool) -> list[str]:
    from veduta.edit.marks import ENHANCED, marked, save_new
    from veduta.edit.picture_file import save
    from veduta.edit.shots import Shots

    text = f"Fused from {len(done.used)} frames."
    if isinstance(shots, Shots):
        done_with = save(
            shots.paths[0],
            done.pixels,
            out,
            location=location,
            metadata=lambda kept: marked(kept, text, ENHANCED),
        )
        return list(done_with.notes)
    save_new(done.pixels, out, text, ENHANCED)
    return []


def _told(
    shots: Shots | Segment, done: Fused, out: Path, by: int, notes: Sequence[str], seconds: float
) -> dict[str, Any]:
    return {
        "out": str(out),
        "width": done.pixels.shape[1],
        "height": done.pixels.shape[0],
        "by": by,
        "noise": round(done.noise, 2),
        "used": [
            {
                "path": shots.name(number),
                "shift": [round(float(placed.matrix[0, 2]), 2), round(float(placed.matrix[1, 2]), 2)],
                "motion": placed.motion,
                "likeness": round(placed.likeness, 3),
            }
            for number, placed in zip(done.used, done.placed, strict=True)
        ],
        "left_out": [{"path": shots.name(one.number), "reason": one.reason} for one in done.left_out],
        "seconds": round(seconds, 2),
        "notes": list(notes),
    }


def _show(told: dict[str, Any]) -> None:
    typer.echo(
        f"{printable(told['out'])}: {told['width']} x {told['height']}, of {len(told['used'])} frames"
        f" (noise {told['noise']:.1f} of 255)"
    )
    for one in told["left_out"]:
        typer.echo(f"    left out: {printable(one['path'])}: {one['reason']}")
    for note in told["notes"]:
        typer.echo(f"    {note}")
