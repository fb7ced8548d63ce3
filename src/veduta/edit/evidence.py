"""What the samples of several frames say of the pixels of a finer grid, each exactly where it lies.

A sample is what the blurred picture shows between four pixels of the grid, bilinearly. All samples together are kept as
the normal equations of these sums: one number for each pixel, one for each pair of neighbors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.registration import Matrix, Placed
from veduta.image.photo import Pixels

Floats = NDArray[np.float32]
Box = tuple[int, int, int, int]

# Neighbors of a pixel: (rows down, columns to the right).
BESIDE = ((0, 1), (1, 0), (1, 1), (1, -1))
NEAR = 2  # pixels of a frame around what is needed of it


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """With A the samples' places and W their weights: the diagonal (h, w) of AᵀWA, what stands for pairs of neighbors
    (one (h, w) for each of BESIDE), and AᵀW of their codes (h, w, 3).
    """

    own: Floats
    beside: tuple[Floats, ...]
    sums: Floats

    def applied(self, picture: Floats) -> Floats:
        """AᵀWA of a picture (h, w, channels)."""
        out = picture * self.own[..., None]
        for (down, right), weight in zip(BESIDE, self.beside, strict=True):
            there, part = pair(picture, down, right)[1], pair(weight, down, right)[0][..., None]
            low, high = pair(out, down, right)
            low += there * part
            high += pair(picture, down, right)[0] * part
        return out


def pair(x: Floats, down: int, right: int) -> tuple[Floats, Floats]:
    """Views of each pixel and of its neighbor."""
    height, width = x.shape[:2]
    if right >= 0:
        return x[: height - down, : width - right], x[down:, right:]
    return x[: height - down, -right:], x[down:, : width + right]


def gathered(
    stack: Sequence[tuple[Pixels, Placed]],
    trust: Sequence[NDArray[np.uint8]],
    belief: Floats,
    part: Box,
    by: int,
    outer: Box,
) -> Evidence:
    """The evidence of frames for a tile (left, top, right, bottom) of the larger grid of a part (x, y, width, height).

    A sample weighs what `trust` (of its frame, 0 to 255) and `belief` (0 to 1), both on the part's pixels, say there.
    """
    left, top, right, bottom = outer
    width, height = right - left, bottom - top
    size = width * height
    own, sums = np.zeros(size), np.zeros((3, size))
    beside = [np.zeros(size) for _ in BESIDE]
    for (pixels, placed), agrees in zip(stack, trust, strict=True):
        first_x, first_y, last_x, last_y = _needed(placed.matrix, part, by, outer, pixels.shape)
        if last_x <= first_x or last_y <= first_y:
            continue
        x, y = np.meshgrid(np.arange(first_x, last_x, dtype=float), np.arange(first_y, last_y, dtype=float))
        m = np.linalg.inv(placed.matrix)
        below = m[2, 0] * x + m[2, 1] * y + m[2, 2]
        at_x = (m[0, 0] * x + m[0, 1] * y + m[0, 2]) / below - part[0]
        at_y = (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / below - part[1]
        weight = _looked_up(agrees, at_x, at_y) * _looked_up(belief, at_x, at_y) / 255
        fine_x, fine_y = (at_x + 0.5) * by - 0.5 - left, (at_y + 0.5) * by - 0.5 - top
        slack = 1e-6
        inside = (fine_x >= -slack) & (fine_y >= -slack) & (weight > 0)
        inside &= (fine_x <= width - 1 + slack) & (fine_y <= height - 1 + slack)
        fine_x, fine_y, weight = fine_x[inside], fine_y[inside], weight[inside]
        codes = pixels[first_y:last_y, first_x:last_x][inside].astype(float) * placed.gain + placed.offset
        column = np.clip(fine_x.astype(np.intp), 0, width - 2)
        row = np.clip(fine_y.astype(np.intp), 0, height - 2)
        across, down = fine_x - column, fine_y - row
        at = row * width + column
        corners = (
            (at, (1 - across) * (1 - down)), (at + 1, across * (1 - down)),
            (at + width, (1 - across) * down), (at + width + 1, across * down),
        )  # fmt: skip
        for where, share in corners:
            own += np.bincount(where, weight * share * share, size)
            for channel in range(3):
                sums[channel] += np.bincount(where, weight * share * codes[:, channel], size)
        (_, a), (_, b), (_, c), (_, d) = corners
        beside[0] += np.bincount(at, weight * a * b, size) + np.bincount(at + width, weight * c * d, size)
        beside[1] += np.bincount(at, weight * a * c, size) + np.bincount(at + 1, weight * b * d, size)
        beside[2] += np.bincount(at, weight * a * d, size)
        beside[3] += np.bincount(at + 1, weight * b * c, size)

    def laid(values: NDArray[np.float64]) -> Floats:
        return values.reshape(height, width).astype(np.float32)

    return Evidence(laid(own), tuple(map(laid, beside)), np.dstack([laid(one) for one in sums]))


def _needed(matrix: Matrix, part: Box, by: int, outer: Box, shape: tuple[int, ...]) -> Box:
    """The pixels (left, top, right, bottom) of a frame that may lie in the tile."""
    height, width = shape[:2]
    x, y = (np.array(outer[n::2], float) / by + part[n] for n in (0, 1))
    corners = matrix @ np.array([[x[0], x[1], x[0], x[1]], [y[0], y[0], y[1], y[1]], [1.0, 1, 1, 1]])
    if corners[2].min() <= 1e-6:
        return 0, 0, width, height
    at_x, at_y = corners[0] / corners[2], corners[1] / corners[2]
    low = [int(np.clip(np.floor(a.min()) - NEAR, 0, n)) for a, n in ((at_x, width), (at_y, height))]
    high = [int(np.clip(np.ceil(a.max()) + NEAR, 0, n)) for a, n in ((at_x, width), (at_y, height))]
    return low[0], low[1], high[0], high[1]


def _looked_up(plane: NDArray[Any], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    seen: Any = cv2.remap(
        plane, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(seen, np.float64)
