"""Smart selection: a click or a box on a thing becomes the mask of that thing.

A click grows over what has its color and is not parted from it by an edge, then colors decide (GrabCut) at a reduced
size around the spot; the outline is brought to the edges of the picture at full size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.fill import BadMask
from veduta.image.photo import Pixels
from veduta.see.finding import Box
from veduta.see.outline import (
    BACKGROUND,
    FOREGROUND,
    MAYBE_BACKGROUND,
    MAYBE_FOREGROUND,
    by_color,
    fine,
)

Bool = NDArray[np.bool_]

# Longer side of the picture in which colors decide.
SIDE = 280
# Room around a box, as a share of its sides: background that GrabCut learns from.
ROOM = 0.25
# A click alone looks at this share of the photo's longer side around it.
REACH = 0.45
# Pixels of the reduced picture around what was chosen in which its edge is looked for.
MARGIN = 6
# Radius around a click that surely belongs to the thing, as a share of SIDE.
SPOT = 0.012


@dataclass(frozen=True, slots=True)
class Click:
    """A point in pixels of the photo that belongs to the thing, or with `include` false, does not."""

    x: float
    y: float
    include: bool = True


def select(
    pixels: Pixels, clicks: Sequence[Click] = (), box: Box | None = None, mask: Bool | None = None
) -> Bool:
    """The thing under the clicks, in the box (x, y, width, height), or both; a `mask` is what was selected before.

    Raises BadMask without a click that includes, a box or a mask, or where they lie outside of the photo.
    """
    height, width = pixels.shape[:2]
    _check(clicks, box, mask, width, height)
    left, top, right, bottom = _window(clicks, box, mask, width, height)
    part = pixels[top:bottom, left:right]
    scale = min(1.0, SIDE / max(part.shape[:2]))
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    small = part if scale == 1 else np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    across, down = size[0] / part.shape[1], size[1] / part.shape[0]
    spots = [(min(size[0] - 1, int((c.x - left) * across)), min(size[1] - 1, int((c.y - top) * down)), c.include)
             for c in clicks]  # fmt: skip
    marks = _marks(small, spots, box, mask, (left, top, across, down), (right - left, bottom - top))
    chosen = by_color(small, marks, rounds=2)
    chosen = _connected(chosen, spots, marks == FOREGROUND if mask is not None else None)
    out = np.zeros((height, width), bool)
    out[top:bottom, left:right] = _outlined(part, chosen, max(1.0, 1.5 / scale))
    if mask is not None:
        out[:top] |= mask[:top]
        out[bottom:] |= mask[bottom:]
        out[top:bottom, :left] |= mask[top:bottom, :left]
        out[top:bottom, right:] |= mask[top:bottom, right:]
    return out


def _outlined(part: Pixels, chosen: Bool, radius: float) -> Bool:
    """What was chosen in the reduced picture, brought to the edges of the full one, and only looked at around it."""
    out = np.zeros(part.shape[:2], bool)
    if not chosen.any():
        return out
    down, across = part.shape[0] / chosen.shape[0], part.shape[1] / chosen.shape[1]
    rows, columns = np.flatnonzero(chosen.any(axis=1)), np.flatnonzero(chosen.any(axis=0))
    first, last = max(0, rows[0] - MARGIN), min(chosen.shape[0], rows[-1] + 1 + MARGIN)
    begin, end = max(0, columns[0] - MARGIN), min(chosen.shape[1], columns[-1] + 1 + MARGIN)
    place = (
        slice(round(first * down), max(1, round(last * down))),
        slice(round(begin * across), max(1, round(end * across))),
    )
    out[place] = fine(part[place], chosen[first:last, begin:end].astype(np.float32), radius) > 0.5
    return out


def _check(clicks: Sequence[Click], box: Box | None, mask: Bool | None, width: int, height: int) -> None:
    if box is None and mask is None and not any(click.include for click in clicks):
        raise BadMask("nothing to select: click on the thing, or draw a box around it")
    for click in clicks:
        if not (0 <= click.x < width and 0 <= click.y < height):
            raise BadMask(
                f"the click at {click.x:g}, {click.y:g} is outside of the photo of {width} x {height} pixels"
            )
    if box is not None:
        x, y, across, down = box
        if across <= 0 or down <= 0 or x >= width or y >= height or x + across <= 0 or y + down <= 0:
            raise BadMask(f"the box {tuple(box)} has nothing of the photo of {width} x {height} pixels in it")
    if mask is not None and mask.shape != (height, width):
        raise BadMask(
            f"the mask is {mask.shape[1]} x {mask.shape[0]} pixels and the photo {width} x {height}: make one at the"
            " photo's size"
        )


def _window(
    clicks: Sequence[Click], box: Box | None, mask: Bool | None, width: int, height: int
) -> tuple[int, int, int, int]:
    """The part of the photo to look at: left, top, right, bottom."""
    if box is not None:
        x, y, across, down = box
        room = ROOM * max(across, down) + 4
        edges = (x - room, y - room, x + across + room, y + down + room)
    else:
        reach = max(32.0, REACH * max(width, height))
        xs, ys = [c.x for c in clicks], [c.y for c in clicks]
        if mask is not None and mask.any():
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            xs, ys = [*xs, float(columns[0]), float(columns[-1])], [*ys, float(rows[0]), float(rows[-1])]
            reach *= 0.5
        if not xs:
            return (0, 0, width, height)
        edges = (min(xs) - reach, min(ys) - reach, max(xs) + reach, max(ys) + reach)
    left, top, right, bottom = edges
    return (
        max(0, int(left)),
        max(0, int(top)),
        min(width, int(np.ceil(right))),
        min(height, int(np.ceil(bottom))),
    )


def _marks(
    small: Pixels,
    spots: Sequence[tuple[int, int, bool]],
    box: Box | None,
    mask: Bool | None,
    place: tuple[int, int, float, float],
    whole: tuple[int, int],
) -> NDArray[np.uint8]:
    """What is known of each pixel of the reduced picture."""
    left, top, across, down = place
    height, width = small.shape[:2]
    if box is not None:
        marks = np.full((height, width), BACKGROUND, np.uint8)
        x, y, w, h = box
        rows = slice(max(0, round((y - top) * down)), max(1, round((y - top + h) * down)))
        columns = slice(max(0, round((x - left) * across)), max(1, round((x - left + w) * across)))
        marks[rows, columns] = MAYBE_FOREGROUND
    else:
        near = _alike(small, [(x, y) for x, y, include in spots if include])
        marks = np.where(near, MAYBE_FOREGROUND, MAYBE_BACKGROUND).astype(np.uint8)
    if mask is not None:
        part = np.ascontiguousarray(mask[top : top + whole[1], left : left + whole[0]]).astype(np.uint8)
        before = cv2.resize(part, (width, height), interpolation=cv2.INTER_NEAREST) > 0
        core = cv2.erode(before.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        marks[before] = MAYBE_FOREGROUND
        marks[core] = FOREGROUND
    radius = max(1, round(SPOT * max(height, width)))
    for x, y, include in spots:
        if not include:
            # What is like the spot goes too, even where an earlier selection was sure of it.
            away = _alike(small, [(x, y)], tolerance=0.5)
            marks[away] = np.where(marks[away] == BACKGROUND, BACKGROUND, MAYBE_BACKGROUND)
    for x, y, include in spots:
        cv2.circle(marks, (x, y), radius, FOREGROUND if include else BACKGROUND, -1)
    return marks


def _alike(small: Pixels, spots: Sequence[tuple[int, int]], tolerance: float = 1.0) -> Bool:
    """What is reached from the spots without crossing strong edges or great differences of color.

    Cheapest paths over the picture (geodesic distance): a step costs what the color changes in it.
    """
    height, width = small.shape[:2]
    near = np.zeros((height, width), bool)
    if not spots:
        return near
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 1.0), cv2.COLOR_RGB2LAB).astype(np.float32)
    for x, y in spots:
        patch = lab[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].reshape(-1, 3)
        color = np.median(patch, axis=0)
        spread = 12.0 + 2.0 * float(np.abs(patch - color).mean())
        differs = np.sqrt(((lab - color) ** 2).sum(axis=2))
        close = (differs < 2.2 * spread * tolerance).astype(np.uint8)
        close = cv2.morphologyEx(close, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        close[y, x] = 1
        _, labels = cv2.connectedComponents(close, connectivity=4)
        near |= labels == labels[y, x]
    return near


def _connected(chosen: Bool, spots: Sequence[tuple[int, int, bool]], before: Bool | None) -> Bool:
    """Only the parts that hold a click, or what was selected `before`; specks go and pinholes close."""
    included = [(x, y) for x, y, include in spots if include]
    plane = chosen.astype(np.uint8)
    for x, y in included:
        plane[y, x] = 1
    count, labels, facts, _ = cv2.connectedComponentsWithStats(plane, connectivity=8)
    if included:
        kept = {int(labels[y, x]) for x, y in included}
        if before is not None:
            kept.update(np.unique(labels[before]).tolist())
    else:
        largest = max((int(facts[i, cv2.CC_STAT_AREA]) for i in range(1, count)), default=0)
        kept = {i for i in range(1, count) if facts[i, cv2.CC_STAT_AREA] >= 0.05 * largest}
    inside = np.isin(labels, sorted(kept - {0}))
    holes, parts, sizes, _ = cv2.connectedComponentsWithStats((~inside).astype(np.uint8), connectivity=4)
    small = [i for i in range(1, holes) if sizes[i, cv2.CC_STAT_AREA] < max(8, 0.01 * inside.sum())]
    excluded = {int(parts[y, x]) for x, y, include in spots if not include}
    return inside | np.isin(parts, [i for i in small if i not in excluded])
