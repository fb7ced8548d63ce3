"""Automatic white balance: the color of the light is told from the picture and taken out.

Source: G. Finlayson, E. Trezzi, "Shades of gray and colour constancy", 2004; J. van de Weijer et al., "Edge-based color
constancy", 2007.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np

from veduta.edit import gain
from veduta.edit.operation import Operation, choice, number
from veduta.edit.white_balance import LUMINANCE
from veduta.image.icc import linear
from veduta.image.photo import at_most
from veduta.image.samples import Samples, step, white
from veduta.progress import Progress

SIDE = 512
# Exponents of the mean: 1 is the gray world, infinity the brightest spot.
NORM = 5.0
BRIGHT_NORM = 12.0
# How far the light lies towards orange and towards magenta, by what the brightest and what the bright say of either:
# least squares over photographs with and without a cast. Nearly all light is orange or blue, things are also green.
ORANGE, MAGENTA = (1.44, -0.71), (0.46, -0.10)
FAR = 0.5  # stops either way, approached and never passed: what is more orange is a sunset or sand
# Codes outside tell nothing: what is burnt out has lost its color, what is black is noise.
DARKEST, BRIGHTEST = 5, 250
LEAST = 500  # pixels
MOST = 1.2  # stops for one channel: more is no light but the color of things


@dataclass(frozen=True)
class AutoWhiteBalance(Operation):
    """Make the light of a picture white, by `amount` of the way.

    "careful" believes the brightest of what is bright, and that only as far as photographs of one color allow;
    "shades" judges the light wholly by what is bright, "edges" by how colors change at edges.
    """

    name = "auto_white_balance"
    deep = True
    usual: ClassVar[Mapping[str, Any]] = {"amount": 1.0}

    amount: float = number(0, 0, 1)
    method: str = choice("careful", "careful", "shades", "edges")

    @property
    def neutral(self) -> bool:
        """Whether nothing is asked for."""
        return self.amount == 0

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The picture under white light."""
        stops = np.clip(np.log2(1 / light_of(pixels, self.method)), -MOST, MOST)
        gains = np.exp2(self.amount * stops)
        red, green, blue = (gains / (gains @ LUMINANCE)).tolist()
        return gain.by_curve(
            pixels,
            lambda codes: gain.brightened(codes, red),
            lambda codes: gain.brightened(codes, green),
            lambda codes: gain.brightened(codes, blue),
        )


def light_of(pixels: Samples, method: str = "careful") -> gain.Reals:
    """The color (3,) of the light, linear, of mean 1; white where the picture does not tell."""
    small = at_most(pixels, SIDE)
    # A spot that is white in all channels tells of white light; one that is so in some has lost its color.
    least, most = small.min(2), small.max(2)
    dark, bright = DARKEST * step(small), BRIGHTEST * step(small)
    telling = (least >= dark) & ((most <= bright) | (least > bright))
    top = white(small)
    light = np.asarray(linear(np.arange(top + 1) / top).astype(np.float32)[small], np.float32)
    if method == "edges":
        smooth = cv2.GaussianBlur(light, (0, 0), 1.5)
        across, down = (cv2.Sobel(smooth, cv2.CV_32F, *way) for way in ((1, 0), (0, 1)))
        light = np.sqrt(across**2 + down**2)
        telling = cv2.erode(np.asarray(telling, np.uint8), np.ones((7, 7), np.uint8)) > 0
    some = light[telling].astype(np.float64)
    if len(some) < LEAST:
        return np.ones(3)
    color = _mean(some, NORM)
    if color.min() <= 1e-6:
        return np.ones(3)
    if method == "careful":
        color = _careful(_mean(some, BRIGHT_NORM), color)
    return np.asarray(color / color.mean(), np.float64)


def _mean(some: gain.Reals, norm: float) -> gain.Reals:
    return np.asarray((some**norm).mean(0) ** (1 / norm), np.float64)


def _careful(brightest: gain.Reals, bright: gain.Reals) -> gain.Reals:
    """The likely color of the light, between white and what the two colors say."""
    red, blue = (np.log2([one[n] / one[1] for one in (brightest, bright)]) for n in (0, 2))
    orange, magenta = (red - blue) / 2 @ ORANGE, (red + blue) / 2 @ MAGENTA
    orange, magenta = (FAR * np.tanh(one / FAR) for one in (orange, magenta))
    return np.asarray(np.exp2(np.array([magenta + orange, 0.0, magenta - orange], np.float64)), np.float64)
