"""Masks of edits brought to the size of the picture that they are for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.operation import BadEdit
from veduta.see.mask import decode

TOLERANCE = 0.01


def fitted(encoded: Mapping[str, Any], width: int, height: int) -> NDArray[np.bool_]:
    """The mask of a run-length encoding at `width` x `height`, bool (height, width).

    A mask of another size with the same shape is scaled; a pixel belongs to it where at least half of it is
    covered. Raises BadEdit for another shape.
    """
    mask = decode(encoded)
    high, wide = mask.shape
    if (wide, high) == (width, height):
        return mask
    scale = max(width, height) / max(wide, high, 1)
    # One pixel of the smaller picture may be lost in rounding.
    room = max(1.5 * max(scale, 1), TOLERANCE * max(width, height))
    if not mask.size or abs(wide * scale - width) > room or abs(high * scale - height) > room:
        raise BadEdit(
            f"mask of {wide} x {high} pixels for a picture of {width} x {height}: make one of the same shape"
        )
    return resized(mask, width, height)


def resized(mask: NDArray[np.bool_], width: int, height: int) -> NDArray[np.bool_]:
    """`mask` at another size: where at least half of a pixel is covered."""
    shrinking = mask.shape[1] > width
    # A line thinner than a pixel must not vanish from the smaller mask: there, any third is enough.
    limit = 85 if shrinking else 128
    plane = np.ascontiguousarray(mask).astype(np.uint8) * np.uint8(255)
    how = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, (width, height), interpolation=how)) >= limit
