"""Where the light network starts: a linear map in which photos of one landmark spread equally in all directions."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


class Scatter:
    """Sums over vectors that are shown once, in batches: enough to know their spread, in all and within landmarks."""

    def __init__(self, dimension: int, landmarks: int) -> None:
        self.count = 0
        self.total: Doubles = np.zeros(dimension)
        self.squares: Doubles = np.zeros((dimension, dimension))
        self.own: Doubles = np.zeros((dimension, dimension))
        self.sums: Doubles = np.zeros((landmarks, dimension))
        self.counts: Doubles = np.zeros(landmarks)

    def add(self, vectors: Floats, labels: NDArray[np.int64]) -> None:
        """Take in vectors (n, D) with labels (n,); those past the landmarks belong to none."""
        rows = vectors.astype(np.float64)
        self.count += len(rows)
        self.total += rows.sum(axis=0)
        self.squares += rows.T @ rows
        shown = labels < len(self.counts)
        self.own += rows[shown].T @ rows[shown]
        np.add.at(self.sums, labels[shown], rows[shown])
        np.add.at(self.counts, labels[shown], 1)

    @property
    def mean(self) -> Doubles:
        """Mean (D,) of all vectors."""
        return np.asarray(self.total / max(self.count, 1))

    @property
    def whole(self) -> Doubles:
        """Covariance (D, D) of all vectors."""
        return np.asarray(self.squares / max(self.count, 1) - np.outer(self.mean, self.mean))

    @property
    def within(self) -> Doubles:
        """Covariance (D, D) of landmark photos around the mean of their landmark."""
        weighted = self.sums / np.sqrt(np.maximum(self.counts, 1))[:, None]
        return np.asarray((self.own - weighted.T @ weighted) / max(self.freedom, 1))

    @property
    def freedom(self) -> int:
        """Landmark photos less landmarks: the directions that the spread within them can have."""
        return int(self.counts.sum() - (self.counts > 0).sum())


def scattered(batches: Iterable[tuple[Floats, NDArray[np.int64]]], dimension: int, landmarks: int) -> Scatter:
    """The scatter of all batches."""
    scatter = Scatter(dimension, landmarks)
    for vectors, labels in batches:
        scatter.add(vectors, labels)
    return scatter


def whitening(scatter: Scatter, width: int, within: float = 0.1, whole: float = 3.0) -> tuple[Floats, Floats]:
    """Mean (D,) and matrix (D, at most `width`) of the map (vectors - mean) @ matrix.

    Directions are those in which photos differ most in proportion to how photos of one landmark do (discriminant
    analysis; as "learned whitening" in Mikolajczyk & Matas 2007). Both spreads come from few photos with many
    dimensions and are shrunk: `within` times the mean variance is added to each direction, and a direction counts
    less the less of the whole it carries, by `whole`. Fewer columns come back than asked for where photos are few.
    """
    from scipy.linalg import eigh

    dimension = len(scatter.total)
    inner = scatter.within
    variance = np.trace(inner) / max(1, min(scatter.freedom, dimension))
    if variance <= 0:  # one photo of each landmark
        inner, variance = np.zeros_like(inner), np.trace(scatter.whole) / dimension
    shrunk = inner + np.eye(dimension) * max(within * variance, 1e-12)
    columns = max(1, min(width, scatter.count - 1, dimension))
    sizes, axes = eigh(scatter.whole, shrunk, subset_by_index=[dimension - columns, dimension - 1])
    sizes = np.maximum(sizes, 0)
    matrix = axes / np.sqrt(sizes + max(whole * sizes.mean(), 1e-12))
    return scatter.mean.astype(np.float32), matrix[:, ::-1].astype(np.float32)


def span(rows: Doubles) -> Doubles:
    """Orthonormal directions (D, r) that all centered rows (n, D) lie in, for fewer rows than numbers in one."""
    sizes, axes = np.linalg.eigh(rows @ rows.T)
    kept = sizes > 1e-9 * max(sizes[-1], 1e-300)
    return np.asarray((rows.T @ axes[:, kept]) / np.sqrt(sizes[kept]))


def discriminant(
    batches: Iterable[tuple[Floats, NDArray[np.int64]]],
    count: int,
    dimension: int,
    landmarks: int,
    width: int,
) -> tuple[Floats, Floats, Floats]:
    """`whitening` of `count` vectors in batches, and the deviation (width,) of each of its columns.

    Few vectors are first turned into the space that they span, which gives the same in a fraction of the time.
    """
    if count >= dimension:
        scatter = scattered(batches, dimension, landmarks)
        mean, matrix = whitening(scatter, width)
    else:
        parts = list(batches)
        vectors, labels = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
        middle = vectors.mean(axis=0, dtype=np.float64)
        basis = span(vectors - middle)
        turned = np.asarray((vectors - middle) @ basis, np.float32)
        scatter = scattered([(turned, labels)], basis.shape[1], landmarks)
        shift, matrix = whitening(scatter, width)
        mean = np.asarray(middle + basis @ shift, np.float32)
    deviation = np.sqrt(np.maximum(((scatter.whole @ matrix) * matrix).sum(axis=0), 1e-12)).astype(np.float32)
    if count < dimension:
        matrix = np.asarray(basis @ matrix, np.float32)
    return mean, matrix, deviation
