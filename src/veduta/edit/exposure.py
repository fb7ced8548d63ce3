"""Shots of one view brought to the same exposure and white: a tone curve for each channel."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels

BINS = 24
# Pixels that are compared.
MOST = 20_000
# A bin of the curve counts as much as the plain gain when it has this many pixels.
TRUST = 150
# Values outside tell nothing about exposure: they are cut off.
DARKEST, BRIGHTEST = 6, 249

Curve = NDArray[np.uint8]
IDENTITY: Curve = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


def curve(picture: Pixels, reference: Pixels, where: NDArray[np.bool_] | None = None) -> Curve:
    """The tone curve, uint8 (256, 3), that makes `picture` look like `reference`, which shows the same view.

    Both are RGB uint8 (h, w, 3), laid onto each other; `where` says which pixels are to be compared. What
    moves may fill nearly half of them: medians of what agrees decide.
    """
    seen = np.ones(picture.shape[:2], bool) if where is None else where
    step = max(1, int(np.sqrt(seen.size / MOST)))
    few = seen[::step, ::step]
    x, y = (one[::step, ::step][few].astype(np.float32) for one in (picture, reference))
    usable = ((x > DARKEST) & (x < BRIGHTEST) & (y > DARKEST) & (y < BRIGHTEST)).all(1)
    if usable.sum() < 200:
        return IDENTITY
    x, y = x[usable], y[usable]
    gain = np.exp(np.median(np.log(y / x), axis=0))
    # A pixel is judged by all three channels: what moved mostly differs in one of them at least.
    rest = np.abs(y - gain * x).max(1)
    near = rest <= max(6.0, 2.5 * float(np.median(rest)))
    x, y = x[near], y[near]
    return np.stack([_channel(x[:, c], y[:, c], float(gain[c])) for c in range(3)], 1)


def _channel(x: NDArray[np.float32], y: NDArray[np.float32], gain: float) -> NDArray[np.uint8]:
    """Medians over bins of brightness, drawn towards the plain gain where few pixels tell."""
    bins = np.minimum((x * (BINS / 256)).astype(np.intp), BINS - 1)
    order = np.argsort(bins, kind="stable")
    edges = np.searchsorted(bins[order], np.arange(BINS + 1))
    at = (np.arange(BINS) + 0.5) * (256 / BINS)
    change = np.zeros(BINS)
    for number in range(BINS):
        some = order[edges[number] : edges[number + 1]]
        if len(some):
            told = float(np.median(y[some] - gain * x[some]))
            change[number] = told * len(some) / (len(some) + TRUST)
    change = np.convolve(np.pad(change, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    levels = np.arange(256)
    # Towards black and white the correction fades, so that the ends stay ends.
    drawn = gain * levels + np.interp(levels, [0, *at, 255], [0, *change, change[-1]])
    return np.asarray(np.clip(np.rint(np.maximum.accumulate(drawn)), 0, 255), np.uint8)


def apply(pixels: Pixels, tone: Curve) -> Pixels:
    """`pixels` through the curve; the same array where the curve changes nothing."""
    if (tone == IDENTITY).all():
        return pixels
    return np.asarray(cv2.LUT(pixels, tone[None]), np.uint8)
