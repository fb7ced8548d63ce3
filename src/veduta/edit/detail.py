"""Full size again: what was filled at a smaller scale gets the fine detail and the grain of the photo around."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import faiss
import numpy as np
from numpy.typing import NDArray

from veduta.edit.biharmonic import Bools, Floats
from veduta.image.photo import Pixels

# Sides of the blocks that are compared and of those that take one place's detail, in pixels of the small scale.
COMPARED, BLOCK = 7, 4
# Places that detail may come from, and pixels that are rendered at once: they bound time and memory.
SOURCES, AT_ONCE = 10_000, 1 << 20


@dataclass(frozen=True, eq=False)
class Filled:
    """A hole filled at a small scale: `small` is the photo there, `result` the same with the hole filled."""

    small: Pixels
    result: Floats
    hidden: Bools


def render(photo: Pixels, wanted: Bools, hidden: Bools, filled: Filled, seed: int) -> Pixels:
    """Full-size colors (n, 3) of the n pixels that are `wanted`, in row order.

    To the enlarged filling each block adds what enlarging loses at the place that looks most like it: photo minus
    enlarged small photo. Nothing is taken from the pixels `hidden` at full size.
    """
    height, width = filled.hidden.shape
    shifts = _shifts(filled, _blocks(wanted, height, width), seed)
    down, right = photo.shape[0] / height, photo.shape[1] / width
    pieces = [np.empty((0, 3), np.uint8)]
    for top, bottom in _bands(wanted):
        y, x = np.nonzero(wanted[top:bottom])
        y += top
        value = _at(filled.result, y, x, down, right)
        if shifts is not None:
            block_y = np.minimum(y / down, height - 1).astype(np.int64) // BLOCK
            block_x = np.minimum(x / right, width - 1).astype(np.int64) // BLOCK
            from_y = y + np.rint(shifts[block_y, block_x, 0] * down).astype(np.int64)
            from_x = x + np.rint(shifts[block_y, block_x, 1] * right).astype(np.int64)
            from_y, from_x = np.clip(from_y, 0, len(photo) - 1), np.clip(from_x, 0, photo.shape[1] - 1)
            loss = photo[from_y, from_x] - _at(filled.small, from_y, from_x, down, right)
            value = value + loss * (~hidden[from_y, from_x])[:, None]
        pieces.append(np.clip(np.rint(value), 0, 255).astype(np.uint8))
    return np.concatenate(pieces)


def _bands(wanted: Bools) -> list[tuple[int, int]]:
    """Bands of rows, from and to, that hold about AT_ONCE wanted pixels each."""
    counts = np.cumsum(np.count_nonzero(wanted, axis=1))
    cuts = np.searchsorted(counts, np.arange(AT_ONCE, counts[-1], AT_ONCE)) + 1
    edges = sorted({0, *(int(cut) for cut in cuts), len(wanted)})
    return list(pairwise(edges))


def _at(
    small: NDArray[np.float32] | Pixels, y: NDArray[np.int64], x: NDArray[np.int64], down: float, right: float
) -> Floats:
    """Enlarged values (n, c) at full-size places."""
    lines = -(-len(y) // 1024)
    wanted = np.zeros((2, lines * 1024), np.float32)  # OpenCV's maps have short sides
    wanted[0, : len(y)] = (y + 0.5) / down - 0.5
    wanted[1, : len(x)] = (x + 0.5) / right - 0.5
    map_y, map_x = wanted.reshape(2, lines, 1024)
    floats = small.astype(np.float32, copy=False)
    taken = cv2.remap(floats, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    values: Floats = np.asarray(taken, np.float32).reshape(lines * 1024, -1)[: len(y)]
    return values


def _blocks(mask: Bools, height: int, width: int) -> Bools:
    """Which blocks of the small scale may hold a pixel of the mask."""
    size = (-(-width // BLOCK), -(-height // BLOCK))
    part = cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) > 0
    blocks: Bools = cv2.dilate(part.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return blocks


def _shifts(filled: Filled, blocks: Bools, seed: int) -> NDArray[np.int64] | None:
    """For each block (down, right) to the most similar place, in pixels of the small scale; None without any."""
    height, width = filled.hidden.shape
    half = COMPARED // 2
    # One pixel more: places are rounded to those of the full size.
    side = COMPARED + 2
    near = cv2.dilate(filled.hidden.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    edge = half + 1
    if min(height, width) <= 2 * edge:
        return None
    inner = np.zeros_like(near)
    inner[edge : height - edge, edge : width - edge] = True
    places = np.flatnonzero(inner & ~near)
    if not len(places):
        return None
    if len(places) > SOURCES:
        places = np.sort(np.random.default_rng(seed).choice(places, SOURCES, replace=False))
    block_y, block_x = np.nonzero(blocks)
    center_y = np.clip(block_y * BLOCK + BLOCK // 2, half, height - half - 1)
    center_x = np.clip(block_x * BLOCK + BLOCK // 2, half, width - half - 1)
    index = faiss.IndexFlatL2(COMPARED * COMPARED + 2)
    index.add(_described(filled.small.astype(np.float32), places // width, places % width))
    _, found = index.search(_described(filled.result, center_y, center_x), 1)
    found = places[found[:, 0]]
    shifts = np.zeros((*blocks.shape, 2), np.int64)
    shifts[block_y, block_x, 0] = found // width - center_y
    shifts[block_y, block_x, 1] = found % width - center_x
    return shifts


def _described(values: Floats, y: NDArray[np.int64], x: NDArray[np.int64]) -> Floats:
    """Brightness around places and their tint, (n, COMPARED² + 2)."""
    gray = np.asarray(cv2.cvtColor(values, cv2.COLOR_RGB2GRAY), np.float32)
    around = np.lib.stride_tricks.sliding_window_view(gray, (COMPARED, COMPARED))
    half = COMPARED // 2
    light = around[y - half, x - half].reshape(len(y), -1)
    tint = np.stack([values[..., 0] - gray, values[..., 2] - gray], axis=2)[y, x] * COMPARED / 2
    return np.ascontiguousarray(np.hstack([light, tint]), np.float32)
