"""Doubtful labels: pictures that classifiers which never saw them call otherwise, and far more surely.

Each view of the pictures (a vector of unit length: what it is like, what is in it) is given to two classifiers, asked
only about pictures that they were not made from: discriminant analysis with a shrunken covariance, by
cross-validation, and the nearest neighbors, each picture left out. What they say is pooled, each with the weight at
which the given labels are likeliest if some of them are wrong by chance; how many are wrong is found with the weights
(after Natarajan et al. 2013, "Learning with noisy labels"). This is the setting of confident learning (Northcutt,
Jiang and Chuang 2021, "Confident learning: estimating uncertainty in dataset labels"); its rule, a class that is no
less likely than usual for its pictures, found fewer of the wrong labels of small classes than the one used here:
another class is many times as likely as the given one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from veduta.learn.set_experts import folded_discriminant, neighbors

FEWEST = 4
"""Classes with fewer pictures cannot be judged."""
TIMES = 2.0
"""How many times as likely another class must be, times the number of the others: a label that is wrong by chance may
be any of them."""
MOST = 0.5
"""Where so many labels are wrong that nothing can be that much likelier, this part of what can be is enough."""
KNOWN = 0.5
"""Least share of labels that are recognized; below that the classes are not of looks, and nothing is said."""
_LEAST = 1e-9
_EQUAL = 0.5  # how strongly weights are held where all count the same
_WRONG = (2.0, 12.0)  # of a beta distribution: what is thought of the share of wrong labels before
_LEARNED = 3000  # pictures that weights are found from
_FIRST = 0.1  # share of wrong labels that the search begins with

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


def judge(
    vectors: Floats,
    labels: Sequence[str],
    families: NDArray[np.int64] | None = None,
    widths: Sequence[int] = (),
) -> Judged:
    """Judge the labels of pictures by their vectors (n, d): one of unit length, or several of `widths` side by side.

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
    views = np.split(vectors[rows], np.cumsum(widths)[:-1], axis=1) if widths else [vectors[rows]]
    chances, wrong = probabilities(views, classes, len(large), family)
    by_chance = wrong / (len(large) - 1)
    likely_told = by_chance + (1 - wrong - by_chance) * chances  # how likely each label is to be given
    own = likely_told[np.arange(len(rows)), classes]
    best = chances.argmax(axis=1)
    agreement = float((best == classes).mean())
    if agreement < KNOWN:
        return Judged((), agreement, len(rows), small)
    likely = likely_told.max(axis=1)
    times = min(TIMES * (len(large) - 1), MOST * (1 - wrong) / by_chance)
    doubted = (best != classes) & (likely >= times * own)
    found = [
        Doubt(int(rows[i]), str(large[best[i]]), float(likely[i]), float(own[i]))
        for i in np.flatnonzero(doubted)
    ]
    return Judged(tuple(sorted(found, key=lambda d: (d.own / d.chance, d.row))), agreement, len(rows), small)


def probabilities(
    views: Sequence[Floats], classes: NDArray[np.int64], count: int, family: NDArray[np.int64]
) -> tuple[Floats, float]:
    """How likely each picture truly is of each of `count` classes (n, count), by classifiers that did not learn from
    it; and the share of labels that seem wrong.
    """
    said = [
        np.log(np.maximum(_warm(scores, classes), _LEAST))
        for view in views
        for scores in (
            folded_discriminant(view, classes, count, family),
            neighbors(view, classes, count, family),
        )
    ]
    weights, wrong = _weights(said, classes, count)
    pooled = np.zeros_like(said[0])
    for one, weight in zip(said, weights.tolist(), strict=True):
        pooled += np.float32(weight) * one
    return _shares(pooled), wrong


def _weights(
    said: Sequence[Floats], classes: NDArray[np.int64], count: int
) -> tuple[NDArray[np.float64], float]:
    """The weight of each classifier's logarithms, and the share of wrong labels, at which given ones are likeliest."""
    chosen = np.sort(np.random.default_rng(0).permutation(len(classes))[:_LEARNED])
    told, rows = classes[chosen], np.arange(len(chosen))
    sample = np.stack([one[chosen] for one in said]).astype(np.float64)
    equal = np.full(len(said), -np.log(len(said)))

    def split(given: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        return np.exp(given[:-1]), float(0.5 / (1 + np.exp(-given[-1])))

    def loss(given: NDArray[np.float64]) -> float:
        weights, wrong = split(given)
        own = _shares(np.tensordot(weights, sample, 1))[rows, told]
        likely = (1 - wrong) * own + wrong / (count - 1) * (1 - own)
        before = (_WRONG[0] - 1) * np.log(wrong) + (_WRONG[1] - 1) * np.log(1 - wrong)
        return float(_EQUAL * ((given[:-1] - equal) ** 2).sum() - np.log(likely + _LEAST).sum() - before)

    start = np.append(equal, -np.log(0.5 / _FIRST - 1))
    bounds = [(-6.0, 3.0)] * len(said) + [(-6.0, 4.0)]
    return split(minimize(loss, start, method="L-BFGS-B", bounds=bounds).x)


def _warm(scores: NDArray[np.float64], classes: NDArray[np.int64]) -> Floats:
    """Probabilities from scores, at the temperature at which the given labels are likeliest."""
    rows = np.arange(len(classes))

    def loss(warmth: float) -> float:
        return float(-np.log(_shares(scores / warmth)[rows, classes] + _LEAST).mean())

    best = min(np.geomspace(0.05, 50, 31).tolist(), key=loss)
    return _shares(scores / best).astype(np.float32)


def _shares(values: NDArray[Any]) -> NDArray[Any]:
    """Softmax of each row."""
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
