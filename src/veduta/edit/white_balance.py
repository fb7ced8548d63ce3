"""White balance: gains of red, green and blue in linear light that keep the luminance of gray."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from veduta.edit import gain
from veduta.edit.operation import Operation, number
from veduta.image.icc import linear
from veduta.image.photo import Pixels
from veduta.image.samples import Samples
from veduta.progress import Progress

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # of linear sRGB
# Stops of red, green and blue at the ends of the scales.
WARM = np.array([0.6, 0.0, -0.6])
MAGENTA = np.array([0.25, -0.35, 0.25])
SPOT = 2  # pixels around the spot that is to be gray


@dataclass(frozen=True)
class WhiteBalance(Operation):
    """Warmer (+) or colder (-), more magenta (+) or more green (-)."""

    name = "white_balance"
    deep = True

    temperature: float = number(0, -1, 1)
    tint: float = number(0, -1, 1)

    @property
    def neutral(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.temperature or self.tint)

    @property
    def gains(self) -> gain.Reals:
        """By what the light of red, green and blue is multiplied."""
        raw = np.exp2(self.temperature * WARM + self.tint * MAGENTA)
        return np.asarray(raw / (raw @ LUMINANCE), np.float64)

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The picture in other colors."""
        red, green, blue = self.gains.tolist()
        return gain.by_curve(
            pixels,
            lambda codes: gain.brightened(codes, red),
            lambda codes: gain.brightened(codes, green),
            lambda codes: gain.brightened(codes, blue),
        )


def gray_at(pixels: Pixels, x: float, y: float) -> WhiteBalance:
    """The white balance that makes a spot of a picture, relative to it, gray; the mean of some pixels around."""
    height, width = pixels.shape[:2]
    column, row = min(int(x * width), width - 1), min(int(y * height), height - 1)
    spot = pixels[max(0, row - SPOT) : row + SPOT + 1, max(0, column - SPOT) : column + SPOT + 1]
    return neutralizing(np.asarray(spot.mean((0, 1)), np.float64))


def neutralizing(color: gain.Reals) -> WhiteBalance:
    """The white balance that makes a color, sRGB codes in [0, 255], gray, as far as its scales reach."""
    red, green, blue = np.log2(np.maximum(linear(np.asarray(color, np.float64) / 255), 1e-4))
    temperature = (blue - red) / (WARM[0] - WARM[2])
    tint = (green - (red + blue) / 2) / (MAGENTA[0] - MAGENTA[1])
    return WhiteBalance(float(np.clip(temperature, -1, 1)), float(np.clip(tint, -1, 1)))
