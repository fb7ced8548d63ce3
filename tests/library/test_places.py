"""Positions to cities."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.library.handmade import Handmade
from veduta.library import places
from veduta.library.schema import PhotoRow, Place


@pytest.mark.parametrize(
    ("latitude", "longitude", "city", "country"),
    [
        (48.8584, 2.2945, "Paris", "France"),
        (48.8049, 2.1204, "Versailles", "France"),
        (51.5007, -0.1246, "London", "United Kingdom"),
        (41.8902, 12.4922, "Rome", "Italy"),
        (41.9022, 12.4539, "Vatican City", "Holy See (Vatican City State)"),
        (40.758, -73.9855, "New York City", "United States"),
        (27.1751, 78.0421, "Agra", "India"),
        (2.19, 102.25, "Malacca", "Malaysia"),
        (35.66, 139.70, "Tokyo", "Japan"),
        (-17.8, 178.0, "Ba", "Fiji"),
        (45.976, 7.658, "Zermatt", "Switzerland"),
    ],
)
def test_known_places(latitude: float, longitude: float, city: str, country: str) -> None:
    found = places.find(latitude, longitude)
    assert found is not None
    assert (found.city, found.country) == (city, country)


@pytest.mark.parametrize("position", [(30.0, -40.0), (0.0, 0.0), (-85.0, 20.0), (91.0, 0.0), (0.0, 181.0)])
def test_the_sea_and_impossible_positions_are_nowhere(position: tuple[float, float]) -> None:
    assert places.find(*position) is None


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_city_is_never_far(latitude: float, longitude: float) -> None:
    found = places.find(latitude, longitude)
    if found is not None:
        here = (round(latitude, 3), round(longitude, 3))
        assert places.kilometers(here, (found.latitude, found.longitude)) <= places.FARTHEST_KM


def test_distances() -> None:
    assert places.kilometers((48.8566, 2.3522), (51.5074, -0.1278)) == pytest.approx(343.6, abs=1)
    assert places.kilometers((0, 179.5), (0, -179.5)) == pytest.approx(111.2, abs=1)


def test_photos_of_one_city_share_its_row(tmp_path: Path) -> None:
    made = Handmade(tmp_path)
    ids = [made.photo(f"p{i}", position=(48.85 + i / 1000, 2.33)) for i in range(3)]
    nowhere = made.photo("sea", position=(30.0, -40.0))
    with made.catalog.session() as session:
        assert session.scalar(select(func.count()).select_from(Place)) == 1
        assert len({session.get_one(PhotoRow, photo).place_id for photo in ids}) == 1
        assert session.get_one(PhotoRow, nowhere).place_id is None
    made.catalog.close()
