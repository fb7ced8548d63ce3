"""Two pictures side by side, with lines between what matches."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels, at_most
from veduta.see.pairing import Pairing

SIDE = 960  # pixels of the longer side of each picture
LINES = 60  # drawn at most: more cannot be told apart
GROUND = 24
# Apart in lightness, too, so that they differ for the color-blind (after Okabe and Ito).
VERIFIED, REFUSED, FRAME, HALO = (230, 159, 0), (120, 150, 175), (86, 180, 233), (16, 16, 20)


def side_by_side(a: Pixels, b: Pixels, pairing: Pairing) -> Pixels:
    """Both pictures, RGB uint8 (h, w, 3), with their matches: bright those that the motion explains, pale the others.

    Where the motion is a homography, the frame of the first picture is drawn into the second.
    """
    left, right = at_most(a, SIDE), at_most(b, SIDE)
    gap = max(4, max(left.shape[1], right.shape[1]) // 80)
    height = max(left.shape[0], right.shape[0])
    shift = left.shape[1] + gap
    out = np.full((height, shift + right.shape[1], 3), GROUND, np.uint8)
    out[: left.shape[0], : left.shape[1]] = left
    out[: right.shape[0], shift:] = right
    scales = [np.float64(small.shape[1] / whole.shape[1]) for small, whole in ((left, a), (right, b))]
    found = [points.astype(np.float64) for points in pairing.points()]
    ours = (found[0] + 0.5) * scales[0] - 0.5
    theirs = (found[1] + 0.5) * scales[1] - 0.5 + np.array([shift, 0])
    good = pairing.motion.inliers
    thick = max(1, round(max(out.shape) / 900))
    for index in _some(np.flatnonzero(~good), LINES // 2):
        cv2.line(out, _at(ours[index]), _at(theirs[index]), REFUSED, 1, cv2.LINE_AA, 4)
    chosen = _some(np.flatnonzero(good), LINES)
    for index in chosen:
        cv2.line(out, _at(ours[index]), _at(theirs[index]), VERIFIED, thick, cv2.LINE_AA, 4)
    for index in chosen:
        for point in (ours[index], theirs[index]):
            cv2.circle(out, _at(point), (thick + 2) * 16, HALO, -1, cv2.LINE_AA, 4)
            cv2.circle(out, _at(point), (thick + 1) * 16, VERIFIED, -1, cv2.LINE_AA, 4)
    if pairing.same and pairing.motion.model == "homography" and pairing.motion.matrix is not None:
        _frame(out[:, shift:], a, pairing.motion.matrix, float(scales[1]), thick + 1)
    return out


def _some(indices: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """At most `most` of them, evenly spread."""
    if len(indices) <= most:
        return indices
    return indices[np.linspace(0, len(indices) - 1, most).astype(np.intp)]


def _at(point: NDArray[np.float64]) -> tuple[int, int]:
    """A point in sixteenths of a pixel."""
    return round(float(point[0]) * 16), round(float(point[1]) * 16)


def _frame(out: Pixels, a: Pixels, matrix: NDArray[np.float64], scale: float, thick: int) -> None:
    height, width = a.shape[:2]
    corners = np.array([[0, 0, 1], [width - 1, 0, 1], [width - 1, height - 1, 1], [0, height - 1, 1]])
    at = corners @ matrix.T
    if (at[:, 2] <= 1e-6).any():
        return
    points = (at[:, :2] / at[:, 2:] * scale).clip(-10_000, 10_000)
    drawn = np.rint(points * 16).astype(np.int32).reshape(-1, 1, 2)
    part = np.ascontiguousarray(out)
    cv2.polylines(part, [drawn], True, FRAME, thick, cv2.LINE_AA, 4)
    out[:] = part
