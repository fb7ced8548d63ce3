"""Landmarks in photos, by one atlas: the dot product with what it knows, within the square where GPS tells it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from veduta.errors import NotFound
from veduta.image.photo import Photo
from veduta.landmarks import regions, upright, windows
from veduta.landmarks.atlas import Atlas
from veduta.landmarks.features import vectors
from veduta.landmarks.looks import Likeliest, Look, Looks, Recognition
from veduta.landmarks.nearby import Nearby
from veduta.landmarks.square import Position
from veduta.see.trunk import Sight, Trunk, shared_trunk

RATE = 0.01
TOGETHER, ALONE, TURNED = 0.5, 0.25, 0.5
"""Parts of the asked false-positive rate that further looks at a photo get, of which there are several.

For several parts of a photo, which confirm each other; for a single part; for a photo that was turned.
"""


class Recognizer:
    """Names landmarks by one atlas; safe to use from several threads."""

    def __init__(
        self,
        atlas: Atlas,
        fpr: float = RATE,
        trunk: Trunk | None = None,
        *,
        parts: bool = True,
        turns: bool = True,
    ) -> None:
        """`fpr` is the rate of photos without landmarks that may be given one.

        With `parts`, several landmarks are looked for in a photo; with `turns`, photos that seem not to be upright
        are turned where nothing was found.
        """
        if not 0 < fpr < 1:
            raise ValueError(f"A false-positive rate lies between 0 and 1, not {fpr}")
        self.atlas = atlas
        self.fpr = fpr
        self.parts = parts
        self.turns = turns
        self._trunk = trunk or shared_trunk()
        self._nearby = Nearby(atlas, fpr)
        self._looks = Looks(atlas, self._nearby, self._trunk)
        self._gallery = self._looks.gallery

    def recognize(
        self, photos: Sequence[Photo], positions: Sequence[Position | None]
    ) -> list[list[Recognition]]:
        """The landmarks of each photo; `positions` are (latitude, longitude) in degrees, None where not known."""
        return [self._named(look) or self._turned(look) for look in self._looks.look(photos, positions)]

    def guess(
        self, photos: Sequence[Photo], positions: Sequence[Position | None]
    ) -> list[Recognition | None]:
        """The likeliest landmark of each photo, however weak; None where its position rules all out."""
        found = []
        for look in self._looks.look(photos, positions):
            # A photo in which a landmark is plain is not turned.
            plain = look.best >= self._nearby.enough("vector", None)
            every = [look, *({} if plain else self._aside(look)).values()]
            best = max(every, key=lambda one: one.best).likeliest
            found.append(None if best is None else best.said)
        return found

    def score_of(self, landmark: str) -> Callable[[Sequence[Sight]], NDArray[np.floating]]:
        """What gives the score of one landmark (its id) of some sights; raises NotFound."""
        row = next((i for i, mark in enumerate(self.atlas.landmarks) if mark.id == landmark), None)
        if row is None:
            raise NotFound(f"the atlas {self.atlas.name} knows no {landmark}")
        return lambda sights: self._gallery.scores(self._gallery.embed(vectors(sights)))[:, row]

    def _enough(self, found: Likeliest, position: Position | None, part: float) -> bool:
        return found.score >= self._nearby.enough(found.said.how, position, part)

    def _named(self, look: Look, part: float = 1.0) -> list[Recognition]:
        """What passes: the likeliest landmark of the whole photo, and others in parts of it."""
        whole = look.likeliest
        if whole is None:
            return []
        named = self._enough(whole, look.position, part)
        if self.parts and self._looks.doubtful(look):
            return self._in_parts(look, whole if named else None, part)
        return [whole.said] if named else []

    def _in_parts(self, look: Look, whole: Likeliest | None, part: float) -> list[Recognition]:
        photo = look.photo
        possible = self._nearby.possible(look.position)
        scores = self._gallery.scores(self._gallery.embed(windows.vectors(look.sight)))
        proposed = regions.propose(np.where(possible, scores, -np.inf))
        asked = proposed
        if whole is not None:
            asked = [one for one in proposed if one.landmark != whole.row and one.score >= regions.BESIDE]
        sights = regions.look(self._trunk, photo, [region.window for region in asked])
        others: list[Likeliest] = []
        if asked:
            again = self._gallery.scores(self._gallery.embed(vectors(sights)))
            for region, own in zip(asked, again, strict=True):
                # Corners were looked for in the whole photo.
                found = self._looks.likeliest(own + look.raised - look.scores, look.position, part * TOGETHER)
                # The part alone must be named what the whole let expect there.
                right = found is not None and found.row == region.landmark
                if found is not None and right and self._enough(found, look.position, part * TOGETHER):
                    box = windows.box(region.window, photo.width, photo.height)
                    others.append(replace(found, said=replace(found.said, box=box)))
        if len(others) == 1:
            others = [one for one in others if self._enough(one, look.position, part * ALONE)]
        parts = [one.said for one in sorted(others, key=lambda one: -one.score)]
        if whole is None:
            return parts
        own_part = next((region for region in proposed if region.landmark == whole.row), None)
        said = whole.said
        if own_part and (
            parts or regions.concentrated(own_part, scores[:, whole.row], look.scores[whole.row])
        ):
            said = replace(said, box=windows.box(own_part.window, photo.width, photo.height))
        return [said, *parts]

    def _turned(self, look: Look) -> list[Recognition]:
        """What passes in a photo in which nothing did, once it is set upright."""
        for turn, aside in sorted(self._aside(look).items(), key=lambda pair: -pair[1].best):
            if found := self._named(aside, TURNED):
                size = look.photo.width, look.photo.height
                back = [one.box and upright.turned_back(one.box, turn, *size) for one in found]
                return [replace(one, box=box) for one, box in zip(found, back, strict=True)]
        return []

    def _aside(self, look: Look) -> dict[int, Look]:
        """Looks at the photo turned, where it seems not to be upright, by the turn."""
        turns = upright.shipped().turns(look.sight.statistics) if self.turns else []
        photos = [upright.turned(look.photo, turn) for turn in turns]
        return dict(zip(turns, self._looks.look(photos, [look.position] * len(turns)), strict=True))
