"""A mask that knows only the part of the photo where it is on: many of them fit in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """`inside` (h, w), whose upper left pixel is (`left`, `top`) of a photo of `height` x `width` pixels."""

    left: int
    top: int
    inside: Bool
    height: int
    width: int

    @property
    def area(self) -> int:
        """Pixels that are on."""
        return int(np.count_nonzero(self.inside))

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The box (x, y, width, height) of what is on; all 0 when nothing is."""
        rows, columns = np.flatnonzero(self.inside.any(axis=1)), np.flatnonzero(self.inside.any(axis=0))
        if not len(rows):
            return (0, 0, 0, 0)
        return (
            self.left + int(columns[0]),
            self.top + int(rows[0]),
            int(columns[-1] - columns[0]) + 1,
            int(rows[-1] - rows[0]) + 1,
        )

    def full(self) -> Bool:
        """The mask of the whole photo (height, width)."""
        mask = np.zeros((self.height, self.width), bool)
        self.add_to(mask)
        return mask

    def add_to(self, mask: Bool) -> None:
        """Switch on, in a mask of the whole photo, what is on here."""
        height, width = self.inside.shape
        mask[self.top : self.top + height, self.left : self.left + width] |= self.inside

    @classmethod
    def of(cls, mask: Bool) -> Patch:
        """The smallest patch of a whole mask."""
        height, width = mask.shape
        left, top, across, down = cls(0, 0, mask, height, width).box
        return cls(left, top, mask[top : top + down, left : left + across].copy(), height, width)
