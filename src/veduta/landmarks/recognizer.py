"""The recognizer of landmarks among the others: what the atlases in use say of a photo, as findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from veduta.errors import NotFound
from veduta.image.photo import Photo
from veduta.landmarks import atlases
from veduta.see.finding import Finding
from veduta.see.relevance import Score
from veduta.see.trunk import Sight

if TYPE_CHECKING:
    from veduta.landmarks.looks import Recognition

Position = tuple[float, float]
LOWEST = {"gps": 0.9}


class Recognizing(Protocol):
    """What recognizes landmarks by one atlas; `positions` are (latitude, longitude) in degrees."""

    def recognize(
        self, photos: Sequence[Photo], positions: Sequence[Position | None]
    ) -> list[list[Recognition]]:
        """The landmarks of each photo."""


class LandmarkRecognizer:
    """Names the landmarks in photos by all atlases in use.

    Reads the shared pass of EfficientNet-Lite2; where the photo knows its position, only landmarks near it count.
    """

    name = "landmarks"

    def __init__(self, by_atlas: Sequence[tuple[str, Recognizing]] | None = None) -> None:
        self.version = f"2-{atlases.fingerprint()}" if by_atlas is None else "2"
        self._by_atlas = _open() if by_atlas is None else list(by_atlas)

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """One finding for each landmark; of one that several atlases know, the surest."""
        found: list[dict[tuple[str, str], Finding]] = [{} for _ in photos]
        positions = [photo.position for photo in photos]
        for atlas, recognizing in self._by_atlas:
            for kept, told in zip(found, recognizing.recognize(photos, positions), strict=True):
                for one in told:
                    key = (one.landmark.name.casefold(), one.landmark.city.casefold())
                    if key not in kept or kept[key].score < one.score:
                        kept[key] = self._finding(atlas, one)
        return [sorted(kept.values(), key=lambda f: (-f.score, f.name)) for kept in found]

    def _finding(self, atlas: str, one: Recognition) -> Finding:
        landmark = one.landmark
        extra: dict[str, Any] = {
            "id": landmark.id,
            "city": landmark.city,
            "country": landmark.country,
            "region": landmark.region,
            "kind": landmark.kind,
            "latitude": landmark.latitude,
            "longitude": landmark.longitude,
            "how": one.how,
            "atlas": atlas,
        }
        # What is named has passed its threshold; in the square around a position that is lower than elsewhere.
        score = min(1.0, max(LOWEST.get(one.how, 0.5), float(one.score)))
        return Finding("landmark", landmark.name, score, self.name, self.version, box=one.box, extra=extra)


def _open() -> list[tuple[str, Recognizing]]:
    from veduta.landmarks.atlas import Atlas
    from veduta.landmarks.recognize import Recognizer

    return [
        (one.name, Recognizer(Atlas.open(one.folder if one.name != atlases.DEFAULT else atlases.DEFAULT)))
        for one in atlases.used()
    ]


def score_of(atlas: str, landmark: str) -> Score:
    """How like a landmark of an atlas in use sights are.

    Raises NotFound where the atlas is not in use any more, or does not know the landmark.
    """
    from veduta.landmarks.atlas import Atlas
    from veduta.landmarks.features import vectors
    from veduta.landmarks.gallery import Gallery

    folder = next((one.folder for one in atlases.used() if one.name == atlas), None)
    opened = None if folder is None else Atlas.open(folder)
    known = [] if opened is None else [mark.id for mark in opened.landmarks]
    if opened is None or landmark not in known:
        raise NotFound(
            f"no atlas in use called {atlas} knows {landmark}: `veduta add` looks at the photo anew"
        )
    row, gallery = known.index(landmark), Gallery(opened)

    def score(sights: Sequence[Sight]) -> NDArray[np.floating]:
        return gallery.scores(gallery.embed(vectors(sights)))[:, row]

    return score
