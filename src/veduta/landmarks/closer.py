"""A closer look at photos that are in doubt: do corners of buildings lie as in a photo of the landmark?

It can only speak for a landmark, never against one: mountains, bays and crowds have no corners that come back. How many
corners fit by chance is told by the other landmarks that the photo is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from veduta.landmarks.corner_code import CornerCode
from veduta.landmarks.gallery import Floats, Gallery, Numbers
from veduta.see.keypoints import Keypoints
from veduta.see.matching import nearest
from veduta.see.outlines import Outlines
from veduta.see.verification import explained

SIDE = 640
"""Longer side, in pixels, at which corners are looked for."""

MOST = 1024
"""Corners of the photo that is asked about."""

FEW, FEW_KEPT = 256, 192
"""The best corners of both photos, which tell soon whether the others are worth a look."""

SIDE_OF_POINTS = 1024
"""Scale in which inliers are counted, see `verification.inliers`."""

EXEMPLARS, BEST_LANDMARKS, OF_EACH = 24, 4, 6
MATCHED, VERIFIED = 16, 8

CHANCE, BY_CHANCE = 14.0, 30.0
"""Inliers that photos of different places often reach; that they hardly ever reach, whatever is in them."""

DRAWN = 16
"""Photos whose corners tell in which directions corners differ most."""


class Closer:
    """Compares corners of a photo with those kept in an atlas."""

    def __init__(self, numbers: Numbers, gallery: Gallery) -> None:
        arrays = numbers.arrays
        self._gallery = gallery
        self._owners = np.asarray(arrays["exemplar_landmark"])
        self._corners = arrays["corners"]
        self._code = CornerCode(np.asarray(arrays["corner_words"], np.float32))
        self._starts = np.asarray(arrays["corner_starts"])
        self._sizes = np.asarray(arrays["corner_sizes"])
        self._place = {int(row): place for place, row in enumerate(arrays["corner_exemplar"])}
        self.weight = numbers.weights.corners

    def __bool__(self) -> bool:
        """Whether the atlas has corners to look at."""
        return bool(self._place) and self.weight > 0

    @cached_property
    def _outlines(self) -> Outlines:
        some = list(self._place)[:: max(1, len(self._place) // DRAWN)]
        return Outlines.fit(np.concatenate([self._kept(row).vectors for row in some]))

    def inliers(self, corners: Keypoints, embedded: Floats, scores: Floats) -> dict[int, Floats]:
        """Where the most corners lie that one camera motion explains, for landmarks (rows) where it could be evidence.

        `embedded` (d,) and `scores` (landmarks,) are those of the same photo: they choose which photos to compare.
        """
        if not len(corners):
            return {}
        points, outlined = _scaled(corners), self._outlines.of(corners.vectors)
        matched: list[tuple[int, int, NDArray[np.intp], Keypoints]] = []
        for row in self._worth(corners, self._candidates(embedded, scores)):
            kept = self._kept(row)
            pairs = self._outlines.nearest(corners.vectors, kept.vectors, outlined)
            if len(pairs) > CHANCE:
                matched.append((len(pairs), row, pairs, kept))
        matched.sort(key=lambda match: (-match[0], match[1]))
        found: dict[int, Floats] = {}
        for most, row, pairs, kept in matched[:VERIFIED]:
            owner = int(self._owners[row])
            before = found.get(owner, points[:0])
            # No motion explains more corners than match.
            if most > len(before):
                here = points[pairs[:, 0]]
                fitting = here[explained(here, _scaled(kept)[pairs[:, 1]])]
                found[owner] = max(before, fitting, key=len)
        return found

    def _worth(self, corners: Keypoints, rows: list[int]) -> list[int]:
        """The MATCHED of some exemplars of which most of the best corners match."""
        if len(rows) <= MATCHED:
            return rows
        few = corners.vectors[:FEW]
        glanced = [(len(nearest(few, self._kept(row, FEW_KEPT).vectors)), row) for row in rows]
        return [row for _, row in sorted(glanced, key=lambda seen: (-seen[0], seen[1]))[:MATCHED]]

    def raised(self, scores: Floats, found: Mapping[int, Floats]) -> Floats:
        """Scores (landmarks,) with what the inliers `found` speak for added."""
        result = scores.copy()
        for owner in found:
            result[owner] += self.weight * evidence(found, owner)
        return result

    def _candidates(self, embedded: Floats, scores: Floats) -> list[int]:
        rows = self._gallery.alike(embedded, EXEMPLARS).tolist()
        for landmark in np.argsort(-scores, kind="stable")[:BEST_LANDMARKS]:
            rows += self._gallery.nearest(embedded, int(landmark), OF_EACH).tolist()
        return [row for row in dict.fromkeys(rows) if row in self._place]

    def _kept(self, row: int, most: int | None = None) -> Keypoints:
        place = self._place[row]
        width, height = (int(side) for side in self._sizes[place])
        rows = np.asarray(self._corners[self._starts[place] : self._starts[place + 1]][:most])
        return self._code.decode(rows, (width, height))


def evidence(found: Mapping[int, Floats], owner: int) -> float:
    """What the inliers `found` speak for a landmark: the logarithm of how many times those are that chance explains.

    As many as another landmark has in the same place are chance: some photos, of towers say, find inliers wherever
    they look. Elsewhere in the photo, and beyond BY_CHANCE, the other one may be in it as well.
    """
    own = found.get(owner)
    if own is None or len(own) <= CHANCE:
        return 0.0
    low, high = own.min(axis=0), own.max(axis=0)
    others = [
        len(there)
        for row, there in found.items()
        if row != owner and len(there) and ((there >= low) & (there <= high)).all(axis=1).mean() >= 0.5
    ]
    chance = min(max(CHANCE, *others), BY_CHANCE) if others else CHANCE
    return float(np.log(max(len(own), chance) / chance))


def _scaled(corners: Keypoints) -> Floats:
    return np.asarray(corners.points * (SIDE_OF_POINTS / max(corners.size)), np.float32)
