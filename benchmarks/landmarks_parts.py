"""What each part of an atlas adds and costs: the atlas built again without it, asked about the same photos.

Everything is done by the product: variants are other weights, another head or less material for the building of an
atlas, and each has thresholds of its own from the same calibration photos.
"""

from __future__ import annotations

import csv
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.figure import Figure, eval_dir
from benchmarks.landmarks_atlas import gathered
from benchmarks.readme import ABLATION
from veduta.image.decode import load
from veduta.image.photo import Photo
from veduta.landmarks.atlas import Atlas, Weights
from veduta.landmarks.atlas_build import Material, build
from veduta.landmarks.features import vectors
from veduta.landmarks.gallery import Gallery
from veduta.landmarks.head import LENGTH, Head
from veduta.landmarks.looks import plain
from veduta.landmarks.recognize import Recognizer
from veduta.progress import Silent
from veduta.see.trunk import shared_trunk

WHOLE = "all parts"
MATERIAL = 200  # photos without landmarks as background, and as many for the thresholds
LISTED, OTHERS = 120, 120  # photos asked, by chance; of unlisted landmarks all
SIDE = 1440
RATE = 0.01


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer: what the photo shows, what was guessed and named, in how many milliseconds, with a closer look?"""

    part: str
    landmark: str
    guess: str
    named: str
    ms: float
    gray: bool


def answers(work: Path) -> dict[str, list[Asked]]:
    """What each variant, built in `work`, says of the same sample of photos."""
    material = gathered(work / "bank", Silent(), _others(work / "others"))
    sample = photos()
    return {
        name: asked(Atlas.open(make(out=work / name.replace(" ", "_"))), sample)
        for name, make in _variants(material).items()
    }


def table(said: Mapping[str, Sequence[Asked]]) -> Iterator[Figure]:
    """Quality and cost of each variant."""
    for name, every in said.items():
        by = {part: [one for one in every if one.part == part] for part in ("listed", "unlisted", "other")}
        shares = (
            ("rank-1", [one.guess == one.landmark for one in by["listed"]], False),
            (f"sensitivity at {RATE}", [one.named == one.landmark for one in by["listed"]], False),
            ("without landmarks named", [bool(one.named) for one in by["other"]], True),
            ("unlisted named", [bool(one.named) for one in by["unlisted"]], True),
        )
        for what, holds, less in shares:
            share = sum(holds) / len(holds)
            yield Figure(
                f"{ABLATION}{name}: {what}", share, better="lower" if less else "higher", n=len(holds)
            )
        for what, part in (("ms, landmark", "listed"), ("ms, none", "other")):
            median = float(np.median([one.ms for one in by[part]]))
            yield Figure(f"{ABLATION}{name}: {what}", median, "ms", better="lower", n=len(by[part]))


def _others(folder: Path) -> Path:
    """Some of the photos without landmarks, as many of each part, by chance."""
    random = np.random.default_rng(0)
    for part in ("train", "calibration"):
        paths = sorted((eval_dir() / "landmarks" / "others" / part).rglob("*.jpg"))
        (folder / part).mkdir(parents=True)
        for i in sorted(random.permutation(len(paths))[:MATERIAL]):
            shutil.copy(paths[i], folder / part / f"{i:04}.jpg")
    return folder


def _variants(material: Material) -> dict[str, partial[Path]]:
    default = Weights()
    both = default.centroid + default.exemplar  # kept, so that a closer look weighs the same
    first = np.flatnonzero(material.first)
    place = {int(row): index for index, row in enumerate(first)}
    whole = replace(
        material,
        vectors=material.vectors[first],
        owners=material.owners[first],
        first=material.first[first],
        references=material.references[first],
        corners={place[row]: corners for row, corners in material.corners.items()},
    )

    def variant(material: Material = material, head: Head | None = None, **weights: float) -> partial[Path]:
        return partial(build, material, weights=replace(default, **weights), trained=head)

    return {
        WHOLE: variant(),
        "without whitening": variant(head=_plain(material)),
        "centroids alone": variant(centroid=both, exemplar=0.0),
        "exemplars alone": variant(centroid=0.0, exemplar=both),
        "with the penalty of others": variant(penalty=0.5),
        "without the closer look": variant(corners=0.0),
        "without the mirrored gallery": variant(whole),
    }


def _plain(material: Material) -> Head:
    """As many directions as the head of an atlas has, those of most variance, none stretched."""
    both = np.concatenate([material.vectors[material.first], material.background])
    mean = (material.vectors[material.first].mean(axis=0) + material.background.mean(axis=0)) / 2
    _, _, axes = np.linalg.svd(both - mean, full_matrices=False)
    return Head(mean.astype(np.float32), np.ascontiguousarray(axes[:LENGTH].T, np.float32))


def photos() -> list[tuple[str, str, Path]]:
    """(part, landmark, file) of the sample."""
    folder = eval_dir() / "landmarks"
    random = np.random.default_rng(0)
    with (folder / "test" / "labels.csv").open(encoding="utf-8") as table:
        rows = [
            (row["listed"], row["landmark"], folder / "test" / row["file"]) for row in csv.DictReader(table)
        ]
    listed = [("listed", landmark, path) for shown, landmark, path in rows if shown == "1"]
    others = [("other", "", path) for path in sorted((folder / "others" / "test").rglob("*.jpg"))]
    some = [
        group[i]
        for group, count in ((listed, LISTED), (others, OTHERS))
        for i in sorted(random.permutation(len(group))[:count])
    ]
    return some + [("unlisted", landmark, path) for shown, landmark, path in rows if shown != "1"]


def asked(atlas: Atlas, sample: Sequence[tuple[str, str, Path]]) -> list[Asked]:
    """The answers of an atlas, with processor time on top of the network's pass."""
    recognizer, gallery, trunk = Recognizer(atlas, RATE), Gallery(atlas), shared_trunk()
    answers = []
    for part, landmark, path in sample:
        photo: Photo = load(path, SIDE)
        sights = trunk.look([photo])  # shared with the other recognizers, and paid already
        scores = gallery.scores(gallery.embed(vectors(sights)))[0]
        started = time.process_time()
        named = recognizer.recognize([photo], [None])[0]
        ms = 1e3 * (time.process_time() - started)
        guess = named[0] if named else recognizer.guess([photo], [None])[0]
        doubtful = scores.max() >= atlas.doubt and not plain(atlas, RATE, scores)
        gray = bool(doubtful and atlas.weights.corners > 0)
        answers.append(
            Asked(
                part,
                landmark,
                guess.landmark.id if guess else "",
                named[0].landmark.id if named else "",
                ms,
                gray,
            )
        )
    return answers
