"""Pictures made ready to learn from: histograms, color spaces, ranges, mean 0 and deviation 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput
from veduta.image import histogram
from veduta.image.histogram import Samples, top
from veduta.image.spaces import RANGES, NoSuchSpace, gray_codes, to_space

Values = NDArray[np.float32]
Reals = NDArray[np.float64]

BAND = 400_000  # pixels


class BadPreparation(BadInput):
    """A preparation that makes no sense, or does not fit the pictures."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is done to each picture, in this order.

    `stretch`: the share of samples cut off at both ends, before the rest is stretched from black to white;
    `equalize`; `clahe`: its limit; all three on the lightness of colors (stretch: on all channels alike), of `gray` on
    the gray itself. Then the color space. Then `normalize`, its ranges to [0, 1] ("unit") or [-1, 1] ("signed"), or
    `standardize`, each channel to mean 0 and deviation 1: of the picture, or of the set it is from.
    """

    stretch: float | None = None
    equalize: bool = False
    clahe: float | None = None
    tiles: int = 8
    space: str = "rgb"
    normalize: Literal["unit", "signed"] | None = None
    standardize: Literal["picture", "set"] | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense; raises BadPreparation or NoSuchSpace."""
        if self.space not in RANGES:
            raise NoSuchSpace(f"no color space is called {self.space!r:.40}; known: {', '.join(RANGES)}")
        if self.stretch is not None and not 0 <= self.stretch < 0.5:
            raise BadPreparation(f"stretch: a share of 0 to below 0.5 at each end, not {self.stretch:g}")
        if self.clahe is not None and not 0 < self.clahe <= 1000:
            raise BadPreparation(f"clahe: a limit above 0 to 1000, not {self.clahe:g}")
        if not 1 <= self.tiles <= 64:
            raise BadPreparation(f"tiles: 1 to 64 on each side, not {self.tiles}")
        if self.equalize and self.clahe is not None:
            raise BadPreparation("equalize and clahe do the same to all and to parts: choose one")
        if self.normalize is not None and self.standardize is not None:
            raise BadPreparation("normalize and standardize give different ranges: choose one")

    @property
    def keeps_range(self) -> bool:
        """Whether values stay in the range of the color space."""
        return self.normalize is None and self.standardize is None

    def as_json(self) -> dict[str, Any]:
        """All parameters."""
        return asdict(self)

    def codes(self, pixels: Samples) -> Samples:
        """The picture, sRGB uint8 or uint16 (h, w, 3), after what is done on its codes; of gray (h, w)."""
        if self.space == "gray":
            plane = gray_codes(pixels)
            if self.stretch is not None:
                plane = histogram.stretched(plane, self.stretch, self.stretch)
            return self._evened(plane)
        if self.stretch is not None:
            pixels = stretched(pixels, self.stretch)
        if self.equalize or self.clahe is not None:
            pixels = histogram.on_lightness(pixels, self._evened)
        return pixels

    def values(self, codes: Samples) -> Reals:
        """What `codes` gave, in the color space: float64 (h, w, channels) in the units of `spaces.RANGES`."""
        return (codes / np.float64(top(codes)))[..., None] if codes.ndim == 2 else to_space(codes, self.space)

    def measured(self, codes: Samples) -> Statistics:
        """The statistics of what `codes` gave, in the color space."""
        found = Statistics()
        for rows in bands(codes):
            found.update(self.values(codes[rows]))
        return found

    def finished(self, codes: Samples, statistics: Statistics | None = None) -> Values:
        """What `codes` gave in its color space and final range, float32 (h, w, channels).

        `statistics` are those of the set, where it is standardized by them.
        """
        if self.standardize == "picture":
            statistics = self.measured(codes)
        elif self.standardize == "set" and statistics is None:
            raise BadPreparation("standardize: the mean and deviation of the set are missing")
        out = np.empty((*codes.shape[:2], len(RANGES[self.space])), np.float32)
        for rows in bands(codes):
            values = self.values(codes[rows])
            if self.standardize is not None and statistics is not None:
                values = statistics.standardized(values)
            elif self.normalize is not None:
                low, high = np.array(RANGES[self.space]).T
                values = (values - low) / (high - low)
                values = values if self.normalize == "unit" else values * 2 - 1
            out[rows] = values
        return out

    def prepare(self, pixels: Samples, statistics: Statistics | None = None) -> Values:
        """All of it: sRGB uint8 or uint16 (h, w, 3) to float32 (h, w, channels)."""
        return self.finished(self.codes(pixels), statistics)

    def _evened(self, plane: Samples) -> Samples:
        if self.equalize:
            return histogram.equalized(plane)
        return plane if self.clahe is None else histogram.clahe(plane, self.clahe, self.tiles)


def bands(codes: Samples) -> Iterator[slice]:
    """Rows of a picture a few at a time: reals of all of it at once would take many times its memory."""
    rows = max(1, BAND // codes.shape[1])
    for first in range(0, len(codes), rows):
        yield slice(first, first + rows)


def stretched(pixels: Samples, share: float) -> Samples:
    """All channels alike from black to white, after `share` of their samples is cut off at each end: hues stay."""
    counted = sum(histogram.counts(pixels[..., channel]) for channel in range(pixels.shape[2]))
    first, last = histogram.ends(np.asarray(counted, np.int64), share, share)
    return histogram.through(pixels, histogram.stretching(first, last, top(pixels)))


def standardized(values: Reals) -> Reals:
    """Values (h, w, channels) with mean 0 and deviation 1 in each channel; a channel of one value becomes 0."""
    own = Statistics()
    own.update(values)
    return own.standardized(values)


class Statistics:
    """Mean and deviation of each channel over any number of pictures, seen once each.

    Source: Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances".
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all pictures."""
        self.count = 0
        self._mean: Reals = np.zeros(0)
        self._squares: Reals = np.zeros(0)

    def update(self, values: NDArray[Any]) -> None:
        """Add the pixels of a picture (h, w, channels); raises BadPreparation for another number of channels."""
        rows = values.reshape(-1, values.shape[-1]).astype(np.float64)
        mean = rows.mean(axis=0)
        self._add(len(rows), mean, ((rows - mean) ** 2).sum(axis=0))

    def merge(self, other: Statistics) -> None:
        """Add all that another has seen."""
        if other.count:
            self._add(other.count, other._mean, other._squares)

    def _add(self, count: int, mean: Reals, squares: Reals) -> None:
        if not self.count:
            self._mean, self._squares = np.zeros(len(mean)), np.zeros(len(mean))
        if len(mean) != len(self._mean):
            raise BadPreparation(f"{len(mean)} channels: the others have {len(self._mean)}")
        whole = self.count + count
        away = mean - self._mean
        self._squares = self._squares + squares + away**2 * (self.count * count / whole)
        self._mean = self._mean + away * (count / whole)
        self.count = whole

    def compute(self) -> tuple[Reals, Reals]:
        """Mean and deviation (of the population) of each channel; raises BadPreparation before any picture."""
        if not self.count:
            raise BadPreparation("no pictures: nothing to take a mean of")
        return self._mean, np.sqrt(self._squares / self.count)

    def standardized(self, values: Reals) -> Reals:
        """The values with this mean and deviation made 0 and 1; channels of one value become 0."""
        mean, deviation = self.compute()
        # Rounding leaves a trace of deviation where there is none.
        flat = deviation <= 1e-12 * np.maximum(np.abs(mean), 1)
        return np.where(flat, 0.0, (values - mean) / np.where(flat, 1, deviation))

    def as_json(self) -> dict[str, Any]:
        """Count of pixels, mean and deviation of each channel."""
        mean, deviation = self.compute()
        return {"pixels": self.count, "mean": mean.tolist(), "deviation": deviation.tolist()}

    @classmethod
    def from_json(cls, told: Any) -> Statistics:
        """The inverse of `as_json`; raises BadPreparation."""
        made = cls()
        try:
            made.count = int(told["pixels"])
            made._mean, deviation = (np.array(told[name], np.float64) for name in ("mean", "deviation"))
        except (KeyError, TypeError, ValueError) as error:
            raise BadPreparation("these are no statistics of a set: no pixels, mean and deviation") from error
        made._squares = deviation**2 * made.count
        if made.count < 1 or made._mean.ndim != 1 or made._mean.shape != deviation.shape:
            raise BadPreparation("these statistics of a set contradict themselves")
        return made
