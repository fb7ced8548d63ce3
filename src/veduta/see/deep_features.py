"""Deep patches: corners described by what the packaged network sees around them, at three of its resolutions.

EfficientNet-Lite2 was trained to name things, not to match points; its vectors know what a patch shows, and little of
how it is turned. Source of the stacked maps: Hariharan et al. 2015, "Hypercolumns" (arXiv 1411.5752).
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from veduta.image.photo import Pixels
from veduta.nets.efficientnet import with_maps
from veduta.nets.engine import Network
from veduta.nets.packs.imagenet import LITE2
from veduta.nets.store import ModelStore
from veduta.see.corners import Floats, nearest_shape, sample
from veduta.see.keypoints import Keypoints
from veduta.see.local_features import MOST, LocalFeature, Spots

STRIDES = (2, 4, 8, 16, 32)  # of the maps that the network gives
USED = (4, 8, 16)
LEAST_QUALITY, APART = 0.005, 4.0  # of corners: against the best one, and pixels from each other


class DeepPatches(LocalFeature):
    """Corners (Shi and Tomasi 1994) with the network's maps at strides 4, 8 and 16, each of length 1, interpolated."""

    name = "deep"
    ratio = 0.9
    chance = 10

    def __init__(self, store: ModelStore | None = None) -> None:
        """Raise ModelUnavailable when the network is not in the store."""
        self._network = Network.open(LITE2, store, pixels=True, edit=with_maps)

    def detect(self, pixels: Pixels, most: int = MOST) -> Spots:
        """Corners, to a part of a pixel."""
        gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        found: Any = cv2.goodFeaturesToTrack(gray, most, LEAST_QUALITY, APART)
        if found is None:
            return Spots.plain(np.empty((0, 2), np.float32), 16)
        return Spots.plain(np.asarray(found, np.float32).reshape(-1, 2), 16)

    def describe(self, pixels: Pixels, spots: Spots) -> Keypoints:
        """What the network sees around each spot."""
        height, width = pixels.shape[:2]
        size = nearest_shape(width, height, max(width, height))
        shrinks = size[0] < width and size[1] < height
        fitted = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        maps = self._network.run(np.asarray(fitted)[None])
        x = (spots.points[:, 0] + 0.5) * (size[0] / width) - 0.5
        y = (spots.points[:, 1] + 0.5) * (size[1] / height) - 0.5
        parts: list[Floats] = []
        for stride, layer in zip(STRIDES, maps, strict=True):
            if stride in USED:
                grid = np.ascontiguousarray(layer[0].transpose(1, 2, 0), np.float32)
                grid -= grid.mean(axis=(0, 1))
                # Padding puts a cell's middle on the last of its pixels: each halving moves it by half a cell.
                parts.append(_unit(sample(grid, (x - (stride - 1)) / stride, (y - (stride - 1)) / stride)))
        return Keypoints(spots.points, _unit(np.hstack(parts)), (width, height))


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)
