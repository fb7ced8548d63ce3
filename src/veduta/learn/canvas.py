"""A canvas on which thin structures are drawn finer than pixels, as seen by a simple camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, sin

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Point = tuple[float, float, float]
Color = tuple[float, float, float]

FINER = 3  # canvas pixels along one pixel of the picture
SHIFT = 4  # bits of a canvas pixel that line ends are placed to


@dataclass(frozen=True, slots=True)
class View:
    """Where things in meters fall in a picture.

    A thing turned by `azimuth` radians stands `distance` meters away with its foot at pixel `foot`, where a meter is
    `meter` pixels long. `pitch` narrows what is high, as a camera that looks up does; `roll` radians tilt all.
    """

    foot: tuple[float, float]
    meter: float
    azimuth: float = 0.0
    distance: float = 300.0
    pitch: float = 0.0
    roll: float = 0.0

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pixels (n, 2) of points (n, 3) in meters: across, away, up."""
        c, s = cos(self.azimuth), sin(self.azimuth)
        across = points[:, 0] * c - points[:, 1] * s
        away = points[:, 0] * s + points[:, 1] * c
        nearness = self.distance / np.maximum(
            self.distance + away + self.pitch * points[:, 2], 0.2 * self.distance
        )
        x, y = across * nearness * self.meter, -points[:, 2] * nearness * self.meter
        c, s = cos(self.roll), sin(self.roll)
        return np.stack([self.foot[0] + c * x - s * y, self.foot[1] + s * x + c * y], axis=1)


class Canvas:
    """Coverage and color of what was drawn so far, over `width` x `height` pixels."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._cover = np.zeros((height * FINER, width * FINER), np.uint8)
        self._color = np.zeros((height * FINER, width * FINER, 3), np.uint8)

    def line(self, view: View, points: Sequence[Point], color: Color, thick: float) -> None:
        """A polyline through points in meters, `thick` pixels of the picture."""
        self._strokes([self._ends(view, points)], color, thick)

    def lines(self, view: View, pairs: Sequence[tuple[Point, Point]], color: Color, thick: float) -> None:
        """Separate bars between pairs of points."""
        if not pairs:
            return
        ends = self._ends(view, [p for pair in pairs for p in pair])
        self._strokes(list(ends.reshape(-1, 2, 2)), color, thick)

    def area(self, view: View, points: Sequence[Point], color: Color) -> None:
        """A filled polygon that is convex in the picture: the hull of points in meters."""
        hull = cv2.convexHull(self._ends(view, points))
        cv2.fillConvexPoly(self._cover, hull, 255, cv2.LINE_8, SHIFT)
        cv2.fillConvexPoly(self._color, hull, _shade(color), cv2.LINE_8, SHIFT)

    def box(self, view: View, low: Point, high: Point, color: Color) -> None:
        """A block between two opposite corners, its right side darker."""
        (x0, y0, z0), (x1, y1, z1) = low, high
        self.area(view, [(x, y, z) for x in (x0, x1) for y in (y0, y1) for z in (z0, z1)], color)
        dark = (color[0] * 0.75, color[1] * 0.75, color[2] * 0.75)
        self.area(view, [(x1, y, z) for y in (y0, y1) for z in (z0, z1)], dark)

    def _ends(self, view: View, points: Sequence[Point]) -> NDArray[np.int32]:
        placed = view.place(np.asarray(points, float)) * (FINER * 2**SHIFT)
        return np.asarray(np.clip(placed, -(2**18), 2**18), np.int32)

    def _strokes(self, strokes: Sequence[NDArray[np.int32]], color: Color, thick: float) -> None:
        width = max(1, round(thick * FINER))
        cv2.polylines(self._cover, strokes, False, 255, width, cv2.LINE_8, SHIFT)
        cv2.polylines(self._color, strokes, False, _shade(color), width, cv2.LINE_8, SHIFT)

    def read(self) -> tuple[Floats, Floats]:
        """Coverage (height, width) in [0, 1] and color (height, width, 3) in [0, 255], RGB."""
        size = (self.width, self.height)
        cover, color = (
            np.asarray(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA), np.float32)
            for drawn in (self._cover, self._color)
        )
        cover = np.asarray(cover / 255, np.float32)
        shown = color / np.maximum(cover, np.float32(1 / 255))[..., None]
        return cover, np.asarray(shown, np.float32)


def _shade(color: Color) -> tuple[int, int, int]:
    r, g, b = (int(min(max(v, 1), 255)) for v in color)
    return r, g, b
