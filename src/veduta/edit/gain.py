"""Gains in linear light: how adjustments of brightness and color act on sRGB codes of 8 or 16 bits.

Source of the transfer curve: IEC 61966-2-1.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.icc import coded, linear
from veduta.image.photo import Pixels
from veduta.image.samples import Samples, white

Reals = NDArray[np.float64]
Stops = NDArray[np.float32]

BAND = 400_000  # pixels at a time: what is between codes and codes stays small
MOST = 8  # stops
FINENESS = 128  # steps a stop: at most 0.6 of a code apart


def by_pixel(pixels: Samples, stops: Callable[[int, int], Stops]) -> Samples:
    """`pixels` whose light is multiplied by 2**stops; `stops(first, last)` gives those of some rows, float32
    (rows, w), at most `MOST` either way.
    """
    out = np.empty_like(pixels)
    if pixels.dtype == np.uint16:
        for first, last in bands(pixels):
            out[first:last] = _multiplied(pixels[first:last], np.exp2(stops(first, last)))
        return out
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


def _multiplied(codes: Samples, gains: Stops) -> Samples:
    """Codes of 16 bits whose light is multiplied; a table would have too many rows."""
    light = np.minimum(_light()[codes] * gains[..., None], np.float32(1))
    return np.rint(coded(cast(Reals, light)) * np.float32(65535)).astype(np.uint16)


@functools.cache
def _light() -> Stops:
    return linear(np.arange(65536) / 65535).astype(np.float32)


def by_curve(pixels: Samples, *curves: Callable[[Reals], Reals]) -> Samples:
    """`pixels` through a curve from codes to codes in [0, 1]; one for all channels, or one for each."""
    top = white(pixels)
    codes = np.arange(top + 1) / top
    table = np.stack(
        [np.rint(np.clip(curve(codes), 0, 1) * top).astype(pixels.dtype) for curve in curves], -1
    )
    return np.asarray(cv2.LUT(pixels, np.ascontiguousarray(table.reshape(1, top + 1, len(curves)))))


def brightened(codes: Reals, gain: float) -> Reals:
    """Codes in [0, 1] whose light is multiplied by `gain`."""
    return coded(np.minimum(linear(codes) * gain, 1.0))


def added(pixels: Samples, change: Stops) -> Samples:
    """`pixels` with a change of all channels alike, in their own codes, float32 (h, w)."""
    if pixels.dtype == np.uint16:
        more = cv2.merge([np.rint(change).astype(np.int32)] * 3)
        return np.asarray(cv2.add(pixels, more, dtype=cv2.CV_16U))
    more = cv2.merge([np.rint(change).astype(np.int16)] * 3)
    return np.asarray(cv2.add(pixels, more, dtype=cv2.CV_8U))


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


def bands(pixels: Samples) -> list[tuple[int, int]]:
    """First and last row (exclusive) of pieces of a picture."""
    height, width = pixels.shape[:2]
    rows = max(1, BAND // width)
    return [(first, min(first + rows, height)) for first in range(0, height, rows)]
