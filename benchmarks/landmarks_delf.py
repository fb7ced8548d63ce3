"""Our recognizer against local features in the manner of DELF, on the same photos in the same run.

DELF-like: corners of XFeat at DELF's seven scales, nearest neighbors among the corners of a bank, votes for its photos,
geometric verification of the best of them (Noh et al. 2017, arXiv 1612.06321, with XFeat for DELF's own features, which
take a ResNet-50 at each scale and are many times slower). Both sides know the same photos, cleaned by the product.
"""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure, eval_dir
from benchmarks.one_thread import one_thread
from veduta.image.decode import load
from veduta.image.photo import Photo, at_most
from veduta.landmarks.atlas import Atlas
from veduta.landmarks.atlas_build import build
from veduta.landmarks.bank import Bank
from veduta.landmarks.clean import clean
from veduta.landmarks.importing import fill
from veduta.landmarks.intervals import mcnemar, wilson
from veduta.landmarks.material import gather
from veduta.landmarks.recognize import Recognizer
from veduta.nets.packs.local import XFEAT
from veduta.nets.store import default_store
from veduta.see.corners import LocalFeatures
from veduta.see.keypoints import Keypoints
from veduta.see.trunk import Trunk
from veduta.see.verification import inliers

SCALES = (0.25, 0.3536, 0.5, 0.7071, 1.0, 1.4142, 2.0)
SIDE = 512  # pixels of the longer side at scale 1 for the photos of the test, which are no larger
CAMERA_SIDE = 1024  # the same for photos as cameras make them: what DELF itself works at
CORNERS = 1000  # of a photo, the best of all scales
BLOCK = 2048  # corners of the bank that are compared at once
SHORTLIST = 10  # photos of the bank that are verified

GALLERY = 8  # photos of each landmark, the same for both sides
SHOWN = 120  # photos of listed landmarks that are asked
OTHERS = 60  # photos without landmarks that are asked
CALIBRATION = 99  # photos of which the highest score is exceeded by one in a hundred others

T = TypeVar("T")
Floats = NDArray[np.float32]


def seven_scales(features: Sequence[LocalFeatures], photo: Photo, side: int = SIDE) -> Keypoints:
    """The best corners of all scales, in pixels of the photo at `side`."""
    small = at_most(photo.pixels, side)
    height, width = small.shape[:2]
    found = [
        one.extract(photo.at_side(round(side * scale)), max(64, round(side * scale)))
        for one, scale in zip(features, SCALES, strict=True)
    ]
    # No scale may crowd out the others: corners are taken in turns, the best of each scale first.
    points, vectors, ranks = [], [], []
    for one in found:
        points.append(one.points * np.array([width / one.size[0], height / one.size[1]], np.float32))
        vectors.append(one.vectors)
        ranks.append(np.arange(len(one)) / max(len(one), 1))
    order = np.argsort(np.concatenate(ranks), kind="stable")[:CORNERS]
    return Keypoints(np.concatenate(points)[order], np.concatenate(vectors)[order], (width, height))


@dataclass
class LocalBank:
    """The corners of all photos of a bank."""

    landmarks: list[str]
    photos: list[Keypoints]

    def __post_init__(self) -> None:
        """Join all vectors, so that one product compares a photo with the whole bank."""
        self._vectors = np.concatenate([photo.vectors for photo in self.photos])
        self._owner = np.repeat(np.arange(len(self.photos)), [len(photo) for photo in self.photos])

    def recognize(self, photo: Keypoints) -> tuple[str | None, int]:
        """The landmark of the photo with most inliers, and how many."""
        if not len(photo):
            return None, 0
        best_cosine = np.full(len(photo), -np.inf, np.float32)
        nearest = np.zeros(len(photo), np.intp)
        for start in range(0, len(self._vectors), BLOCK):  # small enough to stay in the processor's cache
            cosines = photo.vectors @ self._vectors[start : start + BLOCK].T
            found = cosines.argmax(axis=1)
            highest = np.take_along_axis(cosines, found[:, None], 1)[:, 0]
            better = highest > best_cosine
            best_cosine[better], nearest[better] = highest[better], found[better] + start
        votes = np.bincount(self._owner[nearest], minlength=len(self.photos))
        best: tuple[str | None, int] = (None, 0)
        for candidate in np.argsort(-votes, kind="stable")[:SHORTLIST]:
            other = self.photos[candidate]
            cosines = photo.vectors @ other.vectors.T
            there, back = cosines.argmax(axis=1), cosines.argmax(axis=0)
            good = np.flatnonzero(back[there] == np.arange(len(photo)))
            count = inliers(photo.points[good] * 2, other.points[there[good]] * 2)
            if count > best[1]:
                best = (self.landmarks[candidate], count)
        return best


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})


def _sample(paths: Sequence[T], count: int) -> list[T]:
    """`count` of them by chance, the same in each run."""
    chosen = np.random.default_rng(0).permutation(len(paths))[:count]
    return [paths[i] for i in sorted(chosen)]


def _listed(folder: Path) -> list[tuple[Path, str]]:
    with (folder / "labels.csv").open(encoding="utf-8") as table:
        return [
            (folder / row["file"], row["landmark"]) for row in csv.DictReader(table) if row["listed"] == "1"
        ]


def _gallery(folder: Path, work: Path, each: int) -> tuple[Atlas, list[str], list[Path]]:
    """An atlas of `each` photos of every landmark that cleaning keeps, and those photos with their landmarks."""
    fill(work / "bank", folder / "bank", folder / "landmarks.csv")
    with Bank.open(work / "bank") as bank:
        clean(bank)
        for landmark in list(bank.landmarks()):
            chosen = {photo.id for photo in _sample(list(bank.photos(landmark.id)), each)}
            spare = [photo.id for photo in bank.photos(landmark.id) if photo.id not in chosen]
            bank.judge([(photo, "dropped", "not in the sample", None) for photo in spare], "person")
        photos = list(bank.photos())
        atlas = Atlas.open(build(gather(bank), work / "atlas"))
    return atlas, [photo.landmark for photo in photos], [photo.path for photo in photos]


@dataclass
class Side:
    """One of the two: what it said, how surely and in what time."""

    recognize: Callable[[Photo], tuple[str | None, float]]
    threshold: float = 0.0
    right: list[bool] = field(default_factory=list)
    false: list[bool] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)

    def calibrate(self, photos: Sequence[Photo]) -> None:
        """Freeze the threshold at the highest score of photos without landmarks."""
        self.threshold = max(self.recognize(photo)[1] for photo in photos)

    def ask(self, photo: Photo, landmark: str | None) -> None:
        """Ask about one photo of the test."""
        started = time.process_time()
        name, score = self.recognize(photo)
        self.ms.append(1e3 * (time.process_time() - started))
        said = name if score > self.threshold else None
        if landmark is None:
            self.false.append(said is not None)
        else:
            self.right.append(said == landmark)


def measure(each: int = GALLERY, shown: int = SHOWN, others: int = OTHERS) -> list[Figure]:
    """Sensitivity at thresholds frozen by one rule and processor time a photo of both, and McNemar's test."""
    with one_thread():
        return _compared(each, shown, others)


def _compared(each: int, shown: int, others: int) -> list[Figure]:
    folder = eval_dir() / "landmarks"
    default_store().pull([XFEAT])
    # A network of its own for each scale, so that none is compiled again for the next photo.
    features = [LocalFeatures(most=CORNERS, matcher="nearest") for _ in SCALES]
    with tempfile.TemporaryDirectory() as work:
        atlas, names, paths = _gallery(folder, Path(work), each)
        local = LocalBank(names, [seven_scales(features, load(path, 2 * SIDE)) for path in paths])
        recognizer = Recognizer(atlas, trunk=Trunk())

        def by_corners(photo: Photo) -> tuple[str | None, float]:
            return local.recognize(seven_scales(features, photo))

        def by_atlas(photo: Photo) -> tuple[str | None, float]:
            guess = recognizer.guess([photo], [None])[0]
            return (guess.landmark.id, guess.score) if guess else (None, 0.0)

        ours, theirs = Side(by_atlas), Side(by_corners)
        quiet = [
            load(path, 2 * SIDE)
            for path in _sample(_pictures(folder / "others" / "calibration"), CALIBRATION)
        ]
        for side in (ours, theirs):
            side.calibrate(quiet)
        asked: list[tuple[Path, str | None]] = [*_sample(_listed(folder / "test"), shown)]
        asked += [(path, None) for path in _sample(_pictures(folder / "others" / "test"), others)]
        for path, landmark in asked:
            photo = load(path, 2 * SIDE)
            ours.ask(photo, landmark)
            theirs.ask(photo, landmark)
        camera = _camera(recognizer, local, sorted((folder / "gps").rglob("*.jpg")))
    return [*_figures(ours, theirs, len(paths), len(set(names))), *camera]


def _camera(recognizer: Recognizer, local: LocalBank, paths: Sequence[Path]) -> list[Figure]:
    """The cost of both on photos as cameras make them, where DELF looks at all seven scales of 1,024 pixels."""
    features = [LocalFeatures(most=CORNERS, matcher="nearest") for _ in SCALES]
    ours, theirs = [], []
    for index, path in enumerate([paths[0], *paths]):
        photo = load(path, 2 * CAMERA_SIDE)
        started = time.process_time()
        recognizer.guess([photo], [None])
        between = time.process_time()
        local.recognize(seven_scales(features, photo, CAMERA_SIDE))
        if index:  # the first one compiles the networks
            ours.append(between - started)
            theirs.append(time.process_time() - between)
    note = f"mean processor time of {len(ours)} photos of a camera at 2,048 pixels, one thread; scale 1 at 1,024 pixels"
    ratio = float(np.mean(theirs) / np.mean(ours))
    return [
        Figure("times faster than DELF-like, a photo of a camera", ratio, "x", 15.0, n=len(ours), note=note)
    ]


def _figures(ours: Side, theirs: Side, gallery: int, landmarks: int) -> list[Figure]:
    n, total = len(ours.right), len(ours.ms)
    galleries = f"the same {gallery} photos of {landmarks} landmarks on both sides"
    frozen = f"threshold: the highest score of the same {CALIBRATION} photos without landmarks, 1 % expected"
    p = mcnemar(ours.right, theirs.right)
    ratio = float(np.mean(theirs.ms) / np.mean(ours.ms))
    note = f"mean processor time of {total} photos of 448 pixels, one thread, the shared network included; {galleries}"
    made = [
        Figure("times faster than DELF-like, a photo", ratio, "x", 15.0, n=total, note=note),
        Figure("mean processor time a photo", float(np.mean(ours.ms)), "ms", None, "lower", total),
        Figure(
            "mean processor time a photo, DELF-like", float(np.mean(theirs.ms)), "ms", None, "lower", total
        ),
        Figure(
            "sensitivity less that of DELF-like",
            float(np.mean(ours.right) - np.mean(theirs.right)),
            "",
            0.0,
            n=n,
            note=f"paired, McNemar p = {p:.2g}; {galleries}",
        ),
    ]
    for side, title in ((ours, ""), (theirs, ", DELF-like")):
        for what, holds, better in (
            ("sensitivity", side.right, "higher"),
            ("false positives", side.false, "lower"),
        ):
            hits, of = sum(holds), len(holds)
            interval = wilson(hits, of)
            made.append(
                Figure(
                    f"{what} at a frozen threshold{title}",
                    hits / of,
                    better="higher" if better == "higher" else "lower",
                    n=of,
                    interval=(interval.low, interval.high),
                    note=frozen,
                )
            )
    return made
