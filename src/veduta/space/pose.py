"""Poses of pictures in their plane: turns about the middle and shifts, and how two pictures lie to each other."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Matrix = NDArray[np.float64]

COARSE = 64  # longer side at which turns are tried
TURN = 4.0  # degrees between them
ROUNDS, STOP = 60, 1e-5  # of the maximization of correlation at each size


@dataclass(frozen=True, slots=True)
class Pose:
    """A turn by `angle` (radians, from x to y) about the middle of the picture, then a shift by (x, y) pixels."""

    angle: float = 0.0
    x: float = 0.0
    y: float = 0.0

    def matrix(self, width: int, height: int) -> Matrix:
        """As an affine matrix (2, 3) on pixel positions."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        across, down = (width - 1) / 2, (height - 1) / 2
        return np.array(
            [
                [cos, -sin, across - cos * across + sin * down + self.x],
                [sin, cos, down - sin * across - cos * down + self.y],
            ]
        )

    @classmethod
    def of(cls, matrix: Matrix, width: int, height: int) -> Pose:
        """The pose of a rigid matrix (2, 3)."""
        middle = np.array([(width - 1) / 2, (height - 1) / 2])
        x, y = matrix[:, :2] @ middle + matrix[:, 2] - middle
        return cls(float(np.arctan2(matrix[1, 0], matrix[0, 0])), float(x), float(y))

    def scaled(self, scale: float) -> Pose:
        """The same on a picture of another size."""
        return Pose(self.angle, self.x * scale, self.y * scale)


def between(fixed: Plane, moving: Plane, most: float = 30.0) -> tuple[Pose, float]:
    """The pose that leads from places in `fixed` to the same in `moving`, and the correlation there (-1 to 1).

    Turns up to `most` degrees are tried at a small size, each with the shift that cross-correlation tells; then the
    correlation is maximized from size to size. Both are float32 (h, w) of one size, dark where there is nothing.
    Source: G. D. Evangelidis, E. Z. Psarakis, "Parametric image alignment using enhanced correlation coefficient
    maximization", 2008.
    """
    pyramid = _pyramid(fixed, moving)
    pose = _tried(*pyramid[0], most)
    side = max(pyramid[0][0].shape)
    for one, other in pyramid:
        better = _refined(one, other, pose.scaled(max(one.shape) / side))
        pose = better if abs(better.angle) <= np.deg2rad(most + TURN) else pose.scaled(max(one.shape) / side)
        side = max(one.shape)
    pose = pose.scaled(max(fixed.shape) / side)
    return pose, likeness(fixed, moved(moving, pose))


def moved(plane: Plane, pose: Pose) -> Plane:
    """`plane` seen from where `pose` leads: at each place what it holds at the posed place; 0 outside."""
    height, width = plane.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(plane, pose.matrix(width, height), (width, height), flags=flags)
    return np.asarray(out, np.float32)


def likeness(one: Plane, other: Plane) -> float:
    """The correlation of two planes."""
    first, second = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((first * first).sum() * (second * second).sum()))
    return float((first * second).sum() / scale) if scale > 0 else 0.0


def _pyramid(fixed: Plane, moving: Plane) -> list[tuple[Plane, Plane]]:
    """Both planes from the smallest size to their own."""
    side, sizes = max(fixed.shape), []
    while side > COARSE * 1.5:
        sizes.append(side)
        side //= 2
    levels = []
    for wanted in reversed(sizes or [side]):
        scale = wanted / max(fixed.shape)
        size = (max(8, round(fixed.shape[1] * scale)), max(8, round(fixed.shape[0] * scale)))
        pair = [
            np.asarray(cv2.resize(p, size, interpolation=cv2.INTER_AREA), np.float32) for p in (fixed, moving)
        ]
        levels.append((pair[0], pair[1]))
    return levels


def _tried(fixed: Plane, moving: Plane, most: float) -> Pose:
    """The best of some turns, each with the shift of the highest cross-correlation."""
    count = int(most // TURN)
    best, found = -2.0, Pose()
    for turn in np.deg2rad(TURN) * np.arange(-count, count + 1):
        x, y = _shift(fixed, moved(moving, Pose(float(turn))))
        cos, sin = np.cos(turn), np.sin(turn)
        pose = Pose(float(turn), float(cos * x - sin * y), float(sin * x + cos * y))
        value = likeness(fixed, moved(moving, pose))
        if value > best:
            best, found = value, pose
    return found


def _shift(fixed: Plane, moving: Plane) -> tuple[int, int]:
    """Whole pixels (x, y) from `fixed` to `moving`. Phase correlation would hear the noise of empty backgrounds."""
    height, width = fixed.shape
    size = (2 * height, 2 * width)
    first, second = (np.fft.rfft2(plane - plane.mean(), size) for plane in (fixed, moving))
    match = np.fft.irfft2(np.conj(first) * second, size)
    y, x = np.unravel_index(int(np.argmax(match)), size)
    return int(x) - (2 * width if x > width else 0), int(y) - (2 * height if y > height else 0)


def _refined(fixed: Plane, moving: Plane, pose: Pose) -> Pose:
    """The pose of the highest correlation near one; the same where there is none better."""
    height, width = fixed.shape
    matrix = pose.matrix(width, height).astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, ROUNDS, STOP)
    try:
        _, matrix = cv2.findTransformECC(fixed, moving, matrix, cv2.MOTION_EUCLIDEAN, criteria, None, 5)  # type: ignore[call-overload]
    except cv2.error:  # nothing in common: it did not converge
        return pose
    better = Pose.of(np.asarray(matrix, np.float64), width, height)
    before, after = (likeness(fixed, moved(moving, one)) for one in (pose, better))
    return better if after >= before else pose
