"""`veduta upscale`: photos two or four times as large."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from veduta.cli.copies import (
    AgainOption,
    Copies,
    OutOption,
    PhotoJsonOption,
    PhotosArgument,
    check_originals,
    in_folder,
    is_single,
    tell_copy,
    usual_name,
)
from veduta.cli.output import Bar, say

REPORT = "upscaled.jsonl"


def upscale(
    photos: PhotosArgument,
    out: OutOption,
    by: Annotated[int, typer.Option("--by", metavar="2|4", help="How many times as large.")] = 2,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            metavar="METHOD",
            help="lanczos (true to the photo), or network (invents details; slow).",
        ),
    ] = "lanczos",
    again: AgainOption = False,
    as_json: PhotoJsonOption = False,
) -> None:
    """Enlarge photos; the originals stay as they are, copies keep format, quality and metadata.

    What the network makes looks sharp and is partly made up: its copies are called "...-not-evidence" and say so in
    their metadata. It needs `veduta models pull real-esrgan-x4` once. Photos done already are left out, so that an
    interrupted command goes on where it was.
    """
    from veduta.cli.given import expand
    from veduta.cli.outcome import Outcomes
    from veduta.edit.upscale import check
    from veduta.edit.upscale_file import ending, named
    from veduta.nets.packs.enlarge import REAL_ESRGAN_X4
    from veduta.nets.store import default_store

    check(by, method, 1, 1)
    if method == "network":
        default_store().path(REAL_ESRGAN_X4)  # told before the first photo is read
    paths, problems = expand(photos, skip=out)
    if is_single(photos, out):
        out = named(out, by, method)
    else:
        check_originals(paths, in_folder(photos, paths, out).values())

    def name(path: Path) -> str:
        usual = Path(usual_name(path))
        return f"{usual.stem}{ending(by, method)}{usual.suffix}"

    copies = Copies(photos, paths, out, REPORT, f"x{by} {method}", name)
    outcomes = Outcomes(len(paths) + len(problems))
    about = {"by": by, "method": method}
    for number, path in enumerate(paths, 1):
        if len(paths) > 1 and (again or copies.done(path) is None):
            say(f"{number} of {len(paths)}: {path.name}")
        work = partial(_one, path, copies.target(path), by, method)
        tell_copy(copies.result(path, again, outcomes, work, about), as_json)
    for path, reason in problems:
        outcomes.failed()
        tell_copy({"path": str(path), "out": None, **about, "notes": [], "error": reason}, as_json)
    outcomes.end()


def _one(path: Path, target: Path, by: int, method: str) -> dict[str, Any]:
    from veduta.edit.upscale_file import write_larger
    from veduta.image import decode

    started = time.monotonic()
    progress = Bar()
    try:
        written = write_larger(path, target, by, method, progress)
        width, height = decode.size(written.path)
    finally:
        progress.end()
    return {
        "out": str(written.path),
        "width": width,
        "height": height,
        "notes": list(written.notes),
        "seconds": round(time.monotonic() - started, 2),
    }
