"""How noisy a picture is, told from the picture alone.

Source: J. Immerkær, "Fast noise variance estimation", 1996, on small squares, of which the quietest count.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# What no line, plane or smooth curve passes through; its output has the noise's deviation.
MASK = np.outer([1, -2, 1], [1, -2, 1]).astype(np.float32) / 6
SQUARE = 16
# Share of the squares that are taken as free of texture, and by how much these look quieter than all are.
QUIET, CORRECTION = 0.10, 0.94
# Codes outside may be cut off: their noise is.
DARKEST, BRIGHTEST = 4, 251


def deviation(plane: NDArray[Any], sound: NDArray[np.bool_] | None = None) -> float:
    """Standard deviation of the noise of a plane (h, w), in its own codes of 0 to 255; 0 where none can be told.

    `sound` marks values that are not cut off; by default those away from black and white.
    """
    values = np.asarray(plane, np.float32)
    height, width = values.shape
    if min(height, width) < 3:
        return 0.0
    rest = cv2.filter2D(values, -1, MASK)[1:-1, 1:-1]
    inside = ((values > DARKEST) & (values < BRIGHTEST) if sound is None else sound)[1:-1, 1:-1]
    side = min(SQUARE, *rest.shape)
    rows, columns = rest.shape[0] // side, rest.shape[1] // side

    def squares(of: NDArray[Any]) -> NDArray[Any]:
        cut = of[: rows * side, : columns * side]
        return cut.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(-1, side * side)

    whole = squares(inside).mean(1) > 0.9
    if not whole.any():
        return 0.0
    power = np.sqrt((squares(rest)[whole] ** 2).mean(1))
    return float(np.quantile(power, QUIET)) / CORRECTION
