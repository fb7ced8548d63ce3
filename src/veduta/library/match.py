"""Which photos match a part of a search, and how well; and how parts are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """Photos that match a part of a search, indexed by photo id; without `scores`, all alike.

    Scores are 0 where the mask is false. Neither is changed once it is made: parts are shared.
    """

    mask: Mask
    scores: Scores | None = None


def any_of(parts: Sequence[Match], size: int = 0) -> Match:
    """Photos that match one of some parts; the best score counts."""
    if not parts:
        return Match(np.zeros(size, bool))
    if len(parts) == 1:
        return parts[0]
    mask = parts[0].mask | parts[1].mask
    for part in parts[2:]:
        mask |= part.mask
    if all(part.scores is None for part in parts):
        return Match(mask)
    scores = np.zeros(len(mask), np.float32)
    for part in parts:
        if part.scores is not None:
            np.maximum(scores, part.scores, out=scores)
    for part in parts:
        if part.scores is None:
            scores[part.mask] = 1.0
    return Match(mask, scores)


def all_of(parts: Sequence[Match]) -> Match:
    """Photos that match all of some parts; the mean of their scores."""
    if len(parts) == 1:
        return parts[0]
    mask = parts[0].mask & parts[1].mask
    for part in parts[2:]:
        mask &= part.mask
    scored = [part.scores for part in parts if part.scores is not None]
    if not scored:
        return Match(mask)
    rows = np.flatnonzero(mask)
    scores = np.zeros(len(mask), np.float32)
    scores[rows] = np.add.reduce([part[rows] for part in scored]) / np.float32(len(scored))
    return Match(mask, scores)
