"""Learns the scene classifier: ``python -m benchmarks.train_scenes``.

A logistic regression on what EfficientNet-Lite2 gives for a picture (its pooled features and its ImageNet logits),
learned from the training part of scenes_miniplaces2k: the pictures whose file name hashes to less than 0.6. The others
are held out and only measured. The strength of the prior is chosen by cross-validation inside the training part, where
the temperature and the curve from confidence to probability are fitted too, on out-of-fold predictions.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import eval_dir
from benchmarks.trunk import sights
from veduta.files import replacing, write_text
from veduta.see.calibration import softmax
from veduta.see.scenes import describe

TRAINED = 0.6
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3)
FOLDS = 5
DATA = Path(__file__).parents[1] / "src/veduta/see/data"

Floats = NDArray[np.float32]


def part(name: str) -> str:
    """Say "train" or "held out", told by the file's name alone."""
    share = int.from_bytes(hashlib.sha256(Path(name).name.encode()).digest()[:4], "big") / 2**32
    return "train" if share < TRAINED else "held out"


def pictures(which: str) -> tuple[list[Path], NDArray[np.str_]]:
    """Paths and scenes of one part."""
    folder = eval_dir() / "scenes_miniplaces2k"
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if part(row["file"]) == which]
    return [folder / row["file"] for row in rows], np.array([row["scene"] for row in rows])


def fit(
    features: Floats, names: NDArray[np.str_], strength: float
) -> tuple[Floats, Floats, NDArray[np.str_]]:
    """Weights (classes, features) and biases of a logistic regression, with the classes in their order."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=300, class_weight="balanced").fit(features, names)
    return model.coef_.astype(np.float32), model.intercept_.astype(np.float32), model.classes_


def out_of_fold(features: Floats, names: NDArray[np.str_], strength: float, classes: Sequence[str]) -> Floats:
    """Logits of every picture by a model that has not seen it; a class missing from a fold gets a low one."""
    order = np.random.default_rng(0).permutation(len(names))
    logits = np.full((len(names), len(classes)), -20.0, np.float32)
    for fold in range(FOLDS):
        test = order[fold::FOLDS]
        train = np.setdiff1d(order, test)
        weights, bias, seen = fit(features[train], names[train], strength)
        columns = np.searchsorted(classes, seen)
        logits[np.ix_(test, columns)] = features[test] @ weights.T + bias
    return logits


def temperature_of(logits: Floats, right: NDArray[np.intp]) -> float:
    """The temperature with the least cross-entropy (Guo et al. 2017, arXiv 1706.04599)."""
    tried = np.geomspace(0.2, 5, 60)
    rows = np.arange(len(right))
    losses = [-np.log(softmax(logits / t)[rows, right] + 1e-9).mean() for t in tried]
    return float(tried[int(np.argmin(losses))])


def curve(confidence: Floats, right: NDArray[np.bool_]) -> tuple[list[float], list[float]]:
    """Rising curve from confidence to share of right answers (isotonic regression, read off at 11 points)."""
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(confidence, right)
    points = np.linspace(0, 1, 11)
    values = np.convolve(np.pad(model.predict(points), 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    return [round(float(p), 3) for p in points], [round(float(v), 4) for v in np.maximum.accumulate(values)]


def main() -> None:
    """Learn, and write classifier and calibration into the package."""
    paths, names = pictures("train")
    features = np.stack([describe(s) for s in sights(paths)])
    classes = np.unique(names)
    right = np.searchsorted(classes, names)
    scores = {}
    for strength in STRENGTHS:
        logits = out_of_fold(features, names, strength, list(classes))
        scores[strength] = float((logits.argmax(axis=1) == right).mean())
        print(f"C {strength}: {scores[strength]:.3f} of {len(names)} out of fold")
    best = max(scores, key=scores.__getitem__)
    logits = out_of_fold(features, names, best, list(classes))
    temperature = temperature_of(logits, right)
    weights, bias, order = fit(features, names, best)
    confidence = softmax(logits / temperature)
    raw, share = curve(confidence.max(axis=1), confidence.argmax(axis=1) == right)
    with replacing(DATA / "scenes.npz") as temporary, temporary.open("wb") as out:
        np.savez_compressed(out, weights=weights.astype(np.float16), bias=bias, names=order)
    write_text(
        DATA / "scenes.json", json.dumps({"temperature": temperature, "raw": raw, "right": share}) + "\n"
    )
    print(f"C {best}, temperature {temperature:.2f}, curve {share}")


if __name__ == "__main__":
    main()
