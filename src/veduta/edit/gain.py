"""Gains in linear light: how adjustments of brightness and color act on sRGB bytes.

Source of the transfer curve: IEC 61966-2-1.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.icc import coded, linear
from veduta.image.photo import Pixels

Reals = NDArray[np.float64]
Stops = NDArray[np.float32]

BAND = 400_000  # pixels at a time: what is between bytes and bytes stays small
MOST = 8  # stops
FINENESS = 128  # steps a stop: at most 0.6 of a code apart


def by_pixel(pixels: Pixels, stops: Callable[[int, int], Stops]) -> Pixels:
    """`pixels` whose light is multiplied by 2**stops; `stops(first, last)` gives those of some rows, float32
    (rows, w), at most `MOST` either way.
    """
    out = np.empty_like(pixels)
    table = _table()
    for first, last in bands(pixels):
        steps = np.rint((stops(first, last) + MOST) * FINENESS).astype(np.int32) << 8
        out[first:last] = table[steps[..., None] | pixels[first:last]]
    return out


@functools.cache
def _table() -> Pixels:
    """The code of each code at each step of gain: for every pixel one look-up instead of two powers."""
    light = linear(np.arange(256) / 255)
    gains = np.exp2(np.arange(2 * MOST * FINENESS + 1) / FINENESS - MOST)
    codes = coded(np.arange(65537) / 65536)
    steps = np.rint(np.minimum(gains[:, None] * light, 1.0) * 65536).astype(np.int64)
    return np.asarray(np.rint(codes * 255).astype(np.uint8)[steps].ravel(), np.uint8)


def by_curve(pixels: Pixels, *curves: Callable[[Reals], Reals]) -> Pixels:
    """`pixels` through a curve from codes to codes in [0, 1]; one for all channels, or one for each."""
    codes = np.arange(256) / 255
    table = np.stack([np.rint(np.clip(curve(codes), 0, 1) * 255).astype(np.uint8) for curve in curves], -1)
    return np.asarray(cv2.LUT(pixels, np.ascontiguousarray(table.reshape(1, 256, len(curves)))), np.uint8)


def brightened(codes: Reals, gain: float) -> Reals:
    """Codes in [0, 1] whose light is multiplied by `gain`."""
    return coded(np.minimum(linear(codes) * gain, 1.0))


def rows(plane: Stops, first: int, last: int, width: int, height: int) -> Stops:
    """Rows `first` to `last` of `plane`, brought linearly to `width` x `height`."""
    high = plane.shape[0]
    at = np.clip((np.arange(first, last) + 0.5) * high / height - 0.5, 0, high - 1)
    above = np.minimum(at.astype(int), max(0, high - 2))
    below = np.minimum(above + 1, high - 1)
    part = (at - above).astype(np.float32)[:, None]
    narrow = plane[above] * (1 - part) + plane[below] * part
    # Each row is widened by itself: a picture of one row more would look down, too.
    wide = cv2.resize(narrow, (width, last - first), interpolation=cv2.INTER_LINEAR)
    return np.asarray(wide, np.float32).reshape(last - first, width)


def bands(pixels: Pixels) -> list[tuple[int, int]]:
    """First and last row (exclusive) of pieces of a picture."""
    height, width = pixels.shape[:2]
    rows = max(1, BAND // width)
    return [(first, min(first + rows, height)) for first in range(0, height, rows)]
