"""Doubtful labels: pictures that a classifier which never saw them calls otherwise, and far more surely.

Two classifiers of vectors are asked, each only about pictures that it was not made from: discriminant analysis with a
shrunken covariance, by cross-validation, and the nearest neighbors, each picture left out. Their mean is calibrated on
the given labels (Guo et al. 2017). This is the setting of confident learning (Northcutt, Jiang and Chuang 2021,
"Confident Learning: Estimating Uncertainty in Dataset Labels"); its rule, a class that is no less likely than usual for
its pictures, found fewer of the wrong labels of small classes than the one used here: another class is many times as
likely as the given one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from veduta.learn.set_neighbors import Neighbors

FEWEST = 4
"""Classes with fewer pictures cannot be judged."""
TIMES = 4.0
"""How many times as likely another class must be, times the square root of the number of the others: one of many
is likely by chance."""
KNOWN = 0.5
"""Least share of labels that are recognized; below that the classes are not of looks, and nothing is said."""
FOLDS = 10
_SHRINKAGE = 0.8
_NEIGHBORS = 8
_WARMTH = 0.1  # of the neighbors' cosines
_NOTHING = 1e-3  # weight of a class without a neighbor
_LEAST = 1e-9

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubtful label: the row of the picture, the class that it looks like, and how likely each of the two is."""

    row: int
    looks_like: str
    chance: float
    own: float


@dataclass(frozen=True, slots=True)
class Judged:
    """Doubtful labels, the least likely first; the share of labels that were recognized; the classes not judged."""

    doubts: tuple[Doubt, ...]
    agreement: float
    judged: int
    unjudged: tuple[str, ...]

    @property
    def telling(self) -> bool:
        """Whether the classes can be told by looks at all."""
        return self.agreement >= KNOWN


def judge(vectors: Floats, labels: Sequence[str], families: NDArray[np.int64] | None = None) -> Judged:
    """Judge the labels of pictures by their unit vectors (n, d).

    `families` (n,) are numbers that near copies have in common: they are left out together. An empty label is none.
    """
    given = np.array(labels, dtype=object)
    names, counts = np.unique(given[given != ""].astype(str), return_counts=True)
    large = names[counts >= FEWEST]
    small = tuple(names[counts < FEWEST].tolist())
    rows = np.flatnonzero(np.isin(given.astype(str), large))
    if len(large) < 2:
        return Judged((), 0.0, 0, small)
    classes = np.searchsorted(large, given[rows].astype(str))
    family = rows if families is None else families[rows]
    chances = probabilities(vectors[rows], classes, len(large), family)
    own = chances[np.arange(len(rows)), classes]
    best = chances.argmax(axis=1)
    agreement = float((best == classes).mean())
    if agreement < KNOWN:
        return Judged((), agreement, len(rows), small)
    likely = chances.max(axis=1)
    doubted = (best != classes) & (likely >= TIMES * np.sqrt(len(large) - 1) * own)
    found = [
        Doubt(int(rows[i]), str(large[best[i]]), float(likely[i]), float(own[i]))
        for i in np.flatnonzero(doubted)
    ]
    return Judged(tuple(sorted(found, key=lambda d: (d.own / d.chance, d.row))), agreement, len(rows), small)


def probabilities(
    vectors: Floats, classes: NDArray[np.int64], count: int, family: NDArray[np.int64]
) -> Floats:
    """How likely each picture is of each of `count` classes (n, count), by classifiers that did not learn from it."""
    both = [
        np.log(np.maximum(_warm(scores, classes), _LEAST))
        for scores in (
            _discriminant(vectors, classes, count, family),
            _neighbors(vectors, classes, count, family),
        )
    ]
    return _warm((both[0] + both[1]) / 2, classes)


def _discriminant(
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


def _neighbors(
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


def _warm(scores: NDArray[np.float64], classes: NDArray[np.int64]) -> Floats:
    """Probabilities from scores, at the temperature at which the given labels are likeliest."""
    rows = np.arange(len(classes))

    def softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
        raised = np.exp(values - values.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    def loss(warmth: float) -> float:
        return float(-np.log(softmax(scores / warmth)[rows, classes] + _LEAST).mean())

    best = min(np.geomspace(0.05, 50, 31).tolist(), key=loss)
    return softmax(scores / best).astype(np.float32)
