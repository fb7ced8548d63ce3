"""XFeat's corners of photos and its learned matcher, by the networks of the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels
from veduta.nets.engine import Network, bucket
from veduta.nets.packs.local import LIGHTERGLUE, XFEAT
from veduta.nets.store import ModelStore
from veduta.nets.xfeat import CELL
from veduta.see.keypoints import Keypoints
from veduta.see.local_features import MOST, SIDE, LocalFeature, Spots, enlarged, size_of
from veduta.see.matching import Pairs, nearest
from veduta.see.verification import inliers

Floats = NDArray[np.float32]

# Height over width; a picture is stretched to the nearest, so that few shapes are compiled.
SHAPES = (1.0, 3 / 4, 4 / 3, 2 / 3, 3 / 2, 9 / 16)
COUNTS = (256, 512, 1024, 2048)  # corners that the matcher is compiled for
LEAST_CORNER = 0.05  # chance from which a pixel may be a corner
LEAST_MATCH = 0.1  # chance from which a match counts


def nearest_shape(width: int, height: int, side: int) -> tuple[int, int]:
    """Width and height, multiples of 32 with a longer side of about `side`, of one of SHAPES."""
    ratio = min(SHAPES, key=lambda shape: abs(np.log(height / width / shape)))
    wide, high = (side, side * ratio) if ratio <= 1 else (side / ratio, side)
    return max(32, round(wide / 32) * 32), max(32, round(high / 32) * 32)


def _peaks(corners: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the pixels that are the likeliest corner within two pixels."""
    highest = cv2.dilate(corners, np.ones((5, 5), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    rows, columns = np.nonzero((corners == highest) & (corners > LEAST_CORNER))
    return rows, columns


def sample(grid: Floats, x: Floats, y: Floats) -> Floats:
    """The cells of `grid` (h, w, c) around each place, weighted by how near they are: (n, c).

    x and y count cells from the center of the first one; beyond the border the border counts.
    """
    height, width = grid.shape[:2]
    x, y = x.clip(0, width - 1), y.clip(0, height - 1)
    left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    right, low = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    fx, fy = (x - left)[:, None], (y - top)[:, None]
    upper = grid[top, left] * (1 - fx) + grid[top, right] * fx
    lower = grid[low, left] * (1 - fx) + grid[low, right] * fx
    return np.asarray(upper * (1 - fy) + lower * fy, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """The network's maps of a picture brought to `size` (width, height)."""

    size: tuple[int, int]
    chances: Floats
    trust: Floats
    grid: Floats

    def best(self, most: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns of corners, and the order in which the best `most` come first."""
        rows, columns = _peaks(self.chances)
        trust = sample(self.trust, *self._cells(columns, rows))[:, 0]
        return rows, columns, np.argsort(-self.chances[rows, columns] * trust, kind="stable")[:most]

    def vectors_at(self, points: Floats) -> Floats:
        """Unit vectors at points (n, 2) of the fitted picture."""
        found = sample(self.grid, *self._cells(points[:, 0], points[:, 1]))
        found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
        return found

    def _cells(self, columns: NDArray[Any], rows: NDArray[Any]) -> tuple[Floats, Floats]:
        # A pixel's place on the coarse grid, as the network was trained: borders of the grid on centers of pixels.
        width, height = self.size
        x = (columns / (width - 1) * (width / CELL) - 0.5).astype(np.float32)
        y = (rows / (height - 1) * (height / CELL) - 0.5).astype(np.float32)
        return x, y


class LocalFeatures:
    """XFeat and its matcher, opened once; can be shared between threads."""

    def __init__(
        self, store: ModelStore | None = None, most: int = 2048, matcher: str = "lighterglue"
    ) -> None:
        """Keep at most `most` corners of a picture; `matcher` is "lighterglue" or "nearest" (mutual neighbors).

        Raises ModelUnavailable when the networks are not in the store.
        """
        self.most = most
        self._corners = Network.open(XFEAT, store, pixels=True)
        self._matcher = Network.open(LIGHTERGLUE, store) if matcher == "lighterglue" else None

    def extract(self, pixels: Pixels, side: int = 1024) -> Keypoints:
        """The corners of a picture, looked for at `side` pixels of its longer side."""
        look = self._look(pixels, side)
        rows, columns, order = look.best(self.most)
        height, width = pixels.shape[:2]
        points = np.stack([columns[order], rows[order]], 1).astype(np.float32)
        found = look.vectors_at(points)
        points *= np.array([width / look.size[0], height / look.size[1]], np.float32)
        return Keypoints(points, found, (width, height))

    def corners(self, pixels: Pixels, most: int, side: int = 1024) -> Floats:
        """Where the best corners are, (n, 2) in pixels of the picture."""
        look = self._look(pixels, side)
        rows, columns, order = look.best(most)
        shrink = np.array([pixels.shape[1] / look.size[0], pixels.shape[0] / look.size[1]], np.float32)
        return np.stack([columns[order], rows[order]], 1).astype(np.float32) * shrink

    def vectors(self, pixels: Pixels, points: Floats, side: int = 1024) -> Floats:
        """What is around any points (n, 2) of a picture, as unit vectors (n, 64)."""
        look = self._look(pixels, side)
        return look.vectors_at(
            points * np.array([look.size[0] / pixels.shape[1], look.size[1] / pixels.shape[0]], np.float32)
        )

    def _look(self, pixels: Pixels, side: int) -> _Look:
        height, width = pixels.shape[:2]
        size = nearest_shape(width, height, side)
        shrinks = size[0] < width and size[1] < height
        fitted = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        corners, trust, vectors = self._corners.run(np.asarray(fitted)[None])
        return _Look(
            size,
            corners[0, 0],
            np.ascontiguousarray(trust[0].transpose(1, 2, 0)),
            np.ascontiguousarray(vectors[0].transpose(1, 2, 0)),
        )

    def matches(self, a: Keypoints, b: Keypoints) -> NDArray[np.intp]:
        """Pairs (n, 2) of indices of corners of a and b that are the same."""
        if not len(a) or not len(b):
            return np.empty((0, 2), np.intp)
        if self._matcher is None:
            return nearest(a.vectors, b.vectors)
        a, b = a.best(COUNTS[-1]), b.best(COUNTS[-1])
        count = bucket(max(len(a), len(b)), COUNTS)
        inputs: dict[str, Floats] = {}
        for name, photo in (("a", a), ("b", b)):
            size = np.asarray(photo.size, np.float32)
            for what, values in (
                ("points", (photo.points - size / 2) / (size.max() / 2)),
                ("vectors", photo.vectors),
                ("present", np.ones(len(photo), np.float32)),
            ):
                padded = np.zeros((1, count, *values.shape[1:]), np.float32)
                padded[0, : len(photo)] = values
                inputs[f"{what}_{name}"] = padded
        partner_a, partner_b, chance = (output[0] for output in self._matcher.run(inputs))
        indices = np.arange(len(a))
        partners = partner_a[: len(a)].astype(np.intp)
        good = (partner_b[partners] == indices) & (chance[: len(a)] > LEAST_MATCH) & (partners < len(b))
        return np.stack([indices[good], partners[good]], 1)

    def verify(self, a: Keypoints, b: Keypoints) -> int:
        """How many corners of both photos one camera motion explains (see `inliers`)."""
        pairs = self.matches(a, b)
        scale_a, scale_b = 1024 / max(a.size), 1024 / max(b.size)
        return inliers(a.points[pairs[:, 0]] * scale_a, b.points[pairs[:, 1]] * scale_b)


class XFeat(LocalFeature):
    """XFeat behind the interface of all local features."""

    name = "xfeat"
    ratio = 0.95
    least = 0.82
    enlarges = True
    chance = 24

    def __init__(self, store: ModelStore | None = None, learned: bool = False) -> None:
        """Open the networks, the matcher with `learned`; raises ModelUnavailable when they are not in the store."""
        self._networks = LocalFeatures(store, matcher="lighterglue" if learned else "nearest")
        if learned:
            self.chance = 15  # the matcher looks at where corners lie, too: less is left to chance

    def detect(self, pixels: Pixels, most: int = MOST) -> Spots:
        """Corners that the network believes to find again."""
        return Spots.plain(self._networks.corners(pixels, most, max(pixels.shape[:2])), CELL)

    def describe(self, pixels: Pixels, spots: Spots) -> Keypoints:
        """The network's vectors at any spots."""
        vectors = self._networks.vectors(pixels, spots.points, max(pixels.shape[:2]))
        return Keypoints(spots.points, vectors, (pixels.shape[1], pixels.shape[0]))

    def find(
        self, pixels: Pixels, side: int = SIDE, most: int = MOST, full: tuple[int, int] | None = None
    ) -> Keypoints:
        """Both in one look."""
        found = self._networks.extract(pixels, side).best(most)
        return enlarged(found, full or size_of(pixels))

    def match(
        self,
        a: Keypoints,
        b: Keypoints,
        ratio: float | None = None,
        mutual: bool = True,
        learned: bool = False,
    ) -> Pairs:
        """As all features do, or by the learned matcher."""
        return self._networks.matches(a, b) if learned else super().match(a, b, ratio, mutual)
