"""Two views in one picture for red-cyan glasses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels
from veduta.space.pair import check_pair

# Dubois 2001, "A projection method to generate anaglyph stereo images": least squares for red-cyan filters, on linear
# light. What the left and the right view give to red, green and blue.
LEFT = np.array([[0.437, 0.449, 0.164], [-0.062, -0.062, -0.024], [-0.048, -0.050, -0.017]], np.float32)
RIGHT = np.array([[-0.011, -0.032, -0.007], [0.377, 0.761, 0.009], [-0.026, -0.093, 1.234]], np.float32)


def anaglyph(left: Pixels, right: Pixels) -> Pixels:
    """The anaglyph of two views, uint8 (h, w, 3) sRGB; raises BadPair."""
    check_pair(left, right, "pair")
    made = np.empty_like(left)
    for top in range(0, len(left), 256):  # in strips: linear light takes four times the memory
        rows = slice(top, top + 256)
        linear = _linear()[left[rows]] @ LEFT.T + _linear()[right[rows]] @ RIGHT.T
        made[rows] = _coded(linear)
    return made


def _linear() -> NDArray[np.float32]:
    """Linear light of each sRGB value."""
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _coded(linear: NDArray[np.float32]) -> Pixels:
    light = np.clip(linear, 0, 1)
    value = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(value * 255), np.uint8)
