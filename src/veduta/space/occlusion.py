"""What only one view sees: found by asking both, and filled from behind."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bool = NDArray[np.bool_]


def agreeing(left: Floats, right: Floats, apart: float = 1.0) -> Bool:
    """Where the left view's disparity and that of its match in the right view differ by `apart` at most.

    A pixel whose match lies outside of the right view agrees with nobody.
    """
    width = left.shape[1]
    target = np.rint(np.arange(width, dtype=np.float32) - left)
    inside = (target >= 0) & (target < width)
    there = np.take_along_axis(right, np.clip(target, 0, width - 1).astype(np.intp), axis=1)
    near: Bool = inside & (np.abs(there - left) <= apart)
    return near


def without_specks(values: Floats, sure: Bool, area: int, step: float = 1.5) -> Bool:
    """`sure` without islands of fewer than `area` pixels that differ from all around by more than `step`."""
    low = float(values[sure].min()) if sure.any() else 0.0
    coded = np.where(sure, np.rint((values - low) * 16) + 16, 0).clip(0, 32767).astype(np.int16)
    cv2.filterSpeckles(coded, 0, area, round(step * 16))
    return sure & (coded > 0)


def fill_from_behind(values: Floats, sure: Bool) -> Floats:
    """Each unsure pixel gets the smaller (farther) of the nearest sure values left and right in its row.

    Rows without any sure pixel take the values of the nearest row that has some; all zero where nothing is sure.
    """
    if not sure.any():
        return np.zeros_like(values)
    height, width = values.shape
    columns = np.arange(width)[None]
    before = np.maximum.accumulate(np.where(sure, columns, -1), axis=1)
    after = np.minimum.accumulate(np.where(sure, columns, width)[:, ::-1], axis=1)[:, ::-1]
    left = np.where(before >= 0, np.take_along_axis(values, np.maximum(before, 0), axis=1), np.inf)
    right = np.where(after < width, np.take_along_axis(values, np.minimum(after, width - 1), axis=1), np.inf)
    filled = np.where(sure, values, np.minimum(left, right)).astype(np.float32)
    rows = np.flatnonzero(sure.any(axis=1))
    nearest = rows[np.abs(rows[None] - np.arange(height)[:, None]).argmin(axis=1)]
    return np.ascontiguousarray(filled[nearest])


def even_out(values: Floats, guide: NDArray[np.uint8], radius: int = 7) -> Floats:
    """Disparities whose edges follow those of the picture `guide` (weighted median, Zhang et al. 2014)."""
    found: Any = cv2.ximgproc.weightedMedianFilter(guide, np.ascontiguousarray(values), radius, sigma=25.5)
    return np.asarray(found, np.float32)
