"""Straighten: a turn by some degrees, cut to the largest inner rectangle of the same shape."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from veduta.edit.operation import Operation, number
from veduta.edit.warp import shift, warp
from veduta.image.samples import Samples
from veduta.progress import Progress


@dataclass(frozen=True)
class Straighten(Operation):
    """Turn the picture clockwise by `degrees` around its middle; nothing from outside of it comes in."""

    name = "straighten"
    deep = moves = True

    degrees: float = number(0, -45, 45)

    @property
    def neutral(self) -> bool:
        """Whether nothing turns."""
        return self.degrees == 0

    def size_after(self, width: int, height: int) -> tuple[int, int]:
        """Size of the inner rectangle."""
        if self.neutral:
            return width, height
        part = self.part(width, height)
        return max(1, math.floor(width * part + 1e-9)), max(1, math.floor(height * part + 1e-9))

    def part(self, width: int, height: int) -> float:
        """Side of the inner rectangle relative to the picture's."""
        turn = math.radians(abs(self.degrees))
        sine, cosine = math.sin(turn), math.cos(turn)
        return min(width / (width * cosine + height * sine), height / (width * sine + height * cosine))

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The turned and cut picture."""
        high, wide = pixels.shape[:2]
        width, height = self.size_after(wide, high)
        turn = math.radians(self.degrees)
        sine, cosine = math.sin(turn), math.cos(turn)
        back = np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])
        return warp(pixels, shift(wide / 2, high / 2) @ back @ shift(-width / 2, -height / 2), width, height)
