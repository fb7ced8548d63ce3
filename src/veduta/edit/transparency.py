"""Pictures with transparency: colors count as far as they are seen, and what is not seen is not asked.

Source of weighing colors by how far they are seen: T. Porter, T. Duff, "Compositing digital images", 1984.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.samples import Samples, white

Plane = NDArray[np.float32]
Resampling = Callable[[Plane], Any]

LEAST = np.float32(1e-3)  # codes: what is not seen at all counts so much, so that it keeps its color


def resampled(values: Samples, sharp: Resampling, soft: Resampling) -> Samples:
    """A picture (h, w, 2 or 4), its last channel transparency, through a resampling of planes.

    `sharp` is the one wanted, `soft` the linear one of the same places, which never leaves the range of what it reads.
    """
    top = float(white(values))
    alpha = np.clip(sharp(values[..., -1].astype(np.float32)), 0, top)
    out = np.empty((*alpha.shape, values.shape[2]), values.dtype)
    out[..., -1] = np.rint(alpha)
    # A color counts as far as it is seen; where none is seen, it is kept as it was.
    seen = values[..., -1].astype(np.float32) + LEAST
    share, weight = soft(seen), sharp(seen)
    sound = weight > 0.5 * share
    for n in range(values.shape[2] - 1):
        plane = values[..., n].astype(np.float32) * seen
        made = np.where(sound, sharp(plane) / np.where(sound, weight, 1), soft(plane) / share)
        out[..., n] = np.rint(np.clip(made, 0, top))
    return out


def surrounded(colors: Samples, alpha: Samples) -> Samples:
    """`colors` (h, w, 3) where `alpha` lets them be seen, and what is around them where it does not.

    So nothing that nobody sees is counted, or comes in over an edge. The same array where all or nothing is seen.
    """
    seen = alpha > 0
    if seen.all() or not seen.any():
        return colors
    levels = [np.dstack([colors * seen[..., None], seen]).astype(np.float32)]
    while max(levels[-1].shape[:2]) > 1:
        height, width = levels[-1].shape[:2]
        half: Any = cv2.resize(
            levels[-1], ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA
        )
        levels.append(half)
    found: Any = levels[-1][..., :3] / levels[-1][..., 3:]
    for level in reversed(levels[:-1]):
        height, width = level.shape[:2]
        wider = cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, 3)
        known = level[..., 3:]
        found = np.where(known > 0, level[..., :3] / np.maximum(known, LEAST), wider)
    return np.where(seen[..., None], colors, np.rint(found).astype(colors.dtype))
