"""Noise: Gaussian, and salt and pepper; raw bits of a counted generator, so that the same seed gives the same bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from veduta.image.samples import step
from veduta.image.samples import white as top
from veduta.learn.augment_luck import Luck
from veduta.learn.augment_step import Change, Size, Step, choice, drawn, span
from veduta.learn.augment_targets import Example


@dataclass(frozen=True)
class Noise(Step):
    """Gaussian noise of standard deviation `sigma` (codes): on each channel by itself, or on all the same."""

    name = "noise"

    sigma: tuple[float, float] = span(2, 15, 0, 100)
    each: str = choice("own", "own", "same")

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The strength and a seed drawn."""
        sigma, seed = drawn(luck, self.sigma), luck.getrandbits(64)
        return Grain(sigma, seed, self.each == "same") if sigma else None


@dataclass(frozen=True)
class SaltPepper(Step):
    """White and black pixels: `share` of all, of which `salt` are white."""

    name = "salt_pepper"

    share: tuple[float, float] = span(0.002, 0.03, 0, 1)
    salt: tuple[float, float] = span(0.5, 0.5, 0, 1)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The shares and a seed drawn."""
        return Speckles(drawn(luck, self.share), drawn(luck, self.salt), luck.getrandbits(64))


@dataclass(frozen=True)
class Grain(Change):
    """Gaussian noise added to each code."""

    sigma: float
    seed: int
    gray: bool

    def apply(self, example: Example) -> Example:
        """The noisy example."""
        height, width = example.pixels.shape[:2]
        shape = (height, width) if self.gray else (height, width, 3)
        deep = example.pixels.dtype == np.uint16
        tables = quantiles(self.sigma * step(example.pixels))
        bits = raw_bytes(self.seed, len(tables) * int(np.prod(shape))).reshape(-1, *shape[1:])
        noise = cv2.LUT(bits[:height], tables[0])
        if len(tables) > 1:
            noise = cv2.add(noise, cv2.LUT(bits[height:], tables[1]))
        if self.gray:
            noise = cv2.merge((noise, noise, noise))
        made = np.asarray(cv2.add(example.pixels, noise, dtype=cv2.CV_16U if deep else cv2.CV_8U))
        return Example(made, example.things, example.labels, example.classes, example.alpha)


@dataclass(frozen=True)
class Speckles(Change):
    """White and black pixels at even odds of place."""

    share: float
    salt: float
    seed: int

    def apply(self, example: Example) -> Example:
        """The speckled example."""
        height, width = example.pixels.shape[:2]
        made = np.random.Generator(np.random.PCG64(self.seed))
        count = round(self.share * height * width)
        white = round(self.salt * count)
        places = (
            made.permutation(height * width)[:count]
            if self.share > 0.2
            else _places(made, height * width, count)
        )
        pixels = example.pixels.copy()
        flat = pixels.reshape(-1, 3)
        flat[places[:white]] = top(pixels)
        flat[places[white:]] = 0
        return Example(pixels, example.things, example.labels, example.classes, example.alpha)


def _places(made: np.random.Generator, among: int, count: int) -> NDArray[np.int64]:
    """So many different places, in an order of chance."""
    return np.asarray(made.choice(among, count, replace=False, shuffle=True), np.int64)


def raw_bytes(seed: int, count: int) -> NDArray[np.uint8]:
    """So many random bytes of a seed."""
    words = np.random.PCG64(seed).random_raw(-(-count // 8))
    return np.asarray(words).view(np.uint8)[:count]


@lru_cache(maxsize=64)
def _spread() -> NDArray[np.float64]:
    """256 values of equal odds that stand for a Gaussian of variance 1."""
    values = ndtri((np.arange(256) + 0.5) / 256)
    return np.asarray(values / values.std(), np.float64)


def quantiles(sigma: float) -> tuple[NDArray[Any], ...]:
    """Tables whose sum, at random bytes, is Gaussian of deviation `sigma` but for rounding.

    Of weak noise rounding leaves a few values, for which one table is enough; of stronger noise a second, smaller
    one repairs the first one's steps and ends. Rounding adds about 1/12 of a code's square each time: that much less
    variance is asked for. Below 0.3 nothing is left.
    """
    if sigma < 2:
        return (_rounded(math.sqrt(max(0.0, sigma * sigma - 1 / 12))),)
    left = sigma * sigma - 1 / 6
    big, small = _rounded(math.sqrt(left * 0.8)), _rounded(math.sqrt(left * 0.2))
    return big, small.astype(big.dtype)


def _rounded(sigma: float) -> NDArray[Any]:
    # Bytes are faster, but end at 127; 16 bits end before the noise of a picture of 16 bits.
    return np.rint(_spread() * sigma).astype(
        np.int8 if sigma < 27 else np.int16 if sigma < 5000 else np.int32
    )
