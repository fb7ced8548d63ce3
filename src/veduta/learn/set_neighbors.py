"""The nearest of many unit vectors: all of them while they are few, an inverted index where they are many."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FLAT = 6000
"""Up to so many vectors are compared with all: nothing is faster there."""
_LISTS = 4  # times the square root of the number of vectors
_SAMPLE = 40  # vectors that each list is learned from
_PROBES = 16

Floats = NDArray[np.float32]


class Neighbors:
    """An index of unit vectors (n, d); the same one gives the same answers in every run."""

    def __init__(self, vectors: Floats, flat: int = FLAT) -> None:
        """More than `flat` vectors are looked for in the lists nearest to what is asked only."""
        import faiss

        values = np.ascontiguousarray(vectors, np.float32)
        self._count, width = values.shape
        self._index: Any = faiss.IndexFlatIP(width)
        if self._count > flat:
            lists = max(1, min(int(_LISTS * np.sqrt(self._count)), self._count // 4))
            self._index = faiss.IndexIVFFlat(self._index, width, lists, faiss.METRIC_INNER_PRODUCT)
            self._index.cp.niter, self._index.cp.min_points_per_centroid = 6, 1
            chosen = np.random.default_rng(0).permutation(self._count)[: _SAMPLE * lists]
            self._index.train(np.ascontiguousarray(values[np.sort(chosen)]))
            self._index.nprobe = _PROBES
        self._index.add(values)

    def nearest(self, asked: Floats, count: int) -> tuple[Floats, NDArray[np.int64]]:
        """Cosines and rows (m, count) of the vectors nearest to each asked one; row -1 where there is none."""
        alike, rows = self._index.search(np.ascontiguousarray(asked, np.float32), min(count, self._count))
        return alike, rows
