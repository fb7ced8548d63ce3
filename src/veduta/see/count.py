"""How many people a photo shows: everybody who can be told apart, and an interval for the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from veduta.errors import NotFound
from veduta.image.photo import Photo
from veduta.nets.store import ModelStore
from veduta.see.count_region import Region
from veduta.see.face_detector import FaceDetector
from veduta.see.finding import Box
from veduta.see.individuals import Individual, Seen, individuals
from veduta.see.objects_close import CloseDetector
from veduta.see.objects_names import NAMES

PERSON = "person"
# Bodies less likely than this add more noise than people.
LEAST = 0.3
# Who is at least this likely is counted, and shown as a point.
COUNTED = 0.5


@dataclass(frozen=True, slots=True)
class Count:
    """How many people: the best guess, and `low` to `high`, which holds the truth nine times in ten.

    `points` are the heads (x, y) and `boxes` the bodies or heads (x, y, width, height) of those who can be told
    apart, in pixels of the full upright photo; in a dense crowd the count is higher than the number of points.
    `method` is "detector" where all are told apart, "density" where a crowd is estimated.
    """

    count: int
    low: int
    high: int
    points: tuple[tuple[float, float], ...] = ()
    boxes: tuple[Box, ...] = ()
    method: Literal["detector", "density"] = "detector"


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What the detectors say of one photo of (`width`, `height`): bodies and faces, doubtful ones too."""

    bodies: list[Seen]
    faces: list[Seen]
    width: int
    height: int

    @property
    def people(self) -> list[Individual]:
        """Everybody who can be told apart."""
        return individuals([body for body in self.bodies if body.probability >= LEAST], self.faces)

    def count(self, region: Region | None = None) -> Count:
        """How many there are in the photo, or in a region of it."""
        people = self.people
        if region is not None:
            holds = region.at(self.width, self.height).holds([person.point for person in people])
            people = [person for person, inside in zip(people, holds, strict=True) if inside]
        return _count(people)


class Counter:
    """Counts people by their bodies and faces, or any other of the things that the object detector knows."""

    def __init__(self, what: str = PERSON, store: ModelStore | None = None, least: float = LEAST) -> None:
        if what not in NAMES.values():
            raise NotFound(f"nothing is called {what!r}; known: {', '.join(sorted(NAMES.values()))}")
        self.what = what
        self.least = least
        self._bodies = CloseDetector(store)
        self._faces = FaceDetector() if what == PERSON else None

    def look(self, photos: Sequence[Photo], faces: bool = True) -> list[Sight]:
        """What is seen in each photo; `faces` false leaves people's faces out."""
        found = self._bodies.see(photos, self.what)
        seen = self._faces.detect(photos) if self._faces and faces else [[] for _ in photos]
        sights = []
        for photo, boxes, some in zip(photos, found, seen, strict=True):
            scale = photo.width / photo.pixels.shape[1]
            bodies = [Seen(box, likely) for box, likely in boxes if likely >= self.least]
            heads = [Seen(_scaled(face.box, scale), face.probability) for face in some]
            sights.append(Sight(bodies, heads, photo.width, photo.height))
        return sights

    def count(self, photo: Photo) -> Count:
        """How many there are in a photo."""
        return self.look([photo])[0].count()


def _scaled(box: Box, scale: float) -> Box:
    return (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)


def _count(people: Sequence[Individual]) -> Count:
    counted = [person for person in people if person.probability >= COUNTED]
    number = len(counted)
    # Whose presence is unsure makes the interval, and so do those whom nobody sees, more of them in a crowd.
    doubtful = sum(person.probability for person in people if person.probability < COUNTED)
    unsure = sum(1 - person.probability for person in counted)
    low = max(0, round(number - 1.5 * unsure - 0.05 * number))
    high = round(number + 1.5 * doubtful + 0.15 * number)
    return Count(
        number, low, max(number, high), tuple(p.point for p in counted), tuple(p.box for p in counted)
    )


@cache
def _shared() -> Counter:
    return Counter()


def count(photo: Photo) -> Count:
    """How many people there are in a photo; the networks stay open for the next one."""
    return _shared().count(photo)


def smoothed(counts: Sequence[Count], width: int = 3) -> list[Count]:
    """Counts one after the other in time, each number the median of `width` neighbors: a detector flickers."""
    half = width // 2
    told = []
    for index, one in enumerate(counts):
        near = counts[max(0, index - half) : index + half + 1]
        middle, low, high = (int(np.median([getattr(c, f) for c in near])) for f in ("count", "low", "high"))
        told.append(
            Count(middle, min(low, middle), max(high, middle), one.points, one.boxes, method=one.method)
        )
    return told
