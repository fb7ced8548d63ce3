"""Blur and compression: out of focus, moved, and saved as JPEG."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from veduta.image.samples import eight, sixteen
from veduta.learn.augment_luck import Luck
from veduta.learn.augment_step import Change, Size, Step, drawn, drawn_whole, span
from veduta.learn.augment_targets import Example

REACH = 3.0  # standard deviations: what lies farther off is left out, as SciPy does
NARROW = 2  # pixels to either side: up to here OpenCV's own blur is the faster one


@dataclass(frozen=True)
class Blur(Step):
    """Gaussian blur of `sigma` pixels."""

    name = "blur"

    sigma: tuple[float, float] = span(0.3, 2, 0, 50)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The width drawn."""
        sigma = drawn(luck, self.sigma)
        return Blurred(sigma) if sigma > 0.1 else None


@dataclass(frozen=True)
class MotionBlur(Step):
    """Blur along a straight line of `length` pixels."""

    name = "motion_blur"

    length: tuple[float, float] = span(3, 9, 1, 101)
    degrees: tuple[float, float] = span(0, 180, 0, 360)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """Length and direction drawn."""
        return Filtered(line(drawn(luck, self.length), math.radians(drawn(luck, self.degrees))))


@dataclass(frozen=True)
class Jpeg(Step):
    """Saved as JPEG of `quality` and opened again."""

    name = "jpeg"

    quality: tuple[float, float] = span(40, 95, 1, 100, whole=True)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The quality drawn."""
        return Compressed(drawn_whole(luck, self.quality))


@dataclass(frozen=True)
class Blurred(Change):
    """Gaussian blur."""

    sigma: float

    def apply(self, example: Example) -> Example:
        """The blurred example."""
        half = max(1, math.floor(REACH * self.sigma + 0.5))
        side = 2 * half + 1
        if half <= NARROW:
            made = cv2.GaussianBlur(example.pixels, (side, side), self.sigma)
        else:  # OpenCV's own, which is exact to the bit, takes up to twice as long
            weights = cv2.getGaussianKernel(side, self.sigma, cv2.CV_32F)
            made = cv2.sepFilter2D(example.pixels, -1, weights, weights)
        return Example(np.asarray(made), example.things, example.labels, example.classes, example.alpha)


@dataclass(frozen=True, eq=False)
class Filtered(Change):
    """Each pixel becomes a weighted mean of those around it."""

    weights: NDArray[np.float32]

    def apply(self, example: Example) -> Example:
        """The filtered example."""
        made = cv2.filter2D(example.pixels, -1, self.weights, borderType=cv2.BORDER_REFLECT_101)
        return Example(np.asarray(made), example.things, example.labels, example.classes, example.alpha)


@dataclass(frozen=True)
class Compressed(Change):
    """To JPEG and back."""

    quality: int

    def apply(self, example: Example) -> Example:
        """The compressed example."""
        pixels = np.ascontiguousarray(eight(example.pixels))  # JPEG has no more
        made = simplejpeg.decode_jpeg(simplejpeg.encode_jpeg(pixels, self.quality, "RGB", "420"), "RGB")
        made = made if example.pixels.dtype == np.uint8 else sixteen(made)
        return Example(made, example.things, example.labels, example.classes, example.alpha)


def line(length: float, angle: float) -> NDArray[np.float32]:
    """Even weights of sum 1 on the pixels of a straight line through the middle: as few as can be, for speed."""
    cos, sin = math.cos(angle), math.sin(angle)
    reach = (max(1.0, length * max(abs(cos), abs(sin))) - 1) / 2  # along rows or columns, to either side
    half = math.floor(reach + 0.5)
    side = 2 * half + 1
    weights = np.zeros((side, side), np.float32)
    for step in range(-half, half + 1):
        aside = math.copysign(
            math.floor(abs(step * min(cos, sin, key=abs) / max(cos, sin, key=abs)) + 0.5), step
        )
        aside *= 1 if cos * sin >= 0 else -1
        x, y = (step, int(aside)) if abs(cos) >= abs(sin) else (int(aside), step)
        weights[half + y, half + x] = 1 / side
    return weights
