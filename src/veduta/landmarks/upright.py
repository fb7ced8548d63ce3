"""Which way is up, from the vector of a photo: a linear classifier, for photos whose file does not tell.

It costs nothing beside the pass that the photo got anyway, so that only photos that look turned are looked at again.
Learned by `python -m benchmarks.train_upright` from photos of landmarks and photos without any.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo
from veduta.see.finding import Box

Floats = NDArray[np.float32]

MEMO = "turned"

TURNS = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)
"""What may set a photo upright, in the order of the classifier's last three outputs."""

TURNED = 0.7
"""Least probability of not being upright at which a photo is looked at again."""

LIKELY, MOST = 0.15, 2
"""Least probability of a turn that is tried, and how many at most."""


class Upright:
    """The classifier: weights (4, D) and bias (4,) of "upright" and of the TURNS that would set a photo upright."""

    def __init__(self, weights: NDArray[Any], bias: NDArray[Any]) -> None:
        self.weights = np.asarray(weights, np.float32)
        self.bias = np.asarray(bias, np.float32)

    def probabilities(self, vector: Floats) -> Floats:
        """Of "upright" and of each of TURNS, (4,)."""
        raw = self.weights @ vector + self.bias
        likely = np.exp(raw - raw.max())
        return np.asarray(likely / likely.sum(), np.float32)

    def turns(self, vector: Floats) -> list[int]:
        """Which of TURNS to try, the likeliest first; none for a photo that looks upright."""
        chances = self.probabilities(vector)
        if 1 - chances[0] < TURNED:
            return []
        order = np.argsort(-chances[1:], kind="stable")[:MOST]
        return [int(turn) for turn in order if chances[1 + turn] >= LIKELY]


@cache
def shipped() -> Upright:
    """The classifier that comes with Veduta."""
    with as_file(files("veduta.landmarks") / "data" / "upright.npz") as path, np.load(path) as arrays:
        return Upright(arrays["weights"], arrays["bias"])


def turned(photo: Photo, turn: int) -> Photo:
    """A photo turned by one of TURNS; asked again, the same one."""
    key = f"{MEMO} {turn}"
    if key not in photo.memo:
        aside = TURNS[turn] != cv2.ROTATE_180
        size = (photo.height, photo.width) if aside else (photo.width, photo.height)
        photo.memo[key] = Photo(np.asarray(cv2.rotate(photo.pixels, TURNS[turn]), np.uint8), *size)
    other: Photo = photo.memo[key]
    return other


def turned_back(box: Box, turn: int, width: int, height: int) -> Box:
    """Where a box of the turned photo lies in the photo itself, of `width` and `height`."""
    x, y, across, down = box
    if TURNS[turn] == cv2.ROTATE_180:
        return width - x - across, height - y - down, across, down
    if TURNS[turn] == cv2.ROTATE_90_CLOCKWISE:
        return y, height - x - across, down, across
    return width - y - down, x, down, across
