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
# Mixtures of colors of background and foreground, as OpenCV keeps them: (2, 1, 65).
Models = NDArray[np.float64]

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
    return cut(pixels, marks, rounds)[0]


def cut(pixels: Pixels, marks: NDArray[np.uint8], rounds: int) -> tuple[Bool, Models | None]:
    """As `by_color`, and the models of color that were found, for `cut_again`; None where nothing was to decide."""
    if not _to_decide(pixels, marks):
        return _inside(marks), None
    models = np.zeros((2, 1, 65), np.float64)
    return _grabbed(pixels, marks, models, rounds, cv2.GC_INIT_WITH_MASK), models


def cut_again(pixels: Pixels, coarse: Bool, models: Models, width: float = 2.5) -> Bool:
    """What was cut on a smaller picture, decided anew at the size of `pixels` along its outline.

    Only pixels up to `width` of the smaller picture's from the outline are in question, so this is fast
    (Lombaert et al. 2005).
    """
    size = pixels.shape[1::-1]
    inside = np.asarray(cv2.resize(coarse.astype(np.float32), size) > 0.5, np.uint8)
    reach = max(1, round(width * max(pixels.shape[0] / coarse.shape[0], pixels.shape[1] / coarse.shape[1])))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    marks = np.where(inside > 0, MAYBE_FOREGROUND, MAYBE_BACKGROUND).astype(np.uint8)
    marks[cv2.erode(inside, disk) > 0] = FOREGROUND
    marks[cv2.dilate(inside, disk) == 0] = BACKGROUND
    if not _to_decide(pixels, marks):
        return _inside(marks)
    return _grabbed(pixels, marks, models.copy(), 1, cv2.GC_EVAL)


def _inside(marks: NDArray[np.uint8]) -> Bool:
    return np.isin(marks, (FOREGROUND, MAYBE_FOREGROUND))


def _to_decide(pixels: Pixels, marks: NDArray[np.uint8]) -> bool:
    inside = int(np.count_nonzero(_inside(marks)))
    return min(pixels.shape[:2]) >= 4 and inside >= 8 and marks.size - inside >= 8


def _grabbed(pixels: Pixels, marks: NDArray[np.uint8], models: Models, rounds: int, how: int) -> Bool:
    marks = marks.copy()
    # The models of color begin with random centers: a fixed seed makes the answer the same every time.
    cv2.setRNGSeed(1)
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    cv2.grabCut(bgr, marks, (0, 0, 1, 1), models[0], models[1], rounds, how)
    return _inside(marks)


def marks_of(soft: Soft, sure: float = 0.9) -> NDArray[np.uint8]:
    """GrabCut's marks for an alpha: sure above `sure` and below 1 - `sure`, perhaps between."""
    marks = np.where(soft >= 0.5, MAYBE_FOREGROUND, MAYBE_BACKGROUND)
    marks[soft > sure] = FOREGROUND
    marks[soft < 1 - sure] = BACKGROUND
    return marks.astype(np.uint8)
