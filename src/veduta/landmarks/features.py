"""One vector for a picture, before the head: statistics of the shared network's maps."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels
from veduta.see.trunk import Sight, Trunk, fitted

Floats = NDArray[np.float32]

DIMENSION = 2800
"""Length of a vector: see `Sight.statistics`."""

RECIPE = "efficientnet-lite2 1 statistics 288 v1"
"""Names how vectors are made: vectors of different recipes are never compared."""

LOOKS = ("whole", "mirrored")
"""The views of a gallery photo that are described."""


def looks(pixels: Pixels) -> list[Pixels]:
    """The views of a gallery photo, in the order of LOOKS."""
    return [pixels, np.ascontiguousarray(pixels[:, ::-1])]


def rotations(pixels: Pixels) -> list[Pixels]:
    """The picture turned by 90, 180 and 270 degrees, for photos whose file does not tell which way is up."""
    turns = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)
    return [np.asarray(cv2.rotate(pixels, turn), np.uint8) for turn in turns]


def describe(trunk: Trunk, pictures: Sequence[Pixels]) -> Floats:
    """Vectors (n, DIMENSION) of sRGB pictures of any size (h, w, 3)."""
    return vectors(trunk.run([fitted(picture) for picture in pictures]))


def vectors(sights: Sequence[Sight]) -> Floats:
    """Vectors (n, DIMENSION) of sights that somebody else already paid for."""
    if not sights:
        return np.zeros((0, DIMENSION), np.float32)
    return np.stack([sight.statistics for sight in sights])
