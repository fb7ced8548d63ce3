"""`veduta sketch`: photos, and folders of them, as pencil drawings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.output import Bar, emit, printable, say

if TYPE_CHECKING:
    from veduta.edit.edits import Edits

# One line for each photo that is drawn, beside the drawings: an interrupted command goes on where it was.
REPORT = "sketched.jsonl"
MOST_AT_ONCE = 4  # photos at a time: each is in memory at full size


def sketch(
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
            help="Folder for the drawings, or a file for one photo.",
            show_default=False,
        ),
    ],
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
    no_location: Annotated[
        bool, typer.Option("--no-location", help="Take the position out of the drawings.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Draw photos again that are done already.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object for each photo, one per line.")
    ] = False,
) -> None:
    """Draw photos in pencil: gray, inverted, blurred 19 x 19, divided; the originals stay as they are.

    Drawings keep format, quality, size and metadata of the photos. Photos done already with the same wish are
    left out. Ends with status 1 where a photo failed.
    """
    from veduta.cli.copies import Copies
    from veduta.cli.see import expand
    from veduta.edit.edits import Edits

    wish = {"name": "sketch", "strength": strength, "lines": lines, "width": width}
    edits = Edits.from_json([{**wish, "color": "color" if color else "gray"}])
    paths, problems = expand(photos, skip=out)
    copies = Copies(photos, paths, out, REPORT, json.dumps([edits.digest(), not no_location]))
    failed = bool(problems)
    progress = Bar()
    progress.begin("drawing", len(paths))
    try:
        for path, told in _drawn(paths, copies, edits, not no_location, again):
            failed = failed or told["error"] is not None
            progress.advance()
            if not told.get("already"):
                copies.record(path, told)
            _tell(told, as_json)
    finally:
        progress.end()
    for where, reason in problems:
        _tell({"path": str(where), "out": None, "error": reason}, as_json)
    if not paths and not problems:
        say("no photos there")
    if failed:
        raise typer.Exit(1)


def _drawn(
    paths: Sequence[Path], copies: Any, edits: Edits, location: bool, again: bool
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The result for each photo, in order; some photos are drawn at the same time, and few wait for their turn."""
    at_once = min(MOST_AT_ONCE, os.cpu_count() or 1)
    waiting: list[tuple[Path, Future[dict[str, Any]]]] = []
    pool = ThreadPoolExecutor(at_once)

    def work(path: Path) -> dict[str, Any]:
        known = None if again else copies.done(path)
        return (
            _one(path, copies.target(path), edits, location) if known is None else {**known, "already": True}
        )

    try:
        for path in paths:
            waiting.append((path, pool.submit(work, path)))
            if len(waiting) > 2 * at_once:
                first, done = waiting.pop(0)
                yield first, done.result()
        for path, done in waiting:
            yield path, done.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _one(path: Path, target: Path, edits: Edits, location: bool) -> dict[str, Any]:
    """The result for one photo; a photo that fails does not stop the others."""
    from veduta.edit.edited_file import write_edited
    from veduta.errors import VedutaError

    told: dict[str, Any] = {"path": str(path), "out": None, "notes": [], "error": None}
    try:
        written = write_edited(path, edits, target, location)
    except VedutaError as error:
        return {**told, "error": str(error)}
    except MemoryError:
        return {**told, "error": "too large for this machine's memory"}
    except OSError as error:
        return {**told, "error": error.strerror or str(error)}
    return {**told, "out": str(target), "notes": list(written.notes)}


def _tell(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit(told)
    elif told["error"] is not None:
        say(f"{printable(told['path'])}: {told['error']}")
    else:
        already = " (done already)" if told.get("already") else ""
        typer.echo(f"{printable(told['path'])} -> {printable(told['out'])}{already}")
        for note in told["notes"]:
            typer.echo(f"    {note}")
