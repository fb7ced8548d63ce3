"""The robust vote of many shots, pixel by pixel: medians by a sorting network of whole pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# Rows voted on at once hold about this many bytes: they stay near the processor.
BLOCK = 1_500_000

Values = NDArray[np.uint8]


@cache
def exchanges(count: int) -> tuple[tuple[int, int], ...]:
    """Comparisons that sort `count` values: Batcher's odd-even merge sort (Knuth, TAOCP 3, 5.2.2M)."""
    made = []
    power = 1 << max(0, (count - 1).bit_length() - 1)
    p = power
    while p > 0:
        q, r, d = power, 0, p
        while True:
            made += [(i, i + d) for i in range(count - d) if i & p == r]
            if q == p:
                break
            d, q, r = q - p, q >> 1, p
        p >>= 1
    return tuple(made)


@cache
def exchanges_for(count: int, wanted: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Those of `exchanges` on which the ranks `wanted` depend."""
    needed, kept = set(wanted), []
    for low, high in reversed(exchanges(count)):
        if low in needed or high in needed:
            needed |= {low, high}
            kept.append((low, high))
    return tuple(reversed(kept))


def median(frames: Sequence[Values]) -> Values:
    """The median of arrays of one shape, as np.median does it, rounded half up for an even count."""
    count = len(frames)
    middle = ((count - 1) // 2, count // 2)
    out = np.empty_like(frames[0])
    for rows in blocks(frames[0].shape, count):
        sorted_ = _sort([frame[rows].copy() for frame in frames], middle)
        out[rows] = _mean(sorted_[middle[0]], sorted_[middle[1]])
    return out


def masked_median(frames: Sequence[Values], allowed: Sequence[NDArray[np.uint8]]) -> Values:
    """The median of the frames that are allowed at each pixel.

    `frames` are uint8 (h, w, 3), `allowed` 255 or 0 (h, w). Where none is allowed, all are.
    """
    count = len(frames)
    if all(one.all() for one in allowed):
        return median(frames)
    number = np.zeros(allowed[0].shape, np.uint8)
    blanks = []
    values: list[Any] = []
    for one in allowed:
        number += one >> 7
    nobody = number == 0
    for frame, one in zip(frames, allowed, strict=True):
        blank = cv2.bitwise_not(one)
        if nobody.any():
            blank[nobody] = 0
        blanks.append(blank)
        # What may not speak is put at the end of the order.
        values.append(cv2.bitwise_or(frame, cv2.merge([blank] * 3)))
    number[nobody] = count
    values = _sort(values, tuple(range(count)))
    out = np.empty_like(frames[0])
    for present in np.unique(number):
        low, high = (int(present) - 1) // 2, int(present) // 2
        where: Any = (number == present).view(np.uint8)
        cv2.copyTo(_mean(values[low], values[high]), where, out)
    return out


def _sort(values: list[Any], wanted: tuple[int, ...]) -> list[Any]:
    """The values in order, at least at the ranks `wanted`; the arrays given are used up."""
    spare = np.empty_like(values[0])
    for low, high in exchanges_for(len(values), wanted):
        cv2.min(values[low], values[high], spare)
        cv2.max(values[low], values[high], values[high])
        values[low], spare = spare, values[low]
    return values


def _mean(low: Values, high: Values) -> Values:
    if low is high:
        return low
    # Half of a sum of bytes, rounded up: exact in bytes.
    return np.asarray(cv2.addWeighted(low, 0.5, high, 0.5, 0.001), np.uint8)


def blocks(shape: tuple[int, ...], count: int) -> list[slice]:
    """Rows of `count` arrays of `shape` that are small enough to be voted on at once."""
    row = max(1, int(np.prod(shape[1:]))) * count
    height = max(1, BLOCK // row)
    return [slice(start, min(start + height, shape[0])) for start in range(0, shape[0], height)]
