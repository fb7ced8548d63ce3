"""Disparity: how many pixels further left the right view shows what the left view shows here.

"census": our own semi-global matching of census words, with a left-right check, filling from behind and a median
that follows the picture's edges. "blocks": OpenCV's semi-global block matching with its weighted-least-squares filter,
faster and coarser. Pictures too large to be matched whole are matched smaller and refined level by level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput
from veduta.image.photo import Pixels
from veduta.space.census import costs, overlap
from veduta.space.occlusion import Bool, Floats, agreeing, even_out, fill_from_behind, without_specks
from veduta.space.pair import check_pair
from veduta.space.sweep import gather

Method = Literal["census", "blocks"]
METHODS: tuple[str, ...] = get_args(Method)
# Pixels times disparities that are matched at once: 48 million take about 0.4 GB.
MOST = 48_000_000
# The side at which the range of disparities is looked for, and the part of the width up to which it may reach.
RANGE_SIDE, RANGE_PART = 320, 0.35


class BadRange(BadInput):
    """A range of disparities that cannot be searched."""


@dataclass(frozen=True, slots=True)
class Disparity:
    """Disparities in pixels, float32 (h, w), everywhere; `sure` where both views say the same."""

    values: Floats
    sure: Bool


@dataclass(frozen=True, slots=True)
class Range:
    """The disparities that are searched: `count` whole ones from `lowest` on."""

    lowest: int
    count: int

    def check(self, width: int) -> None:
        """Raise BadRange where it is empty or wider than the picture."""
        if not 2 <= self.count <= width or abs(self.lowest) >= width:
            raise BadRange(
                f"{self.count} disparities from {self.lowest}: a picture {width} pixels wide takes 2 to {width}"
            )

    def halved(self) -> Range:
        """The range in a picture of half the size."""
        return Range(int(np.floor(self.lowest / 2)), self.count // 2 + 2)


def match(left: Pixels, right: Pixels, within: Range | None = None, method: Method = "census") -> Disparity:
    """The disparities of the left view of a rectified pair, both uint8 (h, w, 3) RGB.

    Without `within` the range is found by a look at a small copy. Raises BadPair, BadRange.
    """
    check_pair(left, right, "pair")
    within = within or find_range(left, right)
    within.check(left.shape[1])
    if method == "blocks":
        return _blocks(left, right, within)
    height, width = left.shape[:2]
    if height * width * within.count <= MOST:
        return _whole(left, right, within)
    from veduta.space.refine import refined

    small = [_half(view) for view in (left, right)]
    return refined(left, right, match(small[0], small[1], within.halved()))


def find_range(left: Pixels, right: Pixels) -> Range:
    """The range that holds nearly all disparities of a pair, found on a small copy, with a margin."""
    scale = min(1.0, RANGE_SIDE / max(left.shape[:2]))
    size = (max(16, round(left.shape[1] * scale)), max(16, round(left.shape[0] * scale)))
    small: list[Any] = [cv2.resize(view, size, interpolation=cv2.INTER_AREA) for view in (left, right)]
    reach = max(8, round(size[0] * RANGE_PART))
    lowest = -(reach // 4)
    values, sure = _matched(small[0], small[1], Range(lowest, min(reach - lowest, size[0])))
    sure = without_specks(values, sure, max(20, size[0] * size[1] // 1000))
    if not sure.any():
        return Range(0, max(16, left.shape[1] // 8))
    low, high = np.percentile(values[sure], [0.2, 99.8])
    unit = left.shape[1] / size[0]
    first = int(np.floor((low - 1.5) * unit))
    # Few pixels may be far away: from infinity on, unless that would cost much.
    if 0 <= first < 0.6 * high * unit:
        first = 0
    last = int(np.ceil((high + 1.5) * unit + 0.05 * (high - low) * unit))
    return Range(first, int(min(max(last - first + 1, 8), left.shape[1])))


def _whole(left: Pixels, right: Pixels, within: Range) -> Disparity:
    values, sure = _matched(left, right, within)
    filled = fill_from_behind(values, sure)
    evened = even_out(filled, left, max(2, min(7, min(left.shape[:2]) // 12)))
    # Where a surface is whole, the median only costs sub-pixels: what is sure and was not contradicted stays.
    kept = sure & (np.abs(evened - values) < 1)
    return Disparity(np.where(kept, values, evened).astype(np.float32), kept)


def _matched(left: Pixels, right: Pixels, within: Range) -> tuple[Floats, Bool]:
    """The best disparities, and where both views say the same."""
    gray: Any = cv2.cvtColor(left, cv2.COLOR_RGB2GRAY)
    sums = gather(costs(left, right, within.lowest, within.count), gray)
    values = best(sums) + within.lowest
    other = best(_of_right(sums, within.lowest)) + within.lowest
    return values, without_specks(
        values, agreeing(values, other), max(20, left.shape[0] * left.shape[1] // 4000)
    )


def best(sums: NDArray[np.uint16]) -> Floats:
    """The disparity of the lowest of the sums (h, count, w), with sub-pixels by two lines of one slope through three
    neighbors (Shimizu and Okutomi 2001).
    """
    found = sums.argmin(axis=1)
    middle = np.clip(found, 1, sums.shape[1] - 2)
    before, here, after = (
        np.take_along_axis(sums, (middle + step)[:, None], axis=1)[:, 0].astype(np.float32)
        for step in (-1, 0, 1)
    )
    rise = np.maximum(before, after) - here
    part = np.where(rise > 0, (before - after) / (2 * np.maximum(rise, 1)), 0)
    values: Floats = (found + np.where(middle == found, np.clip(part, -0.5, 0.5), 0)).astype(np.float32)
    return values


def _of_right(sums: NDArray[np.uint16], lowest: int) -> NDArray[np.uint16]:
    """The same sums as the right view's pixels see them."""
    turned = np.full(sums.shape, np.iinfo(np.uint16).max, np.uint16)
    for index in range(sums.shape[1]):
        here, there = overlap(sums.shape[2], lowest + index)
        if here.stop > here.start:
            turned[:, index, there] = sums[:, index, here]
    return turned


def _blocks(left: Pixels, right: Pixels, within: Range) -> Disparity:
    """OpenCV's matcher; a border left and right lets it match the columns that it would leave out."""
    count = -(-within.count // 16) * 16
    border = count + abs(within.lowest)
    wide: list[Any] = [
        cv2.copyMakeBorder(view, 0, 0, border, border, cv2.BORDER_REPLICATE) for view in (left, right)
    ]
    matcher: Any = cv2.StereoSGBM.create(
        within.lowest, count, 3, 72, 288, -1, 63, 0, 0, 0, cv2.STEREO_SGBM_MODE_SGBM_3WAY
    )
    first = matcher.compute(wide[0], wide[1])
    second: Any = cv2.ximgproc.createRightMatcher(matcher).compute(wide[1], wide[0])
    wls: Any = cv2.ximgproc.createDisparityWLSFilter(matcher)
    wls.setLambda(8000)
    wls.setSigmaColor(1.5)
    smooth = wls.filter(first, wide[0], disparity_map_right=second)
    inner = slice(border, border + left.shape[1])
    values = smooth[:, inner].astype(np.float32) / 16
    seen = (first[:, inner].astype(np.float32) / 16, -second[:, inner].astype(np.float32) / 16)
    sure = agreeing(*seen) & (np.abs(values - seen[0]) < 1)
    return Disparity(np.maximum(values, within.lowest), sure)


def _half(view: Pixels) -> Pixels:
    size = ((view.shape[1] + 1) // 2, (view.shape[0] + 1) // 2)
    smaller: Any = cv2.resize(view, size, interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8)
