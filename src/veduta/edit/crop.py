"""Crop: a part of the picture, along its pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from veduta.edit.operation import BadEdit, Operation, number
from veduta.image.samples import Samples
from veduta.progress import Progress


@dataclass(frozen=True)
class Crop(Operation):
    """Keep the rectangle that begins at (x, y), relative to the picture."""

    name = "crop"
    deep = moves = True

    x: float = number(0, 0, 1)
    y: float = number(0, 0, 1)
    width: float = number(1, 0, 1)
    height: float = number(1, 0, 1)

    def __post_init__(self) -> None:
        """Check that something is left, within the picture."""
        super().__post_init__()
        for side, begin in (("width", self.x), ("height", self.y)):
            length = getattr(self, side)
            if length <= 0:
                raise BadEdit(f"crop: {side} must be more than 0")
            if begin + length > 1 + 1e-6:
                raise BadEdit(f"crop: {begin:g} + {side} {length:g} reaches beyond the picture")

    @property
    def neutral(self) -> bool:
        """Whether all of the picture is kept."""
        return (self.x, self.y, self.width, self.height) == (0, 0, 1, 1)

    def size_after(self, width: int, height: int) -> tuple[int, int]:
        """Size of the part."""
        return _span(self.x, self.width, width)[1], _span(self.y, self.height, height)[1]

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The part, copied."""
        high, wide = pixels.shape[:2]
        (left, width), (top, height) = _span(self.x, self.width, wide), _span(self.y, self.height, high)
        return np.ascontiguousarray(pixels[top : top + height, left : left + width])


def _span(begin: float, length: float, whole: int) -> tuple[int, int]:
    """First pixel and number of pixels, at least one, inside a side of `whole` pixels."""
    # Halves upwards, at both ends: half of a picture is half of it wherever it begins.
    first = min(int(begin * whole + 0.5), whole - 1)
    return first, min(max(1, int((begin + length) * whole + 0.5) - first), whole - first)
