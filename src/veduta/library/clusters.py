"""Grouping unit vectors by average link over a graph of near neighbors, under constraints.

Average link between two groups of unit vectors is the product of their sums over the product of their sizes:
exact however large the groups, and known groups take part as single nodes.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Edges = NDArray[np.int64]

EXACT = 40_000
"""Up to this many vectors, near neighbors are found by comparing all; above, by an inverted file."""
_TIE = 6  # decimals to which similarities are compared: the last bits differ between machines


def near(queries: Vectors, base: Vectors, k: int, lowest: float) -> tuple[Edges, Edges]:
    """Pairs (query row, base row) of the `k` most similar in `base`, with a cosine of at least `lowest`."""
    import faiss

    if not len(queries) or not len(base):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    base = np.ascontiguousarray(base, np.float32)
    size = base.shape[1]
    if len(base) <= EXACT:
        index: Any = faiss.IndexFlatIP(size)
    else:
        cells = int(4 * np.sqrt(len(base)))
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(size), size, cells, faiss.METRIC_INNER_PRODUCT)
        index.cp.seed = 1
        index.cp.niter = 6
        step = max(1, len(base) // (cells * 40))
        index.train(base[::step])
        index.nprobe = max(8, cells // 64)
    index.add(base)
    similar, rows = index.search(np.ascontiguousarray(queries, np.float32), min(k, len(base)))
    kept = (rows >= 0) & (similar >= lowest)
    return np.nonzero(kept)[0], rows[kept]


class Groups:
    """Groups that grow by joining: node i begins as a group of `counts[i]` vectors that sum up to `sums[i]`.

    `fixed[i]` groups are never joined with one another; `allowed(a, b)` gives what must be added to the
    threshold to join two groups (0: nothing; None: never). A joined group goes by its lowest node.
    """

    def __init__(
        self,
        sums: Vectors,
        counts: NDArray[np.int64],
        fixed: NDArray[np.bool_],
        threshold: float,
        allowed: Callable[[int, int], float | None],
    ) -> None:
        self.sums = sums.astype(np.float64)
        self.counts = counts.astype(np.int64)
        self.fixed = fixed.copy()
        self.members: dict[int, list[int]] = {}
        self._threshold = threshold
        self._allowed = allowed
        self._parent = np.arange(len(counts))
        self._age = np.zeros(len(counts), np.int64)
        self._around: list[set[int]] = [set() for _ in range(len(counts))]
        self._heap: list[tuple[float, int, int, int, int]] = []

    def find(self, node: int) -> int:
        """The group of a node, by its lowest node."""
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]
            node = int(self._parent[node])
        return node

    def of(self, group: int) -> list[int]:
        """The nodes of a group."""
        return self.members.get(group, [group])

    def join(self, a: int, b: int) -> None:
        """Make one group of two, whatever their similarity."""
        a, b = self.find(a), self.find(b)
        if a == b:
            return
        if b < a:
            a, b = b, a
        self.members[a] = self.of(a) + self.of(b)
        self.members.pop(b, None)
        self._parent[b] = a
        self.sums[a] += self.sums[b]
        self.counts[a] += self.counts[b]
        self.fixed[a] |= self.fixed[b]
        self._age[a] += 1
        self._around[a] |= self._around[b]
        self._around[b] = set()

    def grow(self, edges: Iterable[tuple[int, int]]) -> None:
        """Join the most similar groups first, among those that `edges` connect, until none is near enough."""
        for a, b in edges:
            a, b = self.find(a), self.find(b)
            if a != b:
                self._around[a].add(b)
                self._around[b].add(a)
        for a in range(len(self._around)):
            self._push(a, [b for b in self._around[a] if b > a])
        while self._heap:
            _, a, b, age_a, age_b = heapq.heappop(self._heap)
            if self._parent[a] != a or self._parent[b] != b:
                continue
            if self._age[a] != age_a or self._age[b] != age_b:
                continue
            self.join(a, b)
            self._around[a] = {self.find(c) for c in self._around[a]} - {a}
            for c in self._around[a]:
                self._around[c].add(a)
            self._push(a, self._around[a])

    def _push(self, a: int, others: Iterable[int]) -> None:
        nodes = np.array(sorted(others), np.int64)
        if not len(nodes):
            return
        likeness = self.sums[nodes] @ self.sums[a] / (self.counts[nodes] * self.counts[a])
        for i in np.flatnonzero(likeness >= self._threshold):
            b = int(nodes[i])
            if self.fixed[a] and self.fixed[b]:
                continue
            more = self._allowed(a, b)
            if more is None or likeness[i] < self._threshold + more:
                continue
            low, high = min(a, b), max(a, b)
            entry = (-round(float(likeness[i]), _TIE), low, high, int(self._age[low]), int(self._age[high]))
            heapq.heappush(self._heap, entry)
