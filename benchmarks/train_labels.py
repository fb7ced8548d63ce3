"""Calibrates the labels: ``python -m benchmarks.train_labels``.

Learned from 240 photos of landmarks/others/calibration, each judged by eye (labels_judged.csv): `label` is the
network's first choice, `right_from` the first of [label, its group, the group above...] that is right, empty when none
is. Every name of that chain gives one pair (probability, right or wrong): the temperature is the one of least log loss,
then an isotonic curve, smoothed towards the straight line, makes probabilities of it.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from benchmarks.figure import eval_dir
from benchmarks.trunk import sights
from veduta.files import write_text
from veduta.see.calibration import Calibration, expected_error, softmax
from veduta.see.taxonomy import imagenet

HERE = Path(__file__).parent
TARGET = HERE.parent / "src/veduta/see/data/labels.json"
TEMPERATURES = np.arange(0.5, 1.55, 0.05)
GRID = np.linspace(0, 1, 21)

Floats = NDArray[np.floating]


def judged() -> list[dict[str, str]]:
    """The judgments."""
    with (HERE / "labels_judged.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def pairs(
    logits: Floats, rows: list[dict[str, str]], temperature: float
) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Probability and truth of each name in the chains, and which photo each belongs to."""
    taxonomy = imagenet()
    likely = taxonomy.probabilities(softmax(logits / temperature).astype(np.float32))
    place = {node: i for i, node in enumerate(taxonomy.nodes)}
    found = []
    for index, row in enumerate(rows):
        chain = [row["label"], *taxonomy.parents(row["label"])]
        first = int(row["right_from"]) if row["right_from"] else len(chain)
        found += [(likely[index, place[name]], level >= first, index) for level, name in enumerate(chain)]
    probability, right, photo = zip(*found, strict=True)
    return np.clip(np.array(probability), 1e-6, 1 - 1e-6), np.array(right), np.array(photo)


def curve(probability: Floats, right: NDArray[np.bool_]) -> tuple[list[float], list[float]]:
    """A rising curve: isotonic regression averaged with a logistic one, which keeps few points from making steps."""
    odds = np.log(probability / (1 - probability))[:, None]
    logistic = LogisticRegression(C=10).fit(odds, right)
    steps = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(probability, right)
    inner = np.clip(GRID, 1e-4, 1 - 1e-4)
    smooth = logistic.predict_proba(np.log(inner / (1 - inner))[:, None])[:, 1]
    mixed = (smooth + steps.predict(inner)) / 2
    mixed[0] = 0.0
    return [round(float(v), 4) for v in GRID], [round(float(v), 4) for v in np.maximum.accumulate(mixed)]


def log_loss(probability: Floats, right: NDArray[np.bool_]) -> float:
    """Mean negative log likelihood."""
    return float(-np.mean(np.where(right, np.log(probability), np.log(1 - probability))))


def cross_validated(
    logits: Floats, rows: list[dict[str, str]], temperature: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Calibrated probabilities of each fifth of the photos, learned from the others."""
    probability, right, photo = pairs(logits, rows, temperature)
    fold = np.random.default_rng(0).permutation(len(rows))[photo] % 5
    out = np.zeros(len(probability))
    for held in range(5):
        raw, share = curve(probability[fold != held], right[fold != held])
        out[fold == held] = np.interp(probability[fold == held], raw, share)
    return out, right


def main() -> None:
    """Learn, and write the calibration into the package."""
    rows = judged()
    logits = np.stack([s.logits for s in sights([eval_dir() / row["file"] for row in rows])])
    losses = {float(t): log_loss(*pairs(logits, rows, t)[:2]) for t in TEMPERATURES}
    best = min(losses, key=losses.__getitem__)
    probability, right, _ = pairs(logits, rows, best)
    raw, share = curve(probability, right)
    held, truth = cross_validated(logits, rows, best)
    print(
        f"temperature {best:.2f}: log loss {losses[best]:.4f}, at 1 {log_loss(*pairs(logits, rows, 1.0)[:2]):.4f}"
    )
    print(
        f"calibration error {expected_error(probability, right):.3f}, after the curve {expected_error(held, truth):.3f}"
    )
    said = held >= 0.5
    print(f"names of at least 0.5: {said.sum()} of {len(said)}, right {truth[said].mean():.3f}")
    write_text(TARGET, json.dumps({"temperature": round(best, 2), "raw": raw, "right": share}) + "\n")
    assert Calibration.load(TARGET.name).raw


if __name__ == "__main__":
    main()
