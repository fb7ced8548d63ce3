"""How blurs spread a point: kernels of a lens, of one out of focus and of a hand that moved."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SHAPES = ("gaussian", "disk", "motion")
FINE = 8  # parts of a pixel along each side
LEAST = 0.05  # pixels: less is none


def kernel(shape: str, radius: float, angle: float = 0.0) -> Floats:
    """The kernel, of odd sides and sum 1; one pixel where `radius` is next to 0.

    `radius` is the deviation, the radius or half the way in pixels, `angle` that of the way in degrees,
    counterclockwise from the right.
    """
    if radius < LEAST:
        return np.ones((1, 1), np.float32)
    half = math.ceil(4 * radius) if shape == "gaussian" else math.ceil(radius + 1)
    at = (np.arange((2 * half + 1) * FINE) + 0.5) / FINE - half - 0.5
    y, x = at[:, None], at[None]
    if shape == "gaussian":
        fine = np.exp(-0.5 * (x * x + y * y) / radius**2)
    elif shape == "disk":
        fine = (x * x + y * y <= radius * radius).astype(float)
    else:
        turn = math.radians(angle)
        along = x * math.cos(turn) - y * math.sin(turn)
        aside = x * math.sin(turn) + y * math.cos(turn)
        fine = ((np.abs(along) <= radius) & (np.abs(aside) <= 0.5)).astype(float)
    taps = fine.reshape(2 * half + 1, FINE, 2 * half + 1, FINE).sum((1, 3))
    return np.asarray(taps / taps.sum(), np.float32)
