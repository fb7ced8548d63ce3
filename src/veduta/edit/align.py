"""Hand-held shots of one view, laid onto each other: features, then a direct refinement to a tenth of a pixel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels, at_most

# Features are sought at this longer side: enough for a rough place, a quarter of the cost of full HD.
FEATURE_SIDE = 960
FEATURES = 1500
# The refinement reads this many points of strong gradient, at this longer side at most.
REFINE_SIDE = 1280
POINTS = 6_000
# Longer sides of the smaller copies on which it begins.
COARSE_SIDES = (400, 120)
ROUNDS = 8
# Fewer matches than this that fit one homography may be chance.
LEAST_INLIERS = 12
# Groups of matches that are tried.
GUESSES = 4
# Small squares look the same from this correlation on, and so many of them must, for what moves may cover most.
SAME = 0.6
LEAST_LIKENESS = 0.2
# Less of the reference seen than this is another view.
LEAST_OVERLAP = 0.4
DOUBTFUL = 0.75

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What alignment needs of a picture: its size, features of a small copy and a blurred gray copy."""

    size: tuple[int, int]
    points: NDArray[np.float32]
    descriptors: NDArray[np.uint8] | None
    gray: NDArray[np.uint8]
    sharpness: float

    @property
    def scale(self) -> float:
        """Size of `gray` relative to the picture."""
        return float(self.gray.shape[1] / self.size[0])


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Where the pixels of the reference lie in a picture: `matrix` takes reference pixels to picture pixels.

    `inliers` are the matches that agreed, `likeness` is the share of the reference's squares that look the
    same, `overlap` the share of the reference that the picture shows. `trouble` tells why the two cannot be laid onto
    each other.
    """

    matrix: Matrix
    inliers: int = 0
    likeness: float = 0.0
    overlap: float = 1.0
    trouble: str = ""

    def shift(self, width: int, height: int) -> tuple[float, float]:
        """How far the middle of the reference moved, in pixels to the right and down."""
        x, y, w = self.matrix @ np.array([(width - 1) / 2, (height - 1) / 2, 1.0])
        return float(x / w - (width - 1) / 2), float(y / w - (height - 1) / 2)

    def turn(self, width: int, height: int) -> float:
        """How far the picture is turned against the reference, in degrees clockwise."""
        ends = self.matrix @ np.array([[0, width - 1.0], [(height - 1) / 2] * 2, [1, 1]])
        across = ends[:2, 1] / ends[2, 1] - ends[:2, 0] / ends[2, 0]
        return float(np.degrees(np.arctan2(across[1], across[0])))


def view(pixels: Pixels) -> View:
    """Features (ORB, Rublee et al. 2011) and a gray copy of a picture, RGB uint8 (h, w, 3)."""
    height, width = pixels.shape[:2]
    gray: Any = cv2.cvtColor(at_most(pixels, REFINE_SIDE), cv2.COLOR_RGB2GRAY)
    small = at_most(gray, FEATURE_SIDE)
    detector = cv2.ORB.create(nfeatures=FEATURES, fastThreshold=10)
    found: Any = ()
    descriptors: Any = None
    if min(small.shape) >= 32:
        found, descriptors = detector.detectAndCompute(small, None)
    scale = np.array([width / small.shape[1], height / small.shape[0]], np.float32)
    points = np.array([one.pt for one in found], np.float32).reshape(-1, 2)
    # Centers of pixels keep their place when the picture is made smaller.
    points = (points + 0.5) * scale - 0.5
    soft = np.asarray(cv2.GaussianBlur(gray, (0, 0), 1.0), np.uint8)
    sharpness = float(cv2.Laplacian(small, cv2.CV_32F).var())
    return View((width, height), points, descriptors, soft, sharpness)


def align(
    picture: View,
    reference: View,
    refinement: Refinement | None = None,
    over: tuple[View, Matrix] | None = None,
) -> Alignment:
    """The homography between two pictures of one view; `trouble` is set where there is none.

    `refinement` is that of the reference, if it is at hand. Matches are judged by MAGSAC++ (Barath et al. 2020),
    the result is refined on gray values. `over` is a third picture, with its homography, that has more in common
    with this one than the reference has: then it is matched.
    """
    refinement = refinement or Refinement(reference)
    best = Alignment(np.eye(3), trouble="shows something else")
    for start, inliers in rough(picture, reference if over is None else over[0]):
        found = _judged(picture, reference, refinement, start if over is None else start @ over[1], inliers)
        if (not found.trouble, found.likeness) > (not best.trouble, best.likeness):
            best = found
    if over is None and (best.trouble or best.overlap < DOUBTFUL):
        # Few features, or matches of someone who walked on: the hand may have moved so little that gray values alone
        # find the way.
        found = _judged(picture, reference, refinement, np.eye(3), 0)
        if (not found.trouble, found.likeness) > (not best.trouble, best.likeness):
            best = found
    return best


def _judged(picture: View, reference: View, refinement: Refinement, start: Matrix, inliers: int) -> Alignment:
    """A guess made exact, and whether it is one."""
    matrix = refinement.refine(picture, start)
    overlap = overlap_of(matrix, picture.size, reference.size)
    if not sensible(matrix, reference.size) or overlap < LEAST_OVERLAP:
        return Alignment(
            matrix, inliers, overlap=overlap, trouble="shows the place from too different a view"
        )
    like = likeness(picture, reference, matrix)
    trouble = "" if like >= LEAST_LIKENESS else "shows something else"
    return Alignment(matrix, inliers, like, overlap, trouble)


def rough(picture: View, reference: View) -> Iterator[tuple[Matrix, int]]:
    """Homographies that many matches agree on, and how many do: the largest group first, each match in one group.

    The largest group may be someone who walked on and is matched with himself.
    """
    if picture.descriptors is None or reference.descriptors is None:
        return
    found = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(reference.descriptors, picture.descriptors)
    source = reference.points[[m.queryIdx for m in found]]
    target = picture.points[[m.trainIdx for m in found]]
    # Three pixels of the small copy.
    reach = 3.0 * max(1.0, max(reference.size) / FEATURE_SIDE)
    for _ in range(GUESSES):
        if len(source) < LEAST_INLIERS:
            return
        matrix, good = cv2.findHomography(
            source, target, cv2.USAC_MAGSAC, reach, maxIters=2000, confidence=0.999
        )
        inliers = 0 if good is None else int(good.sum())
        if matrix is None or inliers < LEAST_INLIERS:
            return
        yield np.asarray(matrix, np.float64), inliers
        rest = good.ravel() == 0
        source, target = source[rest], target[rest]


class Refinement:
    """Direct refinement against one reference: inverse compositional (Baker and Matthews 2004), with gain and
    offset as in ECC (Evangelidis and Psarakis 2008) and Tukey's weights, so that people do not pull.
    """

    def __init__(self, reference: View, sides: tuple[int, ...] = COARSE_SIDES) -> None:
        # The same on ever smaller copies, which lead the way over larger distances.
        self.side = sides[0] if sides else 0
        self.coarser = Refinement(_coarse(reference, sides[0]), sides[1:]) if sides else None
        self.scale = reference.scale
        gray = reference.gray.astype(np.float32)
        across = cv2.Sobel(gray, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
        down = cv2.Sobel(gray, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
        y, x = _strong_points(across * across + down * down)
        self.values = gray[y, x]
        # Coordinates around the middle, in half widths: the equations are well conditioned.
        height, width = gray.shape
        half = max(width, height) / 2
        self.frame = np.array([[half, 0, (width - 1) / 2], [0, half, (height - 1) / 2], [0, 0, 1]])
        self.x = ((x - (width - 1) / 2) / half).astype(np.float32)
        self.y = ((y - (height - 1) / 2) / half).astype(np.float32)
        gx, gy = across[y, x] * half, down[y, x] * half
        turn = gx * self.x + gy * self.y
        columns = (gx * self.x, gx * self.y, gx, gy * self.x, gy * self.y, gy, -turn * self.x, -turn * self.y)
        self.slopes = np.stack(columns, 1)

    def refine(self, picture: View, start: Matrix) -> Matrix:
        """`start` (reference to picture, pixels of the full size) made exact; `start` itself where it fails."""
        if self.coarser is not None:
            start = self.coarser.refine(_coarse(picture, self.side), start)
        if len(self.values) < 100:
            return start
        into, back = _scaling(self.scale), _scaling(picture.scale)
        matrix = back @ start @ np.linalg.inv(into) @ self.frame
        gray = picture.gray.astype(np.float32)
        height, width = gray.shape
        for _ in range(ROUNDS):
            at = np.stack([self.x, self.y, np.ones_like(self.x)]).T @ matrix.T
            place = (at[:, :2] / at[:, 2:]).astype(np.float32)
            inside = (place > 1).all(1) & (place[:, 0] < width - 2) & (place[:, 1] < height - 2)
            none: Any = None
            seen: Any = cv2.remap(gray, place[None], none, cv2.INTER_CUBIC)[0]
            step = self._step(seen, inside)
            if step is None:
                return start
            change = np.array(
                [[1 + step[0], step[1], step[2]], [step[3], 1 + step[4], step[5]], [step[6], step[7], 1]]
            )
            matrix = matrix @ np.linalg.inv(change)
            matrix /= matrix[2, 2]
            if np.abs(step).max() * self.frame[0, 0] < 0.01:
                break
        found: Matrix = np.linalg.inv(back) @ matrix @ np.linalg.inv(self.frame) @ into
        found = found / found[2, 2]
        return found if sensible(found, picture.size) else start

    def _step(self, seen: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float64] | None:
        """The next change of the eight parameters; None where too few points agree."""
        gain, offset = 1.0, float(np.median(self.values[inside] - seen[inside])) if inside.any() else 0.0
        weight = inside.astype(np.float32)
        for _ in range(3):
            rest = gain * seen + offset - self.values
            spread = max(1.0, 1.48 * float(np.median(np.abs(rest[inside])))) if inside.any() else 1.0
            weight = np.where(inside, np.clip(1 - (rest / (4.7 * spread)) ** 2, 0, None) ** 2, 0)
            total = float(weight.sum())
            if total < 50:
                return None
            mean = float(weight @ seen) / total, float(weight @ self.values) / total
            deviation = seen - mean[0]
            power = float((weight * deviation) @ deviation)
            gain = float((weight * deviation) @ (self.values - mean[1])) / power if power > 0 else 1.0
            gain = min(max(gain, 0.2), 5.0)
            offset = mean[1] - gain * mean[0]
        rest = gain * seen + offset - self.values
        weighted = self.slopes * weight[:, None]
        normal = (weighted.T @ self.slopes).astype(np.float64)
        try:
            step: NDArray[np.float64] = np.linalg.solve(
                normal + 1e-6 * np.trace(normal) / 8 * np.eye(8), (weighted.T @ rest).astype(np.float64)
            )
        except np.linalg.LinAlgError:
            return None
        return step if np.isfinite(step).all() and np.abs(step).max() < 0.5 else None


def _coarse(one: View, side: int) -> View:
    return replace(one, gray=np.asarray(cv2.GaussianBlur(at_most(one.gray, side), (0, 0), 1.0), np.uint8))


def _strong_points(strength: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of points with strong gradient, spread over the picture: the best of each small cell."""
    height, width = strength.shape
    cell = max(2, int(np.sqrt(height * width / POINTS)))
    rows, columns = height // cell, width // cell
    cells = strength[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell)
    flat = cells.transpose(0, 2, 1, 3).reshape(rows * columns, cell * cell)
    best = flat.argmax(1)
    enough = flat[np.arange(len(flat)), best] > 4.0
    y = np.repeat(np.arange(rows), columns) * cell + best // cell
    x = np.tile(np.arange(columns), rows) * cell + best % cell
    # The border has no gradient to trust.
    enough &= (y > 1) & (x > 1) & (y < height - 2) & (x < width - 2)
    return y[enough], x[enough]


def _scaling(scale: float) -> Matrix:
    """Full-size pixels to pixels of a smaller copy; centers of pixels keep their place."""
    shift = 0.5 * scale - 0.5
    return np.array([[scale, 0, shift], [0, scale, shift], [0, 0, 1]])


def scaled(matrix: Matrix, scale: float) -> Matrix:
    """The same homography between copies of both pictures at `scale`."""
    change = _scaling(scale)
    made: Matrix = change @ matrix @ np.linalg.inv(change)
    return made


def sensible(matrix: Matrix, size: tuple[int, int]) -> bool:
    """Whether a homography is one between shots from the hand: no mirror, no wild scale, no vanishing corner."""
    if not np.isfinite(matrix).all():
        return False
    corners = np.array([[0, 0, 1], [size[0], 0, 1], [size[0], size[1], 1], [0, size[1], 1]], np.float64)
    at = corners @ matrix.T
    if (at[:, 2] <= 0.2).any() or (at[:, 2] >= 5).any():
        return False
    at = at[:, :2] / at[:, 2:]
    sides = np.roll(at, -1, 0) - at
    turns = sides[:, 0] * np.roll(sides, -1, 0)[:, 1] - sides[:, 1] * np.roll(sides, -1, 0)[:, 0]
    ratios = np.hypot(*sides.T) / np.array([size[0], size[1], size[0], size[1]])
    return bool((turns > 0).all() and ratios.min() > 0.4 and ratios.max() < 2.5)


def overlap_of(matrix: Matrix, size: tuple[int, int], reference: tuple[int, int]) -> float:
    """Share of the reference that the picture shows."""
    width, height = reference
    x, y = np.meshgrid(np.linspace(0, width - 1, 33), np.linspace(0, height - 1, 33))
    at = np.stack([x.ravel(), y.ravel(), np.ones(x.size)], 1) @ matrix.T
    at = at[:, :2] / at[:, 2:]
    return float(((at >= 0) & (at <= np.array(size) - 1)).all(1).mean())


def likeness(picture: View, reference: View, matrix: Matrix) -> float:
    """Share of the reference's small squares that look the same; squares without any structure do not count."""
    # Small copies: a likeness must not depend on the last tenth of a pixel.
    own: Any = at_most(reference.gray, 480).astype(np.float32)
    other: Any = at_most(picture.gray, 480).astype(np.float32)
    scales = own.shape[1] / reference.size[0], other.shape[1] / picture.size[0]
    whole = _scaling(scales[1]) @ matrix @ np.linalg.inv(_scaling(scales[0]))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    other = cv2.warpPerspective(other, whole, own.shape[::-1], flags=flags, borderValue=-1)
    side = 16

    def mean(values: Any) -> Any:
        return cv2.blur(values, (side, side))[side // 2 :: side, side // 2 :: side]

    a, b = mean(own), mean(other)
    var_a, var_b = mean(own * own) - a * a, mean(other * other) - b * b
    both = mean(own * other) - a * b
    structured = var_a > 30
    if not structured.any():
        return 0.0
    same = both / np.sqrt(np.maximum(var_a * var_b, 1e-3)) >= SAME
    same &= mean((other < 0).astype(np.float32)) == 0
    return float(same[structured].mean())


def order_of_references(views: Mapping[int, View]) -> list[int]:
    """Numbers of the pictures, the fittest reference first: in their order, those much less sharp at the end."""
    sharpest = max((one.sharpness for one in views.values()), default=0.0)
    return sorted(views, key=lambda number: (views[number].sharpness < 0.5 * sharpest, number))
