"""`veduta space depth`: how far away everything is that two photos show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli import space_views as shared
from veduta.cli.output import printable

if TYPE_CHECKING:
    from veduta.space.pair import PairFiles


def depth(
    left: shared.LeftArgument,
    right: shared.RightArgument = None,
    out: Annotated[
        Path,
        typer.Option(
            "-o", "--out", metavar="OUT", help="A file (.npy, .png), or a folder.", show_default=False
        ),
    ] = Path("depth.png"),
    rig: shared.RigOption = None,
    focal: shared.FocalOption = None,
    baseline: shared.BaselineOption = None,
    offset: shared.OffsetOption = 0.0,
    disparities: shared.NearestOption = None,
    method: shared.MethodOption = "census",
    kind: Annotated[
        str, typer.Option("--as", metavar="npy|png", help="In a folder: the kind of files.")
    ] = "png",
    sure: Annotated[
        bool, typer.Option("--sure", help="Leave out what only one view shows instead of guessing it.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Also write a colored picture: near red, far blue.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="In a folder: also do pairs whose result is there.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each pair.")] = False,
) -> None:
    """Measure distance: meters with known cameras, else disparity in pixels.

    NPY holds float32 (meters or pixels), PNG 16 bits: millimeters, or disparity times 256. Without --rig the pair must
    be rectified: the same thing stands in the same row of both photos.
    """
    from veduta.space.depth import check_sides, check_suffix, colored, write, write_png
    from veduta.space.disparity import match
    from veduta.space.pair import find_pairs

    wanted, within, way = (
        shared.views_of(rig, focal, baseline, offset),
        shared.range_of(disparities),
        shared.check_method(method),
    )
    if kind not in ("npy", "png"):
        raise typer.BadParameter(f"{kind!r}; npy or png", param_hint="--as")
    pairs = find_pairs(left, right)
    files = shared.targets(pairs, out, f".{kind}", left.is_dir())
    for file in files:
        check_suffix(file)

    def one(number: int, pair: PairFiles) -> dict[str, Any]:
        target = files[number]
        if left.is_dir() and target.exists() and not again:
            return {"out": str(target), "skipped": True}
        first, second, view = wanted.prepare(*pair.read())
        found = match(first, second, within, way)
        check_sides(found, view)
        write(target, found, view, sure)
        told: dict[str, Any] = {"out": str(target), "unit": "pixels" if view is None else "meters"}
        if preview:
            picture = target.with_name(f"{target.stem}-preview.png")
            write_png(picture, colored(found.values))
            told["preview"] = str(picture)
        return told | _span(found, view) | {"sure": round(float(found.sure.mean()), 4)}

    shared.each("measuring distance", pairs, one, None if as_json else _show)


def _span(found: Any, view: Any) -> dict[str, float]:
    """Nearest and farthest of what is sure, without the outermost percents."""
    import numpy as np

    from veduta.space.depth import meters

    values = found.values if view is None else meters(found.values, view)
    values = values[found.sure & np.isfinite(values)]
    if not values.size:
        return {}
    low, high = np.percentile(values, [1, 99])
    return {"least": round(float(low), 4), "most": round(float(high), 4)}


def _show(told: dict[str, Any]) -> None:
    if told.get("skipped"):
        typer.echo(f"{printable(told['out'])}: is there already")
        return
    span = f" {told['least']:.2f} to {told['most']:.2f} {told['unit']};" if "least" in told else ""
    typer.echo(f"{printable(told['out'])}:{span} {100 * told['sure']:.0f} % seen alike by both views")
