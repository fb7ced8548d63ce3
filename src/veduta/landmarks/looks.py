"""One look at a photo by an atlas: how like each landmark it is, closer where that leaves doubt."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo
from veduta.landmarks.atlas import Atlas
from veduta.landmarks.closer import MOST, SIDE, Closer, evidence
from veduta.landmarks.features import vectors
from veduta.landmarks.gallery import Gallery
from veduta.landmarks.landmark import Landmark
from veduta.landmarks.nearby import How, Nearby
from veduta.landmarks.square import Position
from veduta.see.corners import LocalFeatures
from veduta.see.finding import Box
from veduta.see.trunk import Sight, Trunk

Floats = NDArray[np.float32]

PLAIN, LEADING = 0.01, 0.1
"""Parts of the asked false-positive rate at which likeness alone leaves no doubt that a closer look could take away.

At the second only for a landmark that leads the next by LEAD.
"""

LEAD = 0.2
"""From half of this lead on corners changed no name, in photos of landmarks that the atlas was not made of."""

LEAST_STEP = 0.03
"""Least score between the thresholds that confidence is told by: few photos may set both at once."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """A landmark in a photo.

    `score` from 0 to 1 grows with the confidence: 0.5 at the threshold for one false positive in a hundred, 0.9 at
    that for one in a thousand. `margin` is by how much it leads the next landmark, in raw likeness. `box` is the
    part of the photo that shows it, None for the whole photo.
    """

    landmark: Landmark
    score: float
    margin: float
    box: Box | None
    how: How


@dataclass(frozen=True, slots=True)
class Likeliest:
    """The row of the likeliest landmark, its score, and what would be said of it."""

    row: int
    score: float
    said: Recognition


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a photo gives; no `likeliest` where GPS rules out all.

    `scores` (landmarks,) are by likeness alone, `raised` with what corners of buildings speak for.
    """

    photo: Photo
    position: Position | None
    sight: Sight
    scores: Floats
    raised: Floats
    likeliest: Likeliest | None = None

    @property
    def best(self) -> float:
        """The highest score, whatever it was verified by; minus infinity where none is possible."""
        return -np.inf if self.likeliest is None else self.likeliest.score


def plain(atlas: Atlas, fpr: float, scores: Floats) -> bool:
    """Whether scores (landmarks,) by likeness alone are so high that nothing else needs to be asked."""
    best = float(scores.max())
    if best < atlas.threshold(fpr * LEADING):
        return False
    others = np.delete(scores, scores.argmax())
    leads = best - float(others.max(initial=-np.inf)) >= LEAD
    return leads or best >= atlas.threshold(fpr * PLAIN)


class Looks:
    """Looks at photos; safe to use from several threads."""

    def __init__(self, atlas: Atlas, nearby: Nearby, trunk: Trunk) -> None:
        self.gallery = Gallery(atlas)
        self.trunk = trunk
        self._atlas = atlas
        self._nearby = nearby
        self._closer = Closer(atlas, self.gallery)
        self._local: LocalFeatures | None = None
        self._opening = threading.Lock()
        self._middle = atlas.threshold(0.01)
        self._slope = np.log(9.0) / max(atlas.threshold(0.001) - self._middle, LEAST_STEP)

    def look(self, photos: Sequence[Photo], positions: Sequence[Position | None]) -> list[Look]:
        """What each photo is like."""
        if not photos:
            return []
        sights = self.trunk.look(photos)
        embedded = self.gallery.embed(vectors(sights))
        return [
            self._closely(Look(photo, position, sight, scores, scores), own)
            for photo, position, sight, own, scores in zip(
                photos, positions, sights, embedded, self.gallery.scores(embedded), strict=True
            )
        ]

    def doubtful(self, look: Look) -> bool:
        """Whether a photo is worth a closer look: it shows a landmark, or resembles one."""
        return bool(look.scores.max() >= self._atlas.doubt)

    def likeliest(self, scores: Floats, position: Position | None, part: float = 1.0) -> Likeliest | None:
        """The best of scores (landmarks,) that the position does not rule out, see `Nearby.limited`."""
        limited = self._nearby.limited(scores, position, part)
        if limited is None:
            return None
        among, how = limited
        order = np.argsort(-among)[:2]
        row, best = int(order[0]), float(among[order[0]])
        second = float(among[order[1]]) if len(order) > 1 else -np.inf
        margin = best - second if np.isfinite(second) else 1.0
        confidence = 1 / (1 + np.exp(-np.clip(self._slope * (best - self._middle), -50, 50)))
        return Likeliest(
            row, best, Recognition(self._atlas.landmarks[row], float(confidence), margin, None, how)
        )

    def _closely(self, look: Look, embedded: Floats) -> Look:
        verified: dict[int, Floats] = {}
        scores = look.scores
        if self._closer and self.doubtful(look) and not self._settled(look):
            corners = self._features().extract(look.photo.at_side(SIDE), SIDE)
            verified = self._closer.inliers(corners, embedded, scores)
            scores = self._closer.raised(scores, verified)
        found = self.likeliest(scores, look.position)
        if found is not None and found.said.how == "vector" and evidence(verified, found.row) > 0:
            found = replace(found, said=replace(found.said, how="geometry"))
        return replace(look, raised=scores, likeliest=found)

    def _settled(self, look: Look) -> bool:
        """Whether corners could change nothing: likeness is plain, or the position rules out every landmark."""
        possible = self._nearby.possible(look.position)
        if not possible[look.scores.argmax()]:
            return not possible.any()
        return plain(self._atlas, self._nearby.fpr, look.scores)

    def _features(self) -> LocalFeatures:
        with self._opening:
            if self._local is None:
                self._local = LocalFeatures(most=MOST, matcher="nearest")
            return self._local
