"""Frames of one thing, laid onto each other to a twentieth of a pixel, noisy and small as they may be.

Direct refinement by inverse composition (S. Baker, I. Matthews, "Lucas-Kanade 20 years on", 2004) with Tukey's weights,
from a start by phase correlation; the simplest motion that explains a frame is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Matrix = NDArray[np.float64]

# Parameters of each motion among the eight of a homography.
MOTIONS = {"shift": (2, 5), "affine": (0, 1, 2, 3, 4, 5), "perspective": tuple(range(8))}
SMOOTH = 1.0
COARSEST = 40  # shorter side of the smallest copy, pixels
POINTS = 12_000
ROUNDS = 8
STILL = 0.005  # pixels: a smaller step is none
# A richer motion must explain so much more, and needs so many points.
BETTER, LEAST_POINTS = 0.985, 1500
TOLD = 3000  # points of which medians are taken
TUKEY = 4.7
WORST = 30.0  # codes: a larger difference is no worse
LEAST_LIKENESS = 0.5
# Small frames of something else, laid as well as they can be, reach 0.8. Below the first likeness, what is finer than
# FINE pixels must agree, too: different things reach a correlation of 14 over the root of their pixels by chance.
SURE_LIKENESS, FINE, BY_CHANCE = 0.9, 4.0, 16.0


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Where the pixels of the reference lie in a frame (`matrix`), and what brings its light to the reference's.

    `gain` times a frame's code plus `offset` is the reference's. `likeness` is the correlation, at most 1.
    """

    matrix: Matrix
    motion: str
    likeness: float
    gain: float
    offset: float


def gray(pixels: NDArray[Any]) -> Plane:
    """Brightness of RGB pixels, slightly smoothed, float32 codes."""
    plane = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), SMOOTH), np.float32)


class Registration:
    """Lays frames onto one reference, whose part of interest is (x, y, width, height) in its pixels."""

    def __init__(self, reference: Plane, part: tuple[int, int, int, int]) -> None:
        x, y, width, height = part
        self._corner = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)
        self._levels = [_Level(reference[y : y + height, x : x + width])]
        while min(self._levels[-1].plane.shape) >= 2 * COARSEST:
            self._levels.append(_Level(np.asarray(cv2.pyrDown(self._levels[-1].plane), np.float32)))

    def place(self, frame: Plane, starts: Sequence[Matrix], motion: str = "auto") -> Placed:
        """The frame's place, from the best of some starts (reference pixels to frame pixels)."""
        frames = [frame]
        while len(frames) < len(self._levels):
            frames.append(np.asarray(cv2.pyrDown(frames[-1]), np.float32))
        best: tuple[float, Matrix] | None = None
        for start in starts:
            for guess in self._guesses(start @ self._corner, frames):
                matrix = self._descend(guess, frames, "shift")
                cost = self._levels[0].cost(frame, matrix)
                if best is None or cost < best[0]:
                    best = cost, matrix
        if best is None:
            raise ValueError("no start")
        cost, matrix = best
        chosen = "shift"
        level = self._levels[0]
        for richer in ("affine", "perspective") if motion == "auto" else (motion,):
            if richer == "shift" or (motion == "auto" and len(level.values) < LEAST_POINTS):
                continue
            other = self._descend(matrix, frames, richer)
            less = level.cost(frame, other)
            if less < (BETTER if motion == "auto" else 1.0) * cost:
                cost, matrix, chosen = less, other, richer
        likeness, gain, offset = level.light(frame, matrix)
        matrix = matrix @ np.linalg.inv(self._corner)
        return Placed(matrix / matrix[2, 2], chosen, likeness, gain, offset)

    def chance(self, frame: Plane, placed: Placed) -> bool:
        """Whether a frame laid onto the part agrees in fine detail no better than pictures of different things do."""
        own = self._levels[0].plane
        matrix, flags = placed.matrix @ self._corner, cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        inside = cv2.warpPerspective(np.ones(frame.shape, np.uint8), matrix, own.shape[::-1], flags=flags) > 0
        seen = cv2.warpPerspective(
            frame, matrix, own.shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        a, b = (one[inside] - cv2.GaussianBlur(one, (0, 0), FINE)[inside] for one in (own, seen))
        power = float(np.sqrt((a @ a) * (b @ b)))
        return power <= 0 or float(a @ b) / power * float(np.sqrt(len(a))) < BY_CHANCE

    def _guesses(self, start: Matrix, frames: Sequence[Plane]) -> list[Matrix]:
        """The start as it is, and moved as phase correlation of small copies says."""
        level = len(self._levels) - 1
        own = self._levels[level].plane
        small = _scaled(start, 0.5**level)
        seen = cv2.warpPerspective(
            frames[level], small, own.shape[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        window = cv2.createHanningWindow(own.shape[::-1], cv2.CV_32F) if min(own.shape) > 1 else None
        if window is None:
            return [start]
        (x, y), _ = cv2.phaseCorrelate(own, np.asarray(seen, np.float32), window)
        moved = small @ np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)
        return [start, _scaled(moved, 2.0**level)]

    def _descend(self, start: Matrix, frames: Sequence[Plane], motion: str) -> Matrix:
        matrix = start
        for number in range(len(self._levels) - 1, -1, -1):
            there = 0.5**number
            matrix = _scaled(
                self._levels[number].refined(frames[number], _scaled(matrix, there), motion), 1 / there
            )
        return matrix


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """How a frame agrees at the points: what it shows, where it shows anything, residuals and their weights, gain."""

    seen: Plane
    inside: NDArray[np.bool_]
    rest: Plane
    weight: Plane
    gain: float


class _Level:
    """A copy of the reference with the slopes at points that tell most."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        across = cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
        down = cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
        strength = across * across + down * down
        strength[[0, -1]] = strength[:, [0, -1]] = -1
        few = min(POINTS, strength.size)
        at = np.sort(np.argpartition(-strength.ravel(), few - 1)[:few])
        y, x = np.divmod(at, plane.shape[1])
        self.values = plane[y, x]
        height, width = plane.shape
        half = max(width, height) / 2
        self.frame = np.array([[half, 0, (width - 1) / 2], [0, half, (height - 1) / 2], [0, 0, 1]])
        u, v = (
            ((x - (width - 1) / 2) / half).astype(np.float32),
            ((y - (height - 1) / 2) / half).astype(np.float32),
        )
        self.points = np.stack([u, v, np.ones_like(u)], 1)
        gx, gy = across[y, x] * half, down[y, x] * half
        turn = gx * u + gy * v
        self.slopes = np.stack([gx * u, gx * v, gx, gy * u, gy * v, gy, -turn * u, -turn * v], 1)

    def seen(self, frame: Plane, matrix: Matrix) -> tuple[Plane, NDArray[np.bool_]]:
        """What the frame shows at the points, and where it shows anything."""
        at = self.points @ matrix.T
        place = (at[:, :2] / at[:, 2:]).astype(np.float32)
        height, width = frame.shape
        inside = (place > 0.5).all(1) & (place[:, 0] < width - 1.5) & (place[:, 1] < height - 1.5)
        columns = 16_384  # OpenCV's maps have short sides
        rows = -(-len(place) // columns)
        padded = np.zeros((rows * columns, 2), np.float32)
        padded[: len(place)] = place
        none: Any = None
        values: Any = cv2.remap(frame, padded.reshape(rows, columns, 2), none, cv2.INTER_CUBIC)
        return np.asarray(values, np.float32).ravel()[: len(place)], inside

    def fitted(self, frame: Plane, matrix: Matrix) -> _Fit | None:
        """The fit at `matrix` (points to frame); None where too little is seen."""
        seen, inside = self.seen(frame, matrix)
        if inside.mean() < 0.25 or inside.sum() < 60:
            return None
        step = max(1, len(seen) // TOLD)
        told = np.flatnonzero(inside)[::step]
        gain, offset = 1.0, float(np.median(self.values[told] - seen[told]))
        weight = inside.astype(np.float32)
        for _ in range(3):
            rest = gain * seen + offset - self.values
            spread = max(0.3, 1.48 * float(np.median(np.abs(rest[told]))))
            weight = np.clip(1 - (rest / (TUKEY * spread)) ** 2, 0, None) ** 2 * inside
            total = float(weight.sum())
            if total < 30:
                return None
            mean = float(weight @ seen) / total, float(weight @ self.values) / total
            apart = seen - mean[0]
            power = float((weight * apart) @ apart)
            gain = float((weight * apart) @ (self.values - mean[1])) / power if power > 0 else 1.0
            gain = min(max(gain, 0.25), 4.0)
            offset = mean[1] - gain * mean[0]
        rest = np.asarray(gain * seen + offset - self.values, np.float32)
        return _Fit(seen, inside, rest, weight.astype(np.float32), gain)

    def refined(self, frame: Plane, start: Matrix, motion: str) -> Matrix:
        """`start` made exact; `start` itself where it fails."""
        used = list(MOTIONS[motion])
        slopes = self.slopes[:, used]
        matrix = start @ self.frame
        for _ in range(ROUNDS):
            fit = self.fitted(frame, matrix)
            if fit is None:
                return start
            weighted = slopes * fit.weight[:, None]
            normal = (weighted.T @ slopes).astype(np.float64)
            normal += 1e-7 * np.trace(normal) / len(used) * np.eye(len(used)) + 1e-9 * np.eye(len(used))
            step = np.zeros(8)
            step[used] = np.linalg.solve(normal, (weighted.T @ fit.rest).astype(np.float64))
            if not np.isfinite(step).all() or np.abs(step).max() > 0.5:
                return start
            change = np.array(
                [[1 + step[0], step[1], step[2]], [step[3], 1 + step[4], step[5]], [step[6], step[7], 1]]
            )
            matrix = matrix @ np.linalg.inv(change)
            if np.abs(step).max() * self.frame[0, 0] < STILL:
                break
        matrix = matrix @ np.linalg.inv(self.frame)
        return np.asarray(matrix / matrix[2, 2], np.float64)

    def cost(self, frame: Plane, matrix: Matrix) -> float:
        """How badly the frame agrees: mean absolute difference, each point's cut off where it is no noise any more."""
        fit = self.fitted(frame, matrix @ self.frame)
        if fit is None:
            return float("inf")
        missing = 1 - float(fit.inside.mean())
        apart = np.minimum(np.abs(fit.rest[fit.inside]), WORST)
        return float(apart.mean() / min(1.0, fit.gain)) + WORST * missing

    def light(self, frame: Plane, matrix: Matrix) -> tuple[float, float, float]:
        """Correlation over what agrees, gain and offset."""
        fit = self.fitted(frame, matrix @ self.frame)
        if fit is None:
            return 0.0, 1.0, 0.0
        seen, inside, weight = fit.seen, fit.inside, fit.weight
        # Both are noisy: regression of one on the other would take the noise for less contrast.
        total = float(weight.sum())
        means = [float(weight @ one) / total for one in (seen, self.values)]
        powers = [float(weight @ (one - m) ** 2) for one, m in zip((seen, self.values), means, strict=True)]
        gain = float(np.sqrt(powers[1] / powers[0])) if min(powers) > 0 else 1.0
        offset = means[1] - gain * means[0]
        a, b = seen[inside], self.values[inside]
        a, b = a - a.mean(), b - b.mean()
        power = float(np.sqrt((a @ a) * (b @ b)))
        return (float(a @ b) / power if power > 0 else 0.0), gain, offset


def _scaled(matrix: Matrix, scale: float) -> Matrix:
    """The same motion between copies at `scale`, as cv2.pyrDown makes them: even pixels keep their place."""
    change = np.diag([scale, scale, 1.0])
    made: Matrix = change @ matrix @ np.linalg.inv(change)
    return made
