"""Local contrast: lightness equalized part by part, with a limit, and mixed with the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.operation import Operation, integer, number
from veduta.image.histogram import clahe, on_lightness
from veduta.image.photo import at_most
from veduta.image.samples import Samples, white
from veduta.progress import Progress

# Small dark things (eyes, mouths, letters) are told at this longer side: half their greatest breadth, a share of it,
# and from and up to how much they are darker than what is around, of white. So much of their darkening is left out.
SIDE, NARROW, DARKER, KEPT = 512, 0.03, (0.06, 0.22), 0.75


@dataclass(frozen=True)
class LocalContrast(Operation):
    """Bring out what is flat, by `amount` of the way; `clip` limits the steepness within each of `tiles` x `tiles`
    parts. Small dark things, such as eyes, are hardly darkened.
    """

    name = "local_contrast"
    deep = True
    usual: ClassVar[Mapping[str, Any]] = {"amount": 0.6}

    amount: float = number(0, 0, 1)
    clip: float = number(2, 1, 10)
    tiles: int = integer(8, 1, 32)

    @property
    def neutral(self) -> bool:
        """Whether nothing is asked for."""
        return self.amount == 0

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The picture with more contrast in each part."""
        tiles = max(1, min(self.tiles, *pixels.shape[:2]))

        def changed(plane: Samples) -> Samples:
            moved = clahe(plane, self.clip, tiles).astype(np.float32) - plane
            moved *= np.where(moved < 0, 1 - np.float32(KEPT) * spots(plane), np.float32(1))
            return np.asarray(np.rint(plane + np.float32(self.amount) * moved), plane.dtype)

        return on_lightness(pixels, changed)


def spots(plane: Samples) -> NDArray[np.float32]:
    """How surely each place of a plane (h, w) is a small dark thing, 0 to 1; the inside of a large one never is."""
    small = at_most(plane, SIDE)
    side = 2 * max(1, round(NARROW * max(small.shape))) + 1
    around = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    darker = (around.astype(np.float32) - small) / np.float32(white(plane))
    found = cv2.blur(np.clip((darker - DARKER[0]) / (DARKER[1] - DARKER[0]), 0, 1), (3, 3))
    return np.asarray(cv2.resize(found, plane.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
