"""The proof of an atlas: how often it names the right landmark, and how often it names one where it must not."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np

from veduta.errors import UnreadableImage
from veduta.image.decode import load
from veduta.image.photo import Photo
from veduta.landmarks.evaluate_cases import Case
from veduta.landmarks.landmark import Landmark
from veduta.landmarks.metrics import Outcome
from veduta.landmarks.square import DEGREE, Position, inside
from veduta.progress import Progress, Silent
from veduta.settings import settings

DARK = 70.0  # mean lightness, of 255, below which a photo counts as dark
WANDER = 0.4  # kilometers at most, in each direction, between a landmark and who photographs it

Positions = Sequence[Position | None]


class Name(Protocol):
    """A landmark that was recognized, as far as the proof looks at it."""

    @property
    def landmark(self) -> Landmark:
        """Which one."""

    @property
    def score(self) -> float:
        """How sure; grows with the confidence."""

    @property
    def how(self) -> str:
        """By what: gps, vector or geometry."""


class Judge(Protocol):
    """What names landmarks, at thresholds that nothing here can move."""

    def recognize(self, photos: Sequence[Photo], positions: Positions) -> Sequence[Sequence[Name]]:
        """The landmarks of each photo."""

    def guess(self, photos: Sequence[Photo], positions: Positions) -> Sequence[Name | None]:
        """The best guess for each photo, however weak."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A landmark's identifier, how sure, and by what."""

    landmark: str
    score: float
    how: str
    outside: bool = False


@dataclass(slots=True)
class Verdict:
    """What was said of one photo: the best guess, and what was named at each asked false-positive rate.

    `variant` is "" for the photo as it is, else what was changed: "rotated", "without GPS" or "simulated GPS".
    `seconds` is processor time of the first rate asked for, the network's pass included.
    """

    case: Case
    variant: str
    guess: Answer | None = None
    said: dict[str, Answer | None] = field(default_factory=dict)
    dark: bool = False
    seconds: float = 0.0
    problem: str = ""

    def outcome(self, rate: str) -> Outcome:
        """What was named at `rate`."""
        return _outcome(self.case, self.said.get(rate))

    def guessed(self) -> Outcome:
        """The best guess."""
        return _outcome(self.case, self.guess)


def _outcome(case: Case, answer: Answer | None) -> Outcome:
    if answer is None:
        return Outcome(case.truth, None)
    return Outcome(case.truth, answer.landmark, answer.score)


def judge(
    judges: Mapping[str, Judge],
    cases: Sequence[Case],
    landmarks: Mapping[str, Landmark],
    variants: bool = True,
    progress: Progress | None = None,
) -> Iterator[Verdict]:
    """Ask `judges` (by the false-positive rate that each was asked to keep) about every case.

    With `variants`, photos are also turned by a quarter, robbed of their position, or given one near the landmark.
    Photos that cannot be read are named nothing, with the problem told.
    """
    progress = progress or Silent()
    progress.begin("recognizing", len(cases))
    try:
        with ThreadPoolExecutor(1) as pool:
            ahead = pool.submit(_read, cases[0]) if cases else None
            for index, case in enumerate(cases):
                photo = ahead.result() if ahead else ""
                ahead = pool.submit(_read, cases[index + 1]) if index + 1 < len(cases) else None
                yield from _verdicts(judges, case, photo, index, landmarks, variants)
                progress.advance()
    finally:
        progress.end()


def _read(case: Case) -> Photo | str:
    try:
        return load(case.path, settings().analysis_side)
    except UnreadableImage as error:
        return error.reason
    except OSError as error:
        return error.strerror or str(error)


def _verdicts(
    judges: Mapping[str, Judge],
    case: Case,
    photo: Photo | str,
    index: int,
    landmarks: Mapping[str, Landmark],
    variants: bool,
) -> Iterator[Verdict]:
    if isinstance(photo, str):
        yield Verdict(case, "", said=dict.fromkeys(judges), problem=photo)
        return
    lightness = float(cv2.cvtColor(photo.at_side(256), cv2.COLOR_RGB2GRAY).mean())
    yield _ask(judges, case, photo, case.position, "", landmarks, lightness < DARK)
    if not variants:
        return
    if case.position is not None:
        yield _ask(judges, case, photo, None, "without GPS", landmarks)
    else:
        near = _near(case, index, landmarks)
        if near is not None:
            yield _ask(judges, case, photo, near, "simulated GPS", landmarks)
    if case.truth is not None:
        turned = np.ascontiguousarray(np.rot90(photo.pixels, 1 if index % 2 else 3))
        aside = Photo(turned, photo.height, photo.width)
        yield _ask(judges, case, aside, case.position, "rotated", landmarks)


def _near(case: Case, index: int, landmarks: Mapping[str, Landmark]) -> Position | None:
    """A place within WANDER of the photo's landmark; of some landmark where the photo shows none that is known."""
    placed = [landmark for landmark in landmarks.values() if landmark.latitude is not None]
    if case.truth is not None:
        placed = [landmark for landmark in placed if landmark.id == case.truth]
    if not placed:
        return None
    random = np.random.default_rng(index)
    landmark = placed[int(random.integers(len(placed)))]
    if landmark.latitude is None or landmark.longitude is None:
        return None
    north, east = random.uniform(-WANDER, WANDER, 2) / DEGREE
    latitude = float(np.clip(landmark.latitude + north, -90, 90))
    width = max(math.cos(math.radians(latitude)), 1e-6)
    return latitude, float((landmark.longitude + east / width + 180) % 360 - 180)


def _ask(
    judges: Mapping[str, Judge],
    case: Case,
    photo: Photo,
    position: Position | None,
    variant: str,
    landmarks: Mapping[str, Landmark],
    dark: bool = False,
) -> Verdict:
    verdict = Verdict(case, variant, dark=dark)
    started = time.process_time()
    for rate, one in judges.items():
        names = sorted(one.recognize([photo], [position])[0], key=lambda name: -name.score)
        verdict.said[rate] = _answer(names[0], position) if names else None
        if not verdict.seconds:
            verdict.seconds = time.process_time() - started
    for one in judges.values():
        guess = one.guess([photo], [position])[0]
        verdict.guess = _answer(guess, position) if guess else None
        break
    return verdict


def _answer(name: Name, position: Position | None) -> Answer:
    landmark = name.landmark
    outside = False
    if position is not None and landmark.latitude is not None and landmark.longitude is not None:
        outside = not bool(inside(position, np.array([[landmark.latitude, landmark.longitude]]))[0])
    return Answer(landmark.id, name.score, name.how, outside)
