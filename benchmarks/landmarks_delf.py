"""Our recognizer against local features in the manner of DELF, on the same photos in the same run.

DELF-like: corners of XFeat at DELF's seven scales, nearest neighbors among the corners of a bank, votes for its photos,
geometric verification of the best of them (Noh et al. 2017, arXiv 1612.06321, with XFeat for DELF's own features).
"""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure, eval_dir
from veduta.image.decode import load
from veduta.image.photo import Photo, at_most
from veduta.landmarks.atlas import Atlas
from veduta.landmarks.geometry import Keypoints, LocalFeatures, inliers
from veduta.landmarks.intervals import mcnemar, wilson
from veduta.landmarks.recognize import Recognizer
from veduta.nets.packs.local import LIGHTERGLUE, XFEAT
from veduta.nets.store import default_store

SCALES = (0.25, 0.3536, 0.5, 0.7071, 1.0, 1.4142, 2.0)
SIDE = 512  # pixels of the longer side at scale 1: the largest scale looks at 1024
CORNERS = 1000  # of a photo, the best of all scales
SHORTLIST = 10  # photos of the bank that are verified
RATE = 0.01

BANK = 10  # photos of each landmark
SHOWN = 5  # photos of each landmark that are asked
OTHERS = 150

Floats = NDArray[np.float32]


def seven_scales(features: Sequence[LocalFeatures], photo: Photo) -> Keypoints:
    """The best corners of all scales, in pixels of the photo at SIDE."""
    small = at_most(photo.pixels, SIDE)
    height, width = small.shape[:2]
    found = [
        one.extract(photo.at_side(round(SIDE * scale)), max(64, round(SIDE * scale)))
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
        nearest = np.empty(len(photo), np.intp)
        for start in range(0, len(photo), 100):
            nearest[start : start + 100] = (photo.vectors[start : start + 100] @ self._vectors.T).argmax(
                axis=1
            )
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


def _spread(paths: Sequence[Path], count: int) -> list[Path]:
    """`count` of the paths, evenly."""
    chosen = np.linspace(0, len(paths) - 1, min(count, len(paths))).round().astype(int)
    return [paths[i] for i in chosen]


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})


def _asked(folder: Path, each: int) -> list[tuple[Path, str]]:
    by: dict[str, list[Path]] = {}
    with (folder / "labels.csv").open(encoding="utf-8") as table:
        for row in csv.DictReader(table):
            if row["listed"] == "1":
                by.setdefault(row["landmark"], []).append(folder / row["file"])
    return [(path, landmark) for landmark, paths in by.items() for path in _spread(paths, each)]


def measure(bank: int = BANK, shown: int = SHOWN, others: int = OTHERS) -> list[Figure]:
    """Sensitivity at 1 % false positives and processor time a photo of both, and McNemar's test."""
    cv2.setNumThreads(1)
    folder = eval_dir() / "landmarks"
    default_store().pull([XFEAT, LIGHTERGLUE])
    # A network of its own for each scale, so that none is compiled again for the next photo.
    features = [LocalFeatures(most=CORNERS, matcher="nearest") for _ in SCALES]
    names, photos = [], []
    for landmark in sorted({path.parent for path in _pictures(folder / "bank")}):
        for path in _spread(_pictures(landmark), bank):
            names.append(landmark.name)
            photos.append(seven_scales(features, load(path, 2 * SIDE)))
    local = LocalBank(names, photos)
    calibration = [
        local.recognize(seven_scales(features, load(path, 2 * SIDE)))[1]
        for path in _spread(_pictures(folder / "others" / "calibration"), others)
    ]
    threshold = float(np.quantile(calibration, 1 - RATE, method="higher"))

    ours = Recognizer(Atlas.open("default"), RATE)
    asked: list[tuple[Path, str | None]] = [*_asked(folder / "test", shown)]
    asked += [(path, None) for path in _spread(_pictures(folder / "others" / "test"), others)]
    right: dict[str, list[bool]] = {"ours": [], "local": []}
    false: dict[str, list[bool]] = {"ours": [], "local": []}
    seconds: dict[str, list[float]] = {"ours": [], "local": []}
    for path, landmark in asked:
        photo = load(path, 2 * SIDE)
        started = time.process_time()
        found = ours.recognize([photo], [None])[0]
        seconds["ours"].append(time.process_time() - started)
        started = time.process_time()
        name, count = local.recognize(seven_scales(features, photo))
        seconds["local"].append(time.process_time() - started)
        said = {"ours": found[0].landmark.id if found else None, "local": name if count > threshold else None}
        for who, one in said.items():
            if landmark is None:
                false[who].append(one is not None)
            else:
                right[who].append(one == landmark)
    ms = {who: 1e3 * float(np.median(values)) for who, values in seconds.items()}
    tested = f"{len(right['ours'])} photos; DELF-like with {len(photos)} photos in its bank"
    made = [
        Figure(
            "times faster than DELF-like, a photo", ms["local"] / ms["ours"], "x", 15.0, note="processor time"
        ),
        Figure("processor time a photo", ms["ours"], "ms", None, "lower", note="the shared network included"),
        Figure("processor time a photo, DELF-like", ms["local"], "ms", None, "lower"),
        Figure(
            "sensitivity less that of DELF-like",
            float(np.mean(right["ours"]) - np.mean(right["local"])),
            "",
            0.0,
            note=f"{tested}; McNemar p = {mcnemar(right['ours'], right['local']):.2g}",
        ),
    ]
    for who, title in (("ours", ""), ("local", ", DELF-like")):
        hits, total = sum(right[who]), len(right[who])
        made.append(
            Figure(
                f"sensitivity at 1 % false positives{title}",
                hits / total,
                n=total,
                interval=(wilson(hits, total).low, wilson(hits, total).high),
            )
        )
        made.append(
            Figure(
                f"false positives seen{title}", float(np.mean(false[who])), "", None, "lower", len(false[who])
            )
        )
    return made
