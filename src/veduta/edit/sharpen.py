"""Sharpen: an unsharp mask on the luma, which colors no edges."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from veduta.edit import gain
from veduta.edit.operation import Operation, number
from veduta.image.samples import Samples
from veduta.progress import Progress


@dataclass(frozen=True)
class Sharpen(Operation):
    """Add `amount` times what a Gaussian of `radius` (standard deviation, pixels of the full-size photo) takes
    away.
    """

    name = "sharpen"
    deep = True

    amount: float = number(0, 0, 3)
    radius: float = number(1, 0.3, 10)

    @property
    def neutral(self) -> bool:
        """Whether nothing is asked for."""
        return self.amount == 0

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The sharper picture."""
        sigma = self.radius * scale
        reach = math.ceil(4 * sigma)
        kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
        kernel /= kernel.sum()
        height = pixels.shape[0]
        out = np.empty_like(pixels)
        for first, last in gain.bands(pixels):
            above, below = max(0, first - reach), min(height, last + reach)
            luma = cv2.cvtColor(pixels[above:below], cv2.COLOR_RGB2GRAY).astype(np.float32)
            smooth = cv2.sepFilter2D(luma, -1, kernel, kernel, borderType=cv2.BORDER_REFLECT_101)
            detail = (luma - smooth)[first - above : last - above] * np.float32(self.amount)
            out[first:last] = gain.added(pixels[first:last], detail)
        return out
