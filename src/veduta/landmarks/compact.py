"""Vectors in a byte a number: each row is divided by its largest part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]

SCALE = "_scale"
"""Ends the name of the array that holds the scales of another."""


def compact(rows: ArrayLike) -> tuple[NDArray[np.int8], Floats]:
    """Rows (n, d) as bytes, and what each row (n,) is to be multiplied by."""
    whole = np.asarray(rows, np.float32)
    scale = np.maximum(np.abs(whole).max(axis=1, initial=0.0), 1e-12) / 127
    return np.round(whole / scale[:, None]).astype(np.int8), np.asarray(scale, np.float32)


def named(name: str, rows: ArrayLike) -> dict[str, NDArray[Any]]:
    """The two arrays by which rows (n, d) are kept under a name."""
    values, scale = compact(rows)
    return {name: values, name + SCALE: scale}


def whole(arrays: Mapping[str, NDArray[Any]], name: str) -> Floats:
    """The rows (n, d) kept under a name, up to half a step in 127."""
    return np.asarray(arrays[name], np.float32) * np.asarray(arrays[name + SCALE], np.float32)[:, None]
