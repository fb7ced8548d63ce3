"""Sharpening that knows edges: detail is what a guided filter takes away; noise is left, and no edge gets a halo.

Source: K. He et al., "Guided image filtering", 2013, section on detail enhancement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit import gain, noise
from veduta.edit.operation import Operation, number
from veduta.image.samples import Samples, step
from veduta.progress import Progress

Plane = NDArray[np.float32]

EDGE = 25.0  # codes: the deviation around a place from which on it is an edge
NOISE = 2.0  # deviations of the noise that are no detail
TOLD_SIDE = 2000  # of the part whose noise is told


@dataclass(frozen=True)
class EdgeSharpen(Operation):
    """Add `amount` times the detail finer than `radius` (pixels of the full-size photo).

    `overshoot` is how far, in codes, a value may go beyond those of its neighbors: 0 draws no halo at all.
    """

    name = "edge_sharpen"
    deep = True
    usual: ClassVar[Mapping[str, Any]] = {"amount": 1.0}

    amount: float = number(0, 0, 5)
    radius: float = number(2, 0.5, 20)
    overshoot: float = number(6, 0, 100)

    @property
    def neutral(self) -> bool:
        """Whether nothing is asked for."""
        return self.amount == 0

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The sharper picture."""
        radius = max(1, round(self.radius * scale))
        limit = NOISE * noise.deviation(_luma(_middle(pixels)))
        reach = 2 * radius + 1
        height = pixels.shape[0]
        out = np.empty_like(pixels)
        for first, last in gain.bands(pixels):
            above, below = max(0, first - reach), min(height, last + reach)
            luma = _luma(pixels[above:below])
            detail = luma - guided(luma, radius, EDGE**2)
            if limit > 0:  # what is about as weak as the noise counts little, what is stronger wholly
                power = detail * detail
                detail *= power / (power + np.float32(limit**2))
            sharp = luma + np.float32(self.amount) * detail
            square = np.ones((3, 3), np.uint8)
            over = np.float32(self.overshoot)
            np.clip(sharp, cv2.erode(luma, square) - over, cv2.dilate(luma, square) + over, out=sharp)
            change = (sharp - luma)[first - above : last - above]
            out[first:last] = gain.added(pixels[first:last], change * np.float32(step(pixels)))
        return out


def guided(plane: Plane, radius: int, edge: float) -> Plane:
    """The plane smoothed over squares of `2 radius + 1`, except where its variance is well above `edge`."""

    def mean(of: Plane) -> Plane:
        side = 2 * radius + 1
        return np.asarray(cv2.blur(of, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)

    middle = mean(plane)
    variance = np.maximum(mean(plane * plane) - middle * middle, 0)
    slope = np.asarray(variance / (variance + np.float32(edge)), np.float32)
    return np.asarray(mean(slope) * plane + mean(middle - slope * middle), np.float32)


def _luma(pixels: Samples) -> Plane:
    """Brightness in codes of 8 bits, which may lie between two."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(step(pixels))


def _middle(pixels: Samples) -> Samples:
    """The middle part of a large picture, at full size."""
    height, width = pixels.shape[:2]
    top, left = max(0, (height - TOLD_SIDE) // 2), max(0, (width - TOLD_SIDE) // 2)
    return pixels[top : top + TOLD_SIDE, left : left + TOLD_SIDE]
