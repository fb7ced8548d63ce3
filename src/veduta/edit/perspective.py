"""Perspective: a quadrilateral in the picture becomes an upright rectangle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from veduta.edit.operation import BadEdit, Operation, quadrilateral
from veduta.edit.warp import Matrix, warp
from veduta.image.samples import Samples
from veduta.progress import Progress

Points = tuple[tuple[float, float], ...]

SMALLEST_AREA = 1e-3  # of the picture's


@dataclass(frozen=True)
class Perspective(Operation):
    """Map the quadrilateral of `corners` (from the top left clockwise) onto a rectangle of its longest sides."""

    name = "perspective"
    deep = moves = True

    corners: Points = quadrilateral()  # noqa: RUF009

    def __post_init__(self) -> None:
        """Check that the corners go around, clockwise, without a dent."""
        super().__post_init__()
        points = np.array(self.corners)
        ahead = np.roll(points, -1, axis=0) - points
        behind = np.roll(ahead, 1, axis=0)
        turns = behind[:, 0] * ahead[:, 1] - behind[:, 1] * ahead[:, 0]
        if turns.min() < SMALLEST_AREA:
            raise BadEdit(
                "perspective: the corners must go around clockwise from the top left, without a dent,"
                " and enclose something"
            )

    @property
    def neutral(self) -> bool:
        """Whether the corners are the picture's own."""
        return self.corners == ((0, 0), (1, 0), (1, 1), (0, 1))

    def size_after(self, width: int, height: int) -> tuple[int, int]:
        """The longer of opposite sides."""
        corners = np.array(self.corners) * (width, height)
        top, right, bottom, left = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
        return max(1, round(float(max(top, bottom)))), max(1, round(float(max(left, right))))

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The rectified picture."""
        high, wide = pixels.shape[:2]
        width, height = self.size_after(wide, high)
        target = ((0, 0), (width, 0), (width, height), (0, height))
        return warp(pixels, homography(target, np.array(self.corners) * (wide, high)), width, height)


def homography(source: Points, target: Points | Matrix) -> Matrix:
    """The projective map (3, 3) of four points onto four others."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
        values += [u, v]
    solved = np.linalg.solve(np.array(rows, np.float64), np.array(values, np.float64))
    return np.append(solved, 1.0).reshape(3, 3)
