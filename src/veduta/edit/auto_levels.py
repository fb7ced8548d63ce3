"""Auto levels: the darkest and the lightest of a picture become black and white."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from veduta.edit import gain
from veduta.edit.operation import Operation, flag, number
from veduta.image.histogram import counts, ends
from veduta.image.samples import Samples, white
from veduta.progress import Progress

# A picture without contrast (fog, a wall) is not torn apart: codes are spread at most so many times.
STEEPEST = 4.0


@dataclass(frozen=True)
class AutoLevels(Operation):
    """Spread the codes evenly from black to white, by `amount` of the way.

    `clip` percent of the samples may be lost at each end. All channels share one curve, which keeps hues; with
    `channels` each has its own, which also takes out a cast of color.
    """

    name = "auto_levels"
    deep = True
    usual: ClassVar[Mapping[str, Any]] = {"amount": 1.0}

    amount: float = number(0, 0, 1)
    clip: float = number(0.2, 0, 5)
    channels: bool = flag(False)

    @property
    def neutral(self) -> bool:
        """Whether nothing is asked for."""
        return self.amount == 0

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The picture from black to white."""
        found = np.array([self._ends(np.ascontiguousarray(pixels[..., n])) for n in range(3)], float)
        if not self.channels:
            found[:] = found[:, 0].min(), found[:, 1].max()
        curves = []
        for low, high in found / white(pixels):
            if high - low < 1 / STEEPEST:  # the middle stays where it is
                low = (low + high) / 2 * (1 - 1 / STEEPEST)
                high = low + 1 / STEEPEST
            low, high = self.amount * low, 1 - self.amount * (1 - high)
            curves.append(lambda codes, low=low, high=high: (codes - low) / (high - low))
        return gain.by_curve(pixels, *curves)

    def _ends(self, plane: Samples) -> tuple[int, int]:
        return ends(counts(plane), self.clip / 100, self.clip / 100)
