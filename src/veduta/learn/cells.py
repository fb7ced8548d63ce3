"""Single places of examples with all that the decoder sees of them: a training that skips what is alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.learn.trunk_maps import CHANNELS, STRIDES

Floats = NDArray[np.float32]

# Sides of the filters on the pixels (which step by 2) and on the maps at stride 2, 4, 8, 16 and 32.
PIXELS = 6
SIZES = (3, 3, 1, 1, 1)
# As the trunk's own pixels are normalized.
MIDDLE, SPREAD = 127.0, 128.0
# Shares of the places of an example: on the object, beside it, on edges of anything, anywhere.
SHARES = (0.3, 0.2, 0.3, 0.2)
BESIDE = 9  # side of the square around the object's places in which those beside it lie
MARGIN = 4  # places from the border that are left out: filters see padding there

# Numbers of a column: all, and those of the two coarsest scales.
LENGTH = 3 * PIXELS**2 + sum(c * size**2 for c, size in zip(CHANNELS, SIZES, strict=True))
COARSE = CHANNELS[-2:]


def chosen(
    pixels: NDArray[np.uint8], mask: NDArray[np.bool_], count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Rows and columns (count, 2), at stride 2, of places worth learning from."""
    on: Any = mask.reshape(mask.shape[0] // 2, 2, mask.shape[1] // 2, 2).any(axis=(1, 3))
    beside = (cv2.dilate(on.astype(np.uint8), np.ones((BESIDE, BESIDE), np.uint8)) > 0) & ~on
    gray: Any = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small: Any = cv2.resize(gray, on.shape[::-1], interpolation=cv2.INTER_AREA)
    edge = cv2.morphologyEx(small, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    edges = edge >= max(12.0, float(np.percentile(edge, 75)))
    inside = np.zeros(on.shape, bool)
    inside[MARGIN:-MARGIN, MARGIN:-MARGIN] = True
    picked = []
    for share, where in zip(SHARES, (on, beside, edges, inside), strict=True):
        spots = np.argwhere(where & inside)
        if not len(spots):
            spots = np.argwhere(inside)
        picked.append(spots[rng.integers(0, len(spots), round(share * count))])
    return np.concatenate(picked)


def mistaken(probability: Floats, count: int, least: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """At most `count` places of a picture without the object in which it was seen with `least` probability or more."""
    worst = probability.reshape(probability.shape[0] // 2, 2, probability.shape[1] // 2, 2).max(axis=(1, 3))
    worst[:MARGIN], worst[-MARGIN:], worst[:, :MARGIN], worst[:, -MARGIN:] = 0, 0, 0, 0
    spots = np.argwhere(worst >= least)
    if len(spots) <= count:
        return spots
    return np.asarray(spots[rng.choice(len(spots), count, replace=False)])


def columns(pixels: NDArray[np.uint8], maps: Sequence[NDArray[Any]], places: NDArray[np.int64]) -> Floats:
    """What the first layer sees of places (n, 2) of a picture and its maps: (n, LENGTH)."""
    rows, across = places[:, 0], places[:, 1]
    shown = (pixels.astype(np.float32) - MIDDLE) / SPREAD
    reach = np.arange(PIXELS) - (PIXELS // 2 - 1)
    patch = shown[(2 * rows)[:, None, None] + reach[:, None], (2 * across)[:, None, None] + reach]
    parts = [patch.transpose(0, 3, 1, 2).reshape(len(places), -1)]
    for stride, size, entering in zip(STRIDES, SIZES, maps, strict=True):
        parts.append(_around(np.asarray(entering, np.float32), rows, across, stride // 2, size))
    return np.concatenate(parts, axis=1)


def truth(mask: NDArray[np.bool_], places: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Which of the four pixels of places (n, 2) are the object's, by rows: (n, 4)."""
    rows, across = places[:, 0], places[:, 1]
    return np.stack([mask[2 * rows + i, 2 * across + j] for i in (0, 1) for j in (0, 1)], axis=1).astype(
        np.uint8
    )


def _around(maps: Floats, rows: Any, across: Any, coarser: int, size: int) -> Floats:
    """The map (c, h, w) and its neighbors within `size`, bilinear at places of a grid `coarser` times finer."""
    channels, height, width = maps.shape
    half = size // 2
    padded = np.pad(maps, ((0, 0), (half, half), (half, half)))  # as the filters pad
    # The filtered map is what gets enlarged, so neighbors move in whole steps of the map.
    y = np.clip((rows + 0.5) / coarser - 0.5, 0, height - 1)
    x = np.clip((across + 0.5) / coarser - 0.5, 0, width - 1)
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    down, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    fy, fx = (y - top).astype(np.float32), (x - left).astype(np.float32)
    out = np.empty((len(rows), channels, size, size), np.float32)
    for i in range(size):
        for j in range(size):
            a, b = padded[:, top + i, left + j], padded[:, top + i, right + j]
            c, d = padded[:, down + i, left + j], padded[:, down + i, right + j]
            out[:, :, i, j] = ((a * (1 - fx) + b * fx) * (1 - fy) + (c * (1 - fx) + d * fx) * fy).T
    return out.reshape(len(rows), -1)
