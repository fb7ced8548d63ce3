"""Trips: days in a row spent away from home."""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from veduta.errors import CatalogError
from veduta.library.catalog import Catalog
from veduta.library.places import EARTH_KM, unit_vectors
from veduta.library.schema import PhotoRow, Place, Preference, Trip, TripPhoto
from veduta.library.text_index import sequence

FOUND_AT = "trips_sequence"
"""Key of the preference that tells as of which change of the catalog the trips were found."""
AWAY_KM = 60.0
"""Farther than this from home is away."""
GAP_DAYS = 2
"""So many days without a photo away do not end a trip."""
FEWEST = 6
"""A trip has at least this many photos."""
HOME_DAYS = 120
"""Home is where most days with photos were, looked at in stretches of this many days: people move house."""
_CELL = 4  # cells per degree, about 28 km


@dataclass(frozen=True, slots=True)
class TripSummary:
    """A trip with its first and last moment and its photos, in order of time."""

    id: int
    name: str
    start: datetime.datetime
    end: datetime.datetime
    place_id: int | None
    photo_ids: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class _Stop:
    photo_id: int
    taken: datetime.datetime
    place_id: int | None
    point: NDArray[np.float64]
    cell: tuple[int, int]


def trips(catalog: Catalog) -> list[TripSummary]:
    """All trips, newest first; found anew when photos have changed, where the library can be written."""
    with suppress(CatalogError):
        refresh(catalog)
    return _known(catalog)


def refresh(catalog: Catalog) -> None:
    """Find the trips anew if photos have changed since they were found last."""
    with catalog.session() as session:
        kept = session.get(Preference, FOUND_AT)
        stale = kept is None or kept.value != sequence(session)
    if stale:
        find(catalog)


def _known(catalog: Catalog) -> list[TripSummary]:
    with catalog.session() as session:
        photos: defaultdict[int, list[int]] = defaultdict(list)
        rows = session.execute(
            select(TripPhoto.trip_id, TripPhoto.photo_id)
            .join(PhotoRow, PhotoRow.id == TripPhoto.photo_id)
            .where(PhotoRow.hidden.is_(False), PhotoRow.missing_since.is_(None))
            .order_by(PhotoRow.taken, PhotoRow.id)
        )
        for trip_id, photo_id in rows:
            photos[trip_id].append(photo_id)
        return [
            TripSummary(row.id, row.name, row.start, row.end, row.place_id, photos[row.id])
            for row in session.scalars(select(Trip).order_by(Trip.start.desc(), Trip.id))
        ]


def find(catalog: Catalog) -> list[TripSummary]:
    """Find the trips anew; a trip that overlaps one found before keeps its number."""
    with catalog.write() as session:
        session.merge(Preference(key=FOUND_AT, value=sequence(session)))
        found = _stretches(_stops(session))
        names = dict(session.execute(select(Place.id, Place.city)).all())
        countries = dict(session.execute(select(Place.id, Place.country)).all())
        old = list(session.scalars(select(Trip).order_by(Trip.start)))
        session.execute(delete(TripPhoto))
        for stops in found:
            start, end = stops[0].taken, stops[-1].taken
            trip = next((t for t in old if t.start <= end and start <= t.end), None)
            if trip is None:
                trip = Trip(name="", start=start, end=end)
                session.add(trip)
            else:
                old.remove(trip)
            place = _main_place(stops)
            trip.start, trip.end, trip.place_id = start, end, place
            trip.name = _name(stops, names, countries)
            session.flush()
            rows = [{"trip_id": trip.id, "photo_id": stop.photo_id} for stop in stops]
            session.execute(insert(TripPhoto), rows)
        for trip in old:
            session.delete(trip)
    return _known(catalog)


def _stops(session: Session) -> list[_Stop]:
    rows = session.execute(
        select(PhotoRow.id, PhotoRow.taken, PhotoRow.latitude, PhotoRow.longitude, PhotoRow.place_id)
        .where(PhotoRow.taken.is_not(None), PhotoRow.latitude.is_not(None), PhotoRow.missing_since.is_(None))
        .order_by(PhotoRow.taken, PhotoRow.id)
    ).all()
    if not rows:
        return []
    degrees = np.array([[row.latitude, row.longitude] for row in rows], np.float64)
    points = unit_vectors(degrees)
    cells = np.floor(degrees * _CELL).astype(int)
    return [
        _Stop(row.id, row.taken, row.place_id, point, (int(cell[0]), int(cell[1])))
        for row, point, cell in zip(rows, points, cells, strict=True)
        if row.taken is not None
    ]


def _stretches(stops: list[_Stop]) -> list[list[_Stop]]:
    homes = _homes(stops)
    found: list[list[_Stop]] = []
    current: list[_Stop] = []
    for stop in stops:
        home = homes.get(_stretch(stop))
        chord = 2.0 if home is None else float(np.linalg.norm(stop.point - home))
        away = home is not None and 2 * EARTH_KM * np.arcsin(min(1.0, chord / 2)) > AWAY_KM
        late = bool(current) and (stop.taken - current[-1].taken).days > GAP_DAYS
        if current and (late or not away):
            found.append(current)
            current = []
        if away:
            current.append(stop)
    if current:
        found.append(current)
    return [trip for trip in found if len(trip) >= FEWEST]


def _stretch(stop: _Stop) -> int:
    return stop.taken.toordinal() // HOME_DAYS


def _homes(stops: list[_Stop]) -> dict[int, NDArray[np.float64]]:
    """For each stretch of time, the middle of the place with photos on most days, then and around it."""
    days: defaultdict[int, defaultdict[tuple[int, int], set[int]]] = defaultdict(lambda: defaultdict(set))
    middle: defaultdict[tuple[int, int], list[NDArray[np.float64]]] = defaultdict(list)
    for stop in stops:
        days[_stretch(stop)][stop.cell].add(stop.taken.toordinal())
        if len(middle[stop.cell]) < 50:
            middle[stop.cell].append(stop.point)
    homes = {}
    for stretch in days:
        around: Counter[tuple[int, int]] = Counter()
        for near in range(stretch - 3, stretch + 4):
            for cell, dates in days.get(near, {}).items():
                around[cell] += len(dates)
        best, _ = max(around.items(), key=lambda item: (item[1], item[0]))
        center = np.mean(middle[best], axis=0)
        homes[stretch] = center / np.linalg.norm(center)
    return homes


def _main_place(stops: list[_Stop]) -> int | None:
    counts = Counter(stop.place_id for stop in stops if stop.place_id is not None)
    return max(counts.items(), key=lambda item: (item[1], -item[0]))[0] if counts else None


def _name(stops: list[_Stop], cities: dict[int, str], countries: dict[int, str]) -> str:
    """ "Paris", "Rome and Florence", or the country when there were more places; with month and year."""
    counts = Counter(stop.place_id for stop in stops if stop.place_id is not None)
    often = [place for place, count in counts.most_common() if count >= max(2, len(stops) // 10)]
    lands = list(dict.fromkeys(countries[place] for place in often))
    when = f"{stops[0].taken:%B %Y}"
    if not often:
        return f"Trip, {when}"
    if len(often) <= 2:
        return f"{' and '.join(cities[place] for place in often)}, {when}"
    return f"{' and '.join(lands[:2]) if len(lands) <= 2 else f'{len(lands)} countries'}, {when}"
