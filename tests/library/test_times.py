"""The timeline, memories and trips."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from tests.library.handmade import Handmade, seen
from veduta.library import memories, timeline, trips
from veduta.library.add import add_photos
from veduta.library.schema import PhotoRow, TripPhoto

HOME, ROME, FLORENCE = (48.85, 2.35), (41.89, 12.49), (43.77, 11.25)


@pytest.fixture
def made(tmp_path: Path) -> Handmade:
    return Handmade(tmp_path)


def test_timeline_agrees_with_sorting_everything(made: Handmade) -> None:
    rng = np.random.default_rng(2)
    for number in range(60):
        day = (
            None
            if number % 7 == 0
            else f"20{rng.integers(18, 21)}-0{rng.integers(1, 4)}-1{rng.integers(0, 3)}"
        )
        taken = None if day is None else f"{day}T{rng.integers(10, 20)}:00"
        made.photo(f"p{number}", taken=taken, hidden=number % 11 == 5)
    with made.catalog.session() as session:
        rows = [photo for photo in session.scalars(select(PhotoRow)) if not photo.hidden]
    rows.sort(key=lambda p: (p.taken is not None, p.taken or datetime.datetime.min, p.id), reverse=True)
    truth = [photo.id for photo in rows]
    assert timeline.page(made.catalog, 0, 1000) == (truth, len(truth))
    for offset in range(0, 60, 3):
        for limit in (1, 4, 17):
            assert timeline.page(made.catalog, offset, limit)[0] == truth[offset : offset + limit]
    days = timeline.days(made.catalog)
    assert [(day.day, day.count) for day in days] == [
        (day, sum(photo.day == day for photo in rows)) for day in dict.fromkeys(photo.day for photo in rows)
    ]
    one = next(day for day in days if day.day is not None)
    assert timeline.page(made.catalog, 0, 100, one.day) == (
        [p.id for p in rows if p.day == one.day],
        one.count,
    )
    years = {year.year: year.count for year in timeline.years(made.catalog)}
    assert years == {y: sum(p.day is not None and p.day // 10_000 == y for p in rows) for y in years}
    months = timeline.months(made.catalog, 2019)
    assert sum(month.count for month in months) == years[2019]
    assert timeline.page(made.catalog, 10_000, 5)[0] == []


def test_an_empty_library_has_an_empty_timeline(made: Handmade) -> None:
    assert timeline.days(made.catalog) == []
    assert timeline.page(made.catalog) == ([], 0)


def test_memories_are_of_this_day_in_earlier_years(made: Handmade) -> None:
    old = made.photo("old", taken="2019-05-03T10:00", position=ROME)
    liked = made.photo("liked", taken="2021-05-03T12:00", favorite=True)
    plain = made.photo("plain", taken="2021-05-03T09:00")
    made.photo("today", taken="2024-05-03T09:00")
    made.photo("other", taken="2021-05-04T09:00")
    made.photo("hidden", taken="2020-05-03T09:00", hidden=True)
    found = memories.on_this_day(made.catalog, datetime.date(2024, 5, 3))
    assert [(m.years_ago, m.photo_ids) for m in found] == [(3, [liked, plain]), (5, [old])]
    assert found[1].title == "5 years ago in Rome"
    assert found[1].day == datetime.date(2019, 5, 3)


def test_leap_days_are_remembered_every_year(made: Handmade) -> None:
    leap = made.photo("leap", taken="2020-02-29T10:00")
    assert memories.on_this_day(made.catalog, datetime.date(2023, 2, 28))[0].photo_ids == [leap]
    assert memories.on_this_day(made.catalog, datetime.date(2024, 2, 28)) == []
    assert memories.on_this_day(made.catalog, datetime.date(2024, 2, 29))[0].photo_ids == [leap]


def _life(made: Handmade) -> list[int]:
    """A year of photos at home, with a week in Italy in June."""
    away = []
    for month in range(1, 13):
        for day in (3, 12, 25):
            made.photo(f"home{month}-{day}", taken=f"2022-{month:02d}-{day:02d}T10:00", position=HOME)
    for day in range(6, 11):
        for hour in (9, 18):
            place = ROME if day < 9 else FLORENCE
            away.append(
                made.photo(f"away{day}-{hour}", taken=f"2022-06-{day:02d}T{hour:02d}:00", position=place)
            )
    made.photo("once", taken="2022-09-05T10:00", position=ROME)  # one photo is no trip
    return away


def test_trips_are_days_away_from_home(made: Handmade) -> None:
    away = _life(made)
    found = trips.trips(made.catalog)
    assert [trip.photo_ids for trip in found] == [away]
    assert found[0].name == "Rome and Florence, June 2022"
    assert (found[0].start.day, found[0].end.day) == (6, 10)


def test_a_trip_keeps_its_number_when_photos_come(made: Handmade) -> None:
    away = _life(made)
    before = trips.trips(made.catalog)[0]
    away.append(made.photo("late", [seen("object", "dog")], taken="2022-06-11T08:00", position=FLORENCE))
    after = trips.trips(made.catalog)
    assert [(trip.id, trip.photo_ids) for trip in after] == [(before.id, away)]
    assert trips.find(made.catalog) == after


def test_trips_are_found_when_photos_are_added(made: Handmade) -> None:
    away = _life(made)
    add_photos(made.catalog, (), [])
    with made.catalog.session() as session:
        assert set(session.scalars(select(TripPhoto.photo_id))) == set(away)


def test_no_positions_no_trips(made: Handmade) -> None:
    made.photo("a", taken="2022-06-11T08:00")
    assert trips.trips(made.catalog) == []
