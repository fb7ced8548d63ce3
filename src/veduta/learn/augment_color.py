"""Colors: brightness, contrast, hue, channels and curves, neighbors of which are done as one.

What is linear in the three channels is multiplied into one matrix, what is a curve of one channel into one table:
nothing is rounded or cut off between. Hue turns around the gray axis as in SVG's hueRotate: light stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from stringzilla import translate

from veduta.image.photo import Pixels
from veduta.image.samples import Samples, step
from veduta.learn.augment_luck import Luck
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
Curve = Callable[[NDArray[Any]], NDArray[Any]]

LUMA = (0.299, 0.587, 0.114)
MIDDLE = 127.5
CHANNELS = ("red", "green", "blue")


@dataclass(eq=False, slots=True)
class Even(Change):
    """All codes times `scale`, plus `offset`."""

    scale: float
    offset: float

    @property
    def mix(self) -> Mix:
        """The same as weights of channels."""
        scale, offset = self.scale, self.offset
        return np.array([[scale, 0, 0, offset], [0, scale, 0, offset], [0, 0, scale, offset]])

    def joined(self, later: Change) -> Change | None:
        """Both as one."""
        if isinstance(later, Even):
            return Even(self.scale * later.scale, self.offset * later.scale + later.offset)
        return Tint(self.mix).joined(later)

    def apply(self, example: Example) -> Example:
        """The example with other codes."""
        pixels, scale, offset = example.pixels, self.scale, self.offset
        if scale == -1 and offset == 255:
            made = cv2.bitwise_not(pixels)
        elif scale >= 0 and offset >= 0 and pixels.dtype == np.uint8:  # this one takes absolute values
            made = cv2.convertScaleAbs(pixels, alpha=scale, beta=offset)
        else:
            made = cv2.addWeighted(pixels, scale, pixels, 0, offset * step(pixels))
        return Example(np.asarray(made), example.things, example.labels, example.classes, example.alpha)


@dataclass(eq=False, slots=True)
class Tint(Change):
    """Each channel becomes a weighted sum of the three, plus an offset; codes 0 to 255."""

    mix: Mix

    def joined(self, later: Change) -> Change | None:
        """Both as one."""
        if isinstance(later, Tint | Even):
            following = later.mix
            mix = following[:, :3] @ self.mix
            mix[:, 3] += following[:, 3]
            return Tint(mix)
        if isinstance(later, Curves) and (both := _curve(self.mix)) is not None:
            return Curves((both, *later.curves))
        return None

    def apply(self, example: Example) -> Example:
        """The tinted example."""
        pixels, mix = example.pixels, self.mix
        if step(pixels) > 1:
            mix = mix * (1, 1, 1, step(pixels))
        first, second, third = mix.tolist()
        if first == second == third and not first[3]:
            made = cv2.cvtColor(_gray(pixels, first), cv2.COLOR_GRAY2RGB)
        else:
            # A matrix without anything off its diagonal takes a slow way in OpenCV; this much changes no code.
            mix = mix + _ASIDE if not (first[1] or first[2] or second[0]) else mix
            made = cv2.transform(pixels, mix)
        return Example(np.asarray(made), example.things, example.labels, example.classes, example.alpha)


def _gray(pixels: Samples, weights: list[float]) -> NDArray[Any]:
    if tuple(weights[:3]) == LUMA:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    if sorted(weights) == [0, 0, 0, 1]:
        return np.asarray(cv2.extractChannel(pixels, weights.index(1)))
    return np.asarray(cv2.transform(pixels, np.array([weights])))


_ASIDE = np.array([[0, 1e-6, 1e-6, 0], [1e-6, 0, 0, 0], [0, 0, 0, 0]])


def _curve(mix: Mix) -> Curve | None:
    """A mix as a curve, where it mixes nothing."""
    weights, offsets = np.diag(mix[:, :3]), mix[:, 3]
    if np.count_nonzero(mix[:, :3] - np.diag(weights)):
        return None
    if len(set(weights.tolist())) == 1 and len(set(offsets.tolist())) == 1:
        weights, offsets = weights[0], offsets[0]
    return lambda codes: codes * weights + offsets


@dataclass(eq=False, slots=True)
class Curves(Change):
    """Curves one after the other, each from codes (256, 1 or 3) to codes; `alone`: a faster way to the same."""

    curves: tuple[Curve, ...]
    alone: Callable[[Pixels], Any] | None = None

    def joined(self, later: Change) -> Change | None:
        """Both as one."""
        if isinstance(later, Curves):
            return Curves((*self.curves, *later.curves))
        if isinstance(later, Tint | Even) and (more := _curve(later.mix)) is not None:
            return Curves((*self.curves, more))
        return None

    def apply(self, example: Example) -> Example:
        """The example with its codes looked up."""
        pixels = example.pixels
        # OpenCV takes the smallest arrays for numbers.
        quick = self.alone is not None and pixels.size >= 64 and pixels.dtype == np.uint8
        made = self.alone(pixels) if self.alone is not None and quick else self._looked_up(pixels)
        return Example(np.asarray(made), example.things, example.labels, example.classes, example.alpha)

    def _looked_up(self, pixels: Samples) -> Any:
        deep = step(pixels) > 1
        codes: NDArray[Any] = _DEEP_CODES if deep else _CODES
        for curve in self.curves:
            codes = np.minimum(np.maximum(curve(codes), 0), 255)
        table = np.rint(codes * step(pixels) if deep else codes).astype(pixels.dtype)
        if deep or table.shape[1] > 1:
            return cv2.LUT(pixels, table[None])
        return _through(pixels, table.ravel())


def _through(pixels: Pixels, table: NDArray[np.uint8]) -> Pixels:
    """Each code (256) looked up; twice as fast as OpenCV's way."""
    made = np.array(pixels, order="C")
    translate(made.data, table.data, inplace=True)
    return made


# Of codes in [0, 1]; black is far below anything, and stays black.
_LOGS = np.log(np.maximum(np.arange(256), 1e-300) / 255).astype(np.float32)
_CODES = np.arange(256, dtype=np.float32)[:, None]
_DEEP_CODES = np.arange(65536, dtype=np.float64)[:, None] / 257


@dataclass(frozen=True)
class Brightness(Step):
    """Multiply the codes."""

    name = "brightness"

    factor: tuple[float, float] = span(0.7, 1.3, 0, 10)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The factor drawn."""
        return Even(drawn(luck, self.factor), 0.0)


@dataclass(frozen=True)
class Contrast(Step):
    """Spread the codes around the middle gray, or draw them together."""

    name = "contrast"

    factor: tuple[float, float] = span(0.7, 1.4, 0, 10)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The factor drawn."""
        factor = drawn(luck, self.factor)
        return Even(factor, MIDDLE * (1 - factor))


@dataclass(frozen=True)
class Saturation(Step):
    """Colors stronger (above 1) or paler (0: gray); light stays as it is."""

    name = "saturation"

    factor: tuple[float, float] = span(0.6, 1.5, 0, 10)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The factor drawn."""
        return Tint(_GRAY + drawn(luck, self.factor) * _KEPT)


@dataclass(frozen=True)
class Hue(Step):
    """Turn the hues by degrees around gray."""

    name = "hue"

    degrees: tuple[float, float] = span(-18, 18, -180, 180)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The angle drawn."""
        return _mixed(_turned(math.radians(drawn(luck, self.degrees))))


@dataclass(frozen=True)
class ChannelShift(Step):
    """Add to the codes: to each channel something of its own, or to all the same."""

    name = "channel_shift"

    amount: tuple[float, float] = span(-20, 20, -255, 255)
    each: str = choice("own", "own", "same")

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The amounts drawn."""
        if self.each == "same":
            return Even(1.0, drawn(luck, self.amount))
        return Tint(np.array([[*row, drawn(luck, self.amount)] for row in np.eye(3).tolist()]))


@dataclass(frozen=True)
class ChannelIsolate(Step):
    """Keep one channel alone: in its color, or (`gray`) as a gray picture."""

    name = "channel_isolate"

    channel: str = choice("any", "any", *CHANNELS)
    gray: bool = flag(False)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The channel drawn."""
        kept = luck.randrange(3) if self.channel == "any" else CHANNELS.index(self.channel)
        weights = np.zeros((3, 3))
        weights[slice(None) if self.gray else kept, kept] = 1
        return _mixed(weights)


@dataclass(frozen=True)
class ChannelShuffle(Step):
    """Let channels change places: any order but the usual one."""

    name = "channel_shuffle"

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The order drawn."""
        orders = ((0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
        return _mixed(np.eye(3)[list(luck.choice(orders))])


@dataclass(frozen=True)
class Gray(Step):
    """Take the colors away."""

    name = "gray"

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """Always the same."""
        return Tint(_GRAY)


@dataclass(frozen=True)
class Invert(Step):
    """A negative."""

    name = "invert"

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """Always the same."""
        return Even(-1.0, 255.0)


@dataclass(frozen=True)
class Gamma(Step):
    """Codes of [0, 1] to a power: below 1 lighter, above darker."""

    name = "gamma"

    power: tuple[float, float] = span(0.7, 1.4, 0.05, 20)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The power drawn."""
        power = drawn_ratio(luck, self.power)

        def alone(pixels: Pixels) -> Any:
            bent = np.exp(_LOGS * np.float32(power))
            bent *= 255
            bent += 0.5
            return _through(pixels, bent.astype(np.uint8))

        return Curves((lambda codes: 255 * (codes / 255) ** power,), alone)


@dataclass(frozen=True)
class Posterize(Step):
    """Keep the highest bits of each code."""

    name = "posterize"

    bits: tuple[float, float] = span(3, 6, 1, 8, whole=True)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The number of bits drawn."""
        low = 1 << (8 - drawn_whole(luck, self.bits))
        high: Any = (256 - low,) * 3
        return Curves(
            (lambda codes: np.floor(codes / low) * low,), lambda pixels: cv2.bitwise_and(pixels, high)
        )


@dataclass(frozen=True)
class Solarize(Step):
    """A negative of all codes from a threshold on."""

    name = "solarize"

    threshold: tuple[float, float] = span(128, 240, 0, 256)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The threshold drawn."""
        start = math.ceil(drawn(luck, self.threshold))

        def alone(pixels: Pixels) -> Any:
            return cv2.bitwise_xor(pixels, cv2.threshold(pixels, start - 1, 255, cv2.THRESH_BINARY)[1])

        return Curves((lambda codes: np.where(codes >= start, 255 - codes, codes),), alone)


def _mixed(weights: NDArray[np.float64]) -> Tint:
    mix = np.zeros((3, 4))
    mix[:, :3] = weights
    return Tint(mix)


_GRAY = np.array([[*LUMA, 0.0]] * 3)
_KEPT = np.eye(3, 4) - _GRAY

# Rows: luma, and two axes of color across it.
_AXES = np.array([LUMA, (0.596, -0.274, -0.322), (0.211, -0.523, 0.312)])
_BACK = np.linalg.inv(_AXES)


def _turned(angle: float) -> NDArray[np.float64]:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.asarray(_BACK @ np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]) @ _AXES)
