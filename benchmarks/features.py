"""Local features on known homographies of packaged photographs: found again, matched right, and the motion recovered.

Protocol of Mikolajczyk and Schmid 2005 (repeatability, matching score) and of HPatches as used since (mean matching
accuracy at 3 pixels, share of homographies whose corners are off by 3 pixels at most).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure
from veduta.image.decode import read
from veduta.image.photo import Pixels
from veduta.nets.packs.local import LIGHTERGLUE
from veduta.nets.store import default_store
from veduta.see.keypoints import Keypoints
from veduta.see.local_features import KINDS, LocalFeature, feature
from veduta.see.pairing import pair

Matrix = NDArray[np.float64]

PICTURES = (
    "astronaut.png",
    "camera.png",
    "coffee.png",
    "chelsea.png",
    "rocket.jpg",
    "motorcycle_left.png",
    "brick.png",
    "coins.png",
)
GROUPS = ("rotation", "scale", "perspective", "light")
EACH = 2  # pairs of a picture and group
SIDE, MOST = 640, 1000
NEAR, EXACT = 3.0, 1.0  # pixels


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A picture, the same after a known motion, and that motion."""

    group: str
    a: Pixels
    b: Pixels
    motion: Matrix


@dataclass(slots=True)
class Scores:
    """What is measured of one kind, a number for each pair."""

    repeatability: list[float] = field(default_factory=list)
    matching: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    corners: list[float] = field(default_factory=list)
    exact: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def known_pairs(picture: Pixels, seed: int, each: int = EACH) -> list[Known]:
    """Pairs of every group, seeded."""
    rng = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    made: list[Known] = []
    for group in GROUPS:
        for _ in range(each):
            motion, scale = _motion(group, width, height, rng)
            # What becomes smaller is blurred first, as a camera does.
            source = (
                picture if scale >= 1 else cv2.GaussianBlur(picture, (0, 0), 0.5 * (1 / scale - 1) + 1e-3)
            )
            moved = cv2.warpPerspective(source, motion, (width, height))
            made.append(
                Known(group, picture, _lit(np.asarray(moved, np.uint8), group == "light", rng), motion)
            )
    return made


def _motion(group: str, width: int, height: int, rng: np.random.Generator) -> tuple[Matrix, float]:
    middle = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1]])
    angle, scale = np.radians(rng.uniform(-5, 5)), rng.uniform(0.9, 1.1)
    if group == "rotation":
        angle = np.radians(rng.uniform(15, 345))
    if group == "scale":
        scale = float(np.exp(rng.uniform(np.log(0.4), np.log(2.2))))
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    motion = middle @ np.diag([scale, scale, 1]) @ turn @ np.linalg.inv(middle)
    if group == "perspective":
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        moved = corners + rng.uniform(-0.22, 0.22, (4, 2)) * (width, height)
        motion = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    return np.asarray(motion, np.float64), scale


def _lit(pixels: Pixels, strongly: bool, rng: np.random.Generator) -> Pixels:
    """Other light (gain, bend, color) where it is what is measured, and a camera's noise."""
    codes = pixels / 255
    if strongly:
        codes = np.clip(codes * rng.uniform(0.45, 1.7) * rng.uniform(0.85, 1.15, 3), 0, 1)
        codes = codes ** rng.uniform(0.6, 1.7)
    noisy = codes * 255 + rng.normal(0, 3, pixels.shape)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8)


def moved(points: NDArray[Any], motion: Matrix) -> NDArray[np.float64]:
    """Points (n, 2) after a motion."""
    at = np.hstack([points, np.ones((len(points), 1))]) @ motion.T
    return np.asarray(at[:, :2] / at[:, 2:], np.float64)


def inside(points: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Which points lie in a picture of (width, height)."""
    return np.asarray(((points >= 0) & (points <= np.array(size) - 1)).all(1))


def score(
    one: Known, a: Keypoints, b: Keypoints, pairs: NDArray[np.intp], found: Matrix | None
) -> list[float]:
    """Repeatability, matching score, matching accuracy, whether the homography is within NEAR, and within EXACT."""
    size = (one.a.shape[1], one.a.shape[0])
    there = moved(a.points, one.motion)
    shared_a = inside(there, size)
    shared_b = inside(moved(b.points, np.linalg.inv(one.motion)), size)
    fewer = min(int(shared_a.sum()), int(shared_b.sum()))
    again = 0
    if fewer:
        apart = np.linalg.norm(there[shared_a][:, None] - b.points[shared_b][None], axis=2)
        again = min(int((apart.min(1) <= NEAR).sum()), int((apart.min(0) <= NEAR).sum()))
    off = np.linalg.norm(there[pairs[:, 0]] - b.points[pairs[:, 1]], axis=1)
    right = int((off <= NEAR).sum())
    return [
        again / max(1, fewer),
        right / max(1, fewer),
        right / max(1, len(pairs)),
        *(
            float(found is not None and corner_error(found, one.motion, size) <= near)
            for near in (NEAR, EXACT)
        ),
    ]


def corner_error(found: Matrix, true: Matrix, size: tuple[int, int]) -> float:
    """Mean distance in pixels between where two homographies put the corners of a picture."""
    width, height = size
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float64)
    return float(np.linalg.norm(moved(corners, found) - moved(corners, true), axis=1).mean())


def ours(kind: LocalFeature, known: Sequence[Known], learned: bool = False) -> Scores:
    """All scores of a kind of feature, as the package uses it."""

    def work(one: Known) -> tuple[Keypoints, Keypoints, NDArray[np.intp], Matrix | None]:
        a, b = (kind.find(pixels, SIDE, MOST) for pixels in (one.a, one.b))
        found = pair(a, b, kind, learned=learned)
        return a, b, found.pairs, found.homography.matrix

    return _scores(known, work)


def plain(known: Sequence[Known]) -> Scores:
    """What everybody writes first with OpenCV: SIFT, brute force, ratio 0.75, RANSAC at 3 pixels."""

    def work(one: Known) -> tuple[Keypoints, Keypoints, NDArray[np.intp], Matrix | None]:
        detector = cv2.SIFT.create(nfeatures=MOST)
        points, vectors = [], []
        for pixels in (one.a, one.b):
            found, described = detector.detectAndCompute(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), None)
            points.append(np.array([p.pt for p in found], np.float32).reshape(-1, 2))
            vectors.append(described)
        pairs = np.empty((0, 2), np.intp)
        if min(map(len, points)) >= 2:
            two = cv2.BFMatcher(cv2.NORM_L2).knnMatch(vectors[0], vectors[1], k=2)
            good = [first for first, second in two if first.distance < 0.75 * second.distance]
            pairs = np.array([(m.queryIdx, m.trainIdx) for m in good], np.intp).reshape(-1, 2)
        motion = None
        if len(pairs) >= 4:
            cv2.setRNGSeed(0)
            motion, _ = cv2.findHomography(points[0][pairs[:, 0]], points[1][pairs[:, 1]], cv2.RANSAC, NEAR)
        size = (one.a.shape[1], one.a.shape[0])
        a, b = (Keypoints(p, np.empty((len(p), 0), np.float32), size) for p in points)
        return a, b, pairs, motion

    return _scores(known, work)


def _scores(
    known: Sequence[Known],
    work: Callable[[Known], tuple[Keypoints, Keypoints, NDArray[np.intp], Matrix | None]],
) -> Scores:
    found = Scores()
    for one in known:
        start = time.process_time()
        a, b, pairs, motion = work(one)
        found.seconds.append(time.process_time() - start)
        values = score(one, a, b, pairs, motion)
        for name, value in zip(
            ("repeatability", "matching", "accuracy", "corners", "exact"), values, strict=True
        ):
            getattr(found, name).append(value)
    return found


def packaged() -> list[Known]:
    """The pairs of all packaged photographs."""
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    return [
        one
        for seed, name in enumerate(PICTURES)
        for one in known_pairs(read(folder / name, SIDE), 100 + seed)
    ]


def measure() -> list[Figure]:
    """Every kind of feature, beside plain OpenCV, on the same pairs."""
    known = packaged()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        peer = plain(known)
        results = {"OpenCV SIFT": peer}
        kinds = [*KINDS, "xfeat+"] if default_store().ready(LIGHTERGLUE) else list(KINDS)
        for kind in kinds:
            learned = kind.endswith("+")
            name = "xfeat, learned matcher" if learned else kind
            results[name] = ours(feature(kind.rstrip("+"), learned=learned), known, learned)
    finally:
        cv2.setNumThreads(threads)
    figures: list[Figure] = []
    note = f"{len(known)} pairs of {len(PICTURES)} photographs at {SIDE} px; {MOST} spots at most"
    theirs = statistics.mean(peer.corners)
    for name, found in results.items():
        target = theirs if name == "sift" else None
        for what, values in (
            ("repeatability", found.repeatability),
            ("matching score", found.matching),
            ("matching accuracy at 3 px", found.accuracy),
            ("homographies within 1 px", found.exact),
        ):
            figures.append(
                Figure(f"features: {name}: {what}", statistics.mean(values), "", n=len(values), note=note)
            )
        share = statistics.mean(found.corners)
        figures.append(
            Figure(
                f"features: {name}: homographies within 3 px",
                share,
                "",
                target,
                n=len(found.corners),
                note=note,
            )
        )
        for group in GROUPS:
            some = [value for one, value in zip(known, found.corners, strict=True) if one.group == group]
            figures.append(
                Figure(
                    f"features: {name}: {group}: homographies within 3 px",
                    statistics.mean(some),
                    "",
                    n=len(some),
                )
            )
        ratio = statistics.median(peer.seconds) / statistics.median(found.seconds)
        if found is not peer:
            figures.append(
                Figure(
                    f"features: {name}: speed against OpenCV's SIFT pipeline",
                    ratio,
                    "x",
                    n=len(known),
                    note="processor time of finding in two pictures, matching and verifying",
                )
            )
    return figures
