"""The map: the positions of photos, clustered by a grid that gets finer with the zoom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from veduta.library.attractions import inferred
from veduta.library.catalog import Catalog
from veduta.library.schema import PhotoRow

CELL_PIXELS = 64
WORLD_PIXELS = 512
MOST_CELLS = 4_000_000
NAMED = 50
"""Clusters of at most so many photos name them."""
_BATCH = 5000


@dataclass(frozen=True)
class Positions:
    """Positions of all photos that are shown, newest first: ids int64 (n,), degrees float32 (n,).

    `northings` are the latitudes on the Mercator map, in degrees of its equator. `inferred`, bool (n,): not the
    photo told, but the landmark in it.
    """

    ids: NDArray[np.int64]
    latitudes: NDArray[np.float32]
    longitudes: NDArray[np.float32]
    northings: NDArray[np.float32]
    inferred: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        ids: NDArray[np.int64],
        degrees: NDArray[np.float64],
        inferred: NDArray[np.bool_] | None = None,
    ) -> Positions:
        """Positions from (latitude, longitude) in degrees, (n, 2); none inferred where it is not said."""
        flat = np.radians(np.clip(degrees[:, 0], -85.0, 85.0))
        northings = np.degrees(np.log(np.tan(np.pi / 4 + flat / 2)))
        longitudes = (degrees[:, 1] + 180.0) % 360.0 - 180.0
        lat, lon, north = (part.astype(np.float32) for part in (degrees[:, 0], longitudes, northings))
        guessed = np.zeros(len(ids), bool) if inferred is None else inferred
        return cls(ids, lat, lon, north, guessed)


def positions(catalog: Catalog) -> Positions:
    """The positions of all photos that are shown: their own, else those of the landmarks in them."""
    query = select(PhotoRow.id, PhotoRow.latitude, PhotoRow.longitude, PhotoRow.day).where(
        PhotoRow.latitude.is_not(None),
        PhotoRow.longitude.is_not(None),
        PhotoRow.hidden.is_(False),
        PhotoRow.missing_since.is_(None),
    )
    with catalog.session() as session:
        rows = [(*row[:3], row[3] or 0) for row in session.execute(query)]
        told = {k: one for k, one in inferred(session).items() if one.latitude is not None}
        days = _days(session, list(told))
    rows += [(k, one.latitude, one.longitude, days.get(k, 0)) for k, one in told.items()]
    table = np.array(rows, np.float64).reshape(-1, 4)
    order = np.lexsort((-table[:, 0], -table[:, 3]))
    guessed = order >= len(rows) - len(told)
    return Positions.of(table[order, 0].astype(np.int64), table[order, 1:3], guessed)


def _days(session: Session, ids: list[int]) -> dict[int, int]:
    days: dict[int, int] = {}
    for start in range(0, len(ids), _BATCH):
        part = select(PhotoRow.id, PhotoRow.day).where(PhotoRow.id.in_(ids[start : start + _BATCH]))
        days |= {photo_id: day or 0 for photo_id, day in session.execute(part)}
    return days


@dataclass(frozen=True, slots=True)
class Cluster:
    """Photos that lie close together: their mean position in degrees, how many, the newest one; all of them
    where they are few. `inferred` of them do not know where they were taken: the landmark in them tells.
    """

    latitude: float
    longitude: float
    count: int
    newest: int
    photo_ids: list[int] | None
    inferred: int = 0


def clusters(
    every: Positions, west: float, south: float, east: float, north: float, zoom: float
) -> tuple[list[Cluster], int]:
    """The clusters of a piece of the map, and its number of photos; `east` < `west` (or beyond 180) crosses
    the date line.

    The grid lies fast on the world, so that clusters do not jump when the map is moved.
    """
    chosen = np.flatnonzero(_inside(every, west, south, east, north))
    if not len(chosen):
        return [], 0
    found = [
        Cluster(
            round(latitude, 6),
            round(longitude, 6),
            count,
            int(every.ids[first]),
            None if members is None else [int(i) for i in every.ids[members]],
            guessed,
        )
        for first, latitude, longitude, count, members, guessed in _group(every, chosen, zoom)
    ]
    return found, len(chosen)


def _inside(every: Positions, west: float, south: float, east: float, north: float) -> NDArray[np.bool_]:
    rows = (every.latitudes >= south) & (every.latitudes <= north)
    if east - west >= 360:
        return rows
    left, right = (west + 180) % 360 - 180, (east + 180) % 360 - 180
    if east == 180:
        right = 180.0
    if left <= right:
        return rows & (every.longitudes >= left) & (every.longitudes <= right)
    return rows & ((every.longitudes >= left) | (every.longitudes <= right))


Group = tuple[int, float, float, int, NDArray[np.int64] | None, int]


def _group(every: Positions, chosen: NDArray[np.int64], zoom: float) -> list[Group]:
    """(index of the newest photo, mean position, count, indices if few, how many inferred) of each cell with photos."""
    lat = every.latitudes[chosen].astype(np.float64)
    lon = every.longitudes[chosen].astype(np.float64)
    cell = 360.0 * CELL_PIXELS / (WORLD_PIXELS * 2.0**zoom)
    # Cells are squares of so many pixels on the Mercator map.
    column = ((lon + 180.0) / cell).astype(np.int64)
    row = ((every.northings[chosen] + 180.0) / cell).astype(np.int64)
    column -= column.min()
    row -= row.min()
    width = int(column.max()) + 1
    key = row * width + column
    if (int(row.max()) + 1) * width > MOST_CELLS:
        _, key = np.unique(key, return_inverse=True)
    size = int(key.max()) + 1
    counts = np.bincount(key, minlength=size)
    lats = np.bincount(key, lat, size)
    lons = np.bincount(key, lon, size)
    guessed = np.bincount(key, every.inferred[chosen], size)
    newest = np.empty(size, np.int64)
    newest[key[::-1]] = chosen[::-1]  # the last one written stays: the newest photo
    used = np.flatnonzero(counts)
    few = _members(key, chosen, counts)
    return [
        (
            int(newest[c]),
            float(lats[c] / counts[c]),
            float(lons[c] / counts[c]),
            int(counts[c]),
            few.get(int(c)),
            int(guessed[c]),
        )
        for c in used
    ]


def _members(
    key: NDArray[np.int64], chosen: NDArray[np.int64], counts: NDArray[np.int64]
) -> dict[int, NDArray[np.int64]]:
    """Photos of the cells that have few."""
    if not (counts[counts > 0] <= NAMED).any():
        return {}
    small = np.flatnonzero(counts[key] <= NAMED)
    order = small[np.argsort(key[small], kind="stable")]
    cells, starts = np.unique(key[order], return_index=True)
    return dict(zip(cells.tolist(), np.split(chosen[order], starts[1:]), strict=True)) if len(cells) else {}
