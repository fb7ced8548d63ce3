"""Whether matches of two pictures are the doing of one camera motion: MAGSAC++ over homographies and fundamental
matrices.

Source: Barath et al. 2020, "MAGSAC++, a fast, reliable and accurate robust estimator" (arXiv 1912.05909).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Matrix = NDArray[np.float64]
Model = Literal["homography", "fundamental"]

TOLERANCE = 3.0  # pixels, at the larger side of 1024, between a corner and where the motion puts it
LEAST_MATCHES = 8  # what a fundamental matrix needs


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """What explains matches: `matrix` (3, 3) takes points of the first picture to the second, or to lines of it.

    It is None where nothing was found; `inliers` (n,) tells which matches it explains.
    """

    model: Model
    matrix: Matrix | None
    inliers: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """How many matches are explained."""
        return int(self.inliers.sum())


def homography(a: Floats, b: Floats, tolerance: float = TOLERANCE) -> Motion:
    """The homography from a[i] to b[i] (n, 2) that most matches agree on: a flat thing, or a turn of the camera."""
    if len(a) < LEAST_MATCHES:
        return Motion("homography", None, np.zeros(len(a), bool))
    return _motion(
        "homography",
        len(a),
        lambda: cv2.findHomography(a, b, cv2.USAC_MAGSAC, tolerance, maxIters=1000, confidence=0.999),
    )


def fundamental(a: Floats, b: Floats, tolerance: float = TOLERANCE) -> Motion:
    """The fundamental matrix that most matches a[i] - b[i] (n, 2) agree on: any still scene."""
    if len(a) < LEAST_MATCHES:
        return Motion("fundamental", None, np.zeros(len(a), bool))
    return _motion(
        "fundamental",
        len(a),
        lambda: cv2.findFundamentalMat(a, b, cv2.USAC_MAGSAC, tolerance / 2, 0.999, 1000),
    )


def inliers(a: Floats, b: Floats, tolerance: float = TOLERANCE) -> int:
    """How many of the matches a[i] - b[i] (n, 2) one camera motion explains: the better of both models."""
    return int(explained(a, b, tolerance).sum())


def explained(a: Floats, b: Floats, tolerance: float = TOLERANCE) -> NDArray[np.bool_]:
    """Which of the matches a[i] - b[i] (n, 2) one camera motion explains: the better of both models."""
    flat, still = homography(a, b, tolerance), fundamental(a, b, tolerance)
    return (flat if flat.count >= still.count else still).inliers


def _motion(model: Model, count: int, search: Callable[[], tuple[Any, Any]]) -> Motion:
    cv2.setRNGSeed(0)
    try:
        matrix, found = search()
    except cv2.error:  # what it throws where refining its best motion leaves none
        matrix, found = None, None
    if found is None or matrix is None or matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        return Motion(model, None, np.zeros(count, bool))
    return Motion(model, np.asarray(matrix, np.float64), found.ravel() > 0)
