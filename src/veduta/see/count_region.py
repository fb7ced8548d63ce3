"""Parts of a picture in which people are counted: polygons with a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput

Point = tuple[float, float]


class BadRegion(BadInput):
    """A polygon or line that cannot be understood."""


@dataclass(frozen=True, slots=True)
class Region:
    """A polygon: `corners` (x, y) in pixels of the upright photo, or as parts of its sides.

    Corners that are all within [0, 1] are parts, so that one region serves photos of any size.
    """

    name: str
    corners: tuple[Point, ...]

    def at(self, width: int, height: int) -> Region:
        """The region in pixels of a photo of this size."""
        if any(value > 1 for corner in self.corners for value in corner):
            return self
        return Region(self.name, tuple((x * width, y * height) for x, y in self.corners))

    def holds(self, points: Sequence[Point]) -> NDArray[np.bool_]:
        """Which of the points lie inside, for a region in pixels: those from which a ray to the right leaves it."""
        if not points:
            return np.zeros(0, bool)
        x, y = np.asarray(points, np.float64).T
        inside = np.zeros(len(x), bool)
        corners = np.asarray(self.corners, np.float64)
        for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            if ay == by:
                continue
            spans = (ay > y) != (by > y)
            inside ^= spans & (x < ax + (y - ay) / (by - ay) * (bx - ax))
        return inside


def parse_region(text: str, number: int = 1) -> Region:
    """A region from "NAME=X,Y X,Y X,Y" or "X,Y X,Y X,Y"; raises BadRegion."""
    head, equals, tail = text.partition("=")
    name, corners = (head.strip(), tail) if equals else (f"region {number}", head)
    values = numbers(corners, f"region {text!r}: write NAME=X,Y X,Y X,Y ... with at least three corners")
    if not name or len(values) < 6 or len(values) % 2:
        raise BadRegion(f"region {text!r}: write NAME=X,Y X,Y X,Y ... with at least three corners")
    return Region(name, tuple(zip(values[::2], values[1::2], strict=True)))


def numbers(text: str, complaint: str) -> list[float]:
    """The numbers of a text, parted by commas, blanks or semicolons; raises BadRegion with the complaint."""
    try:
        values = [float(part) for part in text.replace(",", " ").replace(";", " ").split()]
    except ValueError as error:
        raise BadRegion(complaint) from error
    if not all(np.isfinite(values)) or min(values, default=0) < 0:
        raise BadRegion(complaint)
    return values
