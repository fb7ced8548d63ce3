"""Pictures through a projective map, in tiles: bounded memory at any size, each source pixel used at its best.

Interpolation: Lanczos over 8 x 8 pixels.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.transparency import Plane, resampled
from veduta.image.samples import Samples, white

Matrix = NDArray[np.float64]

# OpenCV maps pictures of less than 32768 pixels a side; a tile and what it is made of stay far below.
TILE = 2048
_REACH = 6  # pixels around a source region that the interpolation looks at


def warp(pixels: Samples, matrix: Matrix, width: int, height: int) -> Samples:
    """The picture of `width` x `height` whose point p shows what `pixels` (h, w, 1 to 4) show at `matrix` p.

    `matrix` (3, 3) acts on homogeneous points in which pixel (0, 0) covers the square from 0 to 1. Where it
    leaves the source, the source's edge is mirrored. The last of 2 or 4 channels is transparency.
    """
    out = np.empty((height, width, *pixels.shape[2:]), pixels.dtype)
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            rows, columns = min(TILE, height - top), min(TILE, width - left)
            out[top : top + rows, left : left + columns] = _tile(pixels, matrix, left, top, columns, rows)
    return out


def shift(x: float, y: float) -> Matrix:
    """The map that adds (x, y)."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def _tile(pixels: Samples, matrix: Matrix, left: int, top: int, columns: int, rows: int) -> Samples:
    high, wide = pixels.shape[:2]
    corners = np.array(
        [[left, left + columns, left + columns, left], [top, top, top + rows, top + rows], [1] * 4], float
    )
    x, y, w = matrix @ corners
    x, y = x / w, y / w
    x0 = int(np.clip(np.floor(x.min()) - _REACH, 0, wide - 1))
    y0 = int(np.clip(np.floor(y.min()) - _REACH, 0, high - 1))
    x1 = int(np.clip(np.ceil(x.max()) + _REACH, x0 + 1, wide))
    y1 = int(np.clip(np.ceil(y.max()) + _REACH, y0 + 1, high))
    # OpenCV's points are the middles of pixels.
    local = shift(-0.5 - x0, -0.5 - y0) @ matrix @ shift(left + 0.5, top + 0.5)
    part = np.ascontiguousarray(pixels[y0:y1, x0:x1])

    def taken(plane: Samples, how: int) -> Samples:
        flags = how | cv2.WARP_INVERSE_MAP
        return np.asarray(
            cv2.warpPerspective(plane, local, (columns, rows), flags=flags, borderMode=cv2.BORDER_REFLECT)
        )

    def sharp(plane: Plane) -> Samples:
        return taken(plane, cv2.INTER_LANCZOS4)

    def soft(plane: Plane) -> Samples:
        return taken(plane, cv2.INTER_LINEAR)

    if pixels.ndim == 3 and pixels.shape[2] in (2, 4) and (part[..., -1] != white(part)).any():
        return resampled(part, sharp, soft)
    return sharp(part).reshape(rows, columns, *pixels.shape[2:])
