"""`veduta style`: photos and films repainted in the style of a painting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.output import Bar, emit, printable, say

if TYPE_CHECKING:
    from veduta.cli.copies import Copies
    from veduta.nets.brush import Brush

# One line for each photo that is painted, beside the paintings: an interrupted command goes on where it was.
REPORT = "styled.jsonl"


def style(
    photos: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PHOTO...]", help="Photos, films, or folders of them.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT", help="Folder for the paintings, or a file for one photo."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--style",
            metavar="NAME|PAINTING",
            help="A packaged style, the picture of any painting, or a painter of one's own (.npz).",
        ),
    ] = None,
    blend: Annotated[
        str | None,
        typer.Option(
            "--blend", metavar="A:0.6,B:0.4", help="Several styles, or several paintings, by shares."
        ),
    ] = None,
    strength: Annotated[
        float, typer.Option("--strength", metavar="N", help="From the photo (0) to the painting (1).")
    ] = 1.0,
    colors: Annotated[bool, typer.Option("--colors", help="Keep the colors of the photo.")] = False,
    side: Annotated[
        int,
        typer.Option(
            "--side",
            metavar="PX",
            min=0,
            help="Paint with the longer side at most so, for broader strokes; photos keep their size, films take "
            "this one. 0: their own.",
        ),
    ] = 0,
    smooth: Annotated[
        float, typer.Option("--smooth", metavar="N", help="Against the flicker of films, 0 to 0.95.")
    ] = 0.5,
    no_location: Annotated[
        bool, typer.Option("--no-location", help="Take the position out of the paintings.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Paint photos again that are done already.")] = False,
    known: Annotated[
        bool, typer.Option("--list", help="List the packaged styles and one's own, and do nothing.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object for each photo, one per line.")
    ] = False,
) -> None:
    """Repaint photos and films in one of 26 styles, or in that of any painting; the originals stay as they are.

    Photos are painted at full size without seams and keep format, quality and metadata; films keep their sound and
    become MP4 in a folder. What is done already with the same wish is left out. Ends with status 1 where a photo
    failed.
    """
    if known:
        _list(as_json)
        return
    if not photos or out is None or (name is None) == (blend is None):
        raise typer.BadParameter("say which photos, with -o where the paintings go, and --style or --blend")
    from veduta.cli.copies import Copies
    from veduta.cli.see import expand
    from veduta.edit.operation import BadEdit
    from veduta.edit.style import check_side
    from veduta.edit.style_file import brush_for, digest, parse_blend
    from veduta.image.formats import PHOTO_SUFFIXES, VIDEO_SUFFIXES

    if not 0 <= strength <= 1:
        raise BadEdit(f"strength must be 0 to 1, not {strength:g}")
    if not 0 <= smooth <= 0.95:
        raise BadEdit(f"smooth must be 0 to 0.95, not {smooth:g}")
    check_side(side)
    brush = brush_for({name: 1.0} if name is not None else parse_blend(blend or ""))
    paths, problems = expand(photos, PHOTO_SUFFIXES | VIDEO_SUFFIXES, skip=out)
    settings: dict[str, Any] = {"strength": strength, "colors": colors, "side": side}
    wish = digest(brush, [*settings.values(), smooth, not no_location])
    copies = Copies(photos, paths, out, REPORT, wish)
    failed = bool(problems)
    progress = Bar()
    if len(paths) > 1:
        say(f"painting: {len(paths)}")
    try:
        for number, path in enumerate(paths, 1):
            told = None if again else copies.done(path)
            if told is None:
                told = _one(path, copies, brush, settings, smooth, not no_location, progress)
                copies.record(path, told)
            else:
                told = {**told, "already": True}
            failed = failed or told["error"] is not None
            _tell(told, as_json, f"{number}/{len(paths)} " if len(paths) > 1 else "")
    finally:
        progress.end()
    for where, reason in problems:
        _tell({"path": str(where), "out": None, "notes": [], "error": reason}, as_json)
    if not paths and not problems:
        say("no photos there")
    if failed:
        raise typer.Exit(1)


def _one(
    path: Path,
    copies: Copies,
    brush: Brush,
    settings: dict[str, Any],
    smooth: float,
    location: bool,
    progress: Bar,
) -> dict[str, Any]:
    """The result for one photo or film; one that fails does not stop the others."""
    from veduta.edit.picture_file import WouldOverwrite
    from veduta.edit.style_file import write_styled
    from veduta.edit.style_film import FORMATS, paint_film
    from veduta.errors import VedutaError
    from veduta.image.decode import kind_of

    told: dict[str, Any] = {"path": str(path), "out": None, "notes": [], "error": None}
    target = copies.target(path)
    try:
        if kind_of(path) != "video":
            written = write_styled(path, target, brush, location=location, progress=progress, **settings)
            return {**told, "out": str(target), "notes": list(written.notes)}
        if target.suffix.lower() not in FORMATS and not copies.single:
            target = target.with_suffix(".mp4")
            if target.resolve() in copies.originals:
                raise WouldOverwrite(f"{target}: would write over another film; give another folder")
        count, width, height = paint_film(path, target, brush, smooth=smooth, progress=progress, **settings)
        return {**told, "out": str(target), "notes": [f"{count} frames of {width} x {height}"]}
    except VedutaError as error:
        return {**told, "error": str(error)}
    except MemoryError:
        return {**told, "error": "too large for this machine's memory"}
    except OSError as error:
        return {**told, "error": error.strerror or str(error)}
    finally:
        progress.end()


def _tell(told: dict[str, Any], as_json: bool, place: str = "") -> None:
    if as_json:
        emit(told)
    elif told["error"] is not None:
        say(f"{printable(told['path'])}: {told['error']}")
    else:
        already = " (done already)" if told.get("already") else ""
        typer.echo(f"{place}{printable(told['path'])} -> {printable(told['out'])}{already}")
        for note in told["notes"]:
            typer.echo(f"    {note}")


def _list(as_json: bool) -> None:
    from veduta.edit.style_names import STYLES
    from veduta.nets.store import default_store

    own = {
        pack.name: "a painter of one's own" for pack in default_store().own_packs() if pack.task == "style"
    }
    for name, words in (STYLES | own).items():
        if as_json:
            emit({"name": name, "looks": words, "own": name in own})
        else:
            typer.echo(f"{name:14} {words}")
