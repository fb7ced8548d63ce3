"""Where to look closer: tiles of a photo that may hold things too small for the first look."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from veduta.see.objects_boxes import Boxes

# A tile is one input of the network at the scale at which the photo's shorter side has LEVEL pixels: 3 x 2
# tiles cover a photo of 4:3.
TILE = 300
LEVEL = 540
SHARED = 0.15
# Below this a photo has no detail that the first look did not have.
LEAST_SIDE = 300
# A tile is read when the first look suspects something small in it. Chosen on crowd_people38: no loss of
# people against reading all tiles, at half the cost.
SUSPICION = 0.15
SMALL = 0.25
MOST_TILES = 12
# What touches a tile's inner edge is cut off there, and its neighbor or the first look sees it whole; what
# nearly fills a tile is more often a part of something larger.
EDGE = 4
FILLS = 0.75
# A photo longer than this is also looked at in windows of at most WINDOW, for the network squeezes all into a
# square.
PANORAMA = 2.0
WINDOW = 1.5
MOST_WINDOWS = 8


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a photo, in pixels of the picture.

    `inner` tells which of its edges (left, top, right, bottom) lie inside the photo, `detail` whether it is
    to show small things only.
    """

    left: float
    top: float
    right: float
    bottom: float
    inner: tuple[bool, bool, bool, bool]
    detail: bool = True


def spans(length: int, tile: int, shared: float) -> list[int]:
    """Starts of the fewest tiles that cover `length`, neighbors sharing at least the part `shared`."""
    if length <= tile:
        return [0]
    count = max(2, math.ceil((length - tile * shared) / (tile * (1 - shared)) - 1e-6))
    return [round(k * (length - tile) / (count - 1)) for k in range(count)]


def windows(width: int, height: int) -> list[Tile]:
    """Parts to look at first: the whole, and for a panorama windows along it."""
    found = [Tile(0, 0, width, height, (False, False, False, False), detail=False)]
    longer, shorter = max(width, height), min(width, height)
    if longer <= PANORAMA * shorter:
        return found
    side = max(round(shorter * WINDOW), math.ceil(longer / (MOST_WINDOWS * (1 - SHARED))))
    for start in spans(longer, side, SHARED):
        end = min(start + side, longer)
        first, last = start > 0, end < longer
        if width > height:
            found.append(Tile(start, 0, end, height, (first, False, last, False), detail=False))
        else:
            found.append(Tile(0, start, width, end, (False, first, False, last), detail=False))
    return found


def tiles(width: int, height: int, level: int = LEVEL, least_side: int = LEAST_SIDE) -> list[Tile]:
    """The tiles of a photo, each TILE pixels wide and high at the scale at which its shorter side has `level` pixels.

    None for a picture with a side below `least_side`.
    """
    if min(width, height) < least_side:
        return []
    scale = min(width, height) / level
    columns, rows = round(width / scale), round(height / scale)
    found = []
    for y in spans(rows, TILE, SHARED):
        for x in spans(columns, TILE, SHARED):
            inner = (x > 0, y > 0, x + TILE < columns, y + TILE < rows)
            right = (x + TILE) * scale if inner[2] else width
            bottom = (y + TILE) * scale if inner[3] else height
            found.append(Tile(x * scale, y * scale, right, bottom, inner))
    return found


def worth_reading(seen: Boxes, width: int, height: int) -> list[Tile]:
    """The tiles in which the first look `seen` suspects small things, the most suspicious first."""
    return suspicious(seen, tiles(width, height), width, height, SMALL, MOST_TILES)


def suspicious(
    seen: Boxes, among: Sequence[Tile], width: int, height: int, small: float, most: int
) -> list[Tile]:
    """Those of some tiles in which something smaller than this part of the sides is suspected, at most `most`."""
    sizes = seen.sizes / np.array([width, height], np.float32)
    suspects = seen.keep((seen.scores > SUSPICION) & (sizes.max(axis=1, initial=0) < small))
    if not len(suspects):
        return []
    x, y = suspects.centers.T
    weights = []
    for tile in among:
        inside = (x >= tile.left) & (x < tile.right) & (y >= tile.top) & (y < tile.bottom)
        weight = float(suspects.scores[inside].sum())
        if weight:
            weights.append((weight, tile))
    weights.sort(key=lambda pair: -pair[0])
    return [tile for _, tile in weights[:most]]


def whole_things(tile: Tile, boxes: Boxes) -> NDArray[np.bool_]:
    """Which of `boxes`, seen in `tile` and in the same pixels, are not cut off by its inner edges."""
    width, height = tile.right - tile.left, tile.bottom - tile.top
    near = EDGE / TILE * np.array([width, height])
    left, top, right, bottom = boxes.edges.T
    cut = np.zeros(len(boxes), bool)
    for inner, touched in zip(
        tile.inner,
        (
            left < tile.left + near[0],
            top < tile.top + near[1],
            right > tile.right - near[0],
            bottom > tile.bottom - near[1],
        ),
        strict=True,
    ):
        if inner:
            cut |= touched
    if tile.detail:
        cut |= boxes.sizes.max(axis=1, initial=0) > FILLS * max(width, height)
    return ~cut
