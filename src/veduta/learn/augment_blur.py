"""Blur and compression: out of focus, moved, and saved as JPEG."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from veduta.learn.augment_step import Change, Size, Step, drawn, drawn_whole, span
from veduta.learn.augment_targets import Example


@dataclass(frozen=True)
class Blur(Step):
    """Gaussian blur of `sigma` pixels."""

    name = "blur"

    sigma: tuple[float, float] = span(0.3, 2, 0, 50)

    def draw(self, luck: Random, size: Size) -> Change | None:
        """The width drawn."""
        sigma = drawn(luck, self.sigma)
        return Blurred(sigma) if sigma > 0.1 else None


@dataclass(frozen=True)
class MotionBlur(Step):
    """Blur along a straight line of `length` pixels."""

    name = "motion_blur"

    length: tuple[float, float] = span(3, 9, 1, 101)
    degrees: tuple[float, float] = span(0, 180, 0, 360)

    def draw(self, luck: Random, size: Size) -> Change | None:
        """Length and direction drawn."""
        return Filtered(line(drawn(luck, self.length), math.radians(drawn(luck, self.degrees))))


@dataclass(frozen=True)
class Jpeg(Step):
    """Saved as JPEG of `quality` and opened again."""

    name = "jpeg"

    quality: tuple[float, float] = span(40, 95, 1, 100, whole=True)

    def draw(self, luck: Random, size: Size) -> Change | None:
        """The quality drawn."""
        return Compressed(drawn_whole(luck, self.quality))


@dataclass(frozen=True)
class Blurred(Change):
    """Gaussian blur."""

    sigma: float

    def apply(self, example: Example) -> Example:
        """The blurred example."""
        made = cv2.GaussianBlur(example.pixels, (0, 0), self.sigma, borderType=cv2.BORDER_REFLECT_101)
        return replace(example, pixels=np.asarray(made, np.uint8))


@dataclass(frozen=True, eq=False)
class Filtered(Change):
    """Each pixel becomes a weighted mean of those around it."""

    weights: NDArray[np.float32]

    def apply(self, example: Example) -> Example:
        """The filtered example."""
        made = cv2.filter2D(example.pixels, -1, self.weights, borderType=cv2.BORDER_REFLECT_101)
        return replace(example, pixels=np.asarray(made, np.uint8))


@dataclass(frozen=True)
class Compressed(Change):
    """To JPEG and back."""

    quality: int

    def apply(self, example: Example) -> Example:
        """The compressed example."""
        turned = cv2.cvtColor(example.pixels, cv2.COLOR_RGB2BGR)
        _, data = cv2.imencode(".jpg", turned, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        return replace(example, pixels=simplejpeg.decode_jpeg(data, "RGB"))


def line(length: float, angle: float) -> NDArray[np.float32]:
    """Weights of sum 1 along a line through the middle, pixels counted by how much of it they hold."""
    side = 2 * math.ceil(length / 2) + 1
    weights = np.zeros((side, side), np.float32)
    steps = max(2, math.ceil(length * 4))
    along = (np.arange(steps) + 0.5) / steps * length - length / 2
    x, y = side // 2 + along * math.cos(angle), side // 2 + along * math.sin(angle)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    for right in (0, 1):
        for low in (0, 1):
            share = np.where(right, x - left, 1 - x + left) * np.where(low, y - top, 1 - y + top)
            at = (np.minimum(top + low, side - 1), np.minimum(left + right, side - 1))
            np.add.at(weights, at, share.astype(np.float32))
    return np.asarray(weights / weights.sum(), np.float32)
