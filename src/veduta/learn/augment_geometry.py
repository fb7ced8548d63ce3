"""Moves: turn, shift, zoom, shear, mirror, crop, tilt and bend a picture with all that is in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from veduta.learn.augment_luck import Luck
from veduta.learn.augment_step import (
    Size,
    Step,
    choice,
    drawn,
    drawn_ratio,
    drawn_whole,
    integer,
    span,
)
from veduta.learn.augment_warp import FILLS, Matrix, Mirror, Warp

MOST_SIDE = 16384


@dataclass(frozen=True)
class Move(Step):
    """A move that may show what lies outside the picture, and how that is filled."""

    fill: str = choice("reflect", *FILLS)
    gray: int = integer(0, 0, 255)

    def draw(self, luck: Luck, size: Size) -> Warp | None:
        """The move with values drawn."""
        matrix = self.matrix(luck, size)
        return Warp(matrix, size, size, self.fill, self.gray if self.fill == "constant" else 0)

    def matrix(self, luck: Luck, size: Size) -> Matrix:
        """Where points of the picture go."""
        raise NotImplementedError


@dataclass(frozen=True)
class Rotate(Move):
    """Turn around the middle by any angle, clockwise; the frame stays."""

    name = "rotate"

    degrees: tuple[float, float] = span(-30, 30, -360, 360)

    def matrix(self, luck: Luck, size: Size) -> Matrix:
        """A rotation about the middle."""
        angle = math.radians(drawn(luck, self.degrees))
        cos, sin = math.cos(angle), math.sin(angle)
        return _about_middle(cos, -sin, sin, cos, size)


@dataclass(frozen=True)
class Turn(Step):
    """Turn clockwise by quarters: exact, and the frame turns too."""

    name = "turn"

    quarters: tuple[float, float] = span(0, 3, 0, 3, whole=True)

    def draw(self, luck: Luck, size: Size) -> Warp | None:
        """The turn with its quarters drawn."""
        quarters = drawn_whole(luck, self.quarters)
        w, h = map(float, size)
        if not quarters:
            return None
        a, b, x, c, d, y = {
            1: (0.0, -1.0, h, 1.0, 0.0, 0.0),
            2: (-1.0, 0.0, w, 0.0, -1.0, h),
            3: (0.0, 1.0, 0.0, -1.0, 0.0, w),
        }[quarters]
        after = size if quarters == 2 else (size[1], size[0])
        return Warp(_matrix(a, b, x, c, d, y), size, after, "reflect")


@dataclass(frozen=True)
class Shift(Move):
    """Shift to the right and down, by shares of width and height, in whole pixels."""

    name = "shift"

    x: tuple[float, float] = span(-0.1, 0.1, -1, 1)
    y: tuple[float, float] = span(-0.1, 0.1, -1, 1)

    def matrix(self, luck: Luck, size: Size) -> Matrix:
        """A shift by whole pixels."""
        x, y = (
            float(round(drawn(luck, one) * side)) for one, side in zip((self.x, self.y), size, strict=True)
        )
        return _matrix(1.0, 0.0, x, 0.0, 1.0, y)


@dataclass(frozen=True)
class Zoom(Move):
    """Enlarge (factor above 1) or reduce around the middle; `aspect`: how much more across than down."""

    name = "zoom"

    factor: tuple[float, float] = span(0.8, 1.25, 0.05, 20)
    aspect: tuple[float, float] = span(1, 1, 0.2, 5)

    def matrix(self, luck: Luck, size: Size) -> Matrix:
        """A magnification by which whole pixels of the picture fill the frame, or the picture whole pixels of it."""
        factor = drawn_ratio(luck, self.factor)
        more = math.sqrt(drawn_ratio(luck, self.aspect))
        (a, x), (d, y) = (
            _magnified(side, one) for side, one in zip(size, (factor * more, factor / more), strict=True)
        )
        return _matrix(a, 0.0, x, 0.0, d, y)


@dataclass(frozen=True)
class Shear(Move):
    """Slant by degrees: `x` shifts rows, `y` shifts columns."""

    name = "shear"

    x: tuple[float, float] = span(-10, 10, -60, 60)
    y: tuple[float, float] = span(0, 0, -60, 60)

    def matrix(self, luck: Luck, size: Size) -> Matrix:
        """A shear about the middle."""
        x, y = (math.tan(math.radians(drawn(luck, one))) for one in (self.x, self.y))
        if abs(1 - x * y) < 0.05:  # both slants together would leave a line
            y = 0.0
        return _about_middle(1.0, x, y, 1.0, size)


@dataclass(frozen=True)
class Flip(Step):
    """Mirror left to right (horizontal), top to bottom (vertical), or both; key points change sides."""

    name = "flip"

    way: str = choice("horizontal", "horizontal", "vertical", "both")

    def draw(self, luck: Luck, size: Size) -> Mirror:
        """The mirroring."""
        return Mirror(self.way != "vertical", self.way != "horizontal", size)


@dataclass(frozen=True)
class Crop(Step):
    """Cut out a part of `area` (share of the picture) and `aspect` (width : height, relative to the picture's).

    With `width` and `height` it is resized to that; without, it stays as large as it was cut.
    """

    name = "crop"

    area: tuple[float, float] = span(0.5, 1, 0.001, 1)
    aspect: tuple[float, float] = span(0.75, 4 / 3, 0.1, 10)
    width: int = integer(0, 0, MOST_SIDE)
    height: int = integer(0, 0, MOST_SIDE)

    def draw(self, luck: Luck, size: Size) -> Warp | None:
        """The cut with its place drawn."""
        side = math.sqrt(drawn(luck, self.area))
        more = math.sqrt(drawn_ratio(luck, self.aspect))
        w = max(1, min(size[0], round(size[0] * side * more)))
        h = max(1, min(size[1], round(size[1] * side / more)))
        x, y = luck.randint(0, size[0] - w), luck.randint(0, size[1] - h)
        after = (self.width or w, self.height or h)
        across, down = after[0] / w, after[1] / h
        return Warp(_matrix(across, 0.0, -x * across, 0.0, down, -y * down), size, after, "reflect")


@dataclass(frozen=True)
class Resize(Step):
    """Bring to `width` x `height`: stretched, cut to fill it (`cover`), or whole inside it (`contain`)."""

    name = "resize"

    width: int = integer(224, 1, MOST_SIDE)
    height: int = integer(224, 1, MOST_SIDE)
    fit: str = choice("stretch", "stretch", "cover", "contain")
    fill: str = choice("constant", *FILLS)
    gray: int = integer(0, 0, 255)

    def draw(self, luck: Luck, size: Size) -> Warp | None:
        """The resizing."""
        after = (self.width, self.height)
        across, down = after[0] / size[0], after[1] / size[1]
        x = y = 0.0
        if self.fit == "cover":  # whole pixels of the picture fill the frame
            scale = max(across, down)
            w, h = (
                min(size[0], max(1, round(after[0] / scale))),
                min(size[1], max(1, round(after[1] / scale))),
            )
            across, down = after[0] / w, after[1] / h
            x, y = -((size[0] - w) // 2) * across, -((size[1] - h) // 2) * down
        elif self.fit == "contain":  # the picture fills whole pixels of the frame
            scale = min(across, down)
            w, h = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
            across, down = w / size[0], h / size[1]
            x, y = float((after[0] - w) // 2), float((after[1] - h) // 2)
        gray = self.gray if self.fill == "constant" else 0
        return Warp(_matrix(across, 0.0, x, 0.0, down, y), size, after, self.fill, gray)


@dataclass(frozen=True)
class Perspective(Move):
    """Move each corner by up to `strength` of the sides, as if seen from elsewhere."""

    name = "perspective"

    strength: tuple[float, float] = span(0, 0.1, 0, 0.2)

    def matrix(self, luck: Luck, size: Size) -> Matrix:
        """The perspective that moves the corners; they stay around the middle, so nothing turns inside out."""
        most = drawn(luck, self.strength)
        w, h = size
        before = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
        moves = [[luck.uniform(-most, most) * side for side in size] for _ in range(4)]
        found = cv2.getPerspectiveTransform(before, before + np.array(moves, np.float32))
        return np.asarray(found, np.float64)


@dataclass(frozen=True)
class Elastic(Move):
    """Bend: the knots of a grid with meshes of `mesh` (share of the longer side) move by up to `strength` meshes.

    Source: P. Simard, D. Steinkraus, J. Platt, "Best practices for convolutional neural networks applied to visual
    document analysis", 2003; by a coarse grid in place of smoothing a field as large as the picture.
    """

    name = "elastic"
    most: ClassVar[float] = 0.25  # above it places could fold over each other

    strength: tuple[float, float] = span(0.05, 0.2, 0, 0.25)
    mesh: tuple[float, float] = span(0.1, 0.25, 0.02, 1)

    def draw(self, luck: Luck, size: Size) -> Warp | None:
        """The bend with its knots drawn."""
        mesh = max(4.0, drawn(luck, self.mesh) * max(size))
        most = drawn(luck, self.strength) * mesh
        columns, rows = (max(2, math.ceil(side / mesh) + 1) for side in size)
        knots = [luck.uniform(-most, most) for _ in range(rows * columns * 2)]
        bend = np.array(knots, np.float32).reshape(rows, columns, 2)
        gray = self.gray if self.fill == "constant" else 0
        return Warp(np.eye(3), size, size, self.fill, gray, bend)


def _matrix(a: float, b: float, x: float, c: float, d: float, y: float) -> Matrix:
    return np.array([[a, b, x], [c, d, y], [0.0, 0.0, 1.0]])


def _about_middle(a: float, b: float, c: float, d: float, size: Size) -> Matrix:
    x, y = size[0] / 2, size[1] / 2
    return _matrix(a, b, x - a * x - b * y, c, d, y - c * x - d * y)


def _magnified(side: int, factor: float) -> tuple[float, float]:
    """Scale and shift of a side: so that the edges of what is shown, or of the picture, meet edges of pixels."""
    if factor >= 1:
        shown = max(1, round(side / factor))
        scale = side / shown
        return scale, -((side - shown) // 2) * scale
    width = max(1, round(side * factor))
    return width / side, float((side - width) // 2)
