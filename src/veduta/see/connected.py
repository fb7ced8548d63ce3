"""Connected parts of a mask."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]


def connected(allowed: Bool, seeds: Bool, neighbors: Literal[4, 8] = 8) -> Bool:
    """The connected parts of `allowed` (h, w) that hold a seed; pixels have 4 or 8 `neighbors`."""
    count, parts = cv2.connectedComponents(allowed.astype(np.uint8), connectivity=neighbors)
    kept = np.zeros(count, bool)
    kept[np.unique(parts[seeds & allowed])] = True
    kept[0] = False
    return np.asarray(kept[parts], bool)
