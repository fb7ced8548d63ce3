"""Landmarks in photos, by one atlas: the dot product with what it knows, within the square where GPS tells it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from veduta.errors import NotFound
from veduta.image.photo import Photo
from veduta.landmarks.atlas import Atlas
from veduta.landmarks.closer import MOST, SIDE, Closer, evidence
from veduta.landmarks.features import vectors
from veduta.landmarks.gallery import Gallery
from veduta.landmarks.geometry import LocalFeatures
from veduta.landmarks.landmark import Landmark
from veduta.landmarks.square import Position, inside, rate_per_candidate, usable
from veduta.see.finding import Box
from veduta.see.trunk import Sight, Trunk, shared_trunk

Floats = NDArray[np.float32]
How = Literal["gps", "vector", "geometry"]

RATE = 0.01


@dataclass(frozen=True, slots=True)
class Recognition:
    """A landmark in a photo.

    `score` from 0 to 1 grows with the confidence: 0.5 at the threshold for one false positive in a hundred, 0.9 at
    that for one in a thousand. `margin` is by how much it leads the next landmark, in raw likeness. `box` is the
    part of the photo that shows it where it was looked for, None for the whole photo.
    """

    landmark: Landmark
    score: float
    margin: float
    box: Box | None
    how: How


class Recognizer:
    """Names landmarks by one atlas; safe to use from several threads."""

    def __init__(self, atlas: Atlas, fpr: float = RATE, trunk: Trunk | None = None) -> None:
        """`fpr` is the rate of photos without landmarks that may be given one."""
        if not 0 < fpr < 1:
            raise ValueError(f"A false-positive rate lies between 0 and 1, not {fpr}")
        self.atlas = atlas
        self.fpr = fpr
        self._trunk = trunk or shared_trunk()
        self._gallery = Gallery(atlas)
        self._closer = Closer(atlas, self._gallery)
        self._local: LocalFeatures | None = None
        self._opening = threading.Lock()
        self._threshold = atlas.threshold(fpr)
        self._middle = atlas.threshold(0.01)
        self._slope = np.log(9.0) / max(atlas.threshold(0.001) - self._middle, 1e-6)

    def recognize(
        self, photos: Sequence[Photo], positions: Sequence[Position | None]
    ) -> list[list[Recognition]]:
        """The landmarks of each photo; `positions` are (latitude, longitude) in degrees, None where not known."""
        return [
            [found] if found is not None and self._enough(score, how, position) else []
            for (found, score, how), position in zip(self._best(photos, positions), positions, strict=True)
        ]

    def guess(
        self, photos: Sequence[Photo], positions: Sequence[Position | None]
    ) -> list[Recognition | None]:
        """The likeliest landmark of each photo, however weak; None where its position rules all out."""
        return [found for found, _, _ in self._best(photos, positions)]

    def _best(
        self, photos: Sequence[Photo], positions: Sequence[Position | None]
    ) -> list[tuple[Recognition | None, float, How]]:
        if not photos:
            return []
        embedded = self._gallery.embed(vectors(self._trunk.look(photos)))
        result = []
        for photo, own, scores, position in zip(
            photos, embedded, self._gallery.scores(embedded), positions, strict=True
        ):
            verified: dict[int, int] = {}
            if self._closer and scores.max() >= self.atlas.doubt:
                corners = self._features().extract(photo.at_side(SIDE), SIDE)
                verified = self._closer.inliers(corners, own, scores)
                scores = self._closer.raised(scores, verified)
            result.append(self._of(scores, position, verified))
        return result

    def _features(self) -> LocalFeatures:
        with self._opening:
            if self._local is None:
                self._local = LocalFeatures(most=MOST, matcher="nearest")
            return self._local

    def score_of(self, landmark: str) -> Callable[[Sequence[Sight]], NDArray[np.floating]]:
        """What gives the score of one landmark (its id) of some sights; raises NotFound."""
        row = next((i for i, mark in enumerate(self.atlas.landmarks) if mark.id == landmark), None)
        if row is None:
            raise NotFound(f"the atlas {self.atlas.name} knows no {landmark}")
        return lambda sights: self._gallery.scores(self._gallery.embed(vectors(sights)))[:, row]

    def _of(
        self, scores: Floats, position: Position | None, verified: dict[int, int]
    ) -> tuple[Recognition | None, float, How]:
        how: How = "vector"
        if position is not None and usable(position):
            near = self._near(position)
            # A landmark whose place nobody told cannot be ruled out; it needs what it needs without GPS.
            placed = np.isfinite(self.atlas.places[:, 0])
            if near.any() and scores[near].max() >= self._near_threshold(position):
                scores, how = np.where(near, scores, -np.inf), "gps"
            elif (~placed).any():
                scores = np.where(placed, -np.inf, scores)
            elif near.any():
                scores, how = np.where(near, scores, -np.inf), "gps"
            else:
                return None, -np.inf, how
        order = np.argsort(-scores)[:2]
        best = float(scores[order[0]])
        second = float(scores[order[1]]) if len(order) > 1 else -np.inf
        margin = best - second if np.isfinite(second) else 1.0
        landmark = self.atlas.landmarks[int(order[0])]
        if how == "vector" and evidence(verified.get(int(order[0]), 0)) > 0:
            how = "geometry"
        return Recognition(landmark, self._confidence(best), margin, None, how), best, how

    def _near(self, position: Position) -> NDArray[np.bool_]:
        return inside(position, self.atlas.places)

    def _near_threshold(self, position: Position) -> float:
        candidates = int(self._near(position).sum())
        rate = rate_per_candidate(self.fpr, candidates)
        return min(self.atlas.one.threshold(rate), self._threshold)

    def _enough(self, score: float, how: How, position: Position | None) -> bool:
        if how == "gps" and position is not None:
            return score >= self._near_threshold(position)
        return score >= self._threshold

    def _confidence(self, score: float) -> float:
        return float(1 / (1 + np.exp(-np.clip(self._slope * (score - self._middle), -50, 50))))
