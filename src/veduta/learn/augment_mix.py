"""Two pictures as one: laid over each other, or a part of one put into the other.

Sources: H. Zhang and others, "mixup: beyond empirical risk minimization", 2018; S. Yun and others, "CutMix:
regularization strategy to train strong classifiers with localizable features", 2019.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from veduta.image.samples import Samples, eight, sixteen, white
from veduta.learn.augment_cutout import rectangle
from veduta.learn.augment_luck import Luck
from veduta.learn.augment_step import Change, Size, Step, drawn, drawn_ratio, span
from veduta.learn.augment_targets import Example, covered, within
from veduta.learn.augment_warp import Warp


class Mixture(Change):
    """A change that needs a second picture."""

    def mixed(self, example: Example, other: Example) -> Example:
        """Both as one."""
        raise NotImplementedError


@dataclass(frozen=True)
class Mixup(Step):
    """Lay another picture over this one; it counts as `share`, and so do its classes and things."""

    name = "mixup"
    mixes = True

    share: tuple[float, float] = span(0.1, 0.5, 0, 1)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The share drawn."""
        return Laid(drawn(luck, self.share))


@dataclass(frozen=True)
class Cutmix(Step):
    """Put a part of another picture, `area` of this one, in the same place of this one."""

    name = "cutmix"
    mixes = True

    area: tuple[float, float] = span(0.1, 0.5, 0.001, 1)
    aspect: tuple[float, float] = span(0.75, 4 / 3, 0.1, 10)

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The rectangle drawn."""
        return Pasted(rectangle(luck, size, drawn(luck, self.area), drawn_ratio(luck, self.aspect)))


@dataclass(frozen=True)
class Laid(Mixture):
    """One picture over the other."""

    share: float

    def mixed(self, example: Example, other: Example) -> Example:
        """The weighted mean of both."""
        other = alike(fitted(other, example.size), example)
        own = 1 - self.share
        pixels = cv2.addWeighted(example.pixels, own, other.pixels, self.share, 0)
        things = [replace(one, weight=one.weight * own) for one in example.things]
        things += [replace(one, weight=one.weight * self.share) for one in other.things]
        # A map of labels has one label a pixel: that of the picture that counts more.
        labels = example.labels if own >= 0.5 or other.labels is None else other.labels
        alpha = None
        if example.alpha is not None or other.alpha is not None:
            alpha = np.asarray(cv2.addWeighted(seen(example), own, seen(other), self.share, 0))
        return Example(np.asarray(pixels), tuple(things), labels, weighed(example, other, self.share), alpha)


@dataclass(frozen=True)
class Pasted(Mixture):
    """A part of one picture in the other."""

    part: tuple[int, int, int, int]

    def mixed(self, example: Example, other: Example) -> Example:
        """The picture with the part of the other one."""
        other = alike(fitted(other, example.size), example)
        x, y, w, h = self.part
        window = np.s_[y : y + h, x : x + w]
        frame = (float(x), float(y), float(w), float(h))
        pixels = example.pixels.copy()
        pixels[window] = other.pixels[window]
        labels = example.labels
        if labels is not None:
            labels = labels.copy()
            labels[window] = 0 if other.labels is None else other.labels[window]
        things = [covered(one, [frame]) for one in example.things]
        things += [left for one in other.things if (left := within(one, frame)) is not None]
        share = w * h / (pixels.shape[0] * pixels.shape[1])
        alpha = None
        if example.alpha is not None or other.alpha is not None:
            alpha = seen(example).copy()
            alpha[window] = seen(other)[window]
        return Example(pixels, tuple(things), labels, weighed(example, other, share), alpha)


def alike(other: Example, example: Example) -> Example:
    """A picture in the depth of another one."""
    if other.pixels.dtype == example.pixels.dtype:
        return other
    into = eight if example.pixels.dtype == np.uint8 else sixteen
    alpha = None if other.alpha is None else into(other.alpha)
    return replace(other, pixels=into(other.pixels), alpha=alpha)


def seen(example: Example) -> Samples:
    """How far each pixel is seen (h, w): all of it where there is no transparency."""
    if example.alpha is not None:
        return example.alpha
    return np.full(example.pixels.shape[:2], white(example.pixels), example.pixels.dtype)


def fitted(example: Example, size: Size) -> Example:
    """A picture stretched to a size."""
    if example.size == size:
        return example
    matrix = np.diag([size[0] / example.size[0], size[1] / example.size[1], 1.0])
    return Warp(matrix, example.size, size).apply(example)


def weighed(example: Example, other: Example, share: float) -> Mapping[str, float]:
    """The classes of both pictures with their shares."""
    mixed = {name: value * (1 - share) for name, value in example.classes.items()}
    for name, value in other.classes.items():
        mixed[name] = mixed.get(name, 0.0) + value * share
    return {name: value for name, value in mixed.items() if value > 0}
