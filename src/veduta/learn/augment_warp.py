"""One warp for any run of moves: pixels are sampled once, whatever was turned, shifted, cut and bent before.

A matrix tells where the points of the picture go, in the coordinates of boxes (the first pixel's middle is at
(0.5, 0.5)). Moves by whole pixels, mirrors and quarter turns are exact; enlargements and reductions are resized;
only the rest is interpolated by a warp.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.samples import step
from veduta.learn.augment_step import Change, Size
from veduta.learn.augment_targets import Bool, Example, Points, Thing, corners, mask_box, within

Matrix = NDArray[np.float64]  # (3, 3)
Field = NDArray[np.float32]  # (rows, columns, 2)

FILLS = ("constant", "nearest", "reflect", "wrap")
_BORDERS = {
    "constant": cv2.BORDER_CONSTANT,
    "nearest": cv2.BORDER_REPLICATE,
    "reflect": cv2.BORDER_REFLECT,
    "wrap": cv2.BORDER_WRAP,
}
EDGE = 4.0  # pixels: pieces into which straight edges are cut where they may become curves
ROUNDS = 40  # of looking for where a bent point went; each at least 0.9 times nearer, mostly far more
NEAR = 1e-4
SAME = 1e-6
LOOKED_AT = 4000  # pixels of a mask
_NO_SECOND: Any = None  # map: the first holds both coordinates


@dataclass(eq=False, slots=True)
class Warp(Change):
    """A move of everything in a picture of size `source` to a picture of size `size`.

    What comes from outside is filled: with `gray`, with the nearest pixel, by reflection, or by repetition.
    `bend` (rows, columns, 2): after the matrix, each place of the result is looked up so many pixels away.
    """

    matrix: Matrix
    source: Size
    size: Size
    fill: str = "constant"
    gray: int = 0
    bend: Field | None = None

    def size_after(self, size: Size) -> Size:
        """Width and height of what comes out."""
        return self.size

    def joined(self, later: Change) -> Change | None:
        """Both moves as one, where the first does not bend and both fill alike."""
        if isinstance(later, Mirror):
            later = later.warp(self.fill, self.gray)
        if not isinstance(later, Warp) or self.bend is not None:
            return None
        if (self.fill, self.gray) != (later.fill, later.gray):
            return None
        return replace(later, matrix=later.matrix @ self.matrix, source=self.source)

    def apply(self, example: Example) -> Example:
        """The moved example."""
        where = None if self.bend is None else self._places(self.bend)
        pixels, alpha = self._sampled(example.pixels, where), example.alpha
        if alpha is not None:  # outside, where nothing is repeated, there is nothing
            alpha = self._sampled(alpha, where, empty=self.fill == "constant")
        if not example.things and example.labels is None:
            return Example(pixels, classes=example.classes, alpha=alpha)
        labels = None if example.labels is None else self._sampled(example.labels, where, nearest=True)
        things = (self.moved(one, where) for one in example.things)
        left = tuple(one for one in things if one is not None)
        return Example(pixels, left, labels, example.classes, alpha)

    def points(self, points: Points) -> Points:
        """Where points of the picture go."""
        moved = _through(self.matrix, points)
        return moved if self.bend is None else self._bent(moved, _smooth(self.bend, self.size))

    def back(self, points: Points) -> Points:
        """Where points of the result come from."""
        if self.bend is not None:
            points = points + _at(_smooth(self.bend, self.size), points)
        return _through(_inverse(self.matrix), points)

    def _bent(self, wanted: Points, smooth: Field) -> Points:
        """Points p with p + bend(p) = wanted: the bend is gentle enough to find them by going there and back."""
        found = wanted
        for _ in range(ROUNDS):
            following = wanted - _at(smooth, found)
            if np.abs(following - found).max(initial=0.0) < NEAR:
                return following
            found = following
        return found

    def _places(self, bend: Field) -> Field:
        """For each pixel of the result the place in the source, in indexes as OpenCV counts."""
        away = _middles(self.size) + _smooth(bend, self.size)
        back = _inverse(self.matrix)
        if _affine(self.matrix):
            return np.asarray(cv2.transform(away, _indexed(back)[:2]), np.float32)
        return np.asarray(cv2.perspectiveTransform(away, _indexed(back)), np.float32)

    def _sampled(
        self, plane: NDArray[Any], where: Field | None, nearest: bool = False, empty: bool = False
    ) -> Any:
        """Pixels, labels or a mask (`empty`: nothing comes from outside) where they go."""
        border = cv2.BORDER_CONSTANT if empty else _BORDERS[self.fill]
        gray = 0 if empty or nearest else self.gray * step(plane)
        how = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
        value = (gray, gray, gray)
        if where is not None:
            return cv2.remap(plane, where, _NO_SECOND, how, borderMode=border, borderValue=value)
        matrix = self.matrix
        if not _affine(matrix):
            return cv2.warpPerspective(
                plane, _indexed(matrix), self.size, flags=how, borderMode=border, borderValue=value
            )
        done = _upright(plane, matrix, self.size, border, value, nearest)
        if done is not None:
            return done
        if not nearest:
            plane, matrix = _reduced(plane, matrix)
        return cv2.warpAffine(
            plane, _indexed(matrix)[:2], self.size, flags=how, borderMode=border, borderValue=value
        )

    def moved(self, thing: Thing, where: Field | None = None) -> Thing | None:
        """A thing where it goes, None where nothing of it is left; `where`: the places of a bend, looked up already."""
        frame = (0.0, 0.0, float(self.size[0]), float(self.size[1]))
        points = thing.points
        if points is not None:
            order = np.asarray(thing.swaps) if thing.swaps is not None and self._mirrors() else slice(None)
            points = points[order].copy()
            known = points[:, 2] > 0
            points[known, :2] = self.points(points[known, :2])
        outline = None if thing.outline is None else self._shape(thing.outline)
        polygons = None if thing.polygons is None else tuple(map(self._shape, thing.polygons))
        moved = replace(thing, outline=outline, polygons=polygons, points=points, mask=None)
        if thing.mask is None:
            return within(moved, frame)
        mask = self._sampled(thing.mask.view(np.uint8), where, nearest=True, empty=True).view(bool)
        box = mask_box(mask)
        left = within(moved, frame)
        if box is None or left is None:
            return None
        seen = thing.visible * self._inside(thing.mask)
        tight = corners(box) if polygons is None else left.outline
        return replace(left, outline=tight, mask=mask, visible=seen)

    def _shape(self, polygon: Points) -> Points:
        return self.points(polygon if self.bend is None else divided(polygon))

    def _mirrors(self) -> bool:
        return bool(np.linalg.det(self.matrix) < 0)

    def _inside(self, mask: Bool) -> float:
        """The share of a mask's pixels whose middles stay in the picture; of a large one, of some of them."""
        rows, columns = np.nonzero(mask)
        every = 1 + len(rows) // LOOKED_AT
        there = self.points(np.stack([columns[::every], rows[::every]], axis=1).astype(np.float64) + 0.5)
        inside = ((there > 0) & (there < self.size)).all(axis=1)
        return float(np.mean(inside)) if there.size else 0.0


@dataclass(eq=False, slots=True)
class Mirror(Change):
    """A mirroring left to right, top to bottom, or both."""

    across: bool
    down: bool
    size: Size

    def warp(self, fill: str = "reflect", gray: int = 0) -> Warp:
        """The same as a warp; nothing comes from outside, however that is filled."""
        (w, h), across, down = self.size, self.across, self.down
        matrix = [[1 - 2.0 * across, 0.0, w * across], [0.0, 1 - 2.0 * down, h * down], [0.0, 0.0, 1.0]]
        return Warp(np.array(matrix), self.size, self.size, fill, gray)

    def joined(self, later: Change) -> Change | None:
        """Both as one."""
        if isinstance(later, Mirror):
            return Mirror(self.across != later.across, self.down != later.down, self.size)
        return self.warp(later.fill, later.gray).joined(later) if isinstance(later, Warp) else None

    def apply(self, example: Example) -> Example:
        """The mirrored example."""
        flat = not example.things and example.labels is None and example.alpha is None
        if not flat or not (self.across or self.down):
            return self.warp().apply(example)
        how = -1 if self.across and self.down else int(self.across)
        return Example(np.asarray(cv2.flip(example.pixels, how)), classes=example.classes)


def divided(polygon: Points) -> Points:
    """The same polygon with more corners, at most `EDGE` pixels apart."""
    after = np.roll(polygon, -1, axis=0)
    pieces = np.maximum(1, np.ceil(np.hypot(*(after - polygon).T) / EDGE)).astype(int)
    start = np.repeat(polygon, pieces, axis=0)
    step = np.repeat((after - polygon) / pieces[:, None], pieces, axis=0)
    number = np.concatenate([np.arange(count) for count in pieces])
    return np.asarray(start + step * number[:, None], np.float64)


def _through(matrix: Matrix, points: Points) -> Points:
    moved = points @ matrix[:2, :2].T + matrix[:2, 2]
    if not _affine(matrix):
        moved = moved / (points @ matrix[2, :2] + matrix[2, 2])[:, None]
    return np.asarray(moved, np.float64)


def _inverse(matrix: Matrix) -> Matrix:
    return np.asarray(np.linalg.inv(matrix), np.float64)


def _affine(matrix: Matrix) -> bool:
    x, y, _ = matrix[2].tolist()
    return not (x or y)


def _indexed(matrix: Matrix) -> Matrix:
    """The same move in indexes, as OpenCV counts: the first pixel's middle is at (0, 0)."""
    moved = matrix.copy()
    moved[:, 2] += 0.5 * (matrix[:, 0] + matrix[:, 1])
    moved[:2] -= 0.5 * moved[2]
    return moved


def _upright(
    plane: NDArray[Any], matrix: Matrix, size: Size, border: int, value: tuple[int, ...], nearest: bool
) -> NDArray[Any] | None:
    """A move that keeps rows rows, or makes them columns, and needs no part of a pixel; None for any other."""
    (a, b, x), (c, d, y) = matrix[:2].tolist()
    turned = a == 0 and d == 0
    if not turned and not (b == 0 and c == 0):
        return None
    across, down = (b, c) if turned else (a, d)
    height, width = plane.shape[:2]
    if turned:
        width, height = height, width
    # Where the whole picture goes, and what of the picture the result shows.
    wide, high = abs(across), abs(down)
    left = x if across > 0 else x - wide * width
    top = y if down > 0 else y - high * height
    shown = _whole(-left / wide, -top / high, size[0] / wide, size[1] / high)
    if shown is not None:
        sx, sy, sw, sh = shown
        if sx >= 0 and sy >= 0 and sx + sw <= width and sy + sh <= height:
            if across < 0:
                sx = width - sx - sw
            if down < 0:
                sy = height - sy - sh
            part = plane[sx : sx + sw, sy : sy + sh] if turned else plane[sy : sy + sh, sx : sx + sw]
            return _sized(_oriented(part, turned, across < 0, down < 0), size, nearest)
    landed = _whole(left, top, wide * width, high * height)
    if landed is None or min(landed[2:]) < 1 or max(landed[2:]) > 1 << 14:
        return None
    part = _sized(_oriented(plane, turned, across < 0, down < 0), landed[2:], nearest)
    return _framed(part, landed[0], landed[1], size, border, value)


def _framed(
    part: NDArray[Any], left: int, top: int, size: Size, border: int, value: tuple[int, ...]
) -> NDArray[Any]:
    """A picture laid into a frame at whole pixels, what is free of it filled."""
    height, width = part.shape[:2]
    pads = (max(0, top), max(0, size[1] - top - height), max(0, left), max(0, size[0] - left - width))
    y0, x0 = max(0, -top), max(0, -left)
    if border != cv2.BORDER_CONSTANT:  # what is cut off may be seen again in the border
        wider = _bordered(part, pads, border, value)
        return np.ascontiguousarray(wider[y0 : y0 + size[1], x0 : x0 + size[0]])
    part = part[y0 : max(y0, size[1] - top), x0 : max(x0, size[0] - left)]
    if part.size:
        return _bordered(part, pads, border, value)
    empty = np.empty((size[1], size[0], *part.shape[2:]), part.dtype)
    empty[:] = value if part.ndim == 3 else value[0]
    return empty


def _bordered(
    plane: NDArray[Any], pads: tuple[int, int, int, int], border: int, value: tuple[int, ...]
) -> NDArray[Any]:
    return np.asarray(cv2.copyMakeBorder(plane, *pads, border, value=value)) if any(pads) else plane.copy()


def _oriented(plane: NDArray[Any], turned: bool, mirrored: bool, upended: bool) -> NDArray[Any]:
    if turned:
        plane = cv2.transpose(plane)
    if mirrored or upended:
        plane = cv2.flip(plane, -1 if mirrored and upended else int(mirrored))
    return plane


def _sized(plane: NDArray[Any], size: Size, nearest: bool) -> NDArray[Any]:
    height, width = plane.shape[:2]
    if (width, height) == size:
        return plane if plane.flags.c_contiguous else np.ascontiguousarray(plane)
    if nearest:
        how = cv2.INTER_NEAREST_EXACT
    else:
        how = cv2.INTER_AREA if 3 * size[0] <= width or 3 * size[1] <= height else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, size, interpolation=how))


def _whole(x: float, y: float, width: float, height: float) -> tuple[int, int, int, int] | None:
    """A rectangle in whole pixels, None where it is not."""
    left, top, wide, high = round(x), round(y), round(width), round(height)
    near = (
        abs(left - x) < SAME
        and abs(top - y) < SAME
        and abs(wide - width) < SAME
        and abs(high - height) < SAME
    )
    return (left, top, wide, high) if near else None


def _reduced(plane: NDArray[Any], matrix: Matrix) -> tuple[NDArray[Any], Matrix]:
    """The picture averaged down first where the matrix makes it less than half as large: no moire."""
    times = int(1 / max(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))), 1e-3))
    if times < 2:
        return plane, matrix
    height, width = plane.shape[:2]
    small = (max(1, width // times), max(1, height // times))
    larger = np.diag([width / small[0], height / small[1], 1.0])
    return np.asarray(cv2.resize(plane, small, interpolation=cv2.INTER_AREA)), matrix @ larger


@lru_cache(maxsize=4)
def _middles(size: Size) -> Field:
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    return np.stack([x, y], axis=-1).astype(np.float32)


def _smooth(bend: Field, size: Size) -> Field:
    return np.asarray(cv2.resize(bend, size, interpolation=cv2.INTER_CUBIC), np.float32)


def _at(field: Field, points: Points) -> Points:
    """A field's values at points, between its pixels' middles linearly, beyond them as at the border."""
    height, width = field.shape[:2]
    x = np.clip(points[:, 0] - 0.5, 0, width - 1)
    y = np.clip(points[:, 1] - 0.5, 0, height - 1)
    left, top = np.minimum(x.astype(int), max(0, width - 2)), np.minimum(y.astype(int), max(0, height - 2))
    right, low = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    u, v = (x - left)[:, None], (y - top)[:, None]
    above = field[top, left] * (1 - u) + field[top, right] * u
    below = field[low, left] * (1 - u) + field[low, right] * u
    return np.asarray(above * (1 - v) + below * v, np.float64)
