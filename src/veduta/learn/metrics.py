"""How well masks are found, gathered picture by picture: update, compute, reset."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def grown(mask: Mask, pixels: int) -> Mask:
    """The mask with all pixels at most `pixels` away."""
    if not pixels:
        return mask
    along = np.arange(-pixels, pixels + 1)
    kernel = (np.hypot.outer(along, along) <= pixels).astype(np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel), bool)


class MaskScore:
    """Intersection over union, recall and precision of pixels, and of presence, over pictures.

    Pixels of truth count as recalled when the found mask comes within `slack` pixels of them, and found ones as right
    when the truth does; the intersection over union takes masks as they are.
    """

    def __init__(self, slack: int = 2) -> None:
        self.slack = slack
        self.reset()

    def reset(self) -> None:
        """Forget all pictures."""
        self._shared = self._either = self._truth = self._found = self._recalled = self._right = 0
        self._agreed = self._pictures = 0

    def update(self, found: Mask, truth: Mask) -> None:
        """Add a picture; raises ValueError when the shapes differ."""
        if found.shape != truth.shape:
            raise ValueError(f"a mask of {found.shape} for a truth of {truth.shape}")
        self._shared += int((found & truth).sum())
        self._either += int((found | truth).sum())
        self._truth += int(truth.sum())
        self._found += int(found.sum())
        self._recalled += int((truth & grown(found, self.slack)).sum())
        self._right += int((found & grown(truth, self.slack)).sum())
        self._agreed += bool(found.any()) == bool(truth.any())
        self._pictures += 1

    def compute(self) -> dict[str, float]:
        """iou, recall, precision, presence: shares in [0, 1]; 1 where there was nothing to find."""

        def share(part: int, whole: int) -> float:
            return part / whole if whole else 1.0

        return {
            "iou": share(self._shared, self._either),
            "recall": share(self._recalled, self._truth),
            "precision": share(self._right, self._found),
            "presence": share(self._agreed, self._pictures),
        }
