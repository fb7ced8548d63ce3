"""Attendance: how many people came, over time, from many photos or looks at a video."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from veduta.files import write_text
from veduta.see.count import Count


@dataclass(frozen=True, slots=True)
class Reading:
    """One count: of a photo, or of one look at a video, `seconds` from its start.

    `when` is local time where it is known; `region` is empty for the whole picture.
    """

    path: str
    count: Count
    when: datetime.datetime | None = None
    seconds: float | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """What was counted in a stretch of time: the fullest reading with its interval, and the usual one."""

    start: datetime.datetime
    readings: int
    most: int
    low: int
    high: int
    usual: float


def by_period(readings: Sequence[Reading], minutes: float) -> list[Period]:
    """The readings of the whole picture whose time is known, in periods that begin at multiples of `minutes`.

    Photos show parts of an event, so the fullest of them says how many were there at least.
    """
    if not minutes > 0:
        raise ValueError(f"a period has more than 0 minutes, not {minutes}")
    length = datetime.timedelta(minutes=minutes)
    groups: dict[datetime.datetime, list[Count]] = {}
    for reading in readings:
        if reading.when is not None and not reading.region:
            midnight = reading.when.replace(hour=0, minute=0, second=0, microsecond=0)
            start = midnight + (reading.when - midnight) // length * length
            groups.setdefault(start, []).append(reading.count)
    periods = []
    for start, counts in sorted(groups.items()):
        fullest = max(counts, key=lambda one: one.count)
        periods.append(
            Period(
                start,
                len(counts),
                fullest.count,
                fullest.low,
                fullest.high,
                float(median(one.count for one in counts)),
            )
        )
    return periods


def readings_csv(readings: Sequence[Reading]) -> str:
    """A table with a row for each reading, in order of time; those without a time come last."""
    rows = sorted(readings, key=lambda r: (r.when or datetime.datetime.max, r.path, r.seconds or 0.0))
    return _table(
        ["path", "time", "seconds", "region", "count", "low", "high"],
        [
            [
                reading.path,
                "" if reading.when is None else reading.when.isoformat(sep=" ", timespec="seconds"),
                "" if reading.seconds is None else f"{reading.seconds:.2f}",
                reading.region,
                reading.count.count,
                reading.count.low,
                reading.count.high,
            ]
            for reading in rows
        ],
    )


def periods_csv(periods: Sequence[Period]) -> str:
    """A table with a row for each period."""
    return _table(
        ["start", "readings", "most", "low", "high", "usual"],
        [
            [
                period.start.isoformat(sep=" ", timespec="minutes"),
                period.readings,
                period.most,
                period.low,
                period.high,
                f"{period.usual:g}",
            ]
            for period in periods
        ],
    )


def write_table(path: Path, text: str) -> None:
    """Write a table atomically; names that are not UTF-8 come as escapes."""
    write_text(path, text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue()
