"""How dense a crowd is: a map of heads, read off EfficientNet-Lite2's maps by a small network of our own.

Density maps whose sum is the count: Lempitsky and Zisserman, "Learning to count objects in images", NIPS 2010. How
it was learned, and from which pictures: ``benchmarks/train_crowd.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo, Pixels
from veduta.nets.efficientnet import with_maps
from veduta.nets.engine import Network
from veduta.nets.packs.imagenet import LITE2
from veduta.nets.store import ModelStore
from veduta.see.count_region import Point, Region

Floats = NDArray[np.float32]

# Pixels of the picture for one cell of the map.
STRIDE = 8
# Photos are looked at with this longer side; smaller ones are enlarged up to twice.
SIDE = 1152
MOST_ENLARGED = 2.0
# Sides come in multiples of this, so that the maps fit on each other, and within these bounds.
STEP = 32
SCALE = (64, 2304)
# A crowd is where BLOCK by BLOCK cells hold so many heads, and has so many heads at least.
BLOCK = 12
DENSE = 3.0
LEAST_CROWD = 10.0
# Heads of a crowd for each that the density tells: chosen on crowds that were counted by eye (people_judged.csv).
UNSEEN = 1.2


class Maps:
    """The maps of EfficientNet-Lite2 at strides 8 and 16."""

    def __init__(self, store: ModelStore | None = None) -> None:
        self._network = Network.open(LITE2, store, pixels=True, edit=with_maps, batch=1, sides=SCALE)

    def run(self, picture: Pixels) -> tuple[Floats, Floats]:
        """Maps (48, h/8, w/8) and (120, h/16, w/16) of a picture whose sides are multiples of STEP."""
        _, _, fine, coarse, _ = self._network.run(picture[None])
        return fine[0], coarse[0]


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """Expected heads in each cell (h, w) of a photo of (`width`, `height`) pixels; they add up to the count."""

    heads: Floats
    width: int
    height: int

    def hidden(self, points: Sequence[Point], region: Region | None = None) -> float:
        """How many heads crowds have beside those at `points`; 0 where there is no crowd.

        A crowd is where some cells together hold several heads: single ones are for the detectors to find.
        """
        near = cv2.boxFilter(self.heads, -1, (BLOCK, BLOCK), normalize=False, borderType=cv2.BORDER_CONSTANT)
        crowded = cv2.dilate((near >= DENSE).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        if float(self.heads[crowded].sum()) < LEAST_CROWD:
            return 0.0
        rows, columns = self.heads.shape
        if region is not None:
            x = (np.arange(columns) + 0.5) * self.width / columns
            y = (np.arange(rows) + 0.5) * self.height / rows
            crowded &= region.holds([(a, b) for b in y.tolist() for a in x.tolist()]).reshape(rows, columns)
        heads = float(self.heads[crowded].sum())
        places = np.asarray(points, np.float64).reshape(-1, 2) / (self.width, self.height) * (columns, rows)
        column, row = np.clip(places.astype(np.int64), 0, (columns - 1, rows - 1)).T
        return max(0.0, UNSEEN * heads - int(crowded[row, column].sum()))


class CrowdEstimator:
    """Estimates the density of heads in photos."""

    def __init__(self, store: ModelStore | None = None) -> None:
        self._maps = Maps(store)

    def density(self, photo: Photo) -> Density:
        """The density of heads in a photo."""
        pixels = photo.pixels
        height, width = pixels.shape[:2]
        scale = min(MOST_ENLARGED, SIDE / max(height, width))
        size = (_steps(width * scale), _steps(height * scale))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        picture = np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)
        return Density(heads(*self._maps.run(picture)), photo.width, photo.height)


def heads(fine: Floats, coarse: Floats) -> Floats:
    """Expected heads in each cell (h, w), from maps (48, h, w) and (120, h/2, w/2)."""
    weights = _weights()
    hidden = _mix(weights["fine_weight"], fine) + weights["fine_bias"][:, None, None]
    hidden += _mix(weights["coarse_weight"], coarse).repeat(2, axis=1).repeat(2, axis=2)
    hidden = np.maximum(hidden, 0)
    near = np.stack(
        [
            sum(
                cv2.filter2D(plane, -1, kernel, borderType=cv2.BORDER_CONSTANT)
                for plane, kernel in zip(hidden, kernels, strict=True)
            )
            for kernels in weights["near_weight"]
        ]
    )
    near = np.maximum(near + weights["near_bias"][:, None, None], 0)
    said = _mix(weights["out_weight"], near)[0] + weights["out_bias"][0]
    return np.asarray(np.logaddexp(0, said), np.float32)


def _mix(weight: Floats, maps: Floats) -> Floats:
    """A convolution of 1 x 1: (out, in, 1, 1) with (in, h, w)."""
    mixed: Floats = np.tensordot(weight[:, :, 0, 0], maps, axes=1)
    return mixed


@cache
def _weights() -> dict[str, Floats]:
    data = np.load(BytesIO((files("veduta.see") / "data" / "crowd.npz").read_bytes()))
    return {name: data[name].astype(np.float32) for name in data.files}


def _steps(length: float) -> int:
    return max(2 * STEP, round(length / STEP) * STEP)
