"""Sets of scored boxes, and how those that several tiles saw become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Scored boxes: `edges` (n, 4) as (left, top, right, bottom), `scores` (n), `names` (n) as numbers."""

    edges: NDArray[np.float32]
    scores: NDArray[np.float32]
    names: NDArray[np.intp]

    def __len__(self) -> int:
        """Number of boxes."""
        return len(self.scores)

    def keep(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Boxes:
        """The boxes chosen by a mask or by numbers, in the order of the numbers."""
        return Boxes(self.edges[which], self.scores[which], self.names[which])

    @property
    def sizes(self) -> NDArray[np.float32]:
        """Widths and heights, (n, 2)."""
        sizes: NDArray[np.float32] = self.edges[:, 2:] - self.edges[:, :2]
        return sizes

    @property
    def centers(self) -> NDArray[np.float32]:
        """Centers (x, y), (n, 2)."""
        centers: NDArray[np.float32] = (self.edges[:, 2:] + self.edges[:, :2]) * np.float32(0.5)
        return centers


def together(parts: Sequence[Boxes]) -> Boxes:
    """All boxes of `parts` as one set."""
    if not parts:
        return Boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.intp))
    return Boxes(
        np.concatenate([p.edges for p in parts]),
        np.concatenate([p.scores for p in parts]),
        np.concatenate([p.names for p in parts]),
    )


def overlap(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of every box of `a` with every one of `b`; 0 for empty boxes."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas_a = np.clip(a[:, 2:] - a[:, :2], 0, None).prod(axis=1)
    areas_b = np.clip(b[:, 2:] - b[:, :2], 0, None).prod(axis=1)
    union = areas_a[:, None] + areas_b[None] - shared
    ratio: NDArray[np.float32] = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return ratio


def merge(boxes: Boxes, same: float = 0.55, other: float = 0.8) -> Boxes:
    """One box for each thing, best first.

    A box goes when a better one of the same name overlaps it by more than `same`, or one of any other name
    by more than `other`: two things hardly ever fill the same place. Overlap is measured over the union:
    measured over the smaller box, as slicing tools do, it would swallow people who stand in front of each
    other.
    """
    boxes = boxes.keep(np.argsort(-boxes.scores, kind="stable"))
    ratio = overlap(boxes.edges, boxes.edges)
    alike = boxes.names[:, None] == boxes.names[None]
    beaten = np.where(alike, ratio > same, ratio > other)
    alive = np.ones(len(boxes), bool)
    for row in range(len(boxes)):
        if alive[row]:
            alive[row + 1 :] &= ~beaten[row, row + 1 :]
    return boxes.keep(alive)
