"""`veduta upscale`: photos two or four times as large."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from veduta.cli.copies import Copies
from veduta.cli.output import Bar, emit, printable, say

REPORT = "upscaled.jsonl"


def upscale(
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
    by: Annotated[int, typer.Option("--by", metavar="2|4", help="How many times as large.")] = 2,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            metavar="METHOD",
            help="lanczos (true to the photo), or network (invents details; slow).",
        ),
    ] = "lanczos",
    again: Annotated[bool, typer.Option("--again", help="Do photos again that are done already.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object for each photo, one per line.")
    ] = False,
) -> None:
    """Enlarge photos; the originals stay as they are, copies keep format, quality and metadata.

    What the network makes looks sharp and is partly made up: its copies are called "...-not-evidence" and say so in
    their metadata. It needs `veduta models pull real-esrgan-x4` once. Photos done already are left out, so that an
    interrupted command goes on where it was.
    """
    from veduta.cli.see import expand
    from veduta.edit.upscale import check
    from veduta.nets.packs.enlarge import REAL_ESRGAN_X4
    from veduta.nets.store import default_store

    check(by, method, 1, 1)
    if method == "network":
        default_store().path(REAL_ESRGAN_X4)  # told before the first photo is read
    paths, problems = expand(photos, skip=out)
    copies = Copies(photos, paths, out, REPORT, f"x{by} {method}")
    failed = bool(problems)
    for number, path in enumerate(paths):
        told = None if again else copies.done(path)
        if told is None:
            say(f"{number + 1} of {len(paths)}: {path.name}")
            told = _one(path, _target(copies, path, by, method), by, method)
            copies.record(path, told)
        failed = failed or told["error"] is not None
        _tell(told, as_json)
    for path, reason in problems:
        _tell({"path": str(path), "out": None, "notes": [], "error": reason}, as_json)
    if not paths and not problems:
        say("no photos there")
    if failed:
        raise typer.Exit(1)


def _target(copies: Copies, path: Path, by: int, method: str) -> Path:
    from veduta.edit.upscale_file import ending, named

    target = copies.target(path)
    if copies.single:
        return named(target, by, method)
    return target.with_name(f"{target.stem}{ending(by, method)}{target.suffix}")


def _one(path: Path, target: Path, by: int, method: str) -> dict[str, Any]:
    from veduta.edit.upscale_file import write_larger
    from veduta.errors import ModelUnavailable, VedutaError
    from veduta.image import decode

    told: dict[str, Any] = {
        "path": str(path),
        "out": None,
        "by": by,
        "method": method,
        "notes": [],
        "error": None,
    }
    started = time.monotonic()
    progress = Bar()
    try:
        written = write_larger(path, target, by, method, progress)
        width, height = decode.size(written.path)
    except ModelUnavailable:
        raise
    except VedutaError as error:
        return {**told, "error": str(error)}
    except MemoryError:
        return {**told, "error": "too large for this machine's memory"}
    except OSError as error:
        return {**told, "error": error.strerror or str(error)}
    finally:
        progress.end()
    return {
        **told,
        "out": str(written.path),
        "width": width,
        "height": height,
        "notes": list(written.notes),
        "seconds": round(time.monotonic() - started, 2),
    }


def _tell(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit(told)
    elif told["error"] is not None:
        say(f"{printable(told['path'])}: {told['error']}")
    else:
        typer.echo(
            f"{printable(told['path'])} -> {printable(told['out'])} ({told['width']} x {told['height']})"
        )
        for note in told["notes"]:
            typer.echo(f"    {note}")
