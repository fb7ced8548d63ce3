"""Pictures with what is known of them: boxes, polygons, masks, key points, classes; and how these are cut and hidden.

Coordinates are those of COCO: x to the right, y down, (0, 0) the outer corner of the first pixel, whose middle is at
(0.5, 0.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.samples import Samples
from veduta.learn.augment_step import BadRecipe, Size
from veduta.see.finding import Box

Points = NDArray[np.float64]  # (n, 2)
Bool = NDArray[np.bool_]
GONE, HIDDEN, SEEN = 0, 1, 2  # of key points, as COCO has them


@dataclass(frozen=True, eq=False, slots=True)
class Thing:
    """A thing in a picture.

    `outline` (n, 2) goes around it: of a thing known by its box alone, the corners of that box wherever they moved.
    `polygons` and `mask` (height, width of the picture) tell its shape where that is known. `points` (n, 3): key
    points x, y and whether seen (2), hidden (1) or unknown (0). `visible`: how much of it is left, 0 to 1. `weight`:
    how much it counts where pictures are mixed.
    """

    outline: Points | None
    kind: int = 0
    polygons: tuple[Points, ...] | None = None
    mask: Bool | None = None
    points: NDArray[np.float64] | None = None
    visible: float = 1.0
    weight: float = 1.0
    swaps: tuple[int, ...] | None = None
    """The order of key points in a mirrored picture: left and right change places."""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_box(cls, box: Box, **more: Any) -> Thing:
        """A thing known by its box (x, y, width, height)."""
        return cls(corners(box), **more)

    @property
    def box(self) -> Box | None:
        """The box (x, y, width, height) around it."""
        return None if self.outline is None else bounds(self.outline)

    @property
    def area(self) -> float:
        """Pixels of its mask, or the area of its polygons, or of its outline."""
        if self.mask is not None:
            return float(np.count_nonzero(self.mask))
        if self.polygons is not None:
            return sum(abs(area(one)) for one in self.polygons)
        return 0.0 if self.outline is None else abs(area(self.outline))


@dataclass(frozen=True, eq=False, slots=True)
class Example:
    """A picture, RGB uint8 or uint16 (h, w, 3), with its things, map of labels (h, w), classes and their shares.

    `alpha` (h, w), of the same depth: how far each pixel is seen. It moves along; colors do not change it.
    """

    pixels: Samples
    things: tuple[Thing, ...] = ()
    labels: NDArray[Any] | None = None
    classes: Mapping[str, float] = field(default_factory=dict)
    alpha: Samples | None = None

    @property
    def size(self) -> Size:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def checked(self, deep: bool = False) -> Example:
        """Itself; raises BadRecipe where pixels are not of 8 bits (`deep`: or 16) or masks not what they must be."""
        pixels = self.pixels
        fine = pixels.dtype == np.uint8 or (deep and pixels.dtype == np.uint16)
        if pixels.ndim != 3 or pixels.shape[2] != 3 or not fine or not pixels.size:
            kind = "uint8 or uint16" if deep else "uint8"
            raise BadRecipe(
                f"a picture must be {kind} (height, width, 3), not {pixels.dtype} {pixels.shape}: convert it first"
            )
        for name, one in (("labels", self.labels), *(("mask", thing.mask) for thing in self.things)):
            if one is not None and one.shape != pixels.shape[:2]:
                raise BadRecipe(
                    f"{name} of {one.shape} for a picture of {pixels.shape[:2]}: sizes must be equal"
                )
        return self

    def without_hidden(self, least: float) -> Example:
        """Without the things of which less than `least` (0 to 1) is left, or nothing."""
        if not self.things:
            return self
        left = tuple(one for one in self.things if one.visible >= least and one.visible > 0)
        return self if len(left) == len(self.things) else replace(self, things=left)


def corners(box: Box) -> Points:
    """The corners of a box, from the top left clockwise."""
    x, y, w, h = box
    return np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float64)


def bounds(points: Points) -> Box:
    """The box (x, y, width, height) around points."""
    low, high = points.min(axis=0), points.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])


def area(polygon: Points) -> float:
    """The signed area of a polygon."""
    x, y = polygon[:, 0], polygon[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def clipped(polygon: Points, frame: Box) -> Points | None:
    """The part of a polygon in an upright rectangle, None where none is.

    Source: I. Sutherland, G. Hodgman, "Reentrant polygon clipping", 1974. A part of more than one piece comes as one
    polygon whose pieces hang together along the border: its area is right.
    """
    left, top = frame[0], frame[1]
    right, bottom = left + frame[2], top + frame[3]
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    if low[0] >= left and low[1] >= top and high[0] <= right and high[1] <= bottom:
        return polygon
    if high[0] <= left or high[1] <= top or low[0] >= right or low[1] >= bottom:
        return None
    points: list[tuple[float, float]] = [(float(x), float(y)) for x, y in polygon]
    for axis, edge, sign in ((0, left, 1), (0, right, -1), (1, top, 1), (1, bottom, -1)):
        points = _half(points, axis, edge, sign)
        if not points:
            return None
    cut = np.array(points, np.float64)
    return cut if len(cut) >= 3 and abs(area(cut)) > 0 else None


def _half(points: list[tuple[float, float]], axis: int, edge: float, sign: int) -> list[tuple[float, float]]:
    kept = []
    before = points[-1]
    for here in points:
        inside, was = sign * (here[axis] - edge) >= 0, sign * (before[axis] - edge) >= 0
        if inside != was:
            part = (edge - before[axis]) / (here[axis] - before[axis])
            other = before[1 - axis] + part * (here[1 - axis] - before[1 - axis])
            kept.append((edge, other) if axis == 0 else (other, edge))
        if inside:
            kept.append(here)
        before = here
    return kept


def mask_box(mask: Bool) -> Box | None:
    """The box around the pixels of a mask, None where it has none."""
    x, y, w, h = cv2.boundingRect(mask.view(np.uint8))
    return (float(x), float(y), float(w), float(h)) if w and h else None


def within(thing: Thing, frame: Box) -> Thing | None:
    """What of a thing lies in an upright rectangle of its picture, `visible` reduced by the rest; None: nothing."""
    points = thing.points
    if points is not None:
        points = points.copy()
        x, y = points[:, 0], points[:, 1]
        out = (x < frame[0]) | (y < frame[1]) | (x > frame[0] + frame[2]) | (y > frame[1] + frame[3])
        points[out] = GONE
    if thing.outline is None:
        left = points is not None and bool((points[:, 2] > 0).any())
        return replace(thing, points=points) if left else None
    mask = thing.mask
    if mask is not None:
        x0, y0 = round(frame[0]), round(frame[1])
        window = np.s_[y0 : y0 + round(frame[3]), x0 : x0 + round(frame[2])]
        kept = np.zeros_like(mask)
        kept[window] = mask[window]
        mask, all_of_it = kept, np.count_nonzero(mask)
    if thing.polygons is not None:
        cut = [clipped(one, frame) for one in thing.polygons]
        polygons = tuple(one for one in cut if one is not None)
        whole = sum(abs(area(one)) for one in thing.polygons)
        share = sum(abs(area(one)) for one in polygons) / whole if whole else 0.0
        outline = corners(bounds(np.concatenate(polygons))) if polygons else None
        if outline is None:
            return None
    else:
        polygons = None
        outline = clipped(thing.outline, frame)
        if outline is None:
            return None
        before = abs(area(thing.outline))
        share = abs(area(outline)) / before if before else 0.0
    if mask is not None:
        box = mask_box(mask)
        if box is None:
            return None
        share = np.count_nonzero(mask) / all_of_it
        if thing.polygons is None:
            outline = corners(box)
    return replace(
        thing,
        outline=outline,
        polygons=polygons if thing.polygons is not None else None,
        mask=mask,
        points=points,
        visible=thing.visible * min(1.0, share),
    )


def covered(thing: Thing, holes: Sequence[Box]) -> Thing:
    """A thing some of which is covered by rectangles: it stays, but less of it and of its key points is seen."""
    points = thing.points
    if points is not None:
        points = points.copy()
        for x, y, w, h in holes:
            under = (
                (points[:, 0] >= x) & (points[:, 1] >= y) & (points[:, 0] < x + w) & (points[:, 1] < y + h)
            )
            points[under & (points[:, 2] == SEEN), 2] = HIDDEN
    if thing.outline is None:
        return replace(thing, points=points)
    share = max(0.0, 1 - _under(thing, apart(holes)) / thing.area) if thing.area else 1.0
    return replace(thing, points=points, visible=thing.visible * share)


def _under(thing: Thing, parts: Sequence[Box]) -> float:
    """How much of a thing's area lies in rectangles that do not overlap."""
    if (mask := thing.mask) is not None:
        windows = (mask[round(y) : round(y + h), round(x) : round(x + w)] for x, y, w, h in parts)
        return float(sum(np.count_nonzero(one) for one in windows))
    shapes = thing.polygons if thing.polygons is not None else (thing.outline,)
    cut = (clipped(one, part) for one in shapes if one is not None for part in parts)
    return sum(abs(area(one)) for one in cut if one is not None)


def apart(boxes: Iterable[Box]) -> list[Box]:
    """Upright rectangles that cover the same places, no place twice."""
    parts: list[Box] = []
    for box in boxes:
        new = [box]
        for old in parts:
            new = [piece for one in new for piece in _without(one, old)]
        parts += new
    return parts


def _without(box: Box, hole: Box) -> list[Box]:
    x0, y0, x1, y1 = box[0], box[1], box[0] + box[2], box[1] + box[3]
    left, top = max(x0, hole[0]), max(y0, hole[1])
    right, low = min(x1, hole[0] + hole[2]), min(y1, hole[1] + hole[3])
    if left >= right or top >= low:
        return [box]
    pieces = [(x0, y0, x1, top), (x0, low, x1, y1), (x0, top, left, low), (right, top, x1, low)]
    return [(a, b, c - a, d - b) for a, b, c, d in pieces if c > a and d > b]
