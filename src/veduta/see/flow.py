"""Who crosses a line in a video, and which way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from veduta.see.count_region import BadRegion, numbers
from veduta.see.track import Track

Point = tuple[float, float]

# Nobody has crossed before standing beyond the line by this part of the size: boxes tremble, and some turn back.
MARGIN = 0.12
# A line goes on by this part of its length at both ends: feet at the picture's lower edge are often guessed below it.
OVER = 0.05


@dataclass(frozen=True, slots=True)
class Line:
    """A line from (x1, y1) to (x2, y2) in pixels of the upright picture.

    "In" is from its left to its right, for one who looks from the first point to the second.
    """

    x1: float
    y1: float
    x2: float
    y2: float

    @classmethod
    def parse(cls, text: str, width: int, height: int) -> Line:
        """A line from "X1,Y1,X2,Y2", in pixels or, when none is above 1, as parts of the sides; raises BadRegion."""
        complaint = f"line {text!r}: write X1,Y1,X2,Y2, two different points"
        values = numbers(text, complaint)
        if len(values) != 4 or values[:2] == values[2:]:
            raise BadRegion(complaint)
        if max(values) <= 1:
            values = [value * side for value, side in zip(values, (width, height) * 2, strict=True)]
        return cls(*values)

    def beyond(self, point: Point) -> float:
        """How far a point is on the right of the line, in pixels; below zero on the left."""
        along = (self.x2 - self.x1, self.y2 - self.y1)
        across = along[0] * (point[1] - self.y1) - along[1] * (point[0] - self.x1)
        return float(across / max(float(np.hypot(*along)), 1e-9))

    def crossed(self, before: Point, after: Point) -> bool:
        """Whether the way between two points on different sides meets the line between its ends."""
        a, b = self.beyond(before), self.beyond(after)
        part = a / (a - b)
        met = (before[0] + part * (after[0] - before[0]), before[1] + part * (after[1] - before[1]))
        along = (self.x2 - self.x1, self.y2 - self.y1)
        square = along[0] ** 2 + along[1] ** 2
        place = ((met[0] - self.x1) * along[0] + (met[1] - self.y1) * along[1]) / max(square, 1e-9)
        return -OVER <= place <= 1 + OVER


@dataclass(frozen=True, slots=True)
class Crossing:
    """One crossing: when in seconds, by whom, and which way."""

    time: float
    identity: int
    way: Literal["in", "out"]


class Flow:
    """Counts crossings of a line, with hysteresis: only who was settled on one side and settles on the other."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.crossings: list[Crossing] = []
        self._settled: dict[int, Point] = {}
        # Of those who are not confirmed yet: it may be flicker.
        self._waiting: dict[int, list[Crossing]] = {}

    @property
    def inward(self) -> int:
        """How many crossed from left to right."""
        return sum(crossing.way == "in" for crossing in self.crossings)

    @property
    def outward(self) -> int:
        """How many crossed from right to left."""
        return sum(crossing.way == "out" for crossing in self.crossings)

    def update(self, time: float, tracks: Sequence[Track]) -> None:
        """Take in where everybody stands at `time`."""
        for track in tracks:
            crossing = self._step(time, track)
            if crossing is not None:
                self._waiting.setdefault(track.identity, []).append(crossing)
            if track.confirmed:
                self.crossings += self._waiting.pop(track.identity, [])

    def _step(self, time: float, track: Track) -> Crossing | None:
        point = track.foot
        distance = self.line.beyond(point)
        if abs(distance) < MARGIN * track.size:
            return None
        before = self._settled.get(track.identity)
        self._settled[track.identity] = point
        if before is None or (self.line.beyond(before) > 0) == (distance > 0):
            return None
        if not self.line.crossed(before, point):
            return None
        return Crossing(time, track.identity, "in" if distance > 0 else "out")
