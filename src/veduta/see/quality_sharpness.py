"""How sharp a photo is where it is sharpest, in every direction."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

# Derivatives at these two scales tell how wide an edge is, whatever its contrast (Zhuo & Sim, "Defocus map
# estimation from a single image", 2011). The finer one is not finer still because of noise.
FINE = 1.0
COARSE = 2.5
# What a difference over two pixels adds to the square of both scales.
DIFFERENCE = 1 / 3
# Directions in which edges are looked at: a moving camera leaves those along its path sharp.
DIRECTIONS = 4
# Edges whose slope at the coarse scale is weaker than this, in gray levels a pixel, or than a few times that
# of the noise at the fine scale, say nothing.
LEAST_SLOPE = 2.0
NOISE_TIMES = 3.0
# A direction with fewer edges than this part of all pixels has no say.
LEAST_EDGES = 0.0005
# Edges that are looked at, evenly spread; more do not change the answer.
MOST_EDGES = 30_000
# Of all edges the steepest few count: those in focus, where only a part of the photo is.
STEEP = 70
# The sharpest tenth of a direction's edges decides: a blurred background is no fault.
BEST = 90
# Widths beyond this cannot be told from one another at these scales.
WIDEST = 8.0


def _slopes(gray: NDArray[np.float32], scale: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    smooth = cv2.GaussianBlur(gray, (0, 0), scale)
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
    return np.asarray(dx, np.float32), np.asarray(dy, np.float32)


def noise_level(gray: NDArray[np.float32]) -> float:
    """Standard deviation of the noise in gray levels (Immerkaer, "Fast noise variance estimation", 1996).

    The median over the picture is taken, so that texture does not count as noise.
    """
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(gray, cv2.CV_32F, kernel)[::4, ::4])
    return float(np.median(response)) / 0.6745 / 6


def edge_width(gray: NDArray[np.uint8]) -> float:
    """Blur of the sharpest edges as the standard deviation of a Gaussian, in pixels, of the worst direction.

    Never above WIDEST, which is also what a picture without edges gets.
    """
    values = gray.astype(np.float32)
    fine_x, fine_y = _slopes(values, FINE)
    coarse_x, coarse_y = _slopes(values, COARSE)
    coarse = np.asarray(cv2.magnitude(coarse_x, coarse_y))
    # A derivative at scale s holds 0.2 / s**2 of the white noise.
    edges = coarse > max(LEAST_SLOPE, NOISE_TIMES * noise_level(values) * 0.2 / FINE**2)
    if edges.any():
        edges &= coarse >= np.percentile(coarse[edges][:: max(1, gray.size // MOST_EDGES)], STEEP)
    at = np.flatnonzero(edges)
    step = max(1, len(at) // MOST_EDGES)
    at = at[::step]
    least = max(1.0, LEAST_EDGES * gray.size / step)
    ratio = np.hypot(fine_x.ravel()[at], fine_y.ravel()[at]) / coarse.ravel()[at]
    angle = np.arctan2(coarse_y.ravel()[at], coarse_x.ravel()[at]) % np.pi
    direction = np.round(angle / np.pi * DIRECTIONS).astype(int) % DIRECTIONS
    sharpest = []
    for number in range(DIRECTIONS):
        ratios = ratio[direction == number]
        if len(ratios) >= least:
            sharpest.append(float(np.percentile(ratios, BEST)))
    if not sharpest:
        return WIDEST
    # The second-worst direction, for one can lack sharp edges by chance.
    return _width(sorted(sharpest)[min(1, len(sharpest) - 1)])


def _width(ratio: float) -> float:
    """The blur at which slopes at the two scales have this ratio."""
    if ratio <= 1.0:
        return WIDEST
    squared = (COARSE**2 - ratio**2 * FINE**2) / (ratio**2 - 1) - DIFFERENCE
    return min(float(np.sqrt(max(squared, 0.0))), WIDEST)
