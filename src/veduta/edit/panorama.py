"""Panorama: two pictures of one view, or of one flat thing, laid onto each other: a preview of stitching.

The second is brought to the first by a homography, its exposure is matched, and the seam runs where both are equally
far from their borders.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit import exposure
from veduta.errors import BadInput
from veduta.image.photo import Pixels

MOST_TIMES = 6  # area of the panorama, in areas of both pictures
FEATHER = 0.08  # of the longer side: width over which one picture passes into the other
BAND = 400_000  # pixels that are mixed at a time
LEAST_SCALE = 0.1  # a corner nearer to the horizon than this is out of reach

Matrix = NDArray[np.float64]


class CannotStitch(BadInput):
    """Pictures that make no panorama."""


@dataclass(frozen=True, slots=True, eq=False)
class Panorama:
    """The panorama, RGB uint8 (h, w, 3), and where pictures `cover` it (h, w).

    The first picture's upper left pixel lies at `origin` (x, y); `overlap` is the share of it that both show.
    """

    pixels: Pixels
    cover: NDArray[np.bool_]
    origin: tuple[int, int]
    overlap: float


def stitch(a: Pixels, b: Pixels, matrix: Matrix) -> Panorama:
    """Both pictures, RGB uint8 (h, w, 3), in the frame of the first; `matrix` takes its pixels to those of the second.

    Raises CannotStitch where the second would be torn to the horizon or out of all proportion.
    """
    try:
        back = np.asarray(np.linalg.inv(matrix), np.float64)
    except np.linalg.LinAlgError as error:
        raise CannotStitch("these pictures fit each other only along a line") from error
    high, wide = a.shape[:2]
    corners = _corners(b, back)
    everything = np.vstack([corners, [[0, 0], [wide - 1, high - 1]]])
    left, top = (int(v) for v in np.floor(everything.min(0) + 1e-6))
    right, low = (int(v) for v in np.ceil(everything.max(0) - 1e-6))
    width, height = right - left + 1, low - top + 1
    if width * height > MOST_TIMES * (wide * high + b.shape[0] * b.shape[1]):
        raise CannotStitch(f"the views differ too much: the panorama would have {width} x {height} pixels")
    shift = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)
    warped: Pixels = np.asarray(
        cv2.warpPerspective(b, shift @ back, (width, height), flags=cv2.INTER_CUBIC), np.uint8
    )
    solid = np.full(b.shape[:2], 255, np.uint8)
    # Only pixels that are made of the picture alone, nothing of what is around it.
    theirs = cv2.warpPerspective(solid, shift @ back, (width, height)) == 255
    ours = np.zeros((height, width), bool)
    ours[-top : high - top, -left : wide - left] = True
    base = np.zeros((height, width, 3), np.uint8)
    base[ours] = a.reshape(-1, 3)
    both = ours & theirs
    if both.any():
        warped = exposure.apply(warped, exposure.curve(warped, base, both))
    share = _share(ours, theirs, FEATHER * max(high, wide))
    rows = max(1, BAND // width)
    for first in range(0, height, rows):
        some = np.s_[first : first + rows]
        # Half of a code is added: numbers are cut when they become codes.
        mixed = base[some] + (warped[some].astype(np.float32) - base[some]) * share[some][..., None]
        base[some] = mixed + np.float32(0.5)
    return Panorama(base, ours | theirs, (-left, -top), float(both.sum() / ours.sum()))


def _corners(b: Pixels, back: Matrix) -> NDArray[np.float64]:
    """Where the corners of the second picture lie in the first."""
    high, wide = b.shape[:2]
    at = np.array([[0, 0, 1], [wide - 1, 0, 1], [wide - 1, high - 1, 1], [0, high - 1, 1]]) @ back.T
    middle = float(np.array([(wide - 1) / 2, (high - 1) / 2, 1]) @ back[2])
    if not np.isfinite(at).all() or (at[:, 2] / middle < LEAST_SCALE).any():
        raise CannotStitch("the views differ too much: part of the second picture lies behind the horizon")
    return np.asarray(at[:, :2] / at[:, 2:], np.float64)


def _share(ours: NDArray[np.bool_], theirs: NDArray[np.bool_], width: float) -> NDArray[np.float32]:
    """What of each pixel comes from the second picture: half of it where both borders are equally far."""
    depths = []
    for cover in (ours, theirs):
        framed = np.pad(cover.astype(np.uint8), 1)
        depths.append(cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1])
    ramp = np.clip(0.5 + (depths[1] - depths[0]) / max(1.0, width), 0, 1)
    # At the very border of a picture nothing of it may be left, or its border would be seen.
    depth = depths[0] + depths[1]
    edge = depths[1] / np.maximum(depth, 1e-6)
    near = np.minimum(1.0, 2 * np.minimum(depths[0], depths[1]) / max(1.0, width))
    share = np.where(ours & theirs, ramp * near + edge * (1 - near), theirs)
    return np.asarray(share, np.float32)
