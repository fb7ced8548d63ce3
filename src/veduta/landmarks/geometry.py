"""Whether two photos show the same building: corners found in both that one camera motion explains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.errors import VedutaError
from veduta.image.photo import Pixels
from veduta.nets.engine import Network, bucket
from veduta.nets.packs.local import LIGHTERGLUE, XFEAT
from veduta.nets.store import ModelStore
from veduta.nets.xfeat import CELL

Floats = NDArray[np.float32]

# Height over width; a picture is stretched to the nearest, so that few shapes are compiled.
SHAPES = (1.0, 3 / 4, 4 / 3, 2 / 3, 3 / 2, 9 / 16)
COUNTS = (256, 512, 1024, 2048)  # corners that the matcher is compiled for
LEAST_CORNER = 0.05  # chance from which a pixel may be a corner
LEAST_MATCH = 0.1  # chance from which a match counts
TOLERANCE = 3.0  # pixels, at the larger side of 1024, between a corner and where the motion puts it
LEAST_MATCHES = 8  # what a fundamental matrix needs


class WrongKeypoints(VedutaError):
    """Packed corners that are cut or of another form."""


@dataclass(frozen=True, slots=True)
class Keypoints:
    """Corners of a picture, the best first: `points` (n, 2) x and y in its pixels, `vectors` (n, 64) of length 1.

    `size` is the picture's (width, height).
    """

    points: Floats
    vectors: Floats
    size: tuple[int, int]

    def __len__(self) -> int:
        """How many corners there are."""
        return len(self.points)

    def best(self, most: int) -> Keypoints:
        """The first `most` corners."""
        return Keypoints(self.points[:most], self.vectors[:most], self.size)

    def packed(self) -> NDArray[np.uint8]:
        """Rows of 68 bytes, a quarter of the size: points in 1/65535 of each side, vectors in 1/127."""
        points = np.round(self.points / np.asarray(self.size, np.float32) * 65535).clip(0, 65535)
        vectors = np.round(self.vectors * 127).astype(np.int8)
        return np.hstack([points.astype("<u2").view(np.uint8), vectors.view(np.uint8)])

    @classmethod
    def unpacked(cls, rows: NDArray[np.uint8], size: tuple[int, int]) -> Keypoints:
        """The inverse of `packed` for a picture of `size`, up to rounding; raises WrongKeypoints."""
        if rows.ndim != 2 or rows.shape[1] != 68 or rows.dtype != np.uint8:
            raise WrongKeypoints(f"packed corners of {rows.dtype} {rows.shape}: expected uint8 (n, 68)")
        rows = np.ascontiguousarray(rows)
        points = rows[:, :4].copy().view("<u2").astype(np.float32) / 65535 * np.asarray(size, np.float32)
        vectors = rows[:, 4:].copy().view(np.int8).astype(np.float32)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return cls(points.astype(np.float32), vectors, size)


def _nearest_shape(width: int, height: int, side: int) -> tuple[int, int]:
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


def inliers(a: Floats, b: Floats, tolerance: float = TOLERANCE) -> int:
    """How many of the matches a[i] - b[i] (n, 2) one camera motion explains, by MAGSAC++.

    Either a fundamental matrix (any scene) or a homography (a facade, a turn of the camera): the better of both.
    Barath et al. 2020, "MAGSAC++, a fast, reliable and accurate robust estimator" (arXiv 1912.05909).
    """
    if len(a) < LEAST_MATCHES:
        return 0
    searches = (
        lambda: cv2.findHomography(a, b, cv2.USAC_MAGSAC, tolerance, maxIters=1000, confidence=0.999),
        lambda: cv2.findFundamentalMat(a, b, cv2.USAC_MAGSAC, tolerance / 2, 0.999, 1000),
    )
    return max(_explained(search) for search in searches)


def _explained(search: Callable[[], tuple[Any, Any]]) -> int:
    cv2.setRNGSeed(0)
    try:
        _, found = search()
    except cv2.error:  # what it throws where refining its best motion leaves none
        return 0
    return 0 if found is None else int(found.sum())


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
        height, width = pixels.shape[:2]
        size = _nearest_shape(width, height, side)
        shrinks = size[0] < width and size[1] < height
        fitted = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        corners, trust, vectors = self._corners.run(np.asarray(fitted)[None])
        rows, columns = _peaks(corners[0, 0])
        # A pixel's place on the coarse grid, as the network was trained: borders of the grid on centers of pixels.
        x = (columns / (size[0] - 1) * (size[0] / CELL) - 0.5).astype(np.float32)
        y = (rows / (size[1] - 1) * (size[1] / CELL) - 0.5).astype(np.float32)
        scores = corners[0, 0, rows, columns] * sample(trust[0].transpose(1, 2, 0), x, y)[:, 0]
        order = np.argsort(-scores, kind="stable")[: self.most]
        found = sample(np.ascontiguousarray(vectors[0].transpose(1, 2, 0)), x[order], y[order])
        found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
        points = np.stack([columns[order], rows[order]], 1).astype(np.float32)
        points *= np.array([width / size[0], height / size[1]], np.float32)
        return Keypoints(points, found, (width, height))

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


def nearest(a: Floats, b: Floats, least: float = 0.82) -> NDArray[np.intp]:
    """Pairs (n, 2) of rows of a and b that are each other's nearest, with a cosine of `least` or more."""
    cosines = a @ b.T
    indices, there = np.arange(len(a)), cosines.argmax(axis=1)
    own = cosines[indices, there]
    # The largest of a column is found many times faster than where it is.
    good = (own >= cosines.max(axis=0)[there]) & (own > least)
    return np.stack([indices[good], there[good]], 1)
