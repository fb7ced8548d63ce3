"""What a photo's position rules out, and which score is enough for a name."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from veduta.landmarks.atlas import Atlas
from veduta.landmarks.square import Position, inside, rate_per_candidate, usable

Floats = NDArray[np.float32]
How = Literal["gps", "vector", "geometry"]


class Nearby:
    """The landmarks of an atlas that come into question at a position, at a false-positive rate."""

    def __init__(self, atlas: Atlas, fpr: float) -> None:
        self._atlas = atlas
        self.fpr = fpr
        # A landmark whose place nobody told cannot be ruled out; it needs what it needs without GPS.
        self._placed = np.isfinite(atlas.places[:, 0])

    def possible(self, position: Position | None) -> NDArray[np.bool_]:
        """Which landmarks are not ruled out, whatever their score."""
        if not usable(position) or position is None:
            return np.ones(len(self._placed), bool)
        return inside(position, self._atlas.places) | ~self._placed

    def limited(
        self, scores: Floats, position: Position | None, part: float = 1.0
    ) -> tuple[Floats, How] | None:
        """Scores (landmarks,) with those ruled out at minus infinity, and by what; None where all are."""
        if not usable(position) or position is None:
            return scores, "vector"
        near = inside(position, self._atlas.places)
        if near.any() and scores[near].max() >= self.enough("gps", position, part):
            return np.where(near, scores, -np.inf).astype(np.float32), "gps"
        if not self._placed.all():
            return np.where(self._placed, -np.inf, scores).astype(np.float32), "vector"
        if near.any():
            return np.where(near, scores, -np.inf).astype(np.float32), "gps"
        return None

    def enough(self, how: How, position: Position | None, part: float = 1.0) -> float:
        """The least score of a name; `part` of the asked rate is for what is looked at."""
        anywhere = self._atlas.threshold(self.fpr * part)
        if how != "gps" or position is None:
            return anywhere
        candidates = int(inside(position, self._atlas.places).sum())
        return min(self._atlas.one.threshold(rate_per_candidate(self.fpr * part, candidates)), anywhere)
