"""Classifiers that are asked only about pictures that they did not learn from: they judge labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from veduta.learn.set_neighbors import Neighbors

FOLDS = 10
_SHRINKAGE = 0.95
_NEIGHBORS = 5
_WARMTH = 0.1  # of the neighbors' cosines
_NOTHING = 1e-3  # weight of a class without a neighbor
_LEAST = 1e-9

Floats = NDArray[np.float32]


def folded_discriminant(
    vectors: Floats, classes: NDArray[np.int64], count: int, family: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Scores of a discriminant analysis, each fold by one made from the others; families are never parted."""
    _, number = np.unique(family, return_inverse=True)
    fold = np.random.default_rng(0).permutation(number.max() + 1)[number] % FOLDS
    values = vectors.astype(np.float64)
    scores = np.zeros((len(values), count))
    for one in range(FOLDS):
        held = fold == one
        if held.any() and not held.all():
            scores[held] = discriminant(values[~held], classes[~held], count, values[held])
    return scores


def discriminant(
    learned: NDArray[np.float64], classes: NDArray[np.int64], count: int, asked: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Linear scores (m, count) of vectors by class means and one covariance, shrunken toward a ball; a class without
    pictures gets the mean of all.
    """
    sizes = np.bincount(classes, minlength=count)
    means = np.zeros((count, learned.shape[1]))
    np.add.at(means, classes, learned)
    means /= np.maximum(sizes, 1)[:, None]
    means[sizes == 0] = learned.mean(axis=0)
    rest = learned - means[classes]
    covariance = rest.T @ rest / max(len(learned) - count, 1)
    width = len(covariance)
    ball = np.trace(covariance) / width * np.eye(width)
    covariance = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * ball + _LEAST * np.eye(width)
    weights = np.linalg.solve(covariance, means.T)
    return np.asarray(asked @ weights - 0.5 * (means * weights.T).sum(axis=1))


def neighbors(
    vectors: Floats, classes: NDArray[np.int64], count: int, family: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Scores by the nearest pictures of other families."""
    total = len(vectors)
    alike, near = Neighbors(vectors).nearest(vectors, 3 * _NEIGHBORS)
    usable = (near >= 0) & (family[near] != family[:, None])
    usable &= np.cumsum(usable, axis=1) <= _NEIGHBORS
    row, place = np.nonzero(usable)
    scores = np.zeros((total, count))
    np.add.at(scores, (row, classes[near[row, place]]), np.exp((alike[row, place] - 1) / _WARMTH))
    return np.asarray(np.log(scores * np.exp(1 / _WARMTH) + _NOTHING))
