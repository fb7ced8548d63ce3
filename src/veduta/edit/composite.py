"""The chosen shots put together at full size: the reference where it may speak, elsewhere a vote, tile by tile."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit import exposure
from veduta.edit.align import Alignment
from veduta.edit.vote import masked_median
from veduta.image.photo import Pixels
from veduta.progress import Progress

TILE = 128
# Shots that vote on a tile: those that may speak on most of it. More would cost memory and change nothing.
VOTERS = 15
# Warps reach over this many pixels.
ROOM = 4

Mask = NDArray[np.uint8]


def compose(
    shots: Sequence[Pixels],
    numbers: Sequence[int],
    place: int,
    alignments: Sequence[Alignment],
    tones: Sequence[exposure.Curve],
    allowed: Sequence[Mask],
    pool: ThreadPoolExecutor,
    progress: Progress,
) -> Pixels:
    """The full-size picture in the view of shot `numbers[place]`.

    `allowed` are small masks (255 or 0) of who may speak where; the rest belongs to `numbers`, in its order. Only
    tiles on which the reference may not speak everywhere are laid over; others are the reference's, to the bit.
    """
    reference = shots[numbers[place]]
    out = reference.copy()
    height, width = reference.shape[:2]
    tiles = [
        (x, y, min(TILE, width - x), min(TILE, height - y))
        for y in range(0, height, TILE)
        for x in range(0, width, TILE)
    ]
    own = {tile: part_of(allowed[place], tile, width, height) for tile in tiles}
    tiles = [tile for tile in tiles if not own[tile].all()]
    voters: dict[int, list[tuple[int, int, int, int]]] = {}
    masks: dict[tuple[tuple[int, int, int, int], int], Mask] = {}
    for tile in tiles:
        parts = [
            own[tile] if k == place else part_of(one, tile, width, height) for k, one in enumerate(allowed)
        ]
        missing = cv2.bitwise_not(own[tile])
        shares = [int(cv2.countNonZero(cv2.bitwise_and(part, missing))) for part in parts]
        best = sorted(range(len(parts)), key=lambda k: (-shares[k], abs(k - place)))[:VOTERS]
        for k in best:
            if shares[k]:
                voters.setdefault(k, []).append(tile)
                masks[tile, k] = parts[k]
    laid: dict[tuple[int, int, int, int], list[tuple[Pixels, Mask]]] = {tile: [] for tile in tiles}
    progress.begin("voting", len(voters))

    def lay(k: int) -> list[tuple[tuple[int, int, int, int], Pixels]]:
        pixels = shots[numbers[k]]
        return [
            (tile, exposure.apply(part_warped(pixels, alignments[k].matrix, tile), tones[k]))
            for tile in voters[k]
        ]

    for k, parts_of_shot in zip(voters, pool.map(lay, voters), strict=True):
        for tile, part in parts_of_shot:
            laid[tile].append((part, masks[tile, k]))
        progress.advance()

    def vote(tile: tuple[int, int, int, int]) -> None:
        x, y, w, h = tile
        if laid[tile]:
            voted = masked_median([part for part, _ in laid[tile]], [mask for _, mask in laid[tile]])
            target = out[y : y + h, x : x + w]
            target[own[tile] == 0] = voted[own[tile] == 0]

    list(pool.map(vote, tiles))
    progress.end()
    return out


def part_of(mask: Mask, tile: tuple[int, int, int, int], width: int, height: int) -> Mask:
    """A tile (x, y, width, height) of a small mask brought to `width` x `height`, 255 or 0."""
    x, y, w, h = tile
    across, down = mask.shape[1] / width, mask.shape[0] / height
    matrix = np.array([[across, 0, (x + 0.5) * across - 0.5], [0, down, (y + 0.5) * down - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    large: Any = cv2.warpAffine(mask, matrix, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.threshold(large, 127, 255, cv2.THRESH_BINARY)[1], np.uint8)


def part_warped(pixels: Pixels, matrix: NDArray[np.float64], tile: tuple[int, int, int, int]) -> Pixels:
    """A tile of the reference's view, out of a picture to whose pixels `matrix` takes those of the reference."""
    x, y, w, h = tile
    corners = np.array([[x, y, 1], [x + w, y, 1], [x, y + h, 1], [x + w, y + h, 1]], np.float64) @ matrix.T
    at = corners[:, :2] / corners[:, 2:]
    low = np.maximum(np.floor(at.min(0)).astype(int) - ROOM, 0)
    high = np.minimum(np.ceil(at.max(0)).astype(int) + ROOM, [pixels.shape[1], pixels.shape[0]])
    low = np.minimum(low, high - 1).clip(0)
    high = np.maximum(high, low + 1)
    part = pixels[low[1] : high[1], low[0] : high[0]]
    there = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1.0]])
    here = np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    warped = cv2.warpPerspective(
        part, there @ matrix @ here, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warped, np.uint8)
