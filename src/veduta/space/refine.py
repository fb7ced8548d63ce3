"""Disparities of a half-size pair brought to full size: edges where the picture has them, sub-pixels matched anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from veduta.image.photo import Pixels
from veduta.space.census import census
from veduta.space.occlusion import Bool, Floats, even_out

if TYPE_CHECKING:
    from veduta.space.disparity import Disparity

# How far around the half-size value it is matched anew, in pixels, and rows that are worked on at once.
REACH, STRIP = 2, 256


def refined(left: Pixels, right: Pixels, coarse: Disparity) -> Disparity:
    """The disparities of a pair from those of its half-size copy."""
    from veduta.space.disparity import Disparity

    values, sure = enlarged(left, coarse)
    spare = 8
    height = left.shape[0]
    done = np.empty_like(values)
    for top in range(0, height, STRIP):
        low, high = max(0, top - spare), min(height, top + STRIP + spare)
        stop = min(height, top + STRIP)
        strip = _rematched(left[low:high], right[low:high], values[low:high])
        done[top:stop] = strip[top - low : stop - low]
    return Disparity(even_out(np.where(sure, done, values).astype(np.float32), left, 3), sure)


def enlarged(left: Pixels, coarse: Disparity) -> tuple[Floats, Bool]:
    """Twice the size: each pixel takes the value of that of its four coarse neighbors which looks most like it."""
    height, width = left.shape[:2]
    size = (coarse.values.shape[1], coarse.values.shape[0])
    small: Any = cv2.resize(left, size, interpolation=cv2.INTER_AREA)
    rows, columns = np.arange(height), np.arange(width)
    found = np.empty((height, width), np.float32)
    sure = np.empty((height, width), bool)
    least = np.full((height, width), np.iinfo(np.int32).max, np.int32)
    for down in (0, 1):
        for across in (0, 1):
            # Of the two coarse rows around a fine one, the upper and the lower.
            y = np.clip((rows - 1) // 2 + down, 0, size[1] - 1)
            x = np.clip((columns - 1) // 2 + across, 0, size[0] - 1)
            apart: Any = np.abs(small[np.ix_(y, x)].astype(np.int16) - left).sum(axis=2, dtype=np.int32)
            closer = apart < least
            least = np.where(closer, apart, least)
            found = np.where(closer, coarse.values[np.ix_(y, x)] * (width / size[0]), found)
            sure = np.where(closer, coarse.sure[np.ix_(y, x)], sure)
    return found.astype(np.float32), sure


def _rematched(left: Pixels, right: Pixels, values: Floats) -> Floats:
    """Values within REACH of the given ones that match best, with sub-pixels."""
    gray: Any = cv2.cvtColor(left, cv2.COLOR_RGB2GRAY)
    other: Any = cv2.cvtColor(right, cv2.COLOR_RGB2GRAY)
    height, width = values.shape
    columns = np.arange(width, dtype=np.float32)[None]
    rows = np.repeat(np.arange(height, dtype=np.float32)[:, None], width, axis=1)
    words = census(gray)
    spent = []
    for step in range(-REACH, REACH + 1):
        moved: Any = cv2.remap(
            other, columns - values - step, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        cost = np.bitwise_count(words ^ census(moved)).astype(np.float32)
        spent.append(cv2.blur(cost + np.abs(step) * 0.5, (7, 7)))
    table = np.stack(spent)
    at = np.clip(table.argmin(axis=0), 1, 2 * REACH - 1)
    before, here, after = (np.take_along_axis(table, (at + s)[None], axis=0)[0] for s in (-1, 0, 1))
    rise = np.maximum(before, after) - here
    part = np.where(rise > 1e-3, (before - after) / (2 * np.maximum(rise, 1e-3)), 0)
    return np.asarray(values + at - REACH + np.clip(part, -0.5, 0.5), np.float32)
