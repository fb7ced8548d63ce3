"""The proof of an atlas: how often it names the right landmark, and how often it names one where it must not."""

from __future__ import annotations

import json
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
from veduta.landmarks.evaluate_kept import Kept, digest
from veduta.landmarks.evaluate_verdict import Answer, Verdict
from veduta.landmarks.landmark import Landmark
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
        """The best guess for each photo, however weak: what is recognized, where anything is."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One way in which a photo is shown: see `Verdict.variant`; turned by so many quarters."""

    variant: str
    position: Position | None
    quarters: int = 0

    def key(self, digest: str) -> str:
        """Names the ask of the photo of this content."""
        return json.dumps([digest, self.variant, self.position, self.quarters])


@dataclass(frozen=True, slots=True)
class _Ready:
    """A case about to be judged: its photo, or why there is none, or what was said of it before."""

    case: Case
    photo: Photo | str
    asks: Mapping[str, Ask] = field(default_factory=dict)
    known: Sequence[Verdict] | None = None


def judge(
    judges: Mapping[str, Judge],
    cases: Sequence[Case],
    landmarks: Mapping[str, Landmark],
    variants: bool = True,
    progress: Progress | None = None,
    kept: Kept | None = None,
) -> Iterator[Verdict]:
    """Ask `judges` (by the false-positive rate that each was asked to keep) about every case.

    With `variants`, photos are also turned by a quarter, robbed of their position, or given one near the landmark.
    Photos that cannot be read are named nothing, with the problem told. What is in `kept` is not asked again.
    """
    progress = progress or Silent()
    progress.begin("recognizing", len(cases))

    def ready(case: Case) -> _Ready:
        return _prepared(case, landmarks, variants, kept)

    try:
        with ThreadPoolExecutor(1) as pool:
            ahead = pool.submit(ready, cases[0]) if cases else None
            for index in range(len(cases)):
                one = ahead.result() if ahead else ready(cases[index])
                ahead = pool.submit(ready, cases[index + 1]) if index + 1 < len(cases) else None
                yield from _verdicts(judges, one, kept)
                progress.advance()
    finally:
        progress.end()


def _prepared(case: Case, landmarks: Mapping[str, Landmark], variants: bool, kept: Kept | None) -> _Ready:
    try:
        content = digest(case.path)
        asks = {ask.key(content): ask for ask in _asks(case, content, landmarks, variants)}
        known = kept.find(case, list(asks)) if kept else None
        if known is not None:
            return _Ready(case, "", asks, known)
        return _Ready(case, load(case.path, settings().analysis_side), asks)
    except UnreadableImage as error:
        return _Ready(case, error.reason)
    except OSError as error:
        return _Ready(case, error.strerror or str(error))


def _asks(case: Case, content: str, landmarks: Mapping[str, Landmark], variants: bool) -> Iterator[Ask]:
    """How the photo is shown; what is left to chance hangs on its content, not on the photos beside it."""
    yield Ask("", case.position)
    if not variants:
        return
    chance = int(content[:8], 16)
    if case.position is not None:
        yield Ask("without GPS", None)
    else:
        near = _near(case, chance, landmarks)
        if near is not None:
            yield Ask("simulated GPS", near)
    if case.truth is not None:
        yield Ask("rotated", case.position, 1 if chance % 2 else 3)


def _verdicts(judges: Mapping[str, Judge], one: _Ready, kept: Kept | None) -> Iterator[Verdict]:
    if one.known is not None:
        yield from one.known
        return
    case, photo = one.case, one.photo
    if isinstance(photo, str):
        yield Verdict(case, "", said=dict.fromkeys(judges), problem=photo)
        return
    dark = float(cv2.cvtColor(photo.at_side(256), cv2.COLOR_RGB2GRAY).mean()) < DARK
    made = {key: _ask(judges, case, photo, ask, dark) for key, ask in one.asks.items()}
    if kept:
        kept.keep(made)
    yield from made.values()


def _near(case: Case, chance: int, landmarks: Mapping[str, Landmark]) -> Position | None:
    """A place within WANDER of the photo's landmark; of some landmark where the photo shows none that is known."""
    placed = [landmark for landmark in landmarks.values() if landmark.latitude is not None]
    if case.truth is not None:
        placed = [landmark for landmark in placed if landmark.id == case.truth]
    if not placed:
        return None
    random = np.random.default_rng(chance)
    landmark = placed[int(random.integers(len(placed)))]
    if landmark.latitude is None or landmark.longitude is None:
        return None
    north, east = random.uniform(-WANDER, WANDER, 2) / DEGREE
    latitude = float(np.clip(landmark.latitude + north, -90, 90))
    width = max(math.cos(math.radians(latitude)), 1e-6)
    return latitude, float((landmark.longitude + east / width + 180) % 360 - 180)


def _ask(judges: Mapping[str, Judge], case: Case, photo: Photo, ask: Ask, dark: bool) -> Verdict:
    verdict = Verdict(case, ask.variant, dark=dark and not ask.variant)
    position = ask.position
    if ask.quarters:
        turned = np.ascontiguousarray(np.rot90(photo.pixels, ask.quarters))
        photo = Photo(turned, photo.height, photo.width)
    started = time.process_time()
    for rate, one in judges.items():
        names = sorted(one.recognize([photo], [position])[0], key=lambda name: -name.score)
        verdict.said[rate] = _answer(names[0], position) if names else None
        if not verdict.seconds:
            verdict.seconds = time.process_time() - started
    verdict.guess = next((answer for answer in verdict.said.values() if answer), None)
    for one in judges.values() if verdict.guess is None else ():
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
