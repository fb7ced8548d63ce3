"""How many people a photo shows: everybody who can be told apart, and an interval for the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from veduta.image.photo import Photo
from veduta.nets.store import ModelStore
from veduta.see.face_detector import FaceDetector
from veduta.see.finding import Box
from veduta.see.individuals import Individual, Seen, individuals
from veduta.see.objects import ObjectRecognizer

# Bodies less likely than this add more noise than people.
LEAST_BODY = 0.3
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


class PeopleCounter:
    """Counts people by their bodies and faces."""

    def __init__(self, store: ModelStore | None = None) -> None:
        self._bodies = ObjectRecognizer(store, least=LEAST_BODY)
        self._faces = FaceDetector()

    def count(self, photo: Photo) -> Count:
        """How many people there are in a photo."""
        return self.count_all([photo])[0]

    def count_all(self, photos: Sequence[Photo]) -> list[Count]:
        """How many people there are in each photo."""
        return [_count(people) for people in self.people(photos)]

    def people(self, photos: Sequence[Photo]) -> list[list[Individual]]:
        """Everybody in each photo who can be told apart, in pixels of the full photo."""
        bodies = self._bodies.see(photos)
        faces = self._faces.detect(photos)
        told = []
        for photo, findings, seen in zip(photos, bodies, faces, strict=True):
            scale = photo.width / photo.pixels.shape[1]
            persons = [Seen(f.box, f.score) for f in findings if f.kind == "person" and f.box]
            told.append(
                individuals(
                    persons,
                    [Seen(_scaled(face.box, scale), face.probability) for face in seen],
                )
            )
        return told


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
def _shared() -> PeopleCounter:
    return PeopleCounter()


def count(photo: Photo) -> Count:
    """How many people there are in a photo; the networks stay open for the next one."""
    return _shared().count(photo)
