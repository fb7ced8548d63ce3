"""Landmarks that were recognized: albums by city, searches, and places that are inferred."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.library.handmade import Handmade, read, seen
from tests.server.conftest import save
from veduta.image.photo import Photo
from veduta.library import albums, attractions, closeup, places, world
from veduta.library.add import add_photos
from veduta.library.attractions import Attraction
from veduta.library.catalog import Catalog
from veduta.library.schema import PhotoRow
from veduta.library.search import search, suggest
from veduta.see.finding import Finding

AGRA = (27.1751, 78.0421)
ROME = (41.8902, 12.4922)


def landmark(name: str, city: str, country: str, at: tuple[float, float] | None, score: float = 0.93) -> Any:
    """A finding as the recognizer of landmarks says it."""
    where = {"latitude": at[0], "longitude": at[1]} if at else {"latitude": None, "longitude": None}
    extra = {"id": name.lower(), "city": city, "country": country, "region": "", "how": "vector", **where}
    return seen("landmark", name, score, extra=extra, box=(10.0, 20.0, 200.0, 150.0))


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Handmade]:
    library = Handmade(tmp_path / "library")
    taj = landmark("Taj Mahal", "Agra", "India", AGRA)
    library.photo("dawn", [taj], "2021-02-01T06:00")
    library.photo("noon", [taj], "2023-02-01T12:00", position=(27.1745, 78.0430))
    library.photo("arena", [landmark("Colosseum", "Rome", "Italy", ROME)], "2022-05-01T10:00")
    library.photo("doubt", [landmark("Colosseum", "Rome", "Italy", ROME, 0.3)])
    library.photo("map", [landmark("Old Bridge", "Mostar", "Bosnia and Herzegovina", None)])
    library.photo("twin", [landmark("Old Bridge", "Heidelberg", "Germany", (49.4141, 8.7093))])
    library.photo("book", [read("a book about Agra")])
    library.photo("cafe", [seen("scene", "cafe")], position=(41.9000, 12.4800))
    yield library
    library.catalog.close()


def names(made: Handmade, query: str) -> set[str]:
    return {Path(hit.path).stem for hit in search(made.catalog, query).hits}


def reasons(made: Handmade, query: str) -> dict[str, list[str]]:
    return {Path(hit.path).stem: hit.why for hit in search(made.catalog, query).hits}


def test_albums_stand_by_city_also_without_a_position(made: Handmade) -> None:
    found = albums.albums(made.catalog, ["attraction"])
    assert [(a.album, a.group, a.name, a.count) for a in found] == [
        ("Attractions", "Agra", "Taj Mahal", 2),
        ("Attractions", "Heidelberg", "Old Bridge", 1),
        ("Attractions", "Mostar", "Old Bridge", 1),
        ("Attractions", "Rome", "Colosseum", 1),
    ]
    for album in found:
        assert album.cover in albums.photos(made.catalog, album.id)[0]
    assert albums.photos(made.catalog, "attraction:taj mahal, agra") == ([2, 1], 2)


def test_an_albums_search_finds_its_photos(made: Handmade) -> None:
    for album in albums.albums(made.catalog, ["attraction"]):
        found = {hit.photo_id for hit in search(made.catalog, album.query or "").hits}
        assert found >= set(albums.photos(made.catalog, album.id)[0])
    assert names(made, 'landmark:"old bridge" city:Mostar') == {"map"}


def test_landmarks_without_a_city_stand_where_most_of_their_photos_were_taken(tmp_path: Path) -> None:
    library = Handmade(tmp_path / "library")
    library.photo("a", [seen("landmark", "Fountain")], position=(41.9009, 12.4833))
    library.photo("b", [seen("landmark", "Somewhere")])
    found = [(a.group, a.name) for a in albums.albums(library.catalog, ["attraction"])]
    assert found == [("Rome", "Fountain"), ("Elsewhere", "Somewhere")]
    library.catalog.close()


@pytest.mark.parametrize(
    "query",
    [
        'landmark:"Taj Mahal"',
        "landmark:taj",
        'landmark:"taj mahall"',
        'attraction:"taj mahal"',
        "taj mahal",
        "taj mahall",
        "tajmahal OR taj",
    ],
)
def test_landmarks_are_found_by_names_even_misspelled(made: Handmade, query: str) -> None:
    assert names(made, query) == {"dawn", "noon"}


def test_reasons_name_the_landmark(made: Handmade) -> None:
    assert reasons(made, "landmark:taj")["dawn"] == ["landmark: Taj Mahal (0.93)"]
    assert reasons(made, "city:agra")["dawn"] == ["landmark: Taj Mahal (0.93), in Agra, India"]
    assert reasons(made, "city:agra")["noon"] == ["taken in Agra, India"]
    assert reasons(made, "place:italy")["arena"] == ["landmark: Colosseum (0.93), in Rome, Italy"]


def test_plain_words_for_a_city_or_country_find_it_through_the_landmark(made: Handmade) -> None:
    assert names(made, "agra") == {"dawn", "noon", "book"}
    assert names(made, "india") == {"dawn", "noon"}
    assert names(made, "colosseum rome") == {"arena"}
    assert names(made, "country:italy") == {"arena", "cafe"}
    assert names(made, "-country:italy place:rome") == set()


def test_suggestions_know_landmarks(made: Handmade) -> None:
    assert [(s.text, s.kind, s.count) for s in suggest(made.catalog, "landmark:ta")] == [
        ('landmark:"taj mahal"', "landmark", 2)
    ]
    assert 'landmark:"taj mahal"' in [s.text for s in suggest(made.catalog, "taj")]
    assert "city:agra" in [s.text for s in suggest(made.catalog, "agr")]


def test_the_map_marks_what_is_inferred(made: Handmade) -> None:
    every = world.positions(made.catalog)
    told = dict(zip(every.ids.tolist(), every.inferred.tolist(), strict=True))
    assert told == {1: True, 2: False, 3: True, 6: True, 8: False}
    assert every.ids.tolist() == [2, 3, 1, 8, 6]  # newest first, unknown time last
    at = every.ids.tolist().index(1)
    assert np.allclose((every.latitudes[at], every.longitudes[at]), AGRA)
    found, total = world.clusters(every, -180, -90, 180, 90, 0)
    assert total == sum(one.count for one in found) == 5
    assert sum(one.inferred for one in found) == 3


def test_inferred_places_are_counted_apart_and_never_written(made: Handmade) -> None:
    found: dict[tuple[str, str], tuple[int, int, int | None]] = {
        (p.place.city, p.place.country): (p.photos, p.inferred, p.place.id)
        for p in places.places(made.catalog)
    }
    assert found["Agra", "India"][:2] == (2, 1)
    assert found["Rome", "Italy"][:2] == (2, 1)
    assert found["Heidelberg", "Germany"] == (1, 1, None)
    with made.catalog.session() as session:
        for photo_id in (1, 3, 6):
            row = session.get(PhotoRow, photo_id)
            assert row is not None
            assert (row.latitude, row.longitude, row.place_id, row.position_source) == (None,) * 4


def test_a_photo_tells_where_its_landmark_puts_it(made: Handmade) -> None:
    dawn, noon = closeup.closeup(made.catalog, 1), closeup.closeup(made.catalog, 2)
    assert dawn.inferred is not None
    assert (dawn.inferred.name, dawn.inferred.where) == ("Taj Mahal", "Agra, India")
    assert dawn.place is None
    assert noon.inferred is None
    assert closeup.closeup(made.catalog, 4).inferred is None  # too doubtful


def test_what_no_longer_is_seen_is_no_longer_inferred(made: Handmade) -> None:
    made.see_again(3, [])
    made.see_again(3, [landmark("Taj Mahal", "Agra", "India", AGRA)])
    assert names(made, "country:india") == {"dawn", "noon", "arena"}


@pytest.mark.parametrize(
    "extra", [None, {}, {"latitude": "27"}, {"latitude": 91, "longitude": 3}, {"latitude": 1.0}, []]
)
def test_extras_of_any_form_are_read(extra: Any) -> None:
    assert attractions.attraction(1, "X", 0.9, extra) == Attraction(1, "X", 0.9, "", "", "", None, None)


class Asking:
    """Notes the positions of the photos that it is shown."""

    name = "asking"
    version = "1"

    def __init__(self) -> None:
        self.positions: dict[str, tuple[float, float] | None] = {}

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        self.positions |= {photo.path.stem: photo.position for photo in photos if photo.path}
        return [[] for _ in photos]


def test_recognizers_are_told_the_position_of_a_photo(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    gray = Image.new("RGB", (80, 60), "gray")
    save(gray, folder / "agra.jpg", "2021:05:01 10:00:00", *AGRA)
    save(Image.new("RGB", (80, 60), "red"), folder / "nowhere.jpg", None, None, None)
    asking = Asking()
    with Catalog.open(tmp_path / "library") as catalog:
        add_photos(catalog, [folder], [asking])
    assert asking.positions["nowhere"] is None
    assert asking.positions["agra"] == pytest.approx(AGRA, abs=1e-4)
