"""From a coarse notion of what belongs to a thing to its outline at full resolution.

Colors decide at a reduced size (GrabCut: Rother, Kolmogorov & Blake 2004), edges at the full one (guided filter: He,
Sun & Tang 2010, arXiv 1505.00996 for its fast form).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels

Soft = NDArray[np.float32]
Bool = NDArray[np.bool_]

# GrabCut's marks.
BACKGROUND, FOREGROUND, MAYBE_BACKGROUND, MAYBE_FOREGROUND = 0, 1, 2, 3
# The side at which the guided filter finds its coefficients: they vary slowly.
_COARSE = 512


def fine(pixels: Pixels, soft: Soft, radius: float, tolerance: float = 6.0) -> Soft:
    """The alpha `soft` (any size) at the size of `pixels`, its edges moved to those of the picture.

    Edges move by up to about `radius` pixels; differences of color below `tolerance` (of 255) are no edges.
    """
    height, width = pixels.shape[:2]
    if soft.shape != (height, width):
        how = cv2.INTER_AREA if soft.shape[0] > height else cv2.INTER_LINEAR
        soft = np.asarray(cv2.resize(soft, (width, height), interpolation=how), np.float32)
    reach = max(1, round(radius))
    if min(height, width) < 4:
        return soft
    # The coarser of two sizes at which neither the reach nor the picture becomes too small.
    scale = min(1.0, max(_COARSE / max(height, width), 3 / reach))
    guide = pixels.astype(np.float32)
    filtered = cv2.ximgproc.guidedFilter(guide, soft, reach, tolerance**2, scale=scale)
    return np.clip(np.nan_to_num(filtered), 0, 1).astype(np.float32)


def by_color(pixels: Pixels, marks: NDArray[np.uint8], rounds: int = 3) -> Bool:
    """What GrabCut takes for foreground, from marks of every pixel (0 surely not, 1 surely, 2 and 3 perhaps).

    Without a pixel of either side the marks themselves are the answer.
    """
    marks = marks.copy()
    inside: Bool = np.isin(marks, (FOREGROUND, MAYBE_FOREGROUND))
    if min(pixels.shape[:2]) < 4 or inside.sum() < 8 or (~inside).sum() < 8:
        return inside
    # The models of color begin with random centers: a fixed seed makes the answer the same every time.
    cv2.setRNGSeed(1)
    models = np.zeros((2, 1, 65), np.float64)
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    cv2.grabCut(bgr, marks, (0, 0, 1, 1), models[0], models[1], rounds, cv2.GC_INIT_WITH_MASK)
    return np.isin(marks, (FOREGROUND, MAYBE_FOREGROUND))


def marks_of(soft: Soft, sure: float = 0.9) -> NDArray[np.uint8]:
    """GrabCut's marks for an alpha: sure above `sure` and below 1 - `sure`, perhaps between."""
    marks = np.where(soft >= 0.5, MAYBE_FOREGROUND, MAYBE_BACKGROUND)
    marks[soft > sure] = FOREGROUND
    marks[soft < 1 - sure] = BACKGROUND
    return marks.astype(np.uint8)
