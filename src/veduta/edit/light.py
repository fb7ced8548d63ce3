"""Light: exposure in stops, contrast, shadows and highlights.

Shadows and highlights are told by a smoothed copy that keeps edges, so that what is within them keeps its
contrast. Source: K. He, J. Sun, "Fast guided filter", 2015.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit import gain
from veduta.edit.operation import Operation, number
from veduta.image.photo import at_most
from veduta.image.samples import Samples, white
from veduta.progress import Progress

Plane = NDArray[np.float32]

STRENGTH = 1.5  # stops that shadows and highlights move at most
SMOOTHED_SIDE = 512
RADIUS = 0.02  # of the longer side
EDGE = 0.02  # variance of codes above which something is an edge
WHITE = 8  # the power by which lowered highlights end at white: what is burnt out has no detail, and would turn gray


@dataclass(frozen=True)
class Light(Operation):
    """Multiply the light by 2**exposure, lift or lower shadows and highlights, then bend the contrast around the
    middle.
    """

    name = "light"
    deep = True

    exposure: float = number(0, -4, 4)
    contrast: float = number(0, -1, 1)
    shadows: float = number(0, -1, 1)
    highlights: float = number(0, -1, 1)

    @property
    def neutral(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.exposure or self.contrast or self.shadows or self.highlights)

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The picture in other light."""
        if not (self.shadows or self.highlights):
            return gain.by_curve(pixels, lambda codes: self.bent(gain.brightened(codes, 2.0**self.exposure)))
        lifted = gain.by_pixel(pixels, self._stops(pixels))
        return gain.by_curve(lifted, self.bent) if self.contrast else lifted

    def bent(self, codes: gain.Reals) -> gain.Reals:
        """Codes in [0, 1] after the contrast: black, middle and white stay."""
        if not self.contrast:
            return codes
        power = 2.0**self.contrast
        up, down = codes**power, (1 - codes) ** power
        return np.asarray(up / (up + down), np.float64)

    def _stops(self, pixels: Samples) -> Callable[[int, int], gain.Stops]:
        slope, level = _smoothing(pixels)
        height, width = pixels.shape[:2]

        def stops(first: int, last: int) -> gain.Stops:
            luma = _luma(pixels[first:last])
            smooth = gain.rows(slope, first, last, width, height) * luma
            smooth += gain.rows(level, first, last, width, height)
            np.clip(smooth, 0, 1, out=smooth)
            dark = 1 - smooth
            moved = np.float32(STRENGTH * self.shadows) * dark * dark * dark
            bright = smooth * smooth * smooth
            if self.highlights < 0:
                bright *= 1 - np.maximum(smooth, luma) ** WHITE
            moved += np.float32(STRENGTH * self.highlights) * bright
            return np.asarray(moved + np.float32(self.exposure), np.float32)

        return stops


def _luma(pixels: Samples) -> Plane:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(white(pixels))


def _smoothing(pixels: Samples) -> tuple[Plane, Plane]:
    """Slope and level by which the smoothed copy follows the picture, at a small size."""
    luma = _luma(at_most(pixels, SMOOTHED_SIDE))
    side = 2 * max(1, round(RADIUS * max(luma.shape))) + 1

    def mean(plane: Plane) -> Plane:
        return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)

    middle = mean(luma)
    variance = np.maximum(mean(luma * luma) - middle * middle, 0)
    slope = np.asarray(variance / (variance + EDGE), np.float32)
    return mean(slope), mean(middle - slope * middle)
