"""Vignette: darker or lighter corners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from veduta.edit import gain
from veduta.edit.operation import Operation, number
from veduta.image.samples import Samples
from veduta.progress import Progress

STOPS = 2.0  # of the very corner, at an amount of 1


@dataclass(frozen=True)
class Vignette(Operation):
    """Darken (+) or lighten (-) from an ellipse of relative `size` out to the corners."""

    name = "vignette"
    deep = True

    amount: float = number(0, -1, 1)
    size: float = number(0.5, 0, 1)

    @property
    def neutral(self) -> bool:
        """Whether nothing is asked for."""
        return self.amount == 0

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The picture with other corners."""
        height, width = pixels.shape[:2]
        across = ((np.arange(width, dtype=np.float32) + 0.5) / width * 2 - 1) ** 2
        down = ((np.arange(height, dtype=np.float32) + 0.5) / height * 2 - 1) ** 2
        begin = 0.9 * self.size  # room is left for the slope

        def stops(first: int, last: int) -> gain.Stops:
            distance = np.sqrt((down[first:last, None] + across[None]) / 2)
            way = np.clip((distance - begin) / (1 - begin), 0, 1)
            return np.asarray(way * way * (3 - 2 * way) * np.float32(-STOPS * self.amount), np.float32)

        return gain.by_pixel(pixels, stops)
