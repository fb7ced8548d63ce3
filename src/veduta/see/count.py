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
from veduta.see.crowd import CrowdEstimator, Density
from veduta.see.face_detector import FaceDetector
from veduta.see.finding import Box
from veduta.see.individuals import Individual, Seen, individuals
from veduta.see.objects_close import CloseDetector
from veduta.see.objects_names import NAMES

PERSON = "person"
# Bodies less likely than this add more noise than people.
LEAST = 0.15
# Who is at least this likely is counted, and shown as a point; small bodies (less high than SMALL pixels where the
# shorter side has WORKING) are so often missed that less will do.
COUNTED = 0.5
COUNTED_SMALL = 0.3
SMALL = 45
WORKING = 900
# Who is as high as the first is seldom overlooked, who is as low as the second often.
ALL_SEEN, HARDLY_SEEN = 120, 40
# The interval: how far it reaches above, at least, for the root of the small, and for each doubtful one; and below, for
# the root of the counted and for each doubt about one. Fitted by benchmarks/train_interval.py.
ABOVE, ABOVE_SMALL, ABOVE_DOUBTFUL = 1.0, 2.44, 2.32
BELOW, BELOW_UNSURE = 0.88, 0.77
# How high somebody is of whom only the face is seen, in heights of the face.
FACES_HIGH = 5


@dataclass(frozen=True, slots=True)
class Count:
    """How many people: the best guess, and `low` to `high`, which holds the truth nine times in ten.

    `points` are the heads (x, y) and `boxes` the bodies or heads (x, y, width, height) of those who can be told
    apart, in pixels of the full upright photo; in a dense crowd the count is higher than the number of points.
    `method` is "detector" where all are told apart, "density" where a crowd is estimated, "movement" where what
    moves is counted: of that no interval is known, and `low` and `high` are the count.
    """

    count: int
    low: int
    high: int
    points: tuple[tuple[float, float], ...] = ()
    boxes: tuple[Box, ...] = ()
    method: Literal["detector", "density", "movement"] = "detector"


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What the networks say of one photo of (`width`, `height`): bodies and faces, doubtful ones too, and a crowd.

    Or, where `moving`, what moves in a frame, as `bodies`.
    """

    bodies: list[Seen]
    faces: list[Seen]
    width: int
    height: int
    density: Density | None = None
    moving: bool = False

    def count(self, region: Region | None = None) -> Count:
        """How many there are in the photo, or in a region of it."""
        people = individuals([body for body in self.bodies if body.probability >= LEAST], self.faces)
        if region is not None:
            region = region.at(self.width, self.height)
            holds = region.holds([person.point for person in people])
            people = [person for person, inside in zip(people, holds, strict=True) if inside]
        counted = [person for person in people if person.probability >= self._enough(person)]
        doubtful = sum(one.probability for one in people) - sum(one.probability for one in counted)
        points, boxes = tuple(one.point for one in counted), tuple(one.box for one in counted)
        if self.moving:
            return Count(len(counted), len(counted), len(counted), points, boxes, "movement")
        hidden = 0.0
        if self.density is not None:
            hidden = self.density.hidden([person.point for person in counted], region)
        small = sum(smallness(self._height(person)) for person in counted)
        low, high = interval(counted, doubtful, hidden, small)
        number = round(len(counted) + hidden)
        return Count(
            number,
            min(low, number),
            max(high, number),
            points,
            boxes,
            "density" if hidden else "detector",
        )

    def _enough(self, person: Individual) -> float:
        """How likely somebody must be to be counted."""
        return COUNTED_SMALL if self._height(person) < SMALL else COUNTED

    def _height(self, person: Individual) -> float:
        """How high somebody is in the picture that the detectors see."""
        height = person.box[3] * min(1.0, WORKING / min(self.width, self.height))
        if person.has_face and person.box[3] < 1.6 * person.box[2]:
            height *= FACES_HIGH
        return height


def interval(counted: Sequence[Individual], doubtful: float, hidden: float, small: float) -> tuple[int, int]:
    """Low and high, which hold the truth nine times in ten.

    `doubtful` is the sum of the probabilities of those who are not counted, `hidden` how many a crowd has beside
    those who are, `small` how many of the counted are as small as those whom the detectors often miss (see
    `smallness`). Both ends are conditional quantiles (Koenker and Bassett, "Regression quantiles", 1978), whose levels
    were chosen so that the intervals hold nine in ten where they were not fitted (Vovk, Gammerman and Shafer,
    "Algorithmic learning in a random world", 2005); on none of the photos figures are reported of.
    """
    number = len(counted)
    unsure = sum(1 - person.probability for person in counted)
    low = number + hidden - BELOW * float(np.sqrt(number)) - BELOW_UNSURE * unsure - 0.5 * hidden
    high = number + hidden + ABOVE + ABOVE_SMALL * float(np.sqrt(small)) + ABOVE_DOUBTFUL * doubtful + hidden
    return max(0, round(low)), round(high)


def smallness(height: float) -> float:
    """How much somebody of this height, in pixels where the shorter side has WORKING, stands for others unseen."""
    return float(np.clip((ALL_SEEN - height) / (ALL_SEEN - HARDLY_SEEN), 0, 1))


class Counter:
    """Counts people by their bodies and faces, or any other thing that is detected.

    With `crowds`, the density of a crowd tells of those whom no detector finds: for demonstrations and stadiums. What
    looks like many heads, as figurines and lanterns do, is then taken for a crowd.
    """

    def __init__(self, what: str = PERSON, store: ModelStore | None = None, crowds: bool = False) -> None:
        if what not in NAMES.values():
            raise NotFound(f"nothing is called {what!r}; known: {', '.join(sorted(NAMES.values()))}")
        self.what = what
        self._bodies = CloseDetector(store)
        self._faces = FaceDetector() if what == PERSON else None
        self._crowds = CrowdEstimator(store) if crowds and what == PERSON else None

    def look(self, photos: Sequence[Photo], bodies_only: bool = False) -> list[Sight]:
        """What is seen in each photo; with `bodies_only`, sooner: no faces, no crowds, nobody far away."""
        found = self._bodies.see(photos, self.what, close=not bodies_only)
        heads: list[list[Seen]] = [[] for _ in photos]
        crowds: list[Density | None] = [None for _ in photos]
        if self._faces is not None and not bodies_only:
            for index, (photo, faces) in enumerate(zip(photos, self._faces.detect(photos), strict=True)):
                scale = photo.width / photo.pixels.shape[1]
                heads[index] = [Seen(_scaled(face.box, scale), face.probability) for face in faces]
                crowds[index] = self._crowds.density(photo) if self._crowds else None
        sights = []
        for photo, boxes, some, crowd in zip(photos, found, heads, crowds, strict=True):
            bodies = [Seen(box, likely) for box, likely in boxes]
            sights.append(Sight(bodies, some, photo.width, photo.height, crowd))
        return sights

    def count(self, photo: Photo) -> Count:
        """How many there are in a photo."""
        return self.look([photo])[0].count()


def _scaled(box: Box, scale: float) -> Box:
    return (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)


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
