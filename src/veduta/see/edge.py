"""A coarse mask brought to the edges of a large picture, which is looked at only where they can be.

Guided filter: He, Sun & Tang 2010; its coefficients are found on a smaller picture (arXiv 1505.00996) and used at full
size only around the outline: elsewhere they change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels

Plane = NDArray[np.float32]
Planes = NDArray[np.float32]
Bool = NDArray[np.bool_]

# Places on the small picture that are looked at together at full size: busy outlines must not fill the memory.
TOGETHER = 16384
# OpenCV looks up pictures, not lists: places go in lines of so many.
LINE = 1024
# So far from the outline on the small picture it may run elsewhere at full size.
_AROUND = np.ones((3, 3), np.uint8)


def at_edges(pixels: Pixels, small: Pixels, coarse: Bool, tolerance: float = 6.0) -> Bool:
    """The mask `coarse` (any size) at the size of `pixels`, its outline moved to edges nearby.

    `small` is the same picture at a size between the two, a whole number of times smaller. Outlines move by about one
    and a half pixels of the coarse mask; differences of color below `tolerance` (of 255) are no edges.
    """
    rows, columns = small.shape[:2]
    times = pixels.shape[0] // rows
    out = np.zeros(pixels.shape[:2], bool)
    soft = np.asarray(cv2.resize(coarse.astype(np.float32), (columns, rows)), np.float32)
    reach = max(1, round(1.5 * max(rows / coarse.shape[0], columns / coarse.shape[1])))
    x, y, width, height = cv2.boundingRect((soft > 0).astype(np.uint8))
    room = 4 * reach
    left, top, right, bottom = max(0, x - room), max(0, y - room), x + width + room, y + height + room
    part, guide = soft[top:bottom, left:right], small[top:bottom, left:right]
    there = slice(top * times, bottom * times), slice(left * times, right * times)
    if not width:
        return out
    channels = _split(guide.astype(np.float32))
    lines = _lines(channels, part, 2 * reach + 1, tolerance**2)
    inside = (_alpha(lines, channels) > 0.5).astype(np.uint8)
    found = inside.repeat(times, axis=0).repeat(times, axis=1).view(bool)
    near = np.argwhere(cv2.dilate(inside, _AROUND) != cv2.erode(inside, _AROUND))
    if times > 1:
        _refine(found, pixels[there], np.asarray(cv2.merge(lines), np.float32), near, times)
    out[there] = found
    return out


def _refine(found: Bool, pixels: Pixels, lines: Planes, near: NDArray[np.intp], times: int) -> None:
    """Decide again at full size what lies in the places (row, column) of the small picture that are `near` edges."""
    within = np.arange(times)
    for first in range(0, len(near), TOGETHER):
        places = near[first : first + TOGETHER] * times
        y = (places[:, 0, None, None] + within[:, None] + 0 * within).ravel()
        x = (places[:, 1, None, None] + 0 * within[:, None] + within).ravel()
        at = _split(_looked_up(lines, (x + 0.5) / times - 0.5, (y + 0.5) / times - 0.5))
        found[y, x] = _alpha(at, _split(pixels[y, x][None].astype(np.float32)))[0] > 0.5


def _split(planes: Planes) -> list[Plane]:
    return [np.asarray(plane, np.float32) for plane in cv2.split(planes)]


def _alpha(lines: Sequence[Plane], colors: Sequence[Plane]) -> Plane:
    """The alpha where pixels have these `colors`, by the lines that hold there."""
    red, green, blue, added = lines
    return np.asarray(red * colors[0] + green * colors[1] + blue * colors[2] + added, np.float32)


def _lines(guide: Sequence[Plane], soft: Plane, side: int, tolerance: float) -> list[Plane]:
    """The alpha as a line of the colors around each pixel: three slopes and what is added.

    Least squares in windows of `side`, slopes kept low by `tolerance`; then the mean over the windows of a pixel.
    """

    def mean(plane: Plane) -> Plane:
        return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)

    red, green, blue = guide
    r, g, b, alpha = mean(red), mean(green), mean(blue), mean(soft)
    x, y, z = mean(red * soft) - r * alpha, mean(green * soft) - g * alpha, mean(blue * soft) - b * alpha
    rr, gg, bb = (mean(c * c) - m * m + np.float32(tolerance) for c, m in ((red, r), (green, g), (blue, b)))
    rg, rb, gb = mean(red * green) - r * g, mean(red * blue) - r * b, mean(green * blue) - g * b
    # The inverse of the symmetric matrix of covariances, by its minors.
    one, two, three = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    four, five, six = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    whole = rr * one + rg * two + rb * three
    slopes = [
        (one * x + two * y + three * z) / whole,
        (two * x + four * y + five * z) / whole,
        (three * x + five * y + six * z) / whole,
    ]
    added = alpha - slopes[0] * r - slopes[1] * g - slopes[2] * b
    return [mean(plane) for plane in (*slopes, added)]


def _looked_up(planes: Planes, x: NDArray[Any], y: NDArray[Any]) -> Planes:
    """The values (1, n, 4) of planes (height, width, 4) at n places between their pixels."""
    lines = -(-len(x) // LINE)
    places = np.zeros((2, lines * LINE), np.float32)
    places[0, : len(x)], places[1, : len(y)] = x, y
    across, down = places.reshape(2, lines, LINE)
    found = cv2.remap(planes, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found.reshape(1, -1, 4)[:, : len(x)], np.float32)
