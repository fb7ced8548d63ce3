"""A sheet of nine augmented pictures, what is known of them painted in, to be looked at before all are made."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from veduta.image.photo import Pixels
from veduta.image.samples import eight
from veduta.learn.augment_targets import HIDDEN, Example, Points, Thing

COUNT = 9
ACROSS = 3
CELL = 320
GAP = 6
COLORS = (
    (232, 89, 12),
    (25, 113, 194),
    (47, 158, 68),
    (156, 54, 181),
    (240, 140, 0),
    (12, 133, 153),
    (194, 37, 92),
)
_FIXED = 16  # parts of a pixel that lines are drawn to


def sheet(examples: Sequence[Example], cell: int = CELL) -> Pixels:
    """The examples three in a row, each fitted into a cell, on white."""
    pictures = [drawn(one, cell) for one in examples]
    high, wide = (max(one.shape[axis] for one in pictures) for axis in (0, 1))
    rows = -(-len(pictures) // ACROSS)
    made = np.full((rows * (high + GAP) + GAP, ACROSS * (wide + GAP) + GAP, 3), 255, np.uint8)
    for place, picture in enumerate(pictures):
        height, width = picture.shape[:2]
        top = GAP + place // ACROSS * (high + GAP) + (high - height) // 2
        left = GAP + place % ACROSS * (wide + GAP) + (wide - width) // 2
        made[top : top + height, left : left + width] = picture
    return made


def drawn(example: Example, side: int) -> Pixels:
    """A picture with its things painted in, its longer side `side` pixels."""
    width, height = example.size
    scale = side / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    picture = np.asarray(cv2.resize(eight(example.pixels), size, interpolation=how), np.uint8)
    if example.labels is not None:
        labels = cv2.resize(example.labels, size, interpolation=cv2.INTER_NEAREST_EXACT)
        for label in np.unique(labels[labels > 0]):
            _veil(picture, labels == label, COLORS[int(label) % len(COLORS)])
    for one in example.things:
        _thing(picture, one, scale, size)
    return picture


def _thing(picture: Pixels, thing: Thing, scale: float, size: tuple[int, int]) -> None:
    color = COLORS[thing.kind % len(COLORS)]
    if thing.mask is not None:
        small = cv2.resize(thing.mask.view(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT)
        _veil(picture, small > 0, color)
    for polygon in thing.polygons or ():
        cv2.polylines(picture, [_fixed(polygon, scale)], True, color, 1, cv2.LINE_AA, 4)
    box = thing.box
    if box is not None:
        x, y, w, h = box
        ends = _fixed(np.array([[x, y], [x + w, y + h]]), scale)
        cv2.rectangle(picture, ends[0].tolist(), ends[1].tolist(), color, 1, cv2.LINE_AA, 4)
    if thing.points is not None:
        for x, y, seen in thing.points:
            if seen:
                cv2.circle(
                    picture, _fixed(np.array([[x, y]]), scale)[0].tolist(), 2 * _FIXED, color,
                    1 if seen == HIDDEN else -1, cv2.LINE_AA, 4,
                )  # fmt: skip


def _veil(
    picture: Pixels, where: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], color: tuple[int, ...]
) -> None:
    picture[where] = (0.6 * picture[where] + 0.4 * np.array(color)).astype(np.uint8)


def _fixed(points: Points, scale: float) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    return np.rint((points * scale - 0.5) * _FIXED).astype(np.int32)
