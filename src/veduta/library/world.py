"""The map: the positions of photos, clustered by a grid that gets finer with the zoom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from veduta.library.catalog import Catalog
from veduta.library.schema import PhotoRow

CELL_PIXELS = 64
WORLD_PIXELS = 512
MOST_CELLS = 4_000_000
NAMED = 50
"""Clusters of at most so many photos name them."""


@dataclass(frozen=True)
class Positions:
    """Positions of all photos that are shown, newest first: ids int64 (n,), degrees float32 (n,).

    `northings` are the latitudes on the Mercator map, in degrees of its equator.
    """

    ids: NDArray[np.int64]
    latitudes: NDArray[np.float32]
    longitudes: NDArray[np.float32]
    northings: NDArray[np.float32]

    @classmethod
    def of(cls, ids: NDArray[np.int64], degrees: NDArray[np.float64]) -> Positions:
        """Positions from (latitude, longitude) in degrees, (n, 2)."""
        flat = np.radians(np.clip(degrees[:, 0], -85.0, 85.0))
        northings = np.degrees(np.log(np.tan(np.pi / 4 + flat / 2)))
        longitudes = (degrees[:, 1] + 180.0) % 360.0 - 180.0
        parts = (degrees[:, 0], longitudes, northings)
        return cls(ids, *(part.astype(np.float32) for part in parts))


def positions(catalog: Catalog) -> Positions:
    """The positions of all photos that are shown."""
    query = (
        select(PhotoRow.id, PhotoRow.latitude, PhotoRow.longitude)
        .where(
            PhotoRow.latitude.is_not(None),
            PhotoRow.longitude.is_not(None),
            PhotoRow.hidden.is_(False),
            PhotoRow.missing_since.is_(None),
        )
        .order_by(PhotoRow.day.desc().nullslast(), PhotoRow.id.desc())
    )
    with catalog.session() as session:
        rows = session.execute(query).all()
    table = np.array([tuple(row) for row in rows], np.float64).reshape(-1, 3)
    return Positions.of(table[:, 0].astype(np.int64), table[:, 1:])


@dataclass(frozen=True, slots=True)
class Cluster:
    """Photos that lie close together: their mean position in degrees, how many, the newest one; all of them
    where they are few.
    """

    latitude: float
    longitude: float
    count: int
    newest: int
    photo_ids: list[int] | None


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
        )
        for first, latitude, longitude, count, members in _group(every, chosen, zoom)
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


Group = tuple[int, float, float, int, NDArray[np.int64] | None]


def _group(every: Positions, chosen: NDArray[np.int64], zoom: float) -> list[Group]:
    """(index of the newest photo, mean position, count, indices if few) of each cell with photos."""
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
