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

COARSE = 8  # pixels: what is around is told in squares of this side
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
    height, width = seen.shape
    size = (-(-width // COARSE), -(-height // COARSE))
    shown = colors.astype(np.float32)
    shown *= seen[..., None]
    levels = [np.dstack([_smaller(shown, size), _smaller(seen.astype(np.float32), size)])]
    while max(size) > 1:
        size = ((size[0] + 1) // 2, (size[1] + 1) // 2)
        levels.append(_smaller(levels[-1], size))
    found: Any = levels[-1][..., :3] / levels[-1][..., 3:]
    for level in reversed(levels[:-1]):
        known, own = level[..., 3:], level[..., :3]
        wider: Any = cv2.resize(found, level.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        found = np.where(known > LEAST, own / np.maximum(known, LEAST), wider.reshape(own.shape))
    around = np.rint(np.clip(found, 0, white(colors))).astype(colors.dtype)
    out: Any = cv2.resize(around, (width, height), interpolation=cv2.INTER_LINEAR).reshape(colors.shape)
    np.copyto(out, colors, where=seen[..., None])
    return np.asarray(out)


def _smaller(values: Samples, size: tuple[int, int]) -> Plane:
    """Means over the pixels that fall together."""
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
