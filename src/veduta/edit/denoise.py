"""Denoise: shrinking in the cosines of small squares, and the mean of places that look alike.

Sources: those of `veduta.edit.cosines`; A. Buades et al., "A non-local algorithm for image denoising", 2005.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit import noise
from veduta.edit.cosines import EVEN, OPPONENT, bands, cleaned
from veduta.edit.operation import Operation, choice, number
from veduta.image.samples import Samples, step, white
from veduta.progress import Progress, Silent

Floats = NDArray[np.float32]

PASSES = {"fast": 1, "fine": 2, "nonlocal": 2}
# Of the means over places that look alike: how far those may lie, half the side of what is compared, how alike they
# must be in deviations of the noise, and how much the means count.
SEARCH, HALF, ALIKE, SHARE = 7, 1, 0.8, 0.3
PIECE = 256  # rows
DARKEST, BRIGHTEST = 4, 251


@dataclass(frozen=True)
class Denoise(Operation):
    """Take the noise out, as much as is found: `amount` times its strength is taken for noise.

    `sigma` is the noise's standard deviation in codes of the full-size photo; 0: told by the picture. "fast" looks once
    at small squares, "fine" twice, "nonlocal" also at places that look alike.
    """

    name = "denoise"
    deep = True
    tells = True
    usual: ClassVar[Mapping[str, Any]] = {"amount": 1.0}

    amount: float = number(0, 0, 2)
    sigma: float = number(0, 0, 100)
    method: str = choice("fine", *PASSES)

    @property
    def neutral(self) -> bool:
        """Whether nothing is asked for."""
        return self.amount == 0

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The picture with less noise."""
        planes = opponent(pixels)
        if self.sigma:
            told = [self.amount * self.sigma * scale] * 3
        else:
            told = [self.amount * one for one in deviations(planes, pixels)]
        return back(quieted(planes, told, self.method, progress), pixels)


def opponent(pixels: Samples) -> Floats:
    """Brightness and two differences of colors, in codes of 8 bits, in units in which noise keeps its strength."""
    return np.asarray(codes(pixels) @ OPPONENT.T, np.float32)


def codes(pixels: Samples) -> Floats:
    """Codes of 8 bits, which may lie between two: 0 to 255."""
    found = pixels.astype(np.float32)
    return found / np.float32(step(pixels)) if step(pixels) > 1 else found


def as_samples(found: Floats, like: Samples) -> Samples:
    """The inverse of `codes`, in the depth of `like`."""
    whole = found * np.float32(step(like)) if step(like) > 1 else found
    return np.asarray(np.clip(np.rint(whole), 0, white(like)), like.dtype)


def back(planes: Floats, like: Samples) -> Samples:
    """The inverse of `opponent`, in the depth of `like`."""
    return as_samples(np.asarray(planes @ OPPONENT, np.float32), like)


def deviations(planes: Floats, pixels: Samples) -> list[float]:
    """The noise of each plane, told where no color is cut off."""
    dark, bright = DARKEST * step(pixels), BRIGHTEST * step(pixels)
    sound = np.asarray(((pixels > dark) & (pixels < bright)).all(2), np.bool_)
    return [noise.deviation(planes[..., n], sound) for n in range(3)]


def quieted(
    planes: Floats, told: list[float], method: str = "fine", progress: Progress | None = None
) -> Floats:
    """Opponent planes without noise of the deviations that are `told`."""
    progress = progress or Silent()
    pieces = len(bands(*planes.shape[:2])) * 3
    progress.begin("denoising", PASSES[method] * pieces)

    def done() -> None:
        progress.advance()

    found = cleaned(planes, told, EVEN, done=done)
    if PASSES[method] > 1:
        found = cleaned(planes, told, EVEN, found, done)
    progress.end()
    if method == "nonlocal" and max(told) > 0:
        found = (1 - SHARE) * found + SHARE * _alike(planes, found, told, progress)
    return found


def _alike(planes: Floats, clean: Floats, told: list[float], progress: Progress) -> Floats:
    """Means of noisy values over places around that look alike in the clean planes."""
    height = len(planes)
    reach = SEARCH + HALF + 1
    starts = range(0, height, PIECE)
    progress.begin("comparing", len(starts))
    out = np.empty_like(planes)
    limit = ALIKE * float(np.sqrt(np.mean(np.square(told))))
    for first in starts:
        last = min(first + PIECE, height)
        above, below = max(0, first - reach), min(height, last + reach)
        part = _means(planes[above:below], clean[above:below], limit)
        out[first:last] = part[first - above : last - above]
        progress.advance()
    progress.end()
    return out


def _means(planes: Floats, clean: Floats, limit: float) -> Floats:
    sums: Floats = planes.copy()
    weights: Floats = np.ones(planes.shape[:2], np.float32)
    height, width = planes.shape[0], planes.shape[1]
    side = (2 * HALF + 1,) * 2
    for down in range(SEARCH + 1):
        for right in range(-SEARCH, SEARCH + 1):
            if (down == 0 and right <= 0) or down >= height or abs(right) >= width:
                continue
            own = (slice(0, height - down), slice(max(0, -right), width - max(0, right)))
            other = (slice(down, height), slice(max(0, right), width - max(0, -right)))
            apart = clean[own] - clean[other]
            power: Any = cv2.blur(np.einsum("ijk,ijk->ij", apart, apart), side)
            weight = np.exp(power * np.float32(-1 / limit**2))
            sums[own] += planes[other] * weight[..., None]
            sums[other] += planes[own] * weight[..., None]
            weights[own] += weight
            weights[other] += weight
    return np.asarray(sums / weights[..., None], np.float32)
