"""The anchors of SSD-MobileNetV2 at 300 pixels, and boxes relative to them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

SIDE = 300
MAPS = (19, 10, 5, 3, 2, 1)
SCALES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)
RATIOS = (1.0, 2.0, 0.5, 3.0, 0.3333)
# The box coder of the TensorFlow detection library divides offsets by these: (y, x), (height, width).
CENTER_SCALE = 10.0
SIZE_SCALE = 5.0


def _shapes(level: int) -> NDArray[np.float32]:
    # The finest map has three anchors only, the first of them half as large.
    if level == 0:
        sides = [(0.1, 1.0), (SCALES[0], 2.0), (SCALES[0], 0.5)]
    else:
        sides = [(SCALES[level], ratio) for ratio in RATIOS]
        sides.append((float(np.sqrt(SCALES[level] * SCALES[level + 1])), 1.0))
    return np.array([(scale * ratio**0.5, scale / ratio**0.5) for scale, ratio in sides], np.float32)


@cache
def anchors() -> NDArray[np.float32]:
    """All anchors in order: (n, 4), each (center x, center y, width, height) as parts of the side."""
    parts = []
    for level, cells in enumerate(MAPS):
        shapes = _shapes(level)
        centers = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        grid = np.empty((cells, cells, len(shapes), 4), np.float32)
        grid[..., 0] = centers[None, :, None]
        grid[..., 1] = centers[:, None, None]
        grid[..., 2:] = shapes
        parts.append(grid.reshape(-1, 4))
    return np.concatenate(parts)


def decode(encoded: NDArray[np.float32], rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Boxes (n, 4) of the anchors numbered `rows`: (left, top, right, bottom) as parts of the side."""
    code = encoded[rows]
    anchor = anchors()[rows]
    x = anchor[:, 0] + code[:, 1] / CENTER_SCALE * anchor[:, 2]
    y = anchor[:, 1] + code[:, 0] / CENTER_SCALE * anchor[:, 3]
    half_width = np.exp(code[:, 3] / SIZE_SCALE) * anchor[:, 2] / 2
    half_height = np.exp(code[:, 2] / SIZE_SCALE) * anchor[:, 3] / 2
    return np.stack([x - half_width, y - half_height, x + half_width, y + half_height], axis=1)
