"""Parts of a photo: what the shared network's maps say inside each of many windows, without another pass.

A window's vector is that of `Sight.statistics` over its cells alone. The network saw the whole photo, so a window
knows something of what is around it: good enough to tell where to look, not what is there.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from veduta.see.finding import Box
from veduta.see.trunk import Sight

Floats = NDArray[np.float32]

Window = tuple[float, float, float, float]
"""Left, top, right and bottom as parts of the photo's width and height."""

SPANS = tuple(
    (start / 12, end / 12)
    for start, end in ((0, 12), (0, 8), (4, 12), (0, 6), (6, 12), (3, 9), (0, 4), (4, 8), (8, 12))
)
"""Parts of a side that windows cover: all, two thirds, halves, thirds."""

SMALLEST = 1 / 6
"""Least part of the photo that a window covers."""

WINDOWS: tuple[Window, ...] = tuple(
    (left, top, right, bottom)
    for left, right in SPANS
    for top, bottom in SPANS
    if SMALLEST - 1e-9 <= (right - left) * (bottom - top) < 1
)


def vectors(sight: Sight) -> Floats:
    """The vectors of `features`, (n, 2800), of all WINDOWS of a photo."""
    coarse = _inside(*sight.last.shape[1:])
    fine = _inside(*sight.middle.shape[1:])
    last = sight.last.reshape(len(sight.last), -1)
    middle = sight.middle.reshape(len(sight.middle), -1)
    mean = coarse @ last.T
    cubes = coarse @ (last * last * last).T
    gray = fine @ middle.T
    # About the mean of the whole photo, so that squares do not cancel.
    about = middle.mean(axis=1)
    square = fine @ np.square(middle - about[:, None]).T
    deviation = np.sqrt(np.maximum(square - np.square(gray - about), 0))
    parts = [
        part * (weight / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-9))
        for part, weight in zip((mean, np.cbrt(cubes), gray, deviation), (1.0, 1.0, 0.5, 0.5), strict=True)
    ]
    return np.concatenate(parts, axis=1).astype(np.float32)


@cache
def _inside(rows: int, columns: int) -> Floats:
    """Which cells lie in each window, (n, rows * columns), each row summing up to 1."""
    masks = np.zeros((len(WINDOWS), rows, columns), np.float32)
    for mask, window in zip(masks, WINDOWS, strict=True):
        across, down = cells(window, rows, columns)
        mask[down, across] = 1
    flat = masks.reshape(len(WINDOWS), -1)
    return np.asarray(flat / flat.sum(axis=1, keepdims=True), np.float32)


def cells(window: Window, rows: int, columns: int) -> tuple[slice, slice]:
    """Columns and rows of the cells that a window covers, at least one of each."""
    left, top, right, bottom = window
    return _span(left, right, columns), _span(top, bottom, rows)


def _span(start: float, end: float, count: int) -> slice:
    first = min(int(start * count + 0.5), count - 1)
    return slice(first, max(first + 1, int(end * count + 0.5)))


def box(window: Window, width: int, height: int) -> Box:
    """A window in pixels: x, y, width and height."""
    left, top, right, bottom = window
    return left * width, top * height, (right - left) * width, (bottom - top) * height


def shared(a: Window, b: Window) -> float:
    """The part of the smaller of two windows that both cover."""
    across = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    down = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    return across * down / min(area(a), area(b))


def area(window: Window) -> float:
    """The part of the photo that a window covers."""
    return (window[2] - window[0]) * (window[3] - window[1])
