"""Strokes of a brush to a mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.fill import BadMask

# Coordinates in sixteenths of a pixel.
_SHIFT = 4


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through `points` (x, y) drawn with a round brush of `radius`, both in pixels of the photo.

    `feather` is the share of the radius, at the rim, over which the brush fades. `erase` takes away instead of adding.
    """

    points: tuple[tuple[float, float], ...]
    radius: float
    feather: float = 0.0
    erase: bool = False

    def __post_init__(self) -> None:
        """Raise BadMask for a stroke that cannot be drawn."""
        if not self.points:
            raise BadMask("a stroke of the brush needs a point at least")
        if not 0 < self.radius <= 10_000 or not 0 <= self.feather <= 1:
            raise BadMask(
                f"a brush of radius {self.radius} and feather {self.feather}: use a radius above 0 and a feather"
                " in [0, 1]"
            )


def painted(
    strokes: Sequence[Stroke], width: int, height: int, base: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """The alpha (height, width) that strokes leave, one after another, on `base` (none: nothing)."""
    alpha = np.zeros((height, width), np.float32) if base is None else base.astype(np.float32)
    for stroke in strokes:
        points = np.asarray(stroke.points, np.float64)
        room = stroke.radius + 2
        left, top = (max(0, int(v)) for v in np.floor(points.min(axis=0) - room))
        right, bottom = (int(v) for v in np.ceil(points.max(axis=0) + room))
        part = alpha[top:bottom, left:right]
        if not part.size:
            continue
        line = _line(points - (left, top), stroke, (part.shape[0], part.shape[1]))
        part[:] = part * (1 - line) if stroke.erase else np.maximum(part, line)
    return alpha


def _line(points: NDArray[np.float64], stroke: Stroke, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Distances to the line, turned to an alpha: exact for any radius, and the ends are round."""
    canvas = np.ones(shape, np.uint8)
    spots = np.clip(np.rint(points * (1 << _SHIFT)), -(2**30), 2**30).astype(np.int32)
    if len(spots) == 1:  # a dab: a line of one point would draw nothing
        spots = np.repeat(spots, 2, axis=0)
        spots[1, 0] += 1
    cv2.polylines(canvas, [spots.reshape(-1, 1, 2)], False, 0, 1, cv2.LINE_8, _SHIFT)
    away = cv2.distanceTransform(canvas, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    soft = max(1.0, stroke.feather * stroke.radius)
    # Without a feather the rim is one pixel wide, half covered on the radius itself.
    rim = stroke.radius + (0.5 if soft <= 1 else 0.0)
    return np.asarray(np.clip((rim - away) / soft, 0, 1), np.float32)
