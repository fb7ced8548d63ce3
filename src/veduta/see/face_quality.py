"""How well a face can be recognized: large enough, sharp, and seen from the front."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels


@dataclass(frozen=True)
class FaceQuality:
    """Size, sharpness and frontality of a face, each in [0, 1]; higher is better."""

    size: float
    sharpness: float
    frontality: float

    @property
    def overall(self) -> float:
        """The geometric mean: one bad part spoils a face."""
        return float(np.cbrt(self.size * self.sharpness * self.frontality))


def face_quality(width: float, points: NDArray[np.float32], chip: Pixels) -> FaceQuality:
    """Judge a face `width` pixels wide with key points (5, 2) and aligned chip (150, 150, 3)."""
    return FaceQuality(
        size=float(np.clip(width / 80, 0, 1)),
        sharpness=_sharpness(chip),
        frontality=_frontality(points),
    )


def _sharpness(chip: Pixels) -> float:
    # The face itself, without hair and background; contrast is divided out, so that a dim face is not called
    # blurred.
    gray = cv2.cvtColor(chip[30:120, 30:120], cv2.COLOR_RGB2GRAY).astype(np.float32)
    contrast = float(gray.std())
    if contrast < 2:
        return 0.0
    fine = gray - cv2.GaussianBlur(gray, (0, 0), 2.0)
    return float(np.clip(float(fine.std()) / contrast / 0.35, 0, 1))


def _frontality(points: NDArray[np.float32]) -> float:
    left, right, nose = points[0].astype(float), points[1].astype(float), points[2].astype(float)
    across = right - left
    distance = float(np.hypot(*across))
    if distance < 1e-3:
        return 0.0
    # The nose of a frontal face is half way between the eyes; of a profile, beside one of them.
    aside = abs(float((nose - (left + right) / 2) @ across)) / distance**2
    return float(np.clip(1 - 2 * aside, 0, 1))
