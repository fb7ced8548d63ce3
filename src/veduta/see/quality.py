"""Quality: sharpness, exposure, contrast; whether a picture is a screenshot or a page rather than a photo."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from veduta.image.photo import Photo
from veduta.see.finding import Finding
from veduta.see.quality_light import faults, light
from veduta.see.quality_page import measures
from veduta.see.quality_sharpness import edge_width

# Scales at which all photos are judged: what is sharp on a screen is sharp.
SIDE = 768
PAGE_SIDE = 512

# Logistic curves (slope, offset) from a measure to the chance that a photo is free of the fault, fitted by
# `python -m benchmarks.quality_fit` on seeded corruptions of packaged photographs.
SHARP = (-8.175, 7.664)
LIT = (-3.911, 1.721)
CLEAR = (15.619, -5.511)

# Weights of MEASURES, in order, then the offset; fitted there on drawn screenshots and pages against
# photographs, for a library in which one picture in four is of the kind.
SCREENSHOT = (-0.14, 4.87, 3.17, 1.48, -7.85, 2.2, 4.92, -1.46, -1.98, 1.59, -2.58, 0.63, 1.02, -2.72, -6.47)
DOCUMENT = (4.89, -4.07, -0.33, 5.0, -50.3, 0.49, -3.26, 2.9, 6.47, -5.0, 9.29, 4.42, -0.77, -1.14, -14.13)
# Below this a picture is no screenshot or document, and nothing is said.
LEAST = 0.5


class QualityRecognizer:
    """Judges every photo without a network.

    Findings "sharpness", "exposure", "contrast" and "overall" are always there, 1 being best; "screenshot"
    and "document" only where they are more likely than not. All are of the whole photo.
    """

    name = "quality"
    version = "1"

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """Findings of each photo."""
        return [self._judge(photo) for photo in photos]

    def _judge(self, photo: Photo) -> list[Finding]:
        gray = np.asarray(cv2.cvtColor(photo.at_side(SIDE), cv2.COLOR_RGB2GRAY), np.uint8)
        width = edge_width(gray)
        seen = light(gray)
        dark, bright = faults(seen)
        page = measures(photo.at_side(PAGE_SIDE))
        pages = []
        for name, weights in (("screenshot", SCREENSHOT), ("document", DOCUMENT)):
            score = _sigmoid(float(page @ np.array(weights[:-1])) + weights[-1])
            if score >= LEAST:
                pages.append(self._finding(name, score, {}))
        sharpness = _logistic(SHARP, width)
        exposure = _logistic(LIT, dark + bright)
        contrast = _logistic(CLEAR, seen.spread)
        return [
            self._finding("sharpness", sharpness, {"blur": round(width, 2)}),
            self._finding("exposure", exposure, {"dark": round(dark, 3), "bright": round(bright, 3)}),
            self._finding("contrast", contrast, {"spread": round(seen.spread, 3)}),
            self._finding("overall", (sharpness * exposure * contrast) ** (1 / 3), {}),
            *pages,
        ]

    def _finding(self, name: str, score: float, extra: dict[str, Any]) -> Finding:
        return Finding("quality", name, score, self.name, self.version, extra=extra)


def _logistic(curve: tuple[float, float], value: float) -> float:
    slope, offset = curve
    return _sigmoid(slope * value + offset)


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, value))))
