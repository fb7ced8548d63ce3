"""Pairs of photos whose perceptual hashes are near, upright, mirrored or turned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from veduta.image.hashes import perceptual_variants

CLOSE = 6
"""Hashes of one picture differ in at most this many of 64 bits; of different ones, hardly ever in less than
18.
"""
FIRM = 4
"""Pairs at most this far apart need no second witness."""
# The orientations of `perceptual_variants`, as they are told; "turned" is by 90 degrees, either way.
VARIANTS = ("", ", mirrored", ", upside down", ", upside down and mirrored",
            ", turned and mirrored", ", turned", ", turned and mirrored", ", turned")  # fmt: skip
_FLAT = 8  # hashes with fewer bits set, or unset, tell little: plain walls, night skies
_BLOCKS = 9
_ROW_BITS = 40
_CROWD = 200  # so many hashes that agree in three blocks are of plain pictures: they tell nothing there

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Rows a < b whose hashes are near; `variant` is an index into VARIANTS: how b must be turned to look
    like a.

    `telling` is false for hashes of pictures so plain that many others share them.
    """

    a: int
    b: int
    distance: int
    variant: int
    telling: bool


def bits_apart(a: int, b: int) -> int:
    """In how many bits two hashes (64 bits, signed or not) differ."""
    return ((a ^ b) & 0xFFFFFFFFFFFFFFFF).bit_count()


def oriented(hashes: Hashes) -> list[Hashes]:
    """The hashes of pictures in all eight orientations, as `image.hashes.perceptual_variants` orders them.

    An orientation moves and flips bits: what becomes of each single bit tells what becomes of all hashes.
    """
    base = perceptual_variants(0)
    moved = [perceptual_variants(1 << bit) for bit in range(64)]
    found = []
    for variant, flips in enumerate(base):
        out = np.full(len(hashes), flips, np.uint64)
        for bit in range(64):
            change = np.uint64(moved[bit][variant] ^ flips)
            out ^= ((hashes >> np.uint64(bit)) & np.uint64(1)) * change
        found.append(out)
    return found


def hash_pairs(upright: Hashes, orientations: int = 8) -> Iterator[Pair]:
    """Pairs of photos at most CLOSE bits apart in some orientation; each pair once, in its nearest one.

    Only the first so many of the orientations are looked at: 1 upright, 2 mirrored as well, 8 all.

    Hashes at most 6 bits apart agree in three of nine blocks: sorted by each three of them in turn, near ones
    come to stand together (Manku, Jain and Das Sarma 2007).
    """
    rows = np.arange(len(upright))
    every = oriented(upright)[:orientations]
    codes = np.concatenate(every)
    owner = np.tile(rows, len(every))
    variant_of = np.repeat(np.arange(len(every)), len(rows))
    ones = np.bitwise_count(upright)
    telling = (ones >= _FLAT) & (ones <= 64 - _FLAT)
    best: dict[tuple[int, int], tuple[int, int]] = {}
    for keys in _keys(codes):
        for i, j in _neighbors(keys):
            straight = (variant_of[i] == 0) | (variant_of[j] == 0)
            i, j = i[straight], j[straight]
            distance = np.bitwise_count(codes[i] ^ codes[j]).astype(np.int64)
            near = (distance <= CLOSE) & (owner[i] != owner[j])
            i, j, distance = i[near], j[near], distance[near]
            low, high = np.minimum(owner[i], owner[j]), np.maximum(owner[i], owner[j])
            variant = variant_of[i] + variant_of[j]
            for entry in zip(low.tolist(), high.tolist(), distance.tolist(), variant.tolist(), strict=True):
                pair, found = entry[:2], entry[2:]
                if pair not in best or best[pair] > found:
                    best[pair] = found
    for (a, b), (apart, variant_ab) in sorted(best.items()):
        yield Pair(a, b, apart, variant_ab, bool(telling[a] and telling[b]))


def _keys(codes: Hashes) -> Iterator[Hashes]:
    """For each three of the blocks: their bits (at most 24) above the number of the row."""
    edges = [64 * i // _BLOCKS for i in range(_BLOCKS + 1)]
    blocks = [
        (codes >> np.uint64(start)) & np.uint64((1 << (end - start)) - 1) for start, end in pairwise(edges)
    ]
    row = np.arange(len(codes), dtype=np.uint64)
    for a, b, c in combinations(blocks, _BLOCKS - CLOSE):
        yield (((a << np.uint64(16)) | (b << np.uint64(8)) | c) << np.uint64(_ROW_BITS)) | row


def _neighbors(keys: Hashes) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """All pairs of rows with the same key, but for keys that a crowd has."""
    keys.sort()
    row = (keys & np.uint64((1 << _ROW_BITS) - 1)).astype(np.int64)
    found = keys >> np.uint64(_ROW_BITS)
    first = np.flatnonzero(np.concatenate([[True], found[1:] != found[:-1]]))
    size = np.diff(first, append=len(found))
    several = np.repeat((size > 1) & (size <= _CROWD), size)
    row, found = row[several], found[several]
    for step in range(1, _CROWD):
        same = np.flatnonzero(found[:-step] == found[step:])
        if not len(same):
            return
        yield row[same], row[same + step]
