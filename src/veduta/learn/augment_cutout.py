"""Cut-out: rectangles painted over; what is under them is still there, but not seen.

Source: T. DeVries, G. Taylor, "Improved regularization of convolutional neural networks with cutout", 2017.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from veduta.image.samples import sixteen, step
from veduta.learn.augment_luck import Luck
from veduta.learn.augment_noise import raw_bytes
from veduta.learn.augment_step import (
    Change,
    Size,
    Step,
    choice,
    drawn,
    drawn_ratio,
    drawn_whole,
    span,
)
from veduta.learn.augment_targets import Example, covered
from veduta.see.finding import Box

EVEN = {"black": 0, "gray": 128, "white": 255}
FILLS = (*EVEN, "mean", "noise")


@dataclass(frozen=True)
class Cutout(Step):
    """Paint over `holes` rectangles, each of `area` (share of the picture) and `aspect` (width : height)."""

    name = "cutout"

    holes: tuple[float, float] = span(1, 3, 1, 100, whole=True)
    area: tuple[float, float] = span(0.01, 0.08, 0.0001, 0.9)
    aspect: tuple[float, float] = span(0.5, 2, 0.05, 20)
    fill: str = choice("gray", *FILLS)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The rectangles drawn."""
        count = drawn_whole(luck, self.holes)
        holes = [
            rectangle(luck, size, drawn(luck, self.area), drawn_ratio(luck, self.aspect))
            for _ in range(count)
        ]
        return Covered(holes, self.fill, luck.getrandbits(64))


@dataclass(frozen=True)
class Covered(Change):
    """Rectangles painted over."""

    holes: list[tuple[int, int, int, int]]
    fill: str
    seed: int

    def apply(self, example: Example) -> Example:
        """The example with holes."""
        pixels = example.pixels.copy()
        color: Any = (
            np.rint(cv2.mean(pixels)[:3]).astype(pixels.dtype)
            if self.fill == "mean"
            else EVEN.get(self.fill, 0) * step(pixels)
        )
        for number, (x, y, w, h) in enumerate(self.holes):
            if self.fill == "noise":
                noise = raw_bytes(self.seed + number, 3 * w * h).reshape(h, w, 3)
                pixels[y : y + h, x : x + w] = noise if step(pixels) == 1 else sixteen(noise)
            else:
                pixels[y : y + h, x : x + w] = color
        if not example.things:
            return Example(pixels, (), example.labels, example.classes, example.alpha)
        holes: list[Box] = [(float(x), float(y), float(w), float(h)) for x, y, w, h in self.holes]
        things = tuple(covered(one, holes) for one in example.things)
        return Example(pixels, things, example.labels, example.classes, example.alpha)


def rectangle(luck: Luck, size: Size, share: float, aspect: float) -> tuple[int, int, int, int]:
    """A rectangle x, y, width, height of a share of the picture, anywhere inside it."""
    side, more = math.sqrt(share * size[0] * size[1]), math.sqrt(aspect)
    w = max(1, min(size[0], round(side * more)))
    h = max(1, min(size[1], round(side / more)))
    return luck.randint(0, size[0] - w), luck.randint(0, size[1] - h), w, h
