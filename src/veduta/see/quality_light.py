"""Exposure and contrast from the distribution of lightness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Gray levels (of sRGB luma) beyond which detail is gone.
BLACK = 10
WHITE = 245


@dataclass(frozen=True, slots=True)
class Light:
    """How light is spread over a photo; all are parts of 1.

    `dark` and `bright` are the lightness that a tenth of the pixels lie below and above, `middle` the median,
    `black` and `white` the parts of all pixels without detail, `spread` the distance between the 2nd and 98th
    hundredth.
    """

    dark: float
    middle: float
    bright: float
    black: float
    white: float
    spread: float


def light(gray: NDArray[np.uint8]) -> Light:
    """Measure the light of a gray picture."""
    counts = np.bincount(gray.ravel(), minlength=256)
    below = np.cumsum(counts) / gray.size

    def level(part: float) -> float:
        return float(np.searchsorted(below, part)) / 255

    return Light(
        dark=level(0.1),
        middle=level(0.5),
        bright=level(0.9),
        black=float(below[BLACK]),
        white=float(1 - below[WHITE - 1]),
        spread=level(0.98) - level(0.02),
    )


def faults(seen: Light) -> tuple[float, float]:
    """How much too dark and how much too bright, each 0 (not at all) to about 1 (nothing to be seen).

    Too dark: even the brighter parts are dark, or much is black. Too bright: even the darker parts are
    bright, or much is white.
    """
    dark = max(0.0, 0.55 - seen.bright) / 0.55 + 0.5 * max(0.0, 0.3 - seen.middle) / 0.3
    bright = max(0.0, seen.dark - 0.45) / 0.55 + 0.5 * max(0.0, seen.middle - 0.7) / 0.3
    dark += 0.5 * max(0.0, seen.black - 0.25) / 0.75
    bright += max(0.0, seen.white - 0.08) / 0.92
    return dark, bright
