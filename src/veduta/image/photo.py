"""A decoded photo, shared by everything that looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(eq=False)
class Photo:
    """Upright sRGB pixels of a photo, possibly smaller than the file's own.

    `pixels` is uint8 (h, w, 3); `width` and `height` are the upright size of the full photo. `memo` lets recognizers
    that read the same network share one pass over this photo.
    """

    pixels: Pixels
    width: int
    height: int
    path: Path | None = None
    memo: dict[str, Any] = field(default_factory=dict)

    @property
    def scale(self) -> float:
        """Size of `pixels` relative to the full photo, at most 1."""
        return max(self.pixels.shape[0] / self.height, self.pixels.shape[1] / self.width)

    def at_side(self, side: int) -> Pixels:
        """The pixels with the longer side at most `side` (area-averaged), kept for the next caller."""
        longer = max(self.pixels.shape[:2])
        if longer <= side:
            return self.pixels
        key = f"side {side}"
        if key not in self.memo:
            ratio = side / longer
            size = (max(1, round(self.pixels.shape[1] * ratio)), max(1, round(self.pixels.shape[0] * ratio)))
            self.memo[key] = cv2.resize(self.pixels, size, interpolation=cv2.INTER_AREA)
        pixels: Pixels = self.memo[key]
        return pixels

    def full(self) -> Pixels:
        """The pixels at full size; decodes the file again when these are smaller."""
        if self.path is None or self.pixels.shape[:2] == (self.height, self.width):
            return self.pixels
        if "full" not in self.memo:
            from veduta.image.decode import read

            self.memo["full"] = read(self.path)
        pixels: Pixels = self.memo["full"]
        return pixels
