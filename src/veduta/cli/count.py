"""`veduta count`: how many people photos and videos show, in regions, over time, and over a line."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.output import Bar, emit, printable, say

if TYPE_CHECKING:
    from veduta.library.attendance import Reading
    from veduta.see.count import Count, Counter
    from veduta.see.count_region import Region
    from veduta.see.count_video import VideoCount


def count(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Photos, videos, or folders of them.", show_default=False),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object for each photo or video, one per line.")
    ] = False,
    what: Annotated[
        str,
        typer.Option(
            "--what",
            metavar="NAME",
            help="What to count: person, car, bicycle, dog...; moving: in videos, whatever moves.",
        ),
    ] = "person",
    crowd: Annotated[
        bool,
        typer.Option("--crowd", help="For demonstrations: estimate by density those whom no detector finds."),
    ] = False,
    regions: Annotated[
        list[str] | None,
        typer.Option(
            "--region",
            metavar="NAME=X,Y X,Y X,Y",
            help="Count in this polygon too: corners in pixels, or 0 to 1 as parts of the sides. Repeatable.",
        ),
    ] = None,
    line: Annotated[
        str | None,
        typer.Option(
            "--line",
            metavar="X1,Y1,X2,Y2",
            help="In videos, follow everybody and count who crosses this line: in is from its left to its right.",
        ),
    ] = None,
    every: Annotated[
        float | None,
        typer.Option("--every", min=0.0, metavar="SECONDS", help="Seconds between two looks at a video."),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write a table of the counts over time.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw the counts over time, as SVG.")
    ] = None,
    by: Annotated[
        float | None,
        typer.Option(
            "--by",
            min=0.01,
            metavar="MINUTES",
            help="Table and drawing tell the fullest reading of each such period, by the time of day.",
        ),
    ] = None,
    points: Annotated[bool, typer.Option("--points", help="With --json, where each head is.")] = False,
) -> None:
    """Count people in photos and videos: the best guess, and an interval that holds the truth nine times in ten.

    What cannot be read is told in its place; where it is one of several, the command ends with status 1.
    """
    from veduta.cli.given import expand
    from veduta.cli.outcome import Outcomes
    from veduta.image.formats import PHOTO_SUFFIXES, VIDEO_SUFFIXES
    from veduta.see.count import Counter
    from veduta.see.count_region import parse_region
    from veduta.see.flow import Line
    from veduta.see.movement import MOVING

    asked = tuple(parse_region(text, number) for number, text in enumerate(regions or [], 1))
    if len({region.name for region in asked}) != len(asked):
        raise typer.BadParameter("each region needs a name of its own", param_hint="--region")
    if line is not None:
        Line.parse(line, 1, 1)
    if plot is not None and plot.suffix.lower() != ".svg":
        raise typer.BadParameter("the drawing is an SVG: give a name that ends in .svg", param_hint="--plot")
    found, problems = expand(paths, PHOTO_SUFFIXES | VIDEO_SUFFIXES)
    _spare_the_originals(found, csv, plot)
    counter = Counter(what, crowds=crowd) if what != MOVING else None
    readings: list[Reading] = []
    outcomes = Outcomes(len(found) + len(problems))
    bar = Bar()
    try:
        for path in found:
            told = outcomes.attempt(
                path, partial(_count_one, path, counter, asked, line, every, bar, points, readings)
            )
            _tell(told if told["error"] is None else _nothing(path, told["error"]), as_json)
    finally:
        bar.end()
    for path, reason in problems:
        outcomes.failed()
        _tell(_nothing(path, reason), as_json)
    if readings and (csv is not None or plot is not None):
        _write(readings, csv, plot, by, what)
    outcomes.end()


def _spare_the_originals(found: Sequence[Path], *targets: Path | None) -> None:
    originals = {path.resolve() for path in found}
    if any(target is not None and target.resolve() in originals for target in targets):
        raise typer.BadParameter("would write over what is to be counted; give another name")


def _count_one(
    path: Path,
    counter: Counter | None,
    regions: tuple[Region, ...],
    line: str | None,
    every: float | None,
    bar: Bar,
    points: bool,
    readings: list[Reading],
) -> dict[str, Any]:
    """What is told of one photo or video; what the table holds of it is added to `readings`."""
    from veduta.errors import BadInput
    from veduta.image.decode import kind_of, load
    from veduta.library.attendance import Reading
    from veduta.see.count_video import count_video
    from veduta.settings import settings

    if kind_of(path) == "video":
        counted = count_video(path, counter, regions, line, every, bar)
        readings += _video_readings(path, counted)
        return _video_json(path, counted, points)
    if counter is None:
        raise BadInput(f"{path}: a photo does not tell what moves; give a video, or name a thing to count")
    (sight,) = counter.look([load(path, settings().analysis_side)])
    whole = sight.count()
    when = _taken(path)
    parts = {region.name: sight.count(region) for region in regions}
    told = _json(path, whole, points)
    if regions:
        told["regions"] = [{"name": name, **_numbers(one)} for name, one in parts.items()]
    readings.append(Reading(str(path), whole, when))
    readings += [Reading(str(path), one, when, region=name) for name, one in parts.items()]
    return told


def _taken(path: Path) -> datetime.datetime | None:
    from veduta.image.metadata import read_metadata

    return read_metadata(path).taken


def _numbers(one: Count) -> dict[str, Any]:
    return {"count": one.count, "low": one.low, "high": one.high}


def _json(path: Path, one: Count, points: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"path": str(path), **_numbers(one), "method": one.method, "error": None}
    if points:
        told["points"] = [[round(x, 1), round(y, 1)] for x, y in one.points]
    return told


def _nothing(path: Path, reason: str) -> dict[str, Any]:
    return {"path": str(path), "count": None, "low": None, "high": None, "method": None, "error": reason}


def _video_json(path: Path, counted: VideoCount, points: bool) -> dict[str, Any]:
    """The look with most people stands for the video."""
    told = _json(path, counted.fullest, points)
    told["looks"] = len(counted.times)
    if counted.regions:
        told["regions"] = [
            {"name": name, **_numbers(max(some, key=lambda one: one.count))}
            for name, some in counted.regions.items()
        ]
    if counted.crossings is not None:
        ways = [crossing.way for crossing in counted.crossings]
        told["flow"] = {
            "in": ways.count("in"),
            "out": ways.count("out"),
            "different": counted.identities,
            "crossings": [{"time": round(c.time, 2), "way": c.way} for c in counted.crossings],
        }
    return told


def _video_readings(path: Path, counted: VideoCount) -> list[Reading]:
    from veduta.library.attendance import Reading

    begin = _taken(path)
    readings = []
    for name, some in (("", counted.counts), *counted.regions.items()):
        for seconds, one in zip(counted.times, some, strict=True):
            when = None if begin is None else begin + datetime.timedelta(seconds=seconds)
            readings.append(Reading(str(path), one, when, seconds, name))
    return readings


def _tell(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit(told)
        return
    if told["error"] is not None:
        print(printable(f"{told['path']}: {told['error']}"))
        return
    print(printable(f"{told['path']}: {_range(told)}"))
    for part in told.get("regions", []):
        print(printable(f"    {part['name']}: {_range(part)}"))
    if "flow" in told:
        print(f"    over the line: {told['flow']['in']} in, {told['flow']['out']} out")


def _range(told: dict[str, Any]) -> str:
    return f"{told['count']} ({told['low']} to {told['high']})"


def _write(
    readings: Sequence[Reading], csv: Path | None, plot: Path | None, by: float | None, what: str
) -> None:
    from veduta.files import write_text
    from veduta.library.attendance import by_period, periods_csv, readings_csv, write_table
    from veduta.library.attendance_plot import marks_of, marks_of_periods
    from veduta.library.attendance_plot import plot as drawing

    periods = by_period(readings, by) if by is not None else None
    if by is not None and not periods:
        say("--by needs to know when photos were taken, and none of these tells it")
    if csv is not None:
        write_table(csv, readings_csv(readings) if periods is None else periods_csv(periods))
    if plot is not None:
        marks, begin = marks_of(readings) if periods is None else marks_of_periods(periods)
        title = "People over time" if what == "person" else f"{what} over time"
        write_text(plot, drawing(title, marks, begin))
