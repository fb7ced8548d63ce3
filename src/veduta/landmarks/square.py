"""The square around a photo's position in which its landmark must lie."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Position = tuple[float, float]

SIDE = 1.0
"""Side of the square, in kilometers."""

DEGREE = 111.32
"""Kilometers of one degree of latitude."""


def usable(position: Position | None) -> bool:
    """Whether a position can be believed: finite, on the globe, and not the zero that empty GPS fields leave."""
    if position is None or len(position) != 2 or any(value is None for value in position):
        return False
    latitude, longitude = position
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return False
    return abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0.0, 0.0)


def inside(position: Position, places: NDArray[Any], side: float = SIDE) -> NDArray[np.bool_]:
    """Which of `places` (n, 2: latitude, longitude in degrees) lie in the square of `side` kilometers.

    The square is centered on `position`, its sides run north-south and east-west; degrees of longitude shrink with
    the cosine of the latitude and wrap at the antimeridian. Places that are NaN lie in no square.
    """
    places = np.asarray(places, np.float64).reshape(-1, 2)
    north = np.abs(places[:, 0] - position[0])
    east = np.abs((places[:, 1] - position[1] + 180.0) % 360.0 - 180.0)
    # Of the two latitudes the one nearer to a pole: there the meridians meet, and all of them are near.
    latitude = np.maximum(np.abs(places[:, 0]), abs(position[0]))
    width = np.cos(np.radians(np.minimum(latitude, 90.0)))
    half = side / 2 / DEGREE
    result: NDArray[np.bool_] = (north <= half) & (east * width <= half)
    return result


def rate_per_candidate(rate: float, candidates: int) -> float:
    """The false-positive rate allowed to each of n candidates so that all together keep `rate` (union bound)."""
    return rate / max(candidates, 1)
