"""Smart selection: a click or a box on a thing becomes the mask of that thing.

A click grows over what has its color and is not parted from it by an edge, then colors decide (GrabCut) at a reduced
size around the spot, and once more along the outline at twice that; then the outline is brought to the edges of the
picture at full size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.fill import BadMask
from veduta.image.photo import Pixels, at_most
from veduta.see.edge import at_edges
from veduta.see.finding import Box
from veduta.see.outline import (
    BACKGROUND,
    FOREGROUND,
    MAYBE_BACKGROUND,
    MAYBE_FOREGROUND,
    cut,
    cut_again,
)

Bool = NDArray[np.bool_]

# Longer sides of the picture in which colors decide, of the one in which they decide again along the outline, and about
# that of the one in which edges are looked for before they are looked for at full size.
SIDE, FINER_SIDE, EDGE_SIDE = 200, 320, 640
# Room around a box, as a share of its sides: background that GrabCut learns from.
ROOM = 0.25
# What is found in a box reaches over this share of its sides, or the box is looked at again: its middle (an ellipse
# over this share of its sides) is of the thing then, and about the rest of the larger ellipse colors decide.
FILLED, MIDDLE, ROUND = 0.8, 0.5, 0.9
# Where GrabCut leaves less than this share of what looks like the spot clicked on, it has taken the thing for
# background: then what looks alike is the answer.
LEAST_LEFT = 0.1
# A click alone looks at this share of the photo's longer side around it.
REACH = 0.45
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
    # Whole steps: averages of whole blocks are by far the fastest way to a smaller picture.
    step = max(1, min(round(max(part.shape[:2]) / EDGE_SIDE), *part.shape[:2]))
    down, across = part.shape[0] // step, part.shape[1] // step
    whole = part[: down * step, : across * step]
    guide = whole
    if step > 1:
        guide = np.asarray(cv2.resize(whole, (across, down), interpolation=cv2.INTER_AREA), np.uint8)
    asked = _Asked(clicks, box, mask, (left, top), (whole.shape[1], whole.shape[0]))
    chosen = _chosen(guide, asked)
    found = at_edges(whole, guide, chosen)
    if not found.any():  # specks have no edge of their own
        found = cv2.resize(chosen.view(np.uint8), whole.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    out = np.zeros((height, width), bool) if mask is None else mask.copy()
    # Less than a step is left of the last rows and columns: they go on.
    out[top:bottom, left:right] = np.pad(
        found, ((0, part.shape[0] - whole.shape[0]), (0, part.shape[1] - whole.shape[1])), mode="edge"
    )
    return out


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked of a part of the photo: `corner` and `size` (x, y) of the part, in pixels of the photo."""

    clicks: Sequence[Click]
    box: Box | None
    mask: Bool | None
    corner: tuple[int, int]
    size: tuple[int, int]

    def spots(self, small: Pixels) -> list[tuple[int, int, bool]]:
        """The clicks as columns and rows of the part at the size of `small`."""
        height, width = small.shape[:2]
        return [
            (
                min(width - 1, int((click.x - self.corner[0]) * width / self.size[0])),
                min(height - 1, int((click.y - self.corner[1]) * height / self.size[1])),
                click.include,
            )
            for click in self.clicks
        ]


def _chosen(guide: Pixels, asked: _Asked) -> Bool:
    """What the colors of a reduced picture decide, and once more along its outline on a larger one."""
    small = at_most(guide, SIDE)
    spots, marks = asked.spots(small), _marks(small, asked)
    found, models = cut(small, marks, rounds=2)
    if asked.box is not None and asked.mask is None and not _fills(found, marks):
        found, models = cut(small, _with_middle(marks), rounds=2)
    alike = np.isin(marks, (FOREGROUND, MAYBE_FOREGROUND))
    if asked.box is None and np.count_nonzero(found & alike) < LEAST_LEFT * np.count_nonzero(alike):
        found, models = alike, None
    chosen = _connected(found, spots, marks == FOREGROUND if asked.mask is not None else None)
    larger = at_most(guide, FINER_SIDE)
    if models is None or larger.shape == small.shape or not chosen.any():
        return chosen
    before = None
    if asked.mask is not None:
        size = larger.shape[1::-1]
        before = cv2.resize(chosen.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return _connected(cut_again(larger, chosen, models), asked.spots(larger), before)


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


def _marks(small: Pixels, asked: _Asked) -> NDArray[np.uint8]:
    """What is known of each pixel of the reduced picture."""
    height, width = small.shape[:2]
    spots = asked.spots(small)
    if asked.box is not None:
        marks = np.full((height, width), BACKGROUND, np.uint8)
        x, y, w, h = asked.box
        left, top = asked.corner
        across, down = width / asked.size[0], height / asked.size[1]
        rows = slice(max(0, round((y - top) * down)), max(1, round((y - top + h) * down)))
        columns = slice(max(0, round((x - left) * across)), max(1, round((x - left + w) * across)))
        marks[rows, columns] = MAYBE_FOREGROUND
    else:
        near = _alike(small, [(x, y) for x, y, include in spots if include])
        marks = np.where(near, MAYBE_FOREGROUND, MAYBE_BACKGROUND).astype(np.uint8)
    if asked.mask is not None:
        (left, top), (across, down) = asked.corner, asked.size
        part = np.ascontiguousarray(asked.mask[top : top + down, left : left + across]).view(np.uint8)
        before = cv2.resize(part, (width, height), interpolation=cv2.INTER_NEAREST) > 0
        core = cv2.erode(before.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        marks[before] = MAYBE_FOREGROUND
        marks[core] = FOREGROUND
    radius = max(1, round(SPOT * max(height, width)))
    for x, y, include in spots:
        if not include:
            # What is like the spot goes too, even where an earlier selection was sure of it.
            away = _alike(small, [(x, y)], tolerance=0.5) & _nearer(small, (x, y), spots)
            marks[away] = np.where(marks[away] == BACKGROUND, BACKGROUND, MAYBE_BACKGROUND)
    for x, y, include in spots:
        cv2.circle(marks, (x, y), radius, FOREGROUND if include else BACKGROUND, -1)
    return marks


def _nearer(small: Pixels, spot: tuple[int, int], spots: Sequence[tuple[int, int, bool]]) -> Bool:
    """What is nearer to a spot than to any that is to stay: both may be of one color."""
    rows, columns = np.ogrid[: small.shape[0], : small.shape[1]]
    own = (columns - spot[0]) ** 2 + (rows - spot[1]) ** 2
    nearer: Bool = np.ones(small.shape[:2], bool)
    for x, y, include in spots:
        if include:
            nearer &= own < (columns - x) ** 2 + (rows - y) ** 2
    return nearer


def _fills(found: Bool, marks: NDArray[np.uint8]) -> bool:
    """Whether what was found reaches across the box: one draws a box around a thing, not around much else.

    Where it does not, GrabCut has taken the thing for background, or most of it (Lempitsky et al. 2009).
    """
    _, _, width, height = cv2.boundingRect(found.view(np.uint8))
    _, _, across, down = cv2.boundingRect((marks != BACKGROUND).astype(np.uint8))
    return bool(width >= FILLED * across and height >= FILLED * down)


def _with_middle(marks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Marks of a box whose middle is surely of the thing, and whose corners rather are not."""
    x, y, across, down = cv2.boundingRect((marks != BACKGROUND).astype(np.uint8))
    center = x + (across - 1) // 2, y + (down - 1) // 2
    changed = np.where(marks == MAYBE_FOREGROUND, MAYBE_BACKGROUND, marks).astype(np.uint8)
    for share, mark in ((ROUND, MAYBE_FOREGROUND), (MIDDLE, FOREGROUND)):
        ellipse = np.zeros_like(marks)
        axes = max(1, int(across * share / 2)), max(1, int(down * share / 2))
        cv2.ellipse(ellipse, center, axes, 0, 0, 360, 1, -1)
        changed[(ellipse > 0) & (marks == MAYBE_FOREGROUND)] = mark
    return changed


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
