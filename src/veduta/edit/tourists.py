"""Where shots of a stack show people."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo, Pixels
from veduta.nets.store import ModelStore
from veduta.see.finding import Box, Finding
from veduta.see.objects import ObjectRecognizer
from veduta.see.person_masks import PersonMasks

# Scores from here on: where shots disagree, even a faint suspicion tells which one to trust less.
LEAST = 0.2

Mask = NDArray[np.uint8]


class Tourists:
    """Boxes of people in shots, and their masks."""

    def __init__(self, store: ModelStore | None = None) -> None:
        self._objects = ObjectRecognizer(store, least=LEAST)
        self._masks = PersonMasks(store)

    def boxes(self, shots: Sequence[Pixels]) -> list[list[Finding]]:
        """People in each shot, best first."""
        photos = [Photo(shot, shot.shape[1], shot.shape[0]) for shot in shots]
        return [[one for one in found if one.kind == "person"] for found in self._objects.see(photos)]

    def mask(self, shot: Pixels, people: Sequence[Finding], grow: float = 0.02) -> Mask:
        """0 to 255 for how surely each pixel of a shot is a person's; masks are grown by a share of each box."""
        height, width = shot.shape[:2]
        out = np.zeros((height, width), np.uint8)
        boxes: list[Box] = [one.box for one in people if one.box is not None]
        patches = self._masks.masks(Photo(shot, width, height), boxes)
        for one, patch in zip(people, patches, strict=True):
            reach = 1 + round(grow * max(patch.inside.shape, default=0))
            kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
            whole = cv2.dilate(patch.full().view(np.uint8), kernel)
            # A faint suspicion counts, but less.
            np.maximum(out, whole * np.uint8(round(255 * min(1.0, 0.4 + one.score))), out=out)
        return out
