"""The grid of a robust mark: brightness at a set size, in blocks of 8 x 8 cosines, on tiles that repeat.

A mark is made at less than half a megapixel whatever the photo's size, so that a copy made small still has it.
"""

from __future__ import annotations

import functools
import math

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Blocks = NDArray[np.float32]  # (rows, columns, 8, 8)

AREA = 768 * 576
BLOCK = 8
PERIOD = 128  # the smallest tile; the template repeats with it
# The cosines that carry the mark: (down, across), low enough for a copy of half the grid's size.
CARRIERS = tuple((v, u) for v in range(5) for u in range(5) if 2 <= u + v <= 5)
FLOOR = 4.0  # what is taken for the least energy of a cosine around


def grid_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of the grid of a photo."""
    scale = min(1.0, math.sqrt(AREA / (width * height)))
    return max(1, round(width * scale)), max(1, round(height * scale))


@functools.cache
def _cosines() -> Plane:
    at = (2 * np.arange(BLOCK) + 1) * np.pi / (2 * BLOCK)
    rows = np.cos(np.arange(BLOCK)[:, None] * at) * math.sqrt(2 / BLOCK)
    rows[0] /= math.sqrt(2)
    return np.asarray(rows, np.float32)


def to_blocks(plane: Plane) -> Blocks:
    """The cosines of each block (orthonormal); the picture is continued to whole blocks at its right and bottom."""
    height, width = plane.shape
    down, across = -height % BLOCK, -width % BLOCK
    if down or across:
        plane = np.pad(plane, ((0, down), (0, across)), mode="edge")
    cosines = _cosines()
    rows, columns = plane.shape[0] // BLOCK, plane.shape[1] // BLOCK
    half = np.matmul(cosines, plane.reshape(rows, BLOCK, -1))  # (rows, 8, width)
    blocks = np.matmul(half.reshape(rows, BLOCK, columns, BLOCK), cosines.T)
    return np.asarray(blocks.transpose(0, 2, 1, 3), np.float32)


def from_blocks(blocks: Blocks, height: int, width: int) -> Plane:
    """The plane that `to_blocks` was given."""
    cosines = _cosines()
    rows, columns = blocks.shape[:2]
    half = np.matmul(blocks.transpose(0, 2, 1, 3), cosines)  # (rows, 8, columns, 8)
    plane = np.matmul(cosines.T, half.reshape(rows, BLOCK, columns * BLOCK))
    return np.asarray(plane.reshape(rows * BLOCK, columns * BLOCK)[:height, :width], np.float32)


def carried(blocks: Blocks) -> Blocks:
    """The cosines that carry the mark, (rows, columns, carriers)."""
    down, across = np.array(CARRIERS).T
    return blocks[:, :, down, across]


def energy(coefficients: Blocks) -> Blocks:
    """What is usual around for each cosine, squared: the mean over 3 x 3 blocks."""
    squared = coefficients * coefficients
    around = cv2.blur(squared, (3, 3), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(around, np.float32).reshape(squared.shape) + FLOOR
