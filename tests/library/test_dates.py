"""Days that people name."""

from __future__ import annotations

import datetime

import pytest

from veduta.errors import QueryError
from veduta.library import dates

TODAY = datetime.date(2024, 3, 15)  # a Friday


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2019", (20190101, 20191231)),
        ("2019-05", (20190501, 20190531)),
        ("2019-05-03", (20190503, 20190503)),
        ("2019/5/3", (20190503, 20190503)),
        ("2019..2021", (20190101, 20211231)),
        ("may 2019", (20190501, 20190531)),
        ("may_2019", (20190501, 20190531)),
        ("3 May 2019", (20190503, 20190503)),
        ("summer 2020", (20200601, 20200831)),
        ("christmas 2020", (20201224, 20201226)),
        ("yesterday", (20240314, 20240314)),
        ("last month", (20240201, 20240229)),
        ("last week", (20240304, 20240310)),
        ("last year", (20230101, 20231231)),
    ],
)
def test_dates_are_read(text: str, span: tuple[int, int]) -> None:
    found = dates.parse(text, TODAY)
    assert (found.first, found.last) == span


@pytest.mark.parametrize(
    "text", ["", "soon", "2019-13", "2019-02-30", "0000", "may", "2019 2020", "..", "2019.."]
)
def test_others_are_refused(text: str) -> None:
    with pytest.raises(QueryError):
        dates.parse(text, TODAY)


def test_days_of_every_year() -> None:
    assert dates.read(["christmas"]) == dates.Days(yearly=((1224, 1226),))
    assert dates.read(["May"]) == dates.Days(yearly=((501, 531),))
    assert dates.read(["may", "3rd"]) == dates.Days(yearly=((503, 503),))
    assert dates.read(["dog"]) is None
    assert dates.read(["may", "dog", "2019"]) is None


def test_winter_runs_over_the_turn_of_the_year() -> None:
    found = dates.read(["winter", "2020"])
    assert found is not None and (found.first, found.last) == (20201201, 20210231)


def test_easter_sundays() -> None:
    known = {
        1818: (3, 22),
        1943: (4, 25),
        2000: (4, 23),
        2008: (3, 23),
        2024: (3, 31),
        2025: (4, 20),
        2038: (4, 25),
    }
    assert all(dates.easter(year) == datetime.date(year, *day) for year, day in known.items())
    assert all(dates.easter(year).weekday() == 6 for year in range(1900, 2100))
