"""`veduta sketch`: photos, and folders of them, as pencil drawings."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.copies import (
    AgainOption,
    Copies,
    NoLocationOption,
    OutOption,
    PhotoJsonOption,
    PhotosArgument,
    tell_copy,
)
from veduta.cli.output import Bar

if TYPE_CHECKING:
    from veduta.edit.edits import Edits

# One line for each photo that is drawn, beside the drawings: an interrupted command goes on where it was.
REPORT = "sketched.jsonl"
MOST_AT_ONCE = 4  # photos at a time: each is in memory at full size


def sketch(
    photos: PhotosArgument,
    out: OutOption,
    strength: Annotated[
        float, typer.Option("--strength", metavar="N", help="From the photo (0) to the drawing (1).")
    ] = 1.0,
    lines: Annotated[
        float, typer.Option("--lines", metavar="N", help="Darker lines: 0.25 to 4; 1 is the plain recipe.")
    ] = 1.0,
    width: Annotated[
        int,
        typer.Option("--width", metavar="PX", help="Window of the blur, 3 to 255: wider, broader shades."),
    ] = 19,
    color: Annotated[bool, typer.Option("--color", help="Keep the hues, like crayons.")] = False,
    no_location: NoLocationOption = False,
    again: AgainOption = False,
    as_json: PhotoJsonOption = False,
) -> None:
    """Draw photos in pencil: gray, inverted, blurred 19 x 19, divided; the originals stay as they are.

    Drawings keep format, quality, size and metadata of the photos. Photos done already with the same wish are
    left out. Ends with status 1 where some of several photos failed.
    """
    from veduta.cli.given import expand
    from veduta.cli.outcome import Outcomes
    from veduta.edit.edits import Edits

    wish = {"name": "sketch", "strength": strength, "lines": lines, "width": width}
    edits = Edits.from_json([{**wish, "color": "color" if color else "gray"}])
    paths, problems = expand(photos, skip=out)
    copies = Copies(photos, paths, out, REPORT, json.dumps([edits.digest(), not no_location]))
    outcomes = Outcomes(len(paths) + len(problems))

    def draw(path: Path) -> dict[str, Any]:
        return copies.result(
            path, again, outcomes, lambda: _one(path, copies.target(path), edits, not no_location)
        )

    progress = Bar()
    progress.begin("drawing", len(paths))
    try:
        for told in _in_order(paths, draw):
            progress.advance()
            tell_copy(told, as_json)
    finally:
        progress.end()
    for where, reason in problems:
        outcomes.failed()
        tell_copy({"path": str(where), "out": None, "notes": [], "error": reason}, as_json)
    outcomes.end()


def _in_order(paths: Sequence[Path], draw: Callable[[Path], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The result for each photo, in order; some photos are drawn at the same time, and few wait for their turn."""
    at_once = min(MOST_AT_ONCE, os.cpu_count() or 1)
    waiting: list[Future[dict[str, Any]]] = []
    pool = ThreadPoolExecutor(at_once)
    try:
        for path in paths:
            waiting.append(pool.submit(draw, path))
            if len(waiting) > 2 * at_once:
                yield waiting.pop(0).result()
        for done in waiting:
            yield done.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _one(path: Path, target: Path, edits: Edits, location: bool) -> dict[str, Any]:
    from veduta.edit.edited_file import write_edited

    written = write_edited(path, edits, target, location)
    return {"out": str(target), "notes": list(written.notes)}
