"""How well the shipped atlas recognizes landmarks, and what each part of it adds and costs."""

from __future__ import annotations

import dataclasses
import time

import numpy as np

from benchmarks.figure import Figure, eval_dir
from veduta.image.decode import load
from veduta.image.photo import Photo
from veduta.landmarks.atlas import Atlas, Weights
from veduta.landmarks.evaluate_atlas import RATES, evaluate
from veduta.landmarks.recognize import Recognizer

# Sensitivity, false positives and unlisted landmarks named, as asked for at each rate.
WANTED = {"0.01": (0.92, 0.01, 0.08), "0.001": (0.87, 0.001, 0.04)}

PARTS = {
    "centroids alone": Weights(1.0, 0.0, 0.0, 0.0),
    "exemplars alone": Weights(0.0, 1.0, 0.0, 0.0),
    "centroids and exemplars": Weights(1.0, 1.0, 0.0, 0.0),
    "with the penalty of others": Weights(1.0, 1.0, 0.5, 0.0),
    "with the closer look (default)": Weights(1.0, 1.0, 0.0, 0.5),
}


def measure() -> list[Figure]:
    """The required figures on the test parts, then the ablation by rank-1 and milliseconds."""
    folder = eval_dir() / "landmarks"
    atlas = Atlas.open("default")
    found = evaluate(atlas, folder / "test", folder / "others" / "test", variants=False)
    result = [Figure("landmarks rank-1", found["rank1"], target=0.95, n=found["n"]["listed"])]
    for rate in RATES:
        wanted = WANTED[rate]
        for key, target, better in zip(
            ("sensitivity", "fpr_seen", "unlisted_named"), wanted, ("higher", "lower", "lower"), strict=True
        ):
            name = f"landmarks {key} at {rate}"
            result.append(
                Figure(name, found[key][rate], "", target, "higher" if better == "higher" else "lower")
            )
    started = time.perf_counter()
    for _ in range(10):
        Atlas.open("default")
    result.append(Figure("atlas opened", (time.perf_counter() - started) * 100, "ms", better="lower"))
    return result + _ablation(atlas)


def _ablation(atlas: Atlas) -> list[Figure]:
    folder = eval_dir() / "landmarks" / "test"
    known = [mark.id for mark in atlas.landmarks]
    photos: list[tuple[str, Photo]] = [
        (place, load(path, 1440)) for place in known for path in sorted((folder / place).glob("*.jpg"))
    ]
    result = []
    for name, weights in PARTS.items():
        recognizer = Recognizer(dataclasses.replace(atlas, weights=weights))
        right, times = 0, []
        for place, photo in photos:
            recognizer._trunk.look([photo])  # shared with the other recognizers, and paid already
            started = time.perf_counter()
            guess = recognizer.guess([photo], [None])[0]
            times.append((time.perf_counter() - started) * 1000)
            right += guess is not None and guess.landmark.id == place
        result.append(Figure(f"rank-1, {name}", right / len(photos), n=len(photos)))
        result.append(Figure(f"time added, {name}", float(np.median(times)), "ms", better="lower"))
    return result
