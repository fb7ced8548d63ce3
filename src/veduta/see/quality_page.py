"""What tells a screenshot or a page from a photo of the world: measures of flatness, edges and paper."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels

MEASURES = (
    "flat",
    "exact",
    "painted",
    "upright",
    "crisp",
    "lines",
    "main color",
    "few colors",
    "paper",
    "ink",
    "written",
    "gray",
    "light",
    "even",
)

# An edge, in gray levels from one pixel to the next.
STRONG = 40
# Paper is judged against its surroundings, for light falls unevenly on a page.
SURROUNDINGS = 31
CELL = 16


def measures(pixels: Pixels) -> NDArray[np.float64]:
    """The MEASURES of a picture of at most about 512 pixels, each between 0 and 1; all 0 if it is tiny."""
    if min(pixels.shape[:2]) < CELL:
        return np.zeros(len(MEASURES))
    gray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.int16)
    across = np.abs(np.diff(gray, axis=1))[:-1]
    down = np.abs(np.diff(gray, axis=0))[:, :-1]
    return np.array(
        [*_flatness(gray, across, down), *_edges(across, down), *_colors(pixels), *_paper(pixels, gray)]
    )


def _flatness(
    gray: NDArray[np.int16], across: NDArray[np.int16], down: NDArray[np.int16]
) -> tuple[float, float, float]:
    """Parts of pixels that hardly differ from their neighbors, that do not differ, and the same but black and
    white. An overexposed sky does not differ either; an area that somebody painted is seldom pure black or
    white only.
    """
    change = np.maximum(across, down)
    inside = gray[:-1, :-1]
    painted = (change == 0) & (inside > 3) & (inside < 252)
    parts = (np.count_nonzero(mask) / change.size for mask in (change <= 1, change == 0, painted))
    flat, exact, colored = parts
    return flat, exact, colored


def _edges(across: NDArray[np.int16], down: NDArray[np.int16]) -> tuple[float, float, float]:
    """Parts of strong edges that are exactly upright or level, that are one pixel wide, and the longest ones.

    The last is the part of the picture that the rows or columns with most edges span: lines of windows and
    tables cross much of it.
    """
    high, low = np.maximum(across, down), np.minimum(across, down)
    strong = high > STRONG
    count = int(strong.sum())
    upright = float((strong & (low * 8 <= high)).sum()) / count if count > 50 else 0.0
    steps = across[:, 1:-1] > STRONG
    alone = steps & (across[:, :-2] <= 3) & (across[:, 2:] <= 3)
    crisp = float(alone.sum()) / float(steps.sum()) if steps.sum() > 50 else 0.0
    rows = np.sort((down > STRONG // 2).mean(axis=1))[-4:].mean()
    columns = np.sort((across > STRONG // 2).mean(axis=0))[-4:].mean()
    return upright, crisp, float(max(rows, columns))


def _colors(pixels: Pixels) -> tuple[float, float]:
    """Part of the most frequent color, and how few of 4096 colors make up nine tenths of the picture."""
    coarse = (pixels >> 4).astype(np.uint16)
    counts = np.bincount(
        ((coarse[..., 0] << 8) | (coarse[..., 1] << 4) | coarse[..., 2]).ravel(), minlength=4096
    )
    parts = np.sort(counts)[::-1] / counts.sum()
    needed = int(np.searchsorted(np.cumsum(parts), 0.9)) + 1
    return float(parts[0]), 1 - min(1.0, float(np.log(needed)) / float(np.log(1000)))


def _paper(pixels: Pixels, gray: NDArray[np.int16]) -> tuple[float, float, float, float, float, float]:
    """Parts of paper, of ink, of cells with writing; grayness; lightness; evenness of the paper."""
    values = gray.astype(np.uint8)
    small = cv2.resize(values, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    ground = cv2.medianBlur(cv2.dilate(small, np.ones((5, 5), np.uint8)), SURROUNDINGS)
    ground = cv2.resize(ground, values.shape[::-1], interpolation=cv2.INTER_LINEAR)
    ratio = values.astype(np.float32) / np.maximum(ground, 1)
    paper = (ratio > 0.88) & (ratio < 1.12)
    ink = ratio < 0.75
    shape = (max(1, values.shape[1] // CELL), max(1, values.shape[0] // CELL))
    cells = cv2.resize(ink.astype(np.float32), shape, interpolation=cv2.INTER_AREA)
    written = float(((cells > 0.03) & (cells < 0.5)).mean())
    red, green, blue = cv2.split(pixels)
    spread = cv2.subtract(cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue))
    return (
        float(paper.mean()),
        float(ink.mean()),
        written,
        float((spread < 30).mean()),
        float(np.median(ground)) / 255,
        1 - min(1.0, float(ground.std()) / 80),
    )
