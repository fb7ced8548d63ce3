"""`veduta style`: photos and films repainted in the style of a painting."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.copies import AgainOption, Copies, NoLocationOption, PhotoJsonOption, tell_copy, usual_name
from veduta.cli.output import Bar, emit, say

if TYPE_CHECKING:
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
    painter: Annotated[
        Path | None,
        typer.Option(
            "--painter",
            metavar="MODEL.npz",
            help="Paints the packaged styles in place of the packaged painter; from `veduta learn style thin`.",
        ),
    ] = None,
    quick: Annotated[
        bool | None,
        typer.Option(
            "--quick/--full",
            help="With a thin painter, several times as fast and not quite the same, or with the large one.",
            show_default="quick for films in the 20 styles that have one, full for photos",
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
    no_location: NoLocationOption = False,
    again: AgainOption = False,
    known: Annotated[
        bool, typer.Option("--list", help="List the packaged styles and one's own, and do nothing.")
    ] = False,
    as_json: PhotoJsonOption = False,
) -> None:
    """Repaint photos and films in one of 26 styles, or in that of any painting; the originals stay as they are.

    Photos are painted at full size without seams and keep format, quality and metadata; films keep their sound and
    become MP4 in a folder. What is done already with the same wish is left out. Ends with status 1 where some of
    several failed.
    """
    if known:
        _list(as_json)
        return
    if not photos or out is None or (name is None) == (blend is None):
        raise typer.BadParameter("say which photos, with -o where the paintings go, and --style or --blend")
    from veduta.cli.given import expand
    from veduta.cli.outcome import Outcomes
    from veduta.edit.operation import BadEdit
    from veduta.edit.style import check_side
    from veduta.edit.style_file import brush_for, digest, film_brush_for, parse_blend
    from veduta.image.formats import PHOTO_SUFFIXES, VIDEO_SUFFIXES

    if not 0 <= strength <= 1:
        raise BadEdit(f"strength must be 0 to 1, not {strength:g}")
    if not 0 <= smooth <= 0.95:
        raise BadEdit(f"smooth must be 0 to 0.95, not {smooth:g}")
    check_side(side)
    if painter is not None and quick is not None:
        raise BadEdit("--painter names what paints; leave out --quick and --full")
    shares = {name: 1.0} if name is not None else parse_blend(blend or "")
    brush = brush_for(shares, painter=painter, quick=bool(quick))
    film_brush = film_brush_for(shares) if painter is None and quick is None else brush
    paths, problems = expand(photos, PHOTO_SUFFIXES | VIDEO_SUFFIXES, skip=out)
    settings: dict[str, Any] = {"strength": strength, "colors": colors, "side": side}
    wish = digest(brush, [*settings.values(), smooth, not no_location, digest(film_brush, [])])
    copies = Copies(photos, paths, out, REPORT, wish, _named)
    outcomes = Outcomes(len(paths) + len(problems))
    progress = Bar()

    def work(path: Path) -> dict[str, Any]:
        try:
            target, brushes = copies.target(path), (brush, film_brush)
            return _one(path, target, brushes, settings, smooth, not no_location, progress)
        finally:
            progress.end()

    if len(paths) > 1:
        say(f"painting: {len(paths)}")
    for number, path in enumerate(paths, 1):
        told = copies.result(path, again, outcomes, partial(work, path))
        tell_copy(told, as_json, f"{number}/{len(paths)} " if len(paths) > 1 else "")
    for where, reason in problems:
        outcomes.failed()
        tell_copy({"path": str(where), "out": None, "notes": [], "error": reason}, as_json)
    outcomes.end()


def _named(path: Path) -> str:
    """The name of a copy in a folder: films become MP4."""
    from veduta.errors import UnreadableImage
    from veduta.image.decode import kind_of

    try:
        film = kind_of(path) == "video"
    except (UnreadableImage, OSError):  # it will be told when its turn comes
        film = False
    return f"{path.stem}.mp4" if film else usual_name(path)


def _one(
    path: Path,
    target: Path,
    brushes: tuple[Brush, Brush],
    settings: dict[str, Any],
    smooth: float,
    location: bool,
    progress: Bar,
) -> dict[str, Any]:
    from veduta.edit.style_file import write_styled
    from veduta.edit.style_film import paint_film
    from veduta.image.decode import kind_of

    if kind_of(path) != "video":
        written = write_styled(path, target, brushes[0], location=location, progress=progress, **settings)
        return {"out": str(target), "notes": list(written.notes)}
    count, width, height = paint_film(path, target, brushes[1], smooth=smooth, progress=progress, **settings)
    return {"out": str(target), "notes": [f"{count} frames of {width} x {height}"]}


def _list(as_json: bool) -> None:
    from veduta.edit.style_names import QUICK, STYLES
    from veduta.nets.store import default_store

    own = {
        pack.name: "a painter of one's own" for pack in default_store().own_packs() if pack.task == "style"
    }
    for name, words in (STYLES | own).items():
        if as_json:
            emit({"name": name, "looks": words, "own": name in own, "quick": name in QUICK})
        else:
            typer.echo(f"{name:14} {'quick' if name in QUICK else '':6} {words}")
