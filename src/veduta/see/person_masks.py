"""Which pixels are a person's, one mask for each: those who stand in front of each other are told apart.

Two networks of MediaPipe look at a square around each box. The selfie segmenter knows persons, all alike; the
segmenter of the pose network knows the one person in the middle. A pixel belongs to a person as far as either says so,
and to the one of several persons whose own map says so most. What people wear and hold belongs to them as far as the
networks see it; shadows do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo, Pixels
from veduta.nets.engine import Network
from veduta.nets.packs.people import POSE, SELFIE
from veduta.nets.store import ModelStore
from veduta.see.finding import Box
from veduta.see.outline import Soft, by_color, fine, marks_of
from veduta.see.patch import Patch

SIDE = 256
# Side of the square that the networks see, against the longer side of the box: feet and elbows need room.
ROOM = 1.25
# A person may reach out of the box by these shares of its longer side, ever more faintly: where only the segmenter of
# all persons says so, and where the one that knows this person does (heads and feet that a box cuts off).
BEYOND = 0.08
BEYOND_SURE = 0.16
# Below this share of the box, the networks have not understood what is in it.
LEAST_FILLED = 0.18
# Longer sides of boxes, in pixels: edges and colors help only where there are enough pixels.
FILTER_FROM = 24
COLORS_FROM = 96
COLORS_SIDE = 320


@dataclass(frozen=True, slots=True)
class _Square:
    """A square of the photo: center and side in pixels of it."""

    x: float
    y: float
    side: float

    def to_photo(self) -> NDArray[np.float64]:
        """From pixels of the network's input to pixels of the photo, as a matrix (3, 3)."""
        scale = self.side / SIDE
        # Centers of pixels lie at halves.
        return np.array(
            [
                [scale, 0, self.x - self.side / 2 + scale / 2 - 0.5],
                [0, scale, self.y - self.side / 2 + scale / 2 - 0.5],
                [0, 0, 1],
            ]
        )


class PersonMasks:
    """Masks of persons in photos; open it once and use it for many."""

    def __init__(self, store: ModelStore | None = None) -> None:
        self._selfie = Network.open(SELFIE, store, pixels=True, batch=4)
        self._pose = Network.open(POSE, store, pixels=True, batch=4)

    def masks(self, photo: Photo, boxes: Sequence[Box]) -> list[Patch]:
        """The mask of the person in each box (x, y, width, height in pixels of the full photo), at full size.

        Masks of different boxes never share a pixel. A box of nobody gives a mask of its middle.
        """
        if not boxes:
            return []
        pixels = photo.full()
        squares = [_Square(x + w / 2, y + h / 2, max(w, h, 1.0) * ROOM) for x, y, w, h in boxes]
        inputs = np.stack([_seen(pixels, square) for square in squares])
        anyone = self._selfie.run(inputs)[0][:, 0]
        this_one = self._pose.run(inputs)[0][:, 0]
        patches = []
        for index, box in enumerate(boxes):
            soft = _belongs(index, boxes, squares, anyone[index], this_one)
            patches.append(_outlined(pixels, box, squares[index], soft))
        return _apart(patches)


def person_mask(photo: Photo, box: Box, networks: PersonMasks | None = None) -> NDArray[np.bool_]:
    """The mask (height, width) of the full photo of the person in `box` (see `PersonMasks.masks`)."""
    return (networks or PersonMasks()).masks(photo, [box])[0].full()


def _seen(pixels: Pixels, square: _Square) -> Pixels:
    """The square as the networks' input; what lies beyond the photo repeats its edge."""
    left, top = int(np.floor(square.x - square.side / 2)), int(np.floor(square.y - square.side / 2))
    side = int(np.ceil(square.side)) + 1
    part = pixels[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    if not part.size:
        return np.zeros((SIDE, SIDE, 3), np.uint8)
    offset = np.array([[1, 0, -max(0, left)], [0, 1, -max(0, top)], [0, 0, 1]], float)
    shrink = max(1.0, square.side / SIDE)
    if shrink > 1.5:  # averaged first, or fine texture would flicker
        size = (max(1, round(part.shape[1] / shrink)), max(1, round(part.shape[0] / shrink)))
        across, down = size[0] / part.shape[1], size[1] / part.shape[0]
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        halves = np.array([[across, 0, across / 2 - 0.5], [0, down, down / 2 - 0.5], [0, 0, 1]])
        offset = halves @ offset
    matrix = (offset @ square.to_photo())[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(part, matrix, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


def _grid(square: _Square) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where the pixels of the input lie in the photo: columns (1, SIDE) and rows (SIDE, 1)."""
    steps = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE - 0.5
    columns = np.asarray(square.x + steps * square.side, np.float32)
    rows = np.asarray(square.y + steps * square.side, np.float32)
    return columns[None], rows[:, None]


def _nearness(box: Box, square: _Square, free: float = 0.0, beyond: float = BEYOND) -> Soft:
    """1 inside the box and up to `free` of its longer side above and below it, falling to 0 at `beyond`.

    To the sides, where others stand, no farther than BEYOND.
    """
    x, y, width, height = box
    columns, rows = _grid(square)
    aside = np.maximum(np.maximum(x - columns, columns - x - width), 0)
    off = np.maximum(np.maximum(y - rows, rows - y - height), 0)
    outside = np.hypot(aside * np.float32(beyond / BEYOND), off)
    share = outside / max(width, height, 1.0)
    return np.asarray(np.clip((beyond - share) / (beyond - free), 0, 1), np.float32)


def _belongs(
    index: int, boxes: Sequence[Box], squares: Sequence[_Square], anyone: Soft, maps: NDArray[np.float32]
) -> Soft:
    """How far each pixel of the square belongs to person `index`, (SIDE, SIDE)."""
    near = _nearness(boxes[index], squares[index])
    own = maps[index] * _nearness(boxes[index], squares[index], BEYOND, BEYOND_SURE)
    personal = np.maximum(own, anyone * near)
    for other, box in enumerate(boxes):
        if other == index or not _touch(box, squares[index]):
            continue
        reach = _nearness(box, squares[index], BEYOND, BEYOND_SURE)
        theirs = reach * _moved(maps[other], squares[other], squares[index])
        # Nobody's map is sure of a pixel: then nearness to the middle of the box decides, but faintly.
        mine = own + 0.1 * _middle(boxes[index], squares[index])
        rival = theirs + 0.1 * _middle(box, squares[index])
        personal = personal * np.where(mine >= rival, 1, mine / np.maximum(rival, 1e-6))
    if personal[near >= 1].size and float((personal[near >= 1] > 0.5).mean()) < LEAST_FILLED:
        # Too small or too strange for the networks: the middle of the box, where a person most likely is.
        personal = np.maximum(personal, _middle(boxes[index], squares[index]))
    return np.asarray(personal, np.float32)


def _touch(box: Box, square: _Square) -> bool:
    x, y, width, height = box
    half = square.side / 2
    return (
        x < square.x + half
        and x + width > square.x - half
        and y < square.y + half
        and y + height > square.y - half
    )


def _middle(box: Box, square: _Square) -> Soft:
    """A rounded form in the box: 1 in the middle, 0.5 at the edge of the form, 0 outside."""
    x, y, width, height = box
    columns, rows = _grid(square)
    across = np.abs(columns - x - width / 2) / max(width / 2, 0.5)
    down = np.abs(rows - y - height / 2) / max(height / 2, 0.5)
    middle: Soft = np.clip(1 - 0.5 * (across**2.5 + down**4), 0, 1).astype(np.float32)
    return middle


def _moved(values: Soft, source: _Square, target: _Square) -> Soft:
    """A map over one square as seen from another."""
    matrix = (np.linalg.inv(source.to_photo()) @ target.to_photo())[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(values, matrix, (SIDE, SIDE), flags=flags), np.float32)


def _outlined(pixels: Pixels, box: Box, square: _Square, soft: Soft) -> Patch:
    """The map brought to full resolution and to the edges of the picture."""
    height, width = pixels.shape[:2]
    x, y, across, down = box
    room = (BEYOND_SURE + 0.02) * max(across, down) + 2
    left, top = max(0, int(x - room)), max(0, int(y - room))
    right, bottom = min(width, int(np.ceil(x + across + room))), min(height, int(np.ceil(y + down + room)))
    if right <= left or bottom <= top:
        return Patch(0, 0, np.zeros((0, 0), bool), height, width)
    part = pixels[top:bottom, left:right]
    longer = max(part.shape[:2])
    scale = min(1.0, COLORS_SIDE / longer)
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    small = part if scale == 1 else np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    step_x, step_y = part.shape[1] / size[0], part.shape[0] / size[1]
    place = np.array([[step_x, 0, left + step_x / 2 - 0.5], [0, step_y, top + step_y / 2 - 0.5], [0, 0, 1]])
    matrix = (np.linalg.inv(square.to_photo()) @ place)[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    alpha = np.asarray(cv2.warpAffine(soft, matrix, size, flags=flags), np.float32)
    if max(across, down) >= COLORS_FROM:
        alpha = 0.5 * alpha + 0.5 * by_color(small, marks_of(alpha), rounds=1).astype(np.float32)
    if max(across, down) < FILTER_FROM:
        return Patch(left, top, alpha > 0.5, height, width)
    reach = max(1.0, 0.015 * longer)
    return Patch(left, top, fine(part, alpha, reach) > 0.5, height, width)


def _apart(patches: Sequence[Patch]) -> list[Patch]:
    """The patches with no pixel in two of them: the smaller one, which stands out less, keeps it."""
    order = sorted(range(len(patches)), key=lambda i: patches[i].area)
    kept: dict[int, Patch] = {}
    for index in order:
        patch = patches[index]
        inside = patch.inside.copy()
        for other in kept.values():
            left, top = max(patch.left, other.left), max(patch.top, other.top)
            right = min(patch.left + patch.inside.shape[1], other.left + other.inside.shape[1])
            bottom = min(patch.top + patch.inside.shape[0], other.top + other.inside.shape[0])
            if right > left and bottom > top:
                here = (
                    slice(top - patch.top, bottom - patch.top),
                    slice(left - patch.left, right - patch.left),
                )
                there = (
                    slice(top - other.top, bottom - other.top),
                    slice(left - other.left, right - other.left),
                )
                inside[here] &= ~other.inside[there]
        kept[index] = Patch(patch.left, patch.top, inside, patch.height, patch.width)
    return [kept[index] for index in range(len(patches))]
