"""Pictures of a set that show the same: the search by a descriptor of their coarse look, and the proof of each pair.

The descriptor is 63 low frequencies of the cosine transform of the cells' gray. Mirroring a picture changes the sign
of some, turning it swaps them, so that all eight ways to lay a picture follow from one descriptor. Neighbors are
looked for in an inverted index (Jegou et al. 2011, "Product quantization for nearest neighbor search", without the
quantization), so that no picture is compared with all. What is found is proven on the cells: laid over each other by
the affine motion that fits best (Evangelidis and Psarakis 2008, "Parametric image alignment using enhanced correlation
coefficient maximization"), they must agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.learn.set_measures import CELLS
from veduta.learn.set_neighbors import Neighbors
from veduta.progress import Progress, Silent

NEAR = 0.82
"""Least cosine of the descriptors of a pair that is worth a proof."""
SAME = 0.89
"""Least agreement of the cells of a proven pair. Of 600 photographs and 690 of landmarks, the closest different ones
agree by 0.88; of their scripted copies 98 in 100 by more."""
ALL_BUT_EQUAL = (0.99, 0.8)
"""Cosine of the descriptors from which on less agreement will do: of plain pictures noise is all detail."""
NEIGHBORS = 12
_FREQUENCIES = 8
_AT_ONCE = 4096
_INSIDE = 0.6  # least part of the cells that two pictures laid over each other have in common

Floats = NDArray[np.float32]

WAYS = (
    "", "mirrored", "upside down and mirrored", "upside down",
    "turned and mirrored", "turned", "turned", "turned and mirrored",
)  # fmt: skip
"""How the second picture of a pair lies; bits: transposed (4), rows reversed (2), columns reversed (1)."""


@dataclass(frozen=True, slots=True)
class Near:
    """Two pictures (their numbers, a < b) that show the same: how b must be laid to look like a (WAYS), and how well
    they agree, up to 1.
    """

    a: int
    b: int
    way: int
    agreement: float


def laid(cells: NDArray[np.uint8], way: int) -> NDArray[np.uint8]:
    """Cells (n, n) laid in one of WAYS."""
    if way & 4:
        cells = cells.T
    if way & 2:
        cells = cells[::-1]
    return cells[:, ::-1] if way & 1 else cells


def descriptors(cells: NDArray[np.uint8]) -> Floats:
    """Unit vectors (n, 64) of cells (n, CELLS, CELLS), the first number always 0; all 0 for one even gray.

    Higher frequencies are weighed up, for pictures differ less in them.
    """
    where = (np.arange(CELLS) + 0.5) * np.pi / CELLS
    base = np.cos(np.arange(_FREQUENCIES)[:, None] * where).astype(np.float32)
    weights = 1 + np.hypot(*np.mgrid[:_FREQUENCIES, :_FREQUENCIES]).astype(np.float32)
    weights[0, 0] = 0
    # The lowest frequency's base is longer than the others'.
    weights[0, :] /= np.sqrt(2)
    weights[:, 0] /= np.sqrt(2)
    found = (base @ cells.astype(np.float32) @ base.T) * weights
    flat = found.reshape(len(cells), -1)
    return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6), np.float32)


def oriented(described: Floats, way: int) -> Floats:
    """The descriptors that pictures would have if they lay in another way."""
    square = described.reshape(-1, _FREQUENCIES, _FREQUENCIES)
    if way & 4:
        square = square.transpose(0, 2, 1)
    sign = np.where(np.arange(_FREQUENCIES) % 2, -1, 1).astype(np.float32)
    if way & 2:
        square = square * sign[:, None]
    if way & 1:
        square = square * sign
    return np.ascontiguousarray(square.reshape(len(described), -1))


def candidates(described: Floats, progress: Progress | None = None) -> Iterator[tuple[int, int, int, float]]:
    """Rows a < b, the way that b must be laid in, and the cosine, of pairs whose descriptors are near; each pair at
    least once.
    """
    progress = progress or Silent()
    count = len(described)
    if count < 2:
        return
    index = Neighbors(described)
    progress.begin("looking for near copies", count)
    for start in range(0, count, _AT_ONCE):
        part = described[start : start + _AT_ONCE]
        for way in range(8):
            alike, rows = index.nearest(oriented(part, way), NEIGHBORS)
            at, place = np.nonzero((alike >= NEAR) & (rows >= 0))
            found = ((at + start).tolist(), rows[at, place].tolist(), alike[at, place].tolist())
            for own, other, cosine in zip(*found, strict=True):
                # The one that is asked about is laid: told once, from the row that comes later.
                if other < own:
                    yield other, own, way, cosine
        progress.advance(len(part))
    progress.end()


def agreement(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """How well two pictures' cells agree, as they are or once laid over each other: the correlation of their details,
    -1 to 1.
    """
    a, b = (
        np.asarray(cv2.GaussianBlur(one.astype(np.float32), (0, 0), 0.7), np.float32)
        for one in (first, second)
    )
    plain = correlation(_details(a), _details(b))
    motion: Any = np.eye(2, 3, dtype=np.float32)
    whole = np.full((CELLS, CELLS), 255, np.uint8)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
    try:
        _, motion = cv2.findTransformECC(a, b, motion, cv2.MOTION_AFFINE, criteria, whole, 3)
    except cv2.error:  # no motion was found that makes them more alike
        return plain
    moved = cv2.warpAffine(b, motion, (CELLS, CELLS), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    inside = (
        cv2.warpAffine(np.ones_like(b), motion, (CELLS, CELLS), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        > 0.99
    )
    if inside.mean() < _INSIDE:
        return plain
    return max(plain, correlation(_details(a)[inside], _details(np.asarray(moved, np.float32))[inside]))


def _details(cells: Floats) -> Floats:
    """What differs from the surroundings, so that a bright sky over dark ground alone is no agreement."""
    return np.asarray(cells - cv2.GaussianBlur(cells, (0, 0), 4.0), np.float32)


def correlation(a: Floats, b: Floats) -> float:
    """Pearson's correlation; 0 where one of the two is constant."""
    a, b = a - a.mean(), b - b.mean()
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a * b).sum()) / length if length > 1e-6 else 0.0


def near_copies(
    numbers: NDArray[np.int64],
    cells_of: Callable[[Sequence[int]], NDArray[np.uint8]],
    progress: Progress | None = None,
) -> list[Near]:
    """Pairs among the pictures `numbers` (n,) that show the same, by number; 256 bytes a picture are in memory.

    `cells_of` gives the cells of some pictures; it is asked for all once, in parts, and then for those to be proven.
    """
    parts = [
        descriptors(cells_of(numbers[i : i + _AT_ONCE].tolist())) for i in range(0, len(numbers), _AT_ONCE)
    ]
    if not parts:
        return []
    best: dict[tuple[int, int], Near] = {}
    batch: list[tuple[int, int, int, float]] = []

    def prove() -> None:
        wanted = sorted({row for a, b, _, _ in batch for row in (a, b)})
        cells = cells_of([int(numbers[row]) for row in wanted])
        place = {row: i for i, row in enumerate(wanted)}
        for a, b, way, cosine in batch:
            alike = agreement(cells[place[a]], laid(cells[place[b]], way))
            needed = ALL_BUT_EQUAL[1] if cosine >= ALL_BUT_EQUAL[0] else SAME
            if alike >= needed and ((a, b) not in best or alike > best[a, b].agreement):
                best[a, b] = Near(int(numbers[a]), int(numbers[b]), way, alike)
        batch.clear()

    for pair in candidates(np.concatenate(parts), progress):
        batch.append(pair)
        if len(batch) >= _AT_ONCE // 4:
            prove()
    prove()
    return sorted(best.values(), key=lambda pair: (pair.a, pair.b))


def groups(pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Numbers that are joined by pairs, directly or by others, each group in order."""
    parent: dict[int, int] = {}

    def root(number: int) -> int:
        parent.setdefault(number, number)
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for a, b in pairs:
        first, second = sorted((root(a), root(b)))
        parent[second] = first
    found: defaultdict[int, list[int]] = defaultdict(list)
    for number in sorted(parent):
        found[root(number)].append(number)
    return list(found.values())
