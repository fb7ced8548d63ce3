"""One pass of EfficientNet-Lite2 over a photo, shared by labels, scenes, likeness and landmarks."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo, Pixels
from veduta.nets.engine import Network
from veduta.nets.packs.imagenet import LITE2
from veduta.nets.store import ModelStore

Floats = NDArray[np.float32]

MEMO = "lite2"

# (width, height), multiples of the stride with about the area of 288 x 288: a photo takes the one nearest in shape.
# Larger than the 260 pixels of the training because details that small help likeness (see docs/decisions.md).
SIZES = ((288, 288), (320, 256), (256, 320))


@dataclass(frozen=True)
class Sight:
    """What the network gives for one photo.

    `logits` (1000,), `pooled` (1280,) the mean of `last` (1280, h/32, w/32); `middle` (120, h/16, w/16).
    """

    logits: Floats
    pooled: Floats
    last: Floats
    middle: Floats

    @cached_property
    def statistics(self) -> Floats:
        """Four statistics of the maps in one vector of 2800 numbers, each part of fixed length.

        Mean and generalized mean (Radenovic et al. 2018, arXiv 1711.02512) of the last layer, then mean and
        deviation of the stride-16 layer at half weight.
        """
        cubes = (self.last * self.last * self.last).mean(axis=(1, 2))
        middle = self.middle.reshape(len(self.middle), -1)
        parts = (self.pooled, np.cbrt(cubes), middle.mean(axis=1), middle.std(axis=1))
        weights = (1.0, 1.0, 0.5, 0.5)
        return np.concatenate(
            [
                part * (w / max(float(np.linalg.norm(part)), 1e-9))
                for part, w in zip(parts, weights, strict=True)
            ]
        ).astype(np.float32)


def fitted(pixels: Pixels) -> Pixels:
    """The whole picture at the nearest of SIZES, slightly stretched where its shape differs."""
    height, width = pixels.shape[:2]
    size = min(SIZES, key=lambda s: abs(np.log((width / height) / (s[0] / s[1]))))
    shrinks = width > size[0] and height > size[1]
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC))


class Trunk:
    """The network, opened once; can be shared between threads."""

    def __init__(self, store: ModelStore | None = None) -> None:
        self._network = Network.open(LITE2, store, pixels=True, batch=1, sides=(256, 320))

    def run(self, pictures: Sequence[Pixels]) -> list[Sight]:
        """Look at pictures of SIZES; those of one shape go through the network together."""
        shapes: dict[tuple[int, ...], list[int]] = {}
        for index, picture in enumerate(pictures):
            shapes.setdefault(picture.shape, []).append(index)
        found: dict[int, Sight] = {}
        for indices in shapes.values():
            outputs = self._network.run(np.stack([pictures[i] for i in indices]))
            found.update({i: Sight(*rows) for i, *rows in zip(indices, *outputs, strict=True)})
        return [found[index] for index in range(len(pictures))]

    def look(self, photos: Sequence[Photo]) -> list[Sight]:
        """The sight of each photo; photos already looked at are not looked at again."""
        fresh = [photo for photo in photos if MEMO not in photo.memo]
        for photo, sight in zip(fresh, self.run([fitted(p.at_side(640)) for p in fresh]), strict=True):
            photo.memo[MEMO] = sight
        return [photo.memo[MEMO] for photo in photos]


_opening = threading.Lock()


@cache
def _shared() -> Trunk:
    return Trunk()


def shared_trunk() -> Trunk:
    """The trunk of this process; raises ModelUnavailable when its weights are not in the store."""
    with _opening:
        return _shared()
