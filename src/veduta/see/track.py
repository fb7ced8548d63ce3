"""People (or other things) followed through a video: one identity each, however the detector flickers.

A Kalman filter foretells where each is, and the cheapest pairing of predictions with what is seen, by place,
size and color, tells who is who. Sure detections are paired first, unsure ones only with those already known
(Zhang et al., "ByteTrack", 2022, arXiv 2110.06864).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from veduta.image.photo import Pixels
from veduta.see.box import overlap
from veduta.see.finding import Box

Doubles = NDArray[np.float64]

# Only what is at least this likely begins a track; anything seen at all continues one.
SURE = 0.5
# An identity is confirmed when seen this often; unconfirmed it is dropped after missing so many looks.
HITS = 3
MISSES = 2
# Seconds for which one who is hidden is waited for.
PATIENCE = 2.5
# Noise in parts of the size: what a detector's box jitters by, and how quickly things change speed, each second.
JITTER = 0.06
AGILITY = 0.9
# How far from the prediction something may be found, in sizes, at once and for each second out of sight.
REACH = 0.6
REACH_LATER = 0.8
# Sizes that differ by more than this factor, colors that differ by more than this much are somebody else's.
GROWTH = 1.8
COLORS = 0.65
# A new box that shares so much with one already taken is a second box of the same person.
DOUBLE = 0.45
# What is gone for good: beyond the edge of the picture by this part of its size.
OUTSIDE = 0.3
# A top nearer to the edge of the picture than this part of the height is cut off by it.
CUT_OFF = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """What the detector saw in one frame: box (x, y, width, height), probability, colors (see `colors`)."""

    box: Box
    probability: float
    colors: Doubles | None = None


@dataclass(eq=False)
class Track:
    """One identity: `state` holds place and speed of (middle x, top, width, height), one row each.

    `seen` is the time of the last sighting in seconds, `hits` how often there was one; `floor` is the lower edge of
    the picture.
    """

    identity: int
    state: Doubles
    spread: Doubles
    seen: float
    time: float
    colors: Doubles | None = None
    hits: int = 1
    misses: int = 0
    confirmed: bool = False
    heights: list[float] = field(default_factory=list)
    floor: float = float("inf")

    @property
    def box(self) -> Box:
        """Where it is: (x, y, width, height)."""
        x, top, width, height = (float(v) for v in self.state[:, 0])
        return (x - width / 2, top, width, height)

    @property
    def foot(self) -> tuple[float, float]:
        """Where it stands: below its top by its usual height, for legs are often hidden; within the picture.

        Where the top is cut off by the edge of the picture, what is seen ends where it stands.
        """
        whole = bool(self.heights) and _begins_inside(self.box)
        height = float(np.median(self.heights)) if whole else float(self.state[3, 0])
        return float(self.state[0, 0]), min(float(self.state[1, 0]) + height, self.floor)

    @property
    def size(self) -> float:
        """Root of the area."""
        return float(np.sqrt(max(self.state[2, 0], 1.0) * max(self.state[3, 0], 1.0)))

    def predict(self, time: float) -> None:
        """Move on to `time`."""
        step = time - self.time
        self.time = time
        move = np.array([[1.0, step], [0.0, 1.0]])
        noise = (AGILITY * self.size) ** 2 * np.array([[step**4 / 4, step**3 / 2], [step**3 / 2, step**2]])
        self.state = self.state @ move.T
        # Sizes change slowly, and one who is hidden may have stopped.
        self.state[2:, 1] *= 0.5
        self.state[:2, 1] *= 0.85 if self.misses else 1.0
        self.spread = move @ self.spread @ move.T + noise * np.array([1.0, 1.0, 0.2, 0.2])[:, None, None]

    def correct(self, sighting: Sighting, time: float) -> None:
        """Take in what was seen."""
        jitter = (JITTER * self.size) ** 2
        gain = self.spread[:, :, 0] / (self.spread[:, 0, 0] + jitter)[:, None]
        self.state += gain * (_measured(sighting.box) - self.state[:, 0])[:, None]
        self.spread = self.spread - gain[:, :, None] * self.spread[:, :1, :]
        self.seen, self.misses = time, 0
        self.hits += 1
        self.confirmed = self.confirmed or self.hits >= HITS
        if _begins_inside(sighting.box):
            self.heights = [*self.heights[-14:], sighting.box[3]]
        if sighting.colors is not None:
            self.colors = (
                sighting.colors if self.colors is None else 0.85 * self.colors + 0.15 * sighting.colors
            )


class Tracker:
    """Gives identities to what is seen in frame after frame of (width, height)."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._tracks: list[Track] = []
        self._next = 1
        self.confirmed = 0

    def update(self, time: float, sightings: Sequence[Sighting]) -> list[Track]:
        """The identities that are seen at `time`, unconfirmed ones too."""
        for track in self._tracks:
            track.predict(time)
        known = sorted(self._tracks, key=lambda t: not t.confirmed)
        sure = [s for s in sightings if s.probability >= SURE]
        unsure = [s for s in sightings if s.probability < SURE]
        taken: list[Sighting] = []
        for some in (sure, unsure):
            for track, sighting in _pairs(known, some, time):
                before = track.confirmed
                track.correct(sighting, time)
                self.confirmed += track.confirmed and not before
                taken.append(sighting)
                known.remove(track)
        for track in known:
            track.misses += 1
        for sighting in sure:
            if all(overlap(sighting.box, other.box) < DOUBLE for other in taken):
                self._tracks.append(_begin(self._next, sighting, time, self._height))
                taken.append(sighting)
                self._next += 1
        self._tracks = [track for track in self._tracks if self._stays(track, time)]
        return [track for track in self._tracks if track.seen == time]

    def forget(self) -> None:
        """Nobody goes on: the film was cut."""
        self._tracks = []

    def _stays(self, track: Track, time: float) -> bool:
        if not track.confirmed:
            return track.misses < MISSES
        if time - track.seen > PATIENCE:
            return False
        if not track.misses:
            return True
        x, y, width, height = track.box
        middle = x + width / 2, y + height / 2
        beyond = OUTSIDE * width, OUTSIDE * height
        return (
            -beyond[0] < middle[0] < self._width + beyond[0]
            and -beyond[1] < middle[1] < self._height + beyond[1]
        )


def colors(pixels: Pixels, box: Box) -> Doubles | None:
    """What somebody looks like, whatever the pose: the roots of a histogram of hue and saturation, and of grays."""
    x, y, width, height = box
    left, right = round(x + 0.2 * width), round(x + 0.8 * width)
    top, bottom = round(y + 0.1 * height), round(y + 0.8 * height)
    part = pixels[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if part.size < 3 * 12:
        return None
    tones = np.asarray(cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2HSV), np.uint8)
    hue, saturation, value = (tones[..., i].ravel().astype(np.int64) for i in range(3))
    gray = (saturation < 50) | (value < 40)
    bins = np.where(gray, 24 + value // 43, (hue // 23) * 3 + np.minimum((saturation - 50) // 70, 2))
    counts = np.bincount(bins, minlength=30).astype(np.float64)
    return np.asarray(np.sqrt(counts / counts.sum()))


def _begin(identity: int, sighting: Sighting, time: float, floor: float) -> Track:
    state = np.zeros((4, 2))
    state[:, 0] = _measured(sighting.box)
    size = float(np.sqrt(max(sighting.box[2] * sighting.box[3], 1.0)))
    spread = np.zeros((4, 2, 2))
    spread[:, 0, 0] = (JITTER * size) ** 2
    spread[:, 1, 1] = np.array([1.5, 1.5, 0.2, 0.2]) * size**2
    heights = [sighting.box[3]] if _begins_inside(sighting.box) else []
    return Track(identity, state, spread, time, time, sighting.colors, heights=heights, floor=floor)


def _begins_inside(box: Box) -> bool:
    """Whether the top is in the picture, not cut off by its edge: only then the height is the whole one."""
    return box[1] > CUT_OFF * box[3]


def _measured(box: Box) -> Doubles:
    x, y, width, height = box
    return np.array([x + width / 2, y, width, height])


def _pairs(
    tracks: Sequence[Track], sightings: Sequence[Sighting], time: float
) -> list[tuple[Track, Sighting]]:
    """Who is who: confirmed identities choose first."""
    found: list[tuple[Track, Sighting]] = []
    left = list(sightings)
    for sort in (True, False):
        some = [track for track in tracks if track.confirmed == sort]
        if not some or not left:
            continue
        costs = np.array([[_cost(track, sighting, time) for sighting in left] for track in some])
        rows, columns = linear_sum_assignment(np.minimum(costs, 1.0))
        pairs = [
            (some[r], left[c])
            for r, c in zip(rows.tolist(), columns.tolist(), strict=True)
            if costs[r, c] < 1
        ]
        found += pairs
        used = {id(sighting) for _, sighting in pairs}
        left = [sighting for sighting in left if id(sighting) not in used]
    return found


def _cost(track: Track, sighting: Sighting, time: float) -> float:
    """How badly a sighting fits an identity: 1 and more where it cannot be it."""
    here = _measured(sighting.box)
    there = track.state[:, 0]
    size = max(track.size, 1.0)
    reach = REACH + REACH_LATER * min(time - track.seen, PATIENCE)
    # The first step tells nothing yet of the speed.
    reach += 0.6 if track.hits == 1 else 0.0
    far = float(np.hypot(here[0] - there[0], here[1] - there[1])) / (size * reach)
    grown = abs(float(np.log(max(here[2] * here[3], 1.0) / max(there[2] * there[3], 1.0)))) / (
        2 * float(np.log(GROWTH))
    )
    unlike = 0.0
    if track.colors is not None and sighting.colors is not None:
        likeness = float(track.colors @ sighting.colors) / max(float(np.linalg.norm(track.colors)), 1e-9)
        unlike = float(np.sqrt(max(0.0, 1.0 - likeness)))
    if far >= 1 or grown >= 1 or unlike >= COLORS:
        return 1.0
    return 0.55 * far + 0.15 * grown + 0.3 * unlike
