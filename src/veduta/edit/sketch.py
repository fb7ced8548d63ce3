"""Pencil sketch: the photo's gray divided by its own blur, so that only what differs from around is drawn.

Recipe: gray, invert, Gaussian blur 19 x 19, invert, divide with scale 256 (the "color dodge" of picture editors).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np

from veduta.edit.operation import Operation, choice, integer, number
from veduta.image.photo import Pixels
from veduta.image.samples import Samples
from veduta.progress import Progress

WIDTH = 19  # pixels of the blur's window in the recipe
BAND = 1_000_000  # pixels at a time: what is between photo and drawing stays small
PAPER = 230  # least luma of the color of a sketch where nothing is drawn


@dataclass(frozen=True)
class Sketch(Operation):
    """Draw the photo in pencil: `strength` leads from the photo (0) to the drawing (1), `lines` over 1 presses
    harder, `width` is the blur's window in pixels of the full-size photo (wider: broader shades), and `color`
    keeps the photo's hues as crayons do.
    """

    name = "sketch"
    usual: ClassVar[Mapping[str, Any]] = {"strength": 1.0}

    strength: float = number(0, 0, 1)
    lines: float = number(1, 0.25, 4)
    width: int = integer(WIDTH, 3, 255)
    color: str = choice("gray", "gray", "color")

    @property
    def neutral(self) -> bool:
        """Whether the photo stays as it is."""
        return self.strength == 0

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The drawing, or what lies between it and the photo."""
        out = np.empty_like(pixels)
        height, width = pixels.shape[:2]
        margin = (self._window(scale) or self.width) // 2 + 1
        rows = max(4 * margin, BAND // width)
        for first in range(0, height, rows):
            last = min(first + rows, height)
            top, bottom = max(0, first - margin), min(height, last + margin)
            drawn = self._drawn(pixels[top:bottom], scale)[first - top : last - top]
            out[first:last] = self._between(pixels[first:last], drawn)
        return out

    def _window(self, scale: float) -> int:
        """Pixels of the blur's window at this size: odd."""
        return max(3, round(self.width * scale)) | 1

    def _drawn(self, pixels: Pixels, scale: float) -> Pixels:
        gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        window = self._window(scale)
        smooth = cv2.bitwise_not(cv2.GaussianBlur(cv2.bitwise_not(gray), (window, window), 0))
        lines = np.asarray(cv2.divide(gray, smooth, scale=256.0), np.uint8)
        if self.lines != 1:
            curve = np.rint(255 * (np.arange(256) / 255) ** self.lines).astype(np.uint8)
            lines = np.asarray(cv2.LUT(lines, curve), np.uint8)
        return lines

    def _between(self, pixels: Pixels, lines: Pixels) -> Pixels:
        drawn = cv2.cvtColor(lines, cv2.COLOR_GRAY2RGB) if self.color == "gray" else _crayons(pixels, lines)
        if self.strength < 1:
            drawn = cv2.addWeighted(pixels, 1 - self.strength, drawn, self.strength, 0)
        return np.asarray(drawn, np.uint8)


def _crayons(pixels: Pixels, lines: Pixels) -> Pixels:
    """The lines in the photo's hues: its chroma, and of its brightness only the lines.

    Paper is as bright as its color leaves room for, and white where there is none.
    """
    planes = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb)
    red, green, blue = cv2.split(pixels)
    over = cv2.subtract(cv2.max(cv2.max(red, green), blue), np.ascontiguousarray(planes[..., 0]))
    paper = np.maximum(cv2.bitwise_not(over), PAPER)
    planes[..., 0] = cv2.multiply(lines, np.asarray(paper, np.uint8), scale=1 / 255)
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YCrCb2RGB), np.uint8)
