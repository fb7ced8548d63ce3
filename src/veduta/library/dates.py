"""Days that people name: "2019", "2019-05", "may 2023", "summer", "christmas", "yesterday"."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

from veduta.errors import QueryError

MONTHS = {name.casefold(): n for n, name in enumerate(calendar.month_name) if name}
MONTHS |= {name.casefold(): n for n, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
# Northern seasons, by month; winter runs over the turn of the year.
SEASONS = {
    "spring": (3, 4, 5),
    "summer": (6, 7, 8),
    "autumn": (9, 10, 11),
    "fall": (9, 10, 11),
    "winter": (12, 1, 2),
}
# First and last month and day, every year.
FEASTS = {
    "christmas": ((12, 24), (12, 26)),
    "xmas": ((12, 24), (12, 26)),
    "christmas eve": ((12, 24), (12, 24)),
    "new year": ((12, 31), (1, 1)),
    "new years": ((12, 31), (1, 1)),
    "new years eve": ((12, 31), (12, 31)),
    "halloween": ((10, 31), (10, 31)),
    "valentines day": ((2, 14), (2, 14)),
    "valentine": ((2, 14), (2, 14)),
}
WEEKDAYS = {name.casefold(): n for n, name in enumerate(calendar.day_name)}


@dataclass(frozen=True, slots=True)
class Days:
    """Ranges of days, both ends included: `spans` of yyyymmdd, and `yearly` of mmdd in every year."""

    spans: tuple[tuple[int, int], ...] = ()
    yearly: tuple[tuple[int, int], ...] = ()

    @property
    def first(self) -> int:
        """The first day, yyyymmdd."""
        return min(start for start, _ in self.spans)

    @property
    def last(self) -> int:
        """The last day, yyyymmdd."""
        return max(end for _, end in self.spans)


def number(day: datetime.date) -> int:
    """A date as yyyymmdd."""
    return day.year * 10_000 + day.month * 100 + day.day


def date_of(day: int) -> datetime.date:
    """The date of yyyymmdd."""
    return datetime.date(day // 10_000, day // 100 % 100, day % 100)


def parse(text: str, today: datetime.date | None = None) -> Days:
    """The days of a filter's value (after:, before:, on:): a date, month, year, or a range with ".." between.

    Raises QueryError for anything else.
    """
    start, dots, end = text.partition("..")
    found = _numeric(start) or read(re.split(r"[\s_]+", start.strip()), today)
    if dots:
        other = _numeric(end) or read(re.split(r"[\s_]+", end.strip()), today)
        if found is not None and other is not None and found.spans and other.spans:
            return Days(((found.first, other.last),))
    elif found is not None and found.spans:
        return found
    raise QueryError(f"{text!r} is not a date: write 2019, 2019-05, 2019-05-03 or 2019..2021")


def read(words: Sequence[str], today: datetime.date | None = None) -> Days | None:
    """The days that some words name; None when they name none ("march" alone is every March)."""
    words = [re.sub(r"['’]", "", word.casefold()).strip(",.") for word in words if word]
    if not words:
        return None
    today = today or datetime.date.today()
    text = " ".join(words)
    relative = _relative(text, today)
    if relative is not None:
        return Days(((number(relative[0]), number(relative[1])),))
    if len(words) == 1:
        numeric = _numeric(words[0])
        if numeric is not None:
            return numeric
    year = next((int(w) for w in words if re.fullmatch(r"(18|19|20)\d\d", w)), None)
    rest = [w for w in words if not re.fullmatch(r"(18|19|20)\d\d", w)]
    if len(words) - len(rest) > 1:
        return None
    if not rest:
        return Days(((year * 10_000 + 101, year * 10_000 + 1231),)) if year is not None else None
    yearly = _yearly(rest, year)
    if yearly is None or year is None:
        return None if yearly is None else Days(yearly=yearly)
    return Days(tuple(_in_year(year, *span) for span in yearly))


def _yearly(words: Sequence[str], year: int | None) -> tuple[tuple[int, int], ...] | None:
    name = " ".join(words)
    if name in FEASTS:
        (m1, d1), (m2, d2) = FEASTS[name]
        return ((m1 * 100 + d1, m2 * 100 + d2),)
    if name == "easter" and year is not None:
        sunday = easter(year)
        start, end = sunday - datetime.timedelta(2), sunday + datetime.timedelta(1)
        return ((number(start) % 10_000, number(end) % 10_000),)
    if name in SEASONS:
        months = SEASONS[name]
        return ((months[0] * 100 + 1, months[-1] * 100 + 31),)
    month = next((MONTHS[w] for w in words if w in MONTHS), None)
    if month is None or len(words) > 2:
        return None
    if len(words) == 1:
        return ((month * 100 + 1, month * 100 + 31),)
    day = re.fullmatch(r"(\d{1,2})(st|nd|rd|th)?", words[1] if words[0] in MONTHS else words[0])
    if day is None or not 1 <= int(day[1]) <= 31:
        return None
    return ((month * 100 + int(day[1]),) * 2,)


def _in_year(year: int, start: int, end: int) -> tuple[int, int]:
    later = year + (end < start)  # winter 2020 ends in February 2021
    return year * 10_000 + start, later * 10_000 + end


def _numeric(text: str) -> Days | None:
    match = re.fullmatch(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?", text.strip())
    if match is None or not int(match[1]) >= 1:
        return None
    year, month, day = (int(part) if part else 0 for part in match.groups())
    if (
        month > 12
        or (match[2] and not month)
        or (match[3] and not 1 <= day <= calendar.monthrange(year, month)[1])
    ):
        return None
    base = year * 10_000 + month * 100 + day
    if day:
        return Days(((base, base),))
    if month:
        return Days(((base + 1, base + 31),))
    return Days(((base + 101, base + 1231),))


def _relative(text: str, today: datetime.date) -> tuple[datetime.date, datetime.date] | None:
    one = datetime.timedelta(1)
    monday = today - today.weekday() * one
    first = today.replace(day=1)
    last_month = first - one
    return {
        "today": (today, today),
        "yesterday": (today - one, today - one),
        "this week": (monday, today),
        "last week": (monday - 7 * one, monday - one),
        "last weekend": (monday - 2 * one, monday - one),
        "this month": (first, today),
        "last month": (last_month.replace(day=1), last_month),
        "this year": (datetime.date(today.year, 1, 1), today),
        "last year": (datetime.date(today.year - 1, 1, 1), datetime.date(today.year - 1, 12, 31)),
    }.get(text)


def easter(year: int) -> datetime.date:
    """Easter Sunday of the Gregorian calendar (Anonymous algorithm, Nature 1876)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    m = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return datetime.date(year, month, day + 1)
