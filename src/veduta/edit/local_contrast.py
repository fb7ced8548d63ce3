"""Local contrast: lightness equalized part by part, with a limit, and mixed with the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np

from veduta.edit.operation import Operation, integer, number
from veduta.image.histogram import clahe, on_lightness
from veduta.image.samples import Samples
from veduta.progress import Progress


@dataclass(frozen=True)
class LocalContrast(Operation):
    """Bring out what is flat, by `amount` of the way; `clip` limits the steepness within each of `tiles` x `tiles`
    parts.
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
            mixed = cv2.addWeighted(clahe(plane, self.clip, tiles), self.amount, plane, 1 - self.amount, 0)
            return np.asarray(mixed, plane.dtype)

        return on_lightness(pixels, changed)
