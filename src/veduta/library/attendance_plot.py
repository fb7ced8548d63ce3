"""A drawing of counts over time, as SVG text: a band for the intervals, a line for the counts."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from veduta.library.attendance import Period, Reading
from veduta.see.count import Count

WIDTH, HEIGHT = 960, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 48, 56
STEPS = (1, 2, 5)
# Readings so many are joined by a line only.
MOST_DOTS = 200
# Distances of the marks on the axis of time, in seconds.
TICKS = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 3 * 3600, 6 * 3600, 12 * 3600, 86400)


@dataclass(frozen=True, slots=True)
class Mark:
    """One value over time: `at` in seconds from the start of the drawing's axis."""

    at: float
    count: int
    low: int
    high: int


def marks_of(readings: Sequence[Reading]) -> tuple[list[Mark], datetime.datetime | None]:
    """The readings of the whole picture as marks, and the moment at which their axis begins.

    Where times of the day are known only those are drawn; else seconds of videos, else the readings in order.
    """
    whole = [reading for reading in readings if not reading.region]
    timed = [(reading.when, reading.count) for reading in whole if reading.when is not None]
    if timed:
        begin = min(when for when, _ in timed)
        return [_mark((when - begin).total_seconds(), one) for when, one in timed], begin
    if len({reading.path for reading in whole}) == 1:
        return [_mark(reading.seconds or 0.0, reading.count) for reading in whole], None
    return [_mark(float(number), reading.count) for number, reading in enumerate(whole)], None


def marks_of_periods(periods: Sequence[Period]) -> tuple[list[Mark], datetime.datetime | None]:
    """Periods as marks at their beginnings."""
    if not periods:
        return [], None
    begin = periods[0].start
    return [Mark((p.start - begin).total_seconds(), p.most, p.low, p.high) for p in periods], begin


def _mark(at: float, one: Count) -> Mark:
    return Mark(at, one.count, one.low, one.high)


def plot(title: str, marks: Sequence[Mark], begin: datetime.datetime | None = None) -> str:
    """Counts over time; the axis tells clock times after `begin`, else seconds or minutes from the start."""
    marks = sorted(marks, key=lambda mark: mark.at)
    first = marks[0].at if marks else 0.0
    span = max((marks[-1].at - first) if marks else 0.0, 1.0)
    top = _round_up(max((mark.high for mark in marks), default=1))
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(at: float) -> float:
        return LEFT + inner_width * ((at - first) / span if len(marks) > 1 else 0.5)

    def y(value: float) -> float:
        return TOP + inner_height * (1 - value / top)

    drawn = [f'<text x="{LEFT}" y="28" font-size="17" font-weight="600">{escape(title)}</text>']
    for number in range(5):
        value = top * number / 4
        drawn.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" class="grid"/>'
            f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    for at, name in _ticks(first, span, begin) if len(marks) > 1 else _single(marks, begin):
        drawn.append(
            f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM + 5}" class="tick"/>'
            f'<text x="{x(at):.1f}" y="{HEIGHT - BOTTOM + 21}" text-anchor="middle">{escape(name)}</text>'
        )
    if marks:
        above = [f"{x(mark.at):.1f},{y(mark.high):.1f}" for mark in marks]
        below = [f"{x(mark.at):.1f},{y(mark.low):.1f}" for mark in reversed(marks)]
        drawn.append(f'<polygon points="{" ".join([*above, *below])}" class="band"/>')
        line = " ".join(f"{x(mark.at):.1f},{y(mark.count):.1f}" for mark in marks)
        drawn.append(f'<polyline points="{line}" class="line"/>')
    if len(marks) <= MOST_DOTS:
        drawn += [
            f'<line x1="{x(m.at):.1f}" x2="{x(m.at):.1f}" y1="{y(m.low):.1f}" y2="{y(m.high):.1f}" class="bar"/>'
            f'<circle cx="{x(m.at):.1f}" cy="{y(m.count):.1f}" r="3.5">'
            f"<title>{m.count} ({m.low} to {m.high})</title></circle>"
            for m in marks
        ]
    note = "line: count; band: the truth is within it nine times in ten"
    drawn.append(f'<text x="{LEFT}" y="{HEIGHT - 10}" class="note">{note}</text>')
    style = (
        "text{font:13px system-ui,sans-serif;fill:#222}.note{fill:#666;font-size:12px}.grid{stroke:#ddd}"
        ".tick{stroke:#666}.band{fill:#1c6dd033}.line{fill:none;stroke:#1c6dd0;stroke-width:2}"
        ".bar{stroke:#1c6dd088}circle{fill:#1c6dd0}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f' role="img"><style>{style}</style><rect width="100%" height="100%" fill="#fff"/>{"".join(drawn)}</svg>\n'
    )


def _round_up(value: int) -> int:
    """The next of 4, 8, 20, 40, 80, 200...: four steps of round numbers."""
    scale = 4
    while True:
        for step in STEPS:
            if step * scale >= value:
                return step * scale
        scale *= 10


def _ticks(first: float, span: float, begin: datetime.datetime | None) -> list[tuple[float, str]]:
    step = next((tick for tick in TICKS if span / tick <= 9), 86400 * (1 + int(span / 86400 / 9)))
    offset = 0.0
    if begin is not None:  # marks at round times of the clock
        offset = (begin - begin.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    number = -int(-(first + offset) // step)
    found = []
    while number * step - offset <= first + span + 1e-6:
        at = number * step - offset
        found.append((at, _name(at, step, begin)))
        number += 1
    return found


def _single(marks: Sequence[Mark], begin: datetime.datetime | None) -> list[tuple[float, str]]:
    return [(mark.at, _name(mark.at, 1, begin)) for mark in marks[:1]]


def _name(at: float, step: float, begin: datetime.datetime | None) -> str:
    if begin is None:
        seconds = round(at)
        return f"{seconds} s" if step < 60 and at < 600 else f"{seconds // 60}:{seconds % 60:02d}"
    moment = begin + datetime.timedelta(seconds=at)
    if step >= 86400:
        return moment.strftime("%Y-%m-%d")
    return moment.strftime("%H:%M" if step >= 60 else "%H:%M:%S")
