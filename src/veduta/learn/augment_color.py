"""Colors: brightness, contrast, hue, channels and curves, neighbors of which are done as one.

What is linear in the three channels is multiplied into one matrix, what is a curve of one channel into one table:
nothing is rounded or cut off between. Hue turns around the gray axis as in SVG's hueRotate: light stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.learn.augment_step import (
    Change,
    Size,
    Step,
    choice,
    drawn,
    drawn_ratio,
    drawn_whole,
    flag,
    span,
)
from veduta.learn.augment_targets import Example

Mix = NDArray[np.float64]  # (3, 4): three weights and an offset for each channel
Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]

LUMA = (0.299, 0.587, 0.114)
MIDDLE = 127.5
CHANNELS = ("red", "green", "blue")


@dataclass(frozen=True, eq=False)
class Tint(Change):
    """Each channel becomes a weighted sum of the three, plus an offset; codes 0 to 255."""

    mix: Mix

    def joined(self, later: Change) -> Change | None:
        """Both as one."""
        if isinstance(later, Tint):
            mix = later.mix[:, :3] @ self.mix
            mix[:, 3] += later.mix[:, 3]
            return Tint(mix)
        if isinstance(later, Curves) and (both := self._curve()) is not None:
            return Curves((both, *later.curves))
        return None

    def apply(self, example: Example) -> Example:
        """The tinted example."""
        scale, offset = self.mix[0, 0], self.mix[0, 3]
        if not self._alike():
            pixels = cv2.transform(example.pixels, self.mix)
        elif scale >= 0 and offset >= 0:  # the faster one takes absolute values
            pixels = cv2.convertScaleAbs(example.pixels, None, scale, offset)
        else:
            pixels = cv2.addWeighted(example.pixels, scale, example.pixels, 0, offset)
        return replace(example, pixels=np.asarray(pixels, np.uint8))

    def _alike(self) -> bool:
        (a, b, c, x), (d, e, f, y), (g, h, i, z) = self.mix.tolist()
        return not (b or c or d or f or g or h) and a == e == i and x == y == z

    def _curve(self) -> Curve | None:
        weights, offsets = np.diag(self.mix[:, :3]), self.mix[:, 3]
        if np.count_nonzero(self.mix[:, :3] - np.diag(weights)):
            return None
        return lambda codes: codes * weights + offsets


@dataclass(frozen=True, eq=False)
class Curves(Change):
    """Curves one after the other, each from codes (256, 3) to codes."""

    curves: tuple[Curve, ...]

    def joined(self, later: Change) -> Change | None:
        """Both as one."""
        if isinstance(later, Curves):
            return Curves((*self.curves, *later.curves))
        if isinstance(later, Tint) and (more := later._curve()) is not None:
            return Curves((*self.curves, more))
        return None

    def apply(self, example: Example) -> Example:
        """The example with its codes looked up."""
        codes = np.repeat(np.arange(256.0)[:, None], 3, axis=1)
        for curve in self.curves:
            codes = np.clip(curve(codes), 0, 255)
        table = np.rint(codes).astype(np.uint8)
        if (table[:, :1] == table).all():
            return replace(example, pixels=np.asarray(cv2.LUT(example.pixels, table[:, 0]), np.uint8))
        return replace(example, pixels=np.asarray(cv2.LUT(example.pixels, table[None]), np.uint8))


@dataclass(frozen=True)
class Brightness(Step):
    """Multiply the codes."""

    name = "brightness"

    factor: tuple[float, float] = span(0.7, 1.3, 0, 10)

    def draw(self, luck: Random, size: Size) -> Change | None:
        """The factor drawn."""
        return _even(drawn(luck, self.factor), 0.0)


@dataclass(frozen=True)
class Contrast(Step):
    """Spread the codes around the middle gray, or draw them together."""

    name = "contrast"

    factor: tuple[float, float] = span(0.7, 1.4, 0, 10)

    def draw(self, luck: Random, size: Size) -> Change | None:
        """The factor drawn."""
        factor = drawn(luck, self.factor)
        return _even(factor, MIDDLE * (1 - factor))


@dataclass(frozen=True)
class Saturation(Step):
    """Colors stronger (above 1) or paler (0: gray); light stays as it is."""

    name = "saturation"

    factor: tuple[float, float] = span(0.6, 1.5, 0, 10)

    def draw(self, luck: Random, size: Size) -> Change | None:
        """The factor drawn."""
        return _mixed(_saturated(drawn(luck, self.factor)))


@dataclass(frozen=True)
class Hue(Step):
    """Turn the hues by degrees around gray."""

    name = "hue"

    degrees: tuple[float, float] = span(-18, 18, -180, 180)

    def draw(self, luck: Random, size: Size) -> Change | None:
        """The angle drawn."""
        return _mixed(_turned(math.radians(drawn(luck, self.degrees))))


@dataclass(frozen=True)
class ChannelShift(Step):
    """Add to the codes: to each channel something of its own, or to all the same."""

    name = "channel_shift"

    amount: tuple[float, float] = span(-20, 20, -255, 255)
    each: str = choice("own", "own", "same")

    def draw(self, luck: Random, size: Size) -> Change | None:
        """The amounts drawn."""
        if self.each == "same":
            return _even(1.0, drawn(luck, self.amount))
        return Tint(np.array([[*row, drawn(luck, self.amount)] for row in np.eye(3).tolist()]))


@dataclass(frozen=True)
class ChannelIsolate(Step):
    """Keep one channel alone: in its color, or (`gray`) as a gray picture."""

    name = "channel_isolate"

    channel: str = choice("any", "any", *CHANNELS)
    gray: bool = flag(False)

    def draw(self, luck: Random, size: Size) -> Change | None:
        """The channel drawn."""
        kept = luck.randrange(3) if self.channel == "any" else CHANNELS.index(self.channel)
        weights = np.zeros((3, 3))
        weights[slice(None) if self.gray else kept, kept] = 1
        return _mixed(weights)


@dataclass(frozen=True)
class ChannelShuffle(Step):
    """Let channels change places: any order but the usual one."""

    name = "channel_shuffle"

    def draw(self, luck: Random, size: Size) -> Change | None:
        """The order drawn."""
        orders = ((0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
        return _mixed(np.eye(3)[list(luck.choice(orders))])


@dataclass(frozen=True)
class Gray(Step):
    """Take the colors away."""

    name = "gray"

    def draw(self, luck: Random, size: Size) -> Change | None:
        """Always the same."""
        return _mixed(_saturated(0.0))


@dataclass(frozen=True)
class Invert(Step):
    """A negative."""

    name = "invert"

    def draw(self, luck: Random, size: Size) -> Change | None:
        """Always the same."""
        return _even(-1.0, 255.0)


@dataclass(frozen=True)
class Gamma(Step):
    """Codes of [0, 1] to a power: below 1 lighter, above darker."""

    name = "gamma"

    power: tuple[float, float] = span(0.7, 1.4, 0.05, 20)

    def draw(self, luck: Random, size: Size) -> Change | None:
        """The power drawn."""
        power = drawn_ratio(luck, self.power)
        return Curves((lambda codes: 255 * (np.clip(codes, 0, 255) / 255) ** power,))


@dataclass(frozen=True)
class Posterize(Step):
    """Keep the highest bits of each code."""

    name = "posterize"

    bits: tuple[float, float] = span(3, 6, 1, 8, whole=True)

    def draw(self, luck: Random, size: Size) -> Change | None:
        """The number of bits drawn."""
        low = 2.0 ** (8 - drawn_whole(luck, self.bits))
        return Curves((lambda codes: np.floor(codes / low) * low,))


@dataclass(frozen=True)
class Solarize(Step):
    """A negative of all codes from a threshold on."""

    name = "solarize"

    threshold: tuple[float, float] = span(128, 240, 0, 256)

    def draw(self, luck: Random, size: Size) -> Change | None:
        """The threshold drawn."""
        from_here = drawn(luck, self.threshold)
        return Curves((lambda codes: np.where(codes >= from_here, 255 - codes, codes),))


def _even(scale: float, offset: float) -> Tint:
    return Tint(np.array([[scale, 0, 0, offset], [0, scale, 0, offset], [0, 0, scale, offset]]))


def _mixed(weights: NDArray[np.float64]) -> Tint:
    return Tint(np.hstack([weights, np.zeros((3, 1))]))


def _saturated(factor: float) -> NDArray[np.float64]:
    return np.asarray((1 - factor) * np.array([LUMA] * 3) + factor * np.eye(3))


# Rows: luma, and two axes of color across it.
_AXES = np.array([LUMA, (0.596, -0.274, -0.322), (0.211, -0.523, 0.312)])
_BACK = np.linalg.inv(_AXES)


def _turned(angle: float) -> NDArray[np.float64]:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.asarray(_BACK @ np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]) @ _AXES)
