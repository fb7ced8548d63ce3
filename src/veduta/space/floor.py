"""The floor in a pair of views: the lowest large plane. A plane of the world is a plane in disparities, too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput
from veduta.space.disparity import Disparity
from veduta.space.occlusion import Bool, Floats
from veduta.space.rig import View

# Pixels that are asked, planes that are tried, and how far from a plane (in pixels of disparity) still votes for it.
ASKED, TRIED, NEAR = 5000, 600, 1.0
# A floor lies 2 cm to 4 m below the camera; its normal leans at most 70 degrees ahead and 30 to the side.
ABOVE = (0.02, 4.0)
LEAST_DOWN, MOST_SIDE = 0.34, 0.5
# Parts of the asked pixels that must lie on it.
LEAST_SHARE = 0.08


class NoFloor(BadInput):
    """A pair in which no floor is seen."""


@dataclass(frozen=True, slots=True)
class Floor:
    """Disparity a * x + b * y + c of the floor at pixel (x, y).

    `down` is the unit vector from the camera straight to the floor, `above` the camera's height over it in meters,
    `noise` the standard deviation in pixels of the disparities on it, `share` the part of the sure pixels that show it.
    """

    plane: tuple[float, float, float]
    down: tuple[float, float, float]
    above: float
    noise: float
    share: float

    def disparities(self, height: int, width: int) -> Floats:
        """The disparity that the floor would have at each pixel."""
        a, b, c = self.plane
        made: Floats = (a * np.arange(width)[None] + b * np.arange(height)[:, None] + c).astype(np.float32)
        return made

    def heights(self, values: Floats, view: View) -> Floats:
        """Height over the floor in meters of what each pixel shows; not a number at infinity."""
        whole = values + view.offset
        over = values - self.disparities(*values.shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            made: Floats = np.where(whole > 0, self.above * over / whole, np.nan).astype(np.float32)
        return made

    def uncertainty(self, values: Floats, view: View) -> Floats:
        """The standard deviation in meters of each of those heights."""
        return np.asarray(self.above * self.noise / np.maximum(values + view.offset, 1e-3), np.float32)


def find_floor(found: Disparity, view: View, seed: int = 0) -> Floor:
    """The floor by RANSAC (Fischler and Bolles 1981) and least squares on what lies near; raises NoFloor.

    A plane loses a vote for each pixel that lies clearly below it: tables stand above floors.
    """
    rows, columns = np.nonzero(found.sure)
    if len(rows) < 100:
        raise NoFloor("the views have hardly anything in common: no floor can be found")
    rng = np.random.default_rng(seed)
    some = rng.choice(len(rows), min(ASKED, len(rows)), replace=False)
    x, y = columns[some].astype(np.float64), rows[some].astype(np.float64)
    values = found.values[rows[some], columns[some]].astype(np.float64)
    best, most = None, 0.0
    for plane in _planes(x, y, values, rng):
        if not _can_be_floor(plane, view):
            continue
        apart = values - (plane[0] * x + plane[1] * y + plane[2])
        votes = np.maximum(0, 1 - (apart / NEAR) ** 2).sum() - (apart < -2 * NEAR).sum()
        if votes > most:
            best, most = plane, float(votes)
    if best is None or most < LEAST_SHARE * len(some):
        raise NoFloor("no floor is seen: the cameras must look over some of it")
    plane, noise, near = _refined(best, columns.astype(float), rows.astype(float), found.values[found.sure])
    if not _can_be_floor(plane, view):
        raise NoFloor("no floor is seen: the cameras must look over some of it")
    normal = _normal(plane, view)
    size = float(np.linalg.norm(normal))
    down = normal / size
    return Floor(
        (float(plane[0]), float(plane[1]), float(plane[2])),
        (float(down[0]), float(down[1]), float(down[2])),
        view.focal * view.baseline / size,
        noise,
        float(near.mean()),
    )


def _planes(
    x: NDArray[np.float64], y: NDArray[np.float64], values: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Planes (n, 3) through three pixels each, two of them from the lower half of the picture."""
    lower = np.flatnonzero(y >= np.median(y))
    picks = np.stack(
        [rng.choice(lower, TRIED), rng.choice(lower, TRIED), rng.integers(0, len(x), TRIED)], axis=1
    )
    corners = np.stack([x[picks], y[picks], np.ones(picks.shape)], axis=2)
    solid = np.abs(np.linalg.det(corners)) > 50  # twice the triangle's area in pixels
    return np.asarray(np.linalg.solve(corners[solid], values[picks][solid][..., None])[..., 0], np.float64)


def _normal(plane: NDArray[np.float64], view: View) -> NDArray[np.float64]:
    """The vector n with n . P = focal * baseline for points P of the plane."""
    a, b, c = plane
    return np.array(
        [a * view.focal, b * view.focal, a * view.center[0] + b * view.center[1] + c + view.offset]
    )


def _can_be_floor(plane: NDArray[np.float64], view: View) -> bool:
    normal = _normal(plane, view)
    size = float(np.linalg.norm(normal))
    if size <= 0:
        return False
    above = view.focal * view.baseline / size
    down = normal / size
    return bool(ABOVE[0] <= above <= ABOVE[1] and down[1] >= LEAST_DOWN and abs(down[0]) <= MOST_SIDE)


def _refined(
    plane: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], values: Floats
) -> tuple[NDArray[np.float64], float, Bool]:
    """Least squares on what lies near, with an ever tighter bound; the noise, and which pixels lie near."""
    full = np.stack([x, y, np.ones_like(x)], axis=1)
    step = max(1, len(x) // 60_000)
    places, told = full[::step], values[::step].astype(np.float64)
    bound, noise = NEAR, NEAR / 3
    for _ in range(6):
        apart = told - places @ plane
        near = np.abs(apart) < bound
        if near.sum() < 50:
            break
        plane = np.asarray(np.linalg.lstsq(places[near], told[near], rcond=None)[0], np.float64)
        apart = told - places @ plane
        noise = float(max(1.4826 * np.median(np.abs(apart[np.abs(apart) < bound])), 0.02))
        bound = max(3 * noise, 0.25)
    return plane, noise, np.abs(values - full @ plane) < bound
