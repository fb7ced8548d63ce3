"""The shelves of albums: one for each kind, with the photos of every album on it."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veduta.errors import QueryError
from veduta.library import attractions
from veduta.library.catalog import Catalog
from veduta.library.matching import Matcher
from veduta.library.postings import Postings, postings
from veduta.library.query import Filter, parse, write
from veduta.library.schema import (
    Album,
    AlbumPhoto,
    Face,
    Person,
    PhotoRow,
    Place,
    Term,
)
from veduta.library.trips import trips
from veduta.library.words import plain

SHELVES = {
    "person": "People",
    "object": "Objects",
    "scene": "Scenes",
    "text": "Text",
    "place": "Places",
    "attraction": "Attractions",
    "favorite": "Favorites",
    "recent": "Recently added",
    "trip": "Trips",
    "manual": "Albums",
    "smart": "Albums",
}
"""Kind of album -> the shelf it stands on, in the order of the shelves."""
SURE = {"object": 128, "label": 128, "scene": 102, "landmark": int(255 * attractions.SURE)}
"""Weight (of 255) from which a photo goes into an album by itself: an album must be clean, a search
complete.
"""
ELSEWHERE = "Elsewhere"
"""Group of the landmarks of which nobody knows the city."""
RECENT_DAYS = 30
TEXTS = {"document": "Documents", "screenshot": "Screenshots", "text": "Photos with text"}
# Things that are in the background of most photos make dull albums of their own.
_PEOPLE = frozenset({"person"})


@dataclass(frozen=True, slots=True)
class AlbumSummary:
    """An album in a list: `album` is its shelf, `group` a part of the shelf (country, city), `cover` a
    photo id.

    `query` is the search that gives about the same photos, where there is one.
    """

    id: str
    kind: str
    album: str
    group: str | None
    name: str
    count: int
    cover: int | None
    query: str | None


@dataclass(frozen=True, slots=True, eq=False)
class AlbumPhotos:
    """Photos of an album, with how sure each is (1 to 255)."""

    ids: NDArray[np.int64]
    sure: NDArray[np.uint8]


class Shelf:
    """Albums of one moment of a catalog."""

    def __init__(self, catalog: Catalog, session: Session) -> None:
        self.catalog = catalog
        self.session = session
        self.postings: Postings = postings(catalog, session)
        # A library of a hundred photos should have albums too.
        photos = int(self.postings.shown.sum())
        self.fewest = 1 if photos < 200 else 2 if photos < 2000 else 3
        favorite = self._term("is", "favorite")
        self.liked = np.zeros(self.postings.size, bool)
        if favorite is not None:
            self.liked[self.postings.photos(favorite)[0]] = True

    def _term(self, field: str, word: str) -> int | None:
        return self.session.scalar(select(Term.id).where(Term.field == field, Term.word == word))

    def terms(self, field: str) -> Iterable[tuple[int, str]]:
        """All terms of a field."""
        return self.session.execute(select(Term.id, Term.word).where(Term.field == field).order_by(Term.word))

    def of_terms(self, terms: Sequence[int], lowest: int) -> AlbumPhotos:
        """Shown photos that have one of some terms with at least this weight."""
        parts = [self.postings.photos(term) for term in terms]
        ids = np.concatenate([ids for ids, _ in parts]) if parts else np.empty(0, np.uint32)
        sure = np.concatenate([w for _, w in parts]) if parts else np.empty(0, np.uint8)
        good = (sure >= lowest) & self.postings.shown[ids]
        ids, sure = ids[good].astype(np.int64), sure[good]
        if len(parts) > 1:
            order = np.lexsort((-sure.astype(int), ids))
            ids, sure = ids[order], sure[order]
            first = np.concatenate([[True], np.diff(ids) > 0]) if len(ids) else np.empty(0, bool)
            ids, sure = ids[first], sure[first]
        return AlbumPhotos(ids, sure)

    def of_ids(self, ids: Iterable[int]) -> AlbumPhotos:
        """Shown photos among some."""
        array = np.unique(np.fromiter(ids, np.int64))
        array = array[array < self.postings.size]
        array = array[self.postings.shown[array]]
        return AlbumPhotos(array, np.full(len(array), 255, np.uint8))

    def newest_first(self, photos: AlbumPhotos) -> list[int]:
        """Photo ids, newest first, unknown time last."""
        order = np.lexsort((-photos.ids, -self.postings.days[photos.ids].astype(np.int64)))
        return [int(i) for i in photos.ids[order]]

    def cover(self, photos: AlbumPhotos) -> int | None:
        """The photo that stands for an album: a favorite, then the surest, then the newest."""
        if not len(photos.ids):
            return None
        days = self.postings.days[photos.ids]
        order = np.lexsort((photos.ids, days, photos.sure, self.liked[photos.ids]))
        return int(photos.ids[order[-1]])


def _of_people(shelf: Shelf) -> Iterator[AlbumSummary]:
    rows = shelf.session.execute(
        select(Person.id, Person.name, Person.cover_finding_id, func.count(Face.photo_id.distinct()))
        .join(Face, Face.person_id == Person.id)
        .where(Person.hidden.is_(False))
        .group_by(Person.id)
    ).all()
    covers = dict(
        shelf.session.execute(
            select(Face.finding_id, Face.photo_id).where(
                Face.finding_id.in_(select(Person.cover_finding_id).where(Person.hidden.is_(False)))
            )
        ).all()
    )
    for number, name, cover, count in sorted(rows, key=lambda r: (r[1] is None, -r[3], r[0])):
        yield AlbumSummary(
            f"person:{number}", "person", SHELVES["person"], None, name or f"Person {number}", count,
            covers.get(cover or -1), write(Filter("person", name or str(number))),
        )  # fmt: skip


def _of_things(shelf: Shelf) -> Iterator[AlbumSummary]:
    by_name: dict[str, list[tuple[str, int]]] = {}
    for field in ("object", "label"):
        for number, word in shelf.terms(field):
            if word not in _PEOPLE:
                by_name.setdefault(word, []).append((field, number))
    found = []
    for word, terms in by_name.items():
        kept = shelf.of_terms([n for _, n in terms], min(SURE[field] for field, _ in terms))
        found.append((word, terms[0][0], kept))
    yield from _ordered(shelf, "object", found)


def _of_scenes(shelf: Shelf) -> Iterator[AlbumSummary]:
    found = [(word, "scene", shelf.of_terms([n], SURE["scene"])) for n, word in shelf.terms("scene")]
    yield from _ordered(shelf, "scene", found)


def _ordered(shelf: Shelf, kind: str, found: list[tuple[str, str, AlbumPhotos]]) -> Iterator[AlbumSummary]:
    """Albums of names with enough photos, largest first."""
    enough = [entry for entry in found if len(entry[2].ids) >= shelf.fewest]
    for word, field, kept in sorted(enough, key=lambda entry: (-len(entry[2].ids), entry[0])):
        yield AlbumSummary(
            f"{kind}:{word}", kind, SHELVES[kind], None, word[:1].upper() + word[1:], len(kept.ids),
            shelf.cover(kept), write(Filter(field, word)),
        )  # fmt: skip


def _of_texts(shelf: Shelf) -> Iterator[AlbumSummary]:
    numbers = {word: n for n, word in shelf.terms("is")}
    for flag, name in TEXTS.items():
        kept = shelf.of_terms([numbers[flag]] if flag in numbers else [], 1)
        if len(kept.ids):
            yield AlbumSummary(
                f"text:{flag}", "text", SHELVES["text"], None, name, len(kept.ids), shelf.cover(kept),
                write(Filter("is", flag)),
            )  # fmt: skip


def _of_places(shelf: Shelf) -> Iterator[AlbumSummary]:
    found = []
    terms = {word: n for n, word in shelf.terms("city")}
    for place in shelf.session.scalars(select(Place)):
        number = terms.get(plain(place.city))
        kept = shelf.of_terms([] if number is None else [number], 1)
        twins = shelf.session.scalar(
            select(func.count()).select_from(Place).where(Place.city == place.city, Place.id != place.id)
        )
        if twins:  # towns of one name: only the catalog can tell them apart
            ids = shelf.session.scalars(select(PhotoRow.id).where(PhotoRow.place_id == place.id))
            kept = shelf.of_ids(ids)
        if len(kept.ids):
            found.append((place, kept))
    for place, kept in sorted(found, key=lambda f: (f[0].country, -len(f[1].ids), f[0].city)):
        query = f"{write(Filter('city', place.city))} {write(Filter('country', place.country))}"
        yield AlbumSummary(
            f"place:{place.id}", "place", SHELVES["place"], place.country, place.city, len(kept.ids),
            shelf.cover(kept), query,
        )  # fmt: skip


def _of_attractions(shelf: Shelf) -> Iterator[AlbumSummary]:
    """Landmarks, by the city that they stand in: as their atlas says, else where most of their photos were
    taken.
    """
    told = attractions.named(shelf.session)
    found = []
    for number, key in shelf.terms("attraction"):
        kept = shelf.of_terms([number], SURE["landmark"])
        if len(kept.ids) and key in told:
            found.append((told[key].city or _city(shelf, kept) or ELSEWHERE, told[key], key, kept))
    # Atlases may spell a city in several ways ("agra", after a folder): it is one group, by the better name.
    spelled: dict[str, str] = {}
    for city, *_ in found:
        if spelled.get(plain(city), "").islower() or plain(city) not in spelled:
            spelled[plain(city)] = city
    found = [(spelled[plain(city)], one, key, kept) for city, one, key, kept in found]
    names = Counter(plain(one.name) for _, one, _, _ in found)
    for city, one, key, kept in sorted(found, key=lambda f: (f[0] == ELSEWHERE, f[0], -len(f[3].ids), f[2])):
        query = write(Filter("landmark", one.name))
        if names[plain(one.name)] > 1 and one.city:
            query += f" {write(Filter('city', one.city))}"
        yield AlbumSummary(
            f"attraction:{key}", "attraction", SHELVES["attraction"], city, one.name, len(kept.ids),
            shelf.cover(kept), query,
        )  # fmt: skip


def _city(shelf: Shelf, kept: AlbumPhotos) -> str | None:
    """The city in which most of some photos were taken."""
    query = select(Place.city).join(PhotoRow, PhotoRow.place_id == Place.id)
    sample = [int(i) for i in kept.ids[:200]]
    cities = [city for city in shelf.session.scalars(query.where(PhotoRow.id.in_(sample))) if city]
    return max(sorted(set(cities)), key=cities.count) if cities else None


def _of_favorites(shelf: Shelf) -> Iterator[AlbumSummary]:
    kept = shelf.of_terms([n for n, word in shelf.terms("is") if word == "favorite"], 1)
    if len(kept.ids):
        yield AlbumSummary(
            "favorite", "favorite", SHELVES["favorite"], None, "Favorites", len(kept.ids), shelf.cover(kept),
            "is:favorite",
        )  # fmt: skip


def recent(session: Session) -> Iterable[int]:
    """Photos added in the days before the last one was."""
    last = session.scalar(select(func.max(PhotoRow.added_at)))
    if last is None:
        return []
    since = last - datetime.timedelta(days=RECENT_DAYS)
    return session.scalars(select(PhotoRow.id).where(PhotoRow.added_at >= since))


def _of_recent(shelf: Shelf) -> Iterator[AlbumSummary]:
    kept = shelf.of_ids(recent(shelf.session))
    if len(kept.ids):
        yield AlbumSummary(
            "recent", "recent", SHELVES["recent"], None, "Recently added", len(kept.ids), shelf.cover(kept),
            None,
        )  # fmt: skip


def _of_trips(shelf: Shelf) -> Iterator[AlbumSummary]:
    for trip in trips(shelf.catalog):
        kept = shelf.of_ids(trip.photo_ids)
        if len(kept.ids):
            yield AlbumSummary(
                f"trip:{trip.id}", "trip", SHELVES["trip"], str(trip.start.year), trip.name, len(kept.ids),
                shelf.cover(kept), None,
            )  # fmt: skip


def _of_manual(shelf: Shelf) -> Iterator[AlbumSummary]:
    for album in shelf.session.scalars(select(Album).where(Album.kind == "manual").order_by(Album.name)):
        ids = shelf.session.scalars(select(AlbumPhoto.photo_id).where(AlbumPhoto.album_id == album.id))
        kept = shelf.of_ids(ids)
        yield AlbumSummary(
            f"manual:{album.id}", "manual", SHELVES["manual"], None, album.name, len(kept.ids),
            shelf.cover(kept), write(Filter("album", album.name)),
        )  # fmt: skip


def smart(shelf: Shelf, album: Album) -> AlbumPhotos:
    """The photos that a saved search finds now."""
    matcher = Matcher(shelf.catalog, shelf.session)
    try:
        ids = np.flatnonzero(matcher.match(parse(album.query or "")).mask)
    except QueryError:
        ids = np.empty(0, np.int64)
    return shelf.of_ids(ids.tolist())


def _of_smart(shelf: Shelf) -> Iterator[AlbumSummary]:
    for album in shelf.session.scalars(select(Album).where(Album.kind == "smart").order_by(Album.name)):
        kept = smart(shelf, album)
        yield AlbumSummary(
            f"smart:{album.id}", "smart", SHELVES["smart"], None, album.name, len(kept.ids),
            shelf.cover(kept), album.query,
        )  # fmt: skip


KINDS = {
    "person": _of_people,
    "object": _of_things,
    "scene": _of_scenes,
    "text": _of_texts,
    "place": _of_places,
    "attraction": _of_attractions,
    "favorite": _of_favorites,
    "recent": _of_recent,
    "trip": _of_trips,
    "manual": _of_manual,
    "smart": _of_smart,
}
