"""The eight ways in which a picture can be stored (EXIF tag Orientation), and how to set it upright."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from veduta.image.photo import Pixels

# EXIF value -> (transpose first, then flip: None, 0 = upside down, 1 = left to right, -1 = both)
_STEPS: dict[int, tuple[bool, int | None]] = {
    1: (False, None),
    2: (False, 1),
    3: (False, -1),
    4: (False, 0),
    5: (True, None),
    6: (True, 1),
    7: (True, -1),
    8: (True, 0),
}


def valid(orientation: int | None) -> int:
    """`orientation` when it is one of the eight, else 1 (upright)."""
    return orientation if orientation in _STEPS else 1


def turns(orientation: int) -> bool:
    """Whether width and height change places."""
    return _STEPS[valid(orientation)][0]


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """`pixels` (H, W, 3) as stored, set upright; the same array when it already is."""
    transposed, flip = _STEPS[valid(orientation)]
    turned: Any = cv2.transpose(pixels) if transposed else pixels
    if flip is not None:
        turned = cv2.flip(turned, flip)
    return np.ascontiguousarray(turned)


def upright_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Width and height after setting upright."""
    return (height, width) if turns(orientation) else (width, height)


def upright_box(
    box: tuple[float, float, float, float], orientation: int
) -> tuple[float, float, float, float]:
    """A box (x, y, w, h), relative to the stored picture (0 to 1), in the upright one."""
    x, y, w, h = box
    transposed, flip = _STEPS[valid(orientation)]
    if transposed:
        x, y, w, h = y, x, h, w
    if flip in (1, -1):
        x = 1 - x - w
    if flip in (0, -1):
        y = 1 - y - h
    return x, y, w, h


def stored_box(box: tuple[float, float, float, float], orientation: int) -> tuple[float, float, float, float]:
    """The inverse of `upright_box`."""
    x, y, w, h = box
    transposed, flip = _STEPS[valid(orientation)]
    if flip in (1, -1):
        x = 1 - x - w
    if flip in (0, -1):
        y = 1 - y - h
    return (y, x, h, w) if transposed else (x, y, w, h)
