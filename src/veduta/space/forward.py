"""Views from a moved camera: layers warped forward with a depth buffer, at full resolution and without cracks.

Only nearness is scattered, sorted from far to near so that the nearer pixel wins; each pixel covers the 2 x 2 pixels
that it touches, so surfaces stretched up to twice stay whole. Colors are then looked up backward, at parts of a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from veduta.image.photo import Pixels
from veduta.space.layers import Layers, flooded
from veduta.space.occlusion import Bool, Floats, fill_from_behind

NONE = -1.0e9


@dataclass(frozen=True, slots=True)
class Move:
    """A movement of the camera: what is nearer than `focus` by 1 shifts by (`x`, `y`) pixels and grows by the part `z`.

    All is enlarged by `zoom` about the middle.
    """

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    focus: float = 0.0
    zoom: float = 1.0


class Scatter:
    """The pixels of one map, sorted from far to near once for all frames."""

    def __init__(self, near: Floats, chosen: Bool | None = None) -> None:
        self.shape = near.shape
        places = np.flatnonzero(np.ones(near.shape, bool) if chosen is None else chosen)
        values = near.ravel()[places]
        order = np.argsort(values, kind="stable")
        places = places[order]
        self._values = values[order]
        self._x = (places % near.shape[1]).astype(np.float32)
        self._y = (places // near.shape[1]).astype(np.float32)

    def __call__(self, move: Move) -> Floats:
        """The nearness that each pixel of the moved view shows; NONE where nothing arrives."""
        height, width = self.shape
        x, y = forward(self._x, self._y, self._values, move, width, height)
        column, row = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
        # One pixel of margin left and above, from which the 2 x 2 footprint reaches into the picture.
        inside = (column >= -1) & (column < width) & (row >= -1) & (row < height)
        seen = np.full((height + 1) * (width + 1), NONE, np.float32)
        seen[(row[inside] + 1) * (width + 1) + column[inside] + 1] = self._values[inside]
        grid = seen.reshape(height + 1, width + 1)
        wide = np.maximum(grid[:, 1:], grid[:, :-1]) if move.x or move.z or move.zoom != 1 else grid[:, 1:]
        if move.y or move.z or move.zoom != 1:
            return np.maximum(wide[1:], wide[:-1])
        return np.ascontiguousarray(wide[1:])


def forward(x: Floats, y: Floats, near: Floats, move: Move, width: int, height: int) -> tuple[Floats, Floats]:
    """Where pixels of this nearness go."""
    middle = ((width - 1) / 2, (height - 1) / 2)
    over = near - np.float32(move.focus)
    grown = np.float32(move.zoom) * (1 + np.float32(move.z) * over)
    return (
        middle[0] + grown * (x - middle[0] + np.float32(move.x) * over),
        middle[1] + grown * (y - middle[1] + np.float32(move.y) * over),
    )


def backward(near: Floats, move: Move) -> tuple[Floats, Floats]:
    """Where the pixels of a moved view, showing this nearness, come from."""
    height, width = near.shape
    middle = ((width - 1) / 2, (height - 1) / 2)
    over = near - np.float32(move.focus)
    grown = np.float32(move.zoom) * (1 + np.float32(move.z) * over)
    x = (np.arange(width, dtype=np.float32)[None] - middle[0]) / grown + middle[0] - move.x * over
    y = (np.arange(height, dtype=np.float32)[:, None] - middle[1]) / grown + middle[1] - move.y * over
    return x.astype(np.float32), y.astype(np.float32)


class Renderer:
    """Draws the views of one photo in layers."""

    def __init__(self, layers: Layers) -> None:
        self._layers = layers
        self._front = Scatter(layers.near, ~layers.rims)
        self._back = Scatter(layers.back_near, layers.hidden) if layers.hidden.any() else None

    def __call__(self, move: Move) -> Pixels:
        """The view of the moved camera, uint8 (h, w, 3)."""
        front = self._front(move)
        near, behind = front, np.zeros(front.shape, bool)
        if self._back is not None:
            back = self._back(move)
            behind = back > front
            near = np.where(behind, back, front)
        empty = near == NONE
        if empty.any():
            rows = empty.any(axis=1)
            if empty.all(axis=1).any():  # such rows are filled from others
                rows[:] = True
            near[rows] = fill_from_behind(near[rows], ~empty[rows])
            behind |= empty
        x, y = backward(near, move)
        made = _looked_up(self._layers.front, x, y)
        if behind.any():
            made[behind] = _at(self._layers.back, x[behind], y[behind])
        if empty.any():
            outside = _outside(empty)
            if outside.any() and not outside.all():
                made[outside] = flooded(made, ~outside)[outside]
        return made


def _outside(empty: Bool) -> Bool:
    """Of the empty pixels those that no camera saw beside the photo: at the ends of their rows."""
    ends: Bool = np.logical_and.accumulate(empty, axis=1)
    ends |= np.logical_and.accumulate(empty[:, ::-1], axis=1)[:, ::-1]
    return ends


def _at(pixels: Pixels, x: Floats, y: Floats) -> Pixels:
    """Colors (n, 3) at single places."""
    wide = 1024
    short = -len(x) % wide
    maps = [np.pad(one, (0, short)).reshape(-1, wide) for one in (x, y)]
    return _looked_up(pixels, maps[0], maps[1]).reshape(-1, 3)[: len(x)]


def _looked_up(pixels: Pixels, x: Floats, y: Floats) -> Pixels:
    made: Any = cv2.remap(pixels, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(made, np.uint8)
