"""Shrinkage whitening: directions in which all photos differ count less, those in which few do count more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Whitening:
    """A shift and a projection: vectors (n, D) to unit vectors (n, d)."""

    mean: Floats
    projection: Floats

    @classmethod
    def fit(cls, vectors: Floats, dimension: int, shrinkage: float) -> Whitening:
        """From vectors (n, D); at most as many dimensions as half of them can tell.

        `shrinkage` is the share of the average variance mixed into each direction's own (Ledoit and Wolf 2004).
        """
        mean = vectors.mean(axis=0)
        dimension = max(1, min(dimension, (len(vectors) - 1) // 2, vectors.shape[1]))
        values, axes = _axes((vectors - mean).astype(np.float64), dimension)
        variance = values / max(1, len(vectors) - 1)
        scale = np.sqrt(variance * (1 - shrinkage) + shrinkage * variance.mean() + 1e-12)
        return cls(mean.astype(np.float32), (axes / scale).astype(np.float32))

    def apply(self, vectors: Floats) -> Floats:
        """Vectors (n, D) in the new space, of length 1."""
        found = (vectors - self.mean) @ self.projection
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), np.float32)


def _axes(centered: Doubles, count: int) -> tuple[Doubles, Doubles]:
    """The `count` largest sums of squares, and the directions (D, count) that they lie in.

    Both products of the matrix with itself tell them; the smaller one is taken.
    """
    few = len(centered) < centered.shape[1]
    values, axes = np.linalg.eigh(centered @ centered.T if few else centered.T @ centered)
    values, axes = np.maximum(values[::-1][:count], 1e-12), axes[:, ::-1][:, :count]
    return values, centered.T @ axes / np.sqrt(values) if few else axes
