"""Cuts in a film: where one take ends and another begins, nobody goes on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels

# Frames are compared as small as this, and by so many shades of hue and saturation.
WIDE, HIGH = 32, 18
SHADES = (12, 6)
# At a cut the places of light and dark agree less than this, and the colors differ more than that. A quick turn of the
# camera does the first alone, a lamp the second alone.
AGREED, RECOLORED = 0.5, 0.08
# Below this spread of grays pictures show nothing to compare.
FLAT = 8.0

Floats = NDArray[np.float32]


class Cuts:
    """Tells, frame after frame, whether the take has changed."""

    def __init__(self) -> None:
        self._before: tuple[Floats, Floats] | None = None

    def between(self, pixels: Pixels) -> bool:
        """Whether there is a cut between this frame and the one before."""
        before, self._before = self._before, _seen(pixels)
        if before is None:
            return False
        (gray, shades), (old, old_shades) = self._before, before
        if min(float(gray.std()), float(old.std())) < FLAT:
            return False
        agreed = float(((gray - gray.mean()) / gray.std() * (old - old.mean()) / old.std()).mean())
        return agreed < AGREED and 1 - float(shades @ old_shades) > RECOLORED


def _seen(pixels: Pixels) -> tuple[Floats, Floats]:
    """Where it is light and dark, and the roots of the shares of shades."""
    small = cv2.resize(pixels, (4 * WIDE, 4 * HIGH), interpolation=cv2.INTER_AREA)
    gray = cv2.resize(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (WIDE, HIGH), interpolation=cv2.INTER_AREA)
    tones = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    shares = cv2.calcHist([tones], [0, 1], None, list(SHADES), [0, 180, 0, 256]).ravel()
    return gray.astype(np.float32), np.asarray(np.sqrt(shares / shares.sum()), np.float32)
