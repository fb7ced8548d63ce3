"""`veduta space obstacles`: what stands in the way of two cameras."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli import space_views as shared
from veduta.cli.output import printable, say

if TYPE_CHECKING:
    from veduta.space.obstacles import Ask
    from veduta.space.pair import PairFiles


def obstacles(
    left: shared.LeftArgument,
    right: shared.RightArgument = None,
    rig: shared.RigOption = None,
    focal: shared.FocalOption = None,
    baseline: shared.BaselineOption = None,
    offset: shared.OffsetOption = 0.0,
    disparities: shared.NearestOption = None,
    method: shared.MethodOption = "census",
    high: Annotated[
        float,
        typer.Option("--high", metavar="CM", help="What is higher is avoided whatever it is."),
    ] = 3.0,
    kinds: Annotated[
        Path | None,
        typer.Option(
            "--kinds", metavar="FILE.toml", help="Classes of low things: lists `clean` and `avoid`."
        ),
    ] = None,
    recognizers: Annotated[
        list[str] | None,
        typer.Option(
            "--recognizer", metavar="NAME", help="Ask this recognizer of your own, too. Repeatable."
        ),
    ] = None,
    shape_only: Annotated[
        bool, typer.Option("--shape-only", help="Ask nobody for classes: all low things are avoided.")
    ] = False,
    draw: Annotated[
        Path | None,
        typer.Option(
            "--draw", metavar="OUT", help="Paint what was found: a PNG file, or a folder for many pairs."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each pair.")] = False,
) -> None:
    """List what stands on the floor before two cameras: distance, bearing, size, and what to do with it.

    What is higher than 3 cm is to be avoided; what is lower is cleaned or avoided by its class, and avoided where
    nobody knows it. Needs known cameras (--rig, or --focal and --baseline of a rectified pair) and a floor in
    the picture.
    """
    from veduta.space.depth import check_sides, write_png
    from veduta.space.disparity import match
    from veduta.space.obstacle_overlay import painted
    from veduta.space.obstacles import find_obstacles
    from veduta.space.pair import find_pairs

    if rig is None and focal is None:
        raise typer.BadParameter("needs known cameras: give --rig, or --focal and --baseline")
    if not 0.5 <= high <= 100:
        raise typer.BadParameter("0.5 to 100 centimeters", param_hint="--high")
    wanted, within, way = (
        shared.views_of(rig, focal, baseline, offset),
        shared.range_of(disparities),
        shared.check_method(method),
    )
    pairs = find_pairs(left, right)
    files = None if draw is None else shared.targets(pairs, draw, ".png", left.is_dir())
    if files and any(file.suffix.lower() != ".png" for file in files):
        raise typer.BadParameter("the painted picture is a .png", param_hint="--draw")
    ask = None if shape_only else _asker(kinds, recognizers or [])

    def one(number: int, pair: PairFiles) -> dict[str, Any]:
        first, second, view = wanted.prepare(*pair.read())
        if view is None:
            raise typer.BadParameter("needs known cameras")
        seen = match(first, second, within, way)
        check_sides(seen, view)
        found = find_obstacles(first, seen, view, ask, high / 100)
        told = found.as_json()
        if files is not None:
            write_png(files[number], painted(first, found))
            told["drawn"] = str(files[number])
        return told

    shared.each("looking for obstacles", pairs, one, None if as_json else _show)


def _asker(kinds: Path | None, recognizers: list[str]) -> Ask | None:
    """Who tells classes; without networks, nobody."""
    from veduta.errors import ModelUnavailable
    from veduta.space.obstacle_kinds import Asker, Kinds

    table = Kinds() if kinds is None else Kinds.load(kinds)
    try:
        return Asker(table, recognizers)
    except ModelUnavailable as error:
        say(f"classes are not asked, all low things are avoided: {error}")
        return None


def _show(told: dict[str, Any]) -> None:
    count = len(told["obstacles"])
    typer.echo(
        f"{printable(told['left'])}: {count} {'thing' if count == 1 else 'things'} on the floor; camera"
        f" {100 * told['camera_height_m']:.0f} cm above it"
    )
    for one in told["obstacles"]:
        side = "right" if one["bearing_deg"] >= 0 else "left"
        more = ", goes on outside of the picture" if one["cut_off"] else ""
        typer.echo(
            f"    {one['action']}: {one['distance_m']:.2f} m away, {abs(one['bearing_deg']):.0f} degrees"
            f" {side}, {100 * one['width_m']:.0f} cm wide, {100 * one['height_m']:.1f} cm high{more}"
            f" ({one['reason']})"
        )
