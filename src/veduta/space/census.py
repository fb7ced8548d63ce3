"""What it costs to say that two pixels of a pair show the same thing.

The census transform (Zabih and Woodfill 1994, "Non-parametric local transforms for computing visual correspondence")
tells a pixel by which of its neighbors are darker: different exposure of the two views does not matter to it.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels

# Half height and half width of the neighborhood: 7 x 9 pixels, 62 comparisons, one 64-bit word.
REACH = (3, 4)
# Differences of gradients above this say no more.
MOST_GRADIENT = 40
# The cost where the match would lie outside of the other view: dearer than a good match, cheaper than a bad one.
OUTSIDE = 30


def census(gray: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """For each pixel of (h, w) one bit for each of its 62 neighbors: whether that is darker."""
    down, across = REACH
    height, width = gray.shape
    wide: Any = cv2.copyMakeBorder(gray, down, down, across, across, cv2.BORDER_REFLECT_101)
    bits = np.zeros((height, width), np.uint64)
    one = np.uint64(1)
    for y in range(2 * down + 1):
        for x in range(2 * across + 1):
            if (y, x) != REACH:
                bits <<= one
                bits |= wide[y : y + height, x : x + width] < gray
    return bits


def costs(left: Pixels, right: Pixels, lowest: int, count: int) -> NDArray[np.uint8]:
    """Costs (h, count, w): at [y, k, x] of matching left (x, y) with right (x - lowest - k, y).

    The Hamming distance of the census words plus the difference of horizontal gradients, meant over 3 x 3 pixels.
    """
    grays: list[Any] = [cv2.cvtColor(view, cv2.COLOR_RGB2GRAY) for view in (left, right)]
    words = [census(gray) for gray in grays]
    slopes = [_slope(gray) for gray in grays]
    height, width = grays[0].shape
    volume = np.full((height, count, width), OUTSIDE, np.uint8)
    for index in range(count):
        shift = lowest + index
        here, there = overlap(width, shift)
        if here.stop <= here.start:
            continue
        cost: Any = np.bitwise_count(words[0][:, here] ^ words[1][:, there])
        gradient = np.minimum(cv2.absdiff(slopes[0][:, here], slopes[1][:, there]), MOST_GRADIENT)
        volume[:, index, here] = cv2.blur(cv2.add(cost, gradient), (3, 3))
    return volume


def overlap(width: int, shift: int) -> tuple[slice, slice]:
    """The columns of the left view whose match at disparity `shift` lies in the right view, and those of the match."""
    start, stop = max(0, shift), min(width, width + shift)
    return slice(start, stop), slice(start - shift, stop - shift)


def _slope(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    slope: Any = cv2.Sobel(gray, cv2.CV_16S, 1, 0)
    return np.asarray(np.clip(slope // 4 + 128, 0, 255), np.uint8)
