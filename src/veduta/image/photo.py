"""A decoded photo, shared by everything that looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(eq=False)
class Photo:
    """Upright sRGB pixels of a photo, possibly smaller than the file's own.

    `pixels` is uint8 (h, w, 3); `width` and `height` are the upright size of the full photo. `memo` lets
    recognizers that read the same network share one pass over this photo. `format` is what the content is
    (formats.Format); `notes` tell what was odd about the file ("named .png but holds JPEG"). `position` is
    (latitude, longitude) in degrees where the photo's metadata tell it.
    """

    pixels: Pixels
    width: int
    height: int
    path: Path | None = None
    memo: dict[str, Any] = field(default_factory=dict)
    format: str = "other"
    notes: tuple[str, ...] = ()
    position: tuple[float, float] | None = None

    @property
    def scale(self) -> float:
        """Size of `pixels` relative to the full photo, at most 1."""
        height, width = self.pixels.shape[:2]
        return float(max(height / self.height, width / self.width))

    def at_side(self, side: int) -> Pixels:
        """The pixels with the longer side at most `side` (area-averaged), kept for the next caller."""
        if max(self.pixels.shape[:2]) <= side:
            return self.pixels
        key = f"side {side}"
        if key not in self.memo:
            self.memo[key] = at_most(self.pixels, side)
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


def at_most(pixels: Pixels, side: int) -> Pixels:
    """`pixels` with the longer side at most `side`, area-averaged; the same array when it is small enough."""
    height, width = pixels.shape[:2]
    longer = max(width, height)
    if longer <= side:
        return pixels
    size = (max(1, round(width * side / longer)), max(1, round(height * side / longer)))
    import cv2  # here: who only speaks of photos does not load it

    smaller: Any = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, pixels.dtype)
