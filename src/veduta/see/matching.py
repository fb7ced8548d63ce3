"""Which vectors of two pictures are the same: nearest neighbors, the ratio test, and both ways.

Source of the ratio test: D. Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pairs = NDArray[np.intp]

ROWS = 2048  # compared with all of the others at a time


def nearest(a: Floats, b: Floats, least: float = 0.82) -> Pairs:
    """Pairs (n, 2) of rows of a and b that are each other's nearest, with a cosine of `least` or more."""
    cosines = a @ b.T
    indices, there = np.arange(len(a)), cosines.argmax(axis=1)
    own = cosines[indices, there]
    # The largest of a column is found many times faster than where it is.
    good = (own >= cosines.max(axis=0)[there]) & (own > least)
    return np.stack([indices[good], there[good]], 1)


def matches(
    a: Floats, b: Floats, ratio: float | None = 0.8, mutual: bool = True, least: float = -1.0
) -> Pairs:
    """Pairs (n, 2) of rows of a and b, unit vectors (n, d) and (m, d), that match.

    Each row of a is paired with its nearest in b: where that is at most `ratio` times as far away as the next
    (None: no such test), where it has no nearer row in a (`mutual`), and where their cosine is above `least`.
    """
    if not len(a) or not len(b) or (ratio is not None and len(b) < 2):
        return np.empty((0, 2), np.intp)
    there = np.empty(len(a), np.intp)
    own, second = np.empty(len(a), np.float32), np.empty(len(a), np.float32)
    highest = np.full(len(b), -np.inf, np.float32)
    for first in range(0, len(a), ROWS):
        some = np.s_[first : first + ROWS]
        cosines = a[some] @ b.T
        rows = np.arange(len(cosines))
        there[some] = cosines.argmax(axis=1)
        own[some] = cosines[rows, there[some]]
        np.maximum(highest, cosines.max(axis=0), out=highest)
        if ratio is not None:
            cosines[rows, there[some]] = -np.inf
            second[some] = cosines.max(axis=1)
    good = own > least
    if ratio is not None:
        good &= _distance(own) <= ratio * _distance(second)
    if mutual:
        good &= own >= highest[there]
    return np.stack([np.flatnonzero(good), there[good]], 1)


def _distance(cosine: Floats) -> Floats:
    """How far unit vectors of this cosine are apart."""
    return np.sqrt(np.maximum(2 - 2 * cosine, 0))
