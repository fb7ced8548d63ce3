"""Local features behind one interface: detect spots, describe them, match them; verification.py does the rest.

Kinds: SIFT (Lowe 2004, with the square roots of Arandjelovic and Zisserman 2012), ORB (Rublee et al. 2011), XFeat
(Potje et al. 2024) and deep patches of the packaged network (deep_features.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput
from veduta.image.photo import Pixels, at_most
from veduta.nets.store import ModelStore
from veduta.see.keypoints import Keypoints
from veduta.see.matching import Pairs, matches

Floats = NDArray[np.float32]

SIDE = 1024  # pixels of the longer side at which spots are looked for
MOST = 2048  # spots of a picture
LEAST_SIDE, FAST = (
    32,
    10,
)  # for ORB: the smallest picture, and by how much a corner differs from what is around it
KINDS = ("sift", "orb", "xfeat", "deep")


class NoSuchFeatures(BadInput):
    """Features that are not known, or not to be had here."""


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """Places in a picture that can be found again, the best first.

    `points` (n, 2) x and y in pixels; `diameters` (n,) of what belongs to them in pixels, `angles` (n,) in degrees,
    -1 where there are none; `levels` (n,) what the detector notes for its descriptor.
    """

    points: Floats
    diameters: Floats
    angles: Floats
    levels: NDArray[np.int32]

    def __len__(self) -> int:
        """How many spots there are."""
        return len(self.points)

    @classmethod
    def plain(cls, points: Floats, diameter: float) -> Spots:
        """Spots without orientation, all of one size."""
        count = len(points)
        return cls(
            points.astype(np.float32).reshape(-1, 2),
            np.full(count, diameter, np.float32),
            np.full(count, -1, np.float32),
            np.zeros(count, np.int32),
        )


class LocalFeature:
    """A kind of local feature."""

    name: ClassVar[str]
    ratio: ClassVar[float | None] = 0.8
    """Of the ratio test, on distances of unit vectors; None: none by default."""
    least: ClassVar[float] = -1.0
    """Least cosine of a match."""
    enlarges: ClassVar[bool] = False
    """Whether small pictures are enlarged to the size that is looked at, so that places are told more finely."""
    chance: int
    """Matches that one motion explains between pictures of different things: at most, as measured."""

    def detect(self, pixels: Pixels, most: int = MOST) -> Spots:
        """At most `most` spots of a picture, RGB uint8 (h, w, 3)."""
        raise NotImplementedError

    def describe(self, pixels: Pixels, spots: Spots) -> Keypoints:
        """The spots with a unit vector each; spots that cannot be described (at a border) are left out."""
        raise NotImplementedError

    def find(
        self, pixels: Pixels, side: int = SIDE, most: int = MOST, full: tuple[int, int] | None = None
    ) -> Keypoints:
        """Detect and describe in a copy of at most `side` pixels; points are in pixels of the whole picture.

        `full` is the whole picture's (width, height) where `pixels` are a smaller copy themselves.
        """
        return enlarged(self.look(at_most(pixels, side), most), full or size_of(pixels))

    def look(self, pixels: Pixels, most: int = MOST) -> Keypoints:
        """Detect and describe in a picture as it is; kinds for which both are one work do it once."""
        return self.describe(pixels, self.detect(pixels, most))

    def match(
        self,
        a: Keypoints,
        b: Keypoints,
        ratio: float | None = None,
        mutual: bool = True,
        learned: bool = False,
    ) -> Pairs:
        """Pairs (n, 2) of rows of a and b that match; `ratio`: instead of that of the kind, 1 for none.

        `learned`: by a network instead, which XFeat alone has.
        """
        if learned:
            raise NoSuchFeatures(f"no matcher was trained for {self.name}: only for xfeat")
        wanted = self.ratio if ratio is None else None if ratio >= 1 else ratio
        return matches(a.vectors, b.vectors, wanted, mutual, self.least)


class Sift(LocalFeature):
    """Scale-invariant features, found at any turn and size."""

    name = "sift"
    chance = 12

    def detect(self, pixels: Pixels, most: int = MOST) -> Spots:
        """Extrema of differences of Gaussians."""
        return _spots(cv2.SIFT.create(nfeatures=most).detect(_gray(pixels)), most)

    def describe(self, pixels: Pixels, spots: Spots) -> Keypoints:
        """Histograms of gradients, the square roots of their shares."""
        if not len(spots):
            return _nothing(pixels, 128)
        return self._made(pixels, *cv2.SIFT.create().compute(_gray(pixels), _keypoints(spots)))

    def look(self, pixels: Pixels, most: int = MOST) -> Keypoints:
        """Both on one set of smoothed copies."""
        return self._made(
            pixels, *cv2.SIFT.create(nfeatures=most).detectAndCompute(_gray(pixels), None), most
        )

    def _made(self, pixels: Pixels, kept: Any, found: Any, most: int | None = None) -> Keypoints:
        if found is None or not len(kept):
            return _nothing(pixels, 128)
        shares = found / np.maximum(found.sum(axis=1, keepdims=True), 1e-9)
        return _described(pixels, kept, np.sqrt(shares), most)


class Orb(LocalFeature):
    """Binary features: the fastest; a bit is a number of one size, so that cosines count equal bits."""

    name = "orb"
    ratio = 0.9  # of the root of the number of bits that differ
    chance = 16

    def detect(self, pixels: Pixels, most: int = MOST) -> Spots:
        """Corners on eight sizes of the picture."""
        if min(pixels.shape[:2]) < LEAST_SIDE:
            return Spots.plain(np.empty((0, 2), np.float32), 31)
        return _spots(cv2.ORB.create(nfeatures=most, fastThreshold=FAST).detect(_gray(pixels)), most)

    def describe(self, pixels: Pixels, spots: Spots) -> Keypoints:
        """256 comparisons of two pixels."""
        if not len(spots):
            return _nothing(pixels, 256)
        return self._made(pixels, *cv2.ORB.create().compute(_gray(pixels), _keypoints(spots)))

    def look(self, pixels: Pixels, most: int = MOST) -> Keypoints:
        """Both on one set of smaller copies."""
        if min(pixels.shape[:2]) < LEAST_SIDE:
            return _nothing(pixels, 256)
        detector = cv2.ORB.create(nfeatures=most, fastThreshold=FAST)
        return self._made(pixels, *detector.detectAndCompute(_gray(pixels), None), most)

    def _made(self, pixels: Pixels, kept: Any, found: Any, most: int | None = None) -> Keypoints:
        if found is None or not len(kept):
            return _nothing(pixels, 256)
        bits = np.unpackbits(np.asarray(found, np.uint8), axis=1).astype(np.float32)
        return _described(pixels, kept, (bits * 2 - 1) / np.float32(16), most)


def feature(kind: str, store: ModelStore | None = None, learned: bool = False) -> LocalFeature:
    """The features of a kind, its networks opened; raises NoSuchFeatures, or ModelUnavailable without weights."""
    if kind == "surf":
        raise NoSuchFeatures(
            "SURF is not in the free builds of OpenCV (it was patented, and they leave it out); use --features sift"
        )
    if kind not in KINDS:
        raise NoSuchFeatures(f"no features are called {kind!r:.40}; known: {', '.join(KINDS)}")
    if learned and kind != "xfeat":
        raise NoSuchFeatures(f"no matcher was trained for {kind}: only for xfeat")
    if kind == "xfeat":
        from veduta.see.corners import XFeat

        return XFeat(store, learned)
    if kind == "deep":
        from veduta.see.deep_features import DeepPatches

        return DeepPatches(store)
    return Sift() if kind == "sift" else Orb()


def size_of(pixels: Pixels) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]


def enlarged(found: Keypoints, size: tuple[int, int]) -> Keypoints:
    """The same points in a picture of another (width, height); centers of pixels keep their place."""
    scale = np.array(size, np.float32) / np.array(found.size, np.float32)
    points = (found.points + np.float32(0.5)) * scale - np.float32(0.5)
    return replace(found, points=np.asarray(points, np.float32), size=size)


def _gray(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def _spots(found: Any, most: int) -> Spots:
    best = sorted(found, key=lambda one: -one.response)[:most]
    return Spots(
        np.array([one.pt for one in best], np.float32).reshape(-1, 2),
        np.array([one.size for one in best], np.float32),
        np.array([one.angle for one in best], np.float32),
        np.array([one.octave for one in best], np.int32),
    )


def _keypoints(spots: Spots) -> list[Any]:
    rows = zip(
        spots.points.tolist(),
        spots.diameters.tolist(),
        spots.angles.tolist(),
        spots.levels.tolist(),
        strict=True,
    )
    return [cv2.KeyPoint(x, y, size, angle, 0.0, level) for (x, y), size, angle, level in rows]


def _described(pixels: Pixels, kept: Any, vectors: NDArray[Any], most: int | None) -> Keypoints:
    """With `most`: the best first, and so many at most; else in the order given."""
    points = np.array([one.pt for one in kept], np.float32).reshape(-1, 2)
    vectors = vectors.astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    if most is not None:
        order = np.argsort([-one.response for one in kept], kind="stable")[:most]
        points, vectors = points[order], vectors[order]
    return Keypoints(points, vectors, size_of(pixels))


def _nothing(pixels: Pixels, length: int) -> Keypoints:
    return Keypoints(np.empty((0, 2), np.float32), np.empty((0, length), np.float32), size_of(pixels))
