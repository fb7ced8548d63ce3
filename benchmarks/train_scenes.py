"""Learns the scene classifier: ``python -m benchmarks.train_scenes``.

A logistic regression on what EfficientNet-Lite2 gives for a picture. It learns from the training part of
scenes_miniplaces2k (in each scene the 70 % whose file names have the smallest hashes; the others are held out and only
measured, by ``python -m benchmarks recognition_labels``), from 270 unnamed pictures of landmarks/others/train whose
scene was judged by eye (scenes_judged.csv), and from the mirror images of all of them. Its strength is chosen by
cross-validation inside the training part, where temperature and curve from confidence to probability are fitted too,
on predictions by models that had not seen the picture; photographs of single things (imagenet_* of
landmarks/others/train) stand for pictures of no scene.
"""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks.figure import eval_dir
from benchmarks.train_labels import curve, log_loss
from benchmarks.trunk import SIDE, sights
from veduta.files import replacing, write_text
from veduta.image.decode import load
from veduta.see.calibration import softmax
from veduta.see.scenes import TOPS, describe, evidence, keys, taxonomy
from veduta.see.trunk import Sight, fitted, shared_trunk

TRAINED = 0.7
STRENGTHS = (0.3, 1.0, 3.0, 10.0)
TEMPERATURES = np.geomspace(0.5, 3, 30)
FOLDS = 5
COMPONENTS = 500
HERE = Path(__file__).parent
DATA = HERE.parent / "src/veduta/see/data"

Floats = NDArray[np.floating]


def pictures() -> tuple[list[Path], NDArray[np.str_], NDArray[np.bool_]]:
    """Paths, scenes and whether each belongs to the training part."""
    folder = eval_dir() / "scenes_miniplaces2k"
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = np.array([row["scene"] for row in rows])
    hashes = np.array([hashlib.sha256(Path(row["file"]).name.encode()).hexdigest() for row in rows])
    trained = np.zeros(len(rows), bool)
    for name in np.unique(names):
        members = np.flatnonzero(names == name)
        trained[members[np.argsort(hashes[members])][: round(TRAINED * len(members))]] = True
    return [folder / row["file"] for row in rows], names, trained


def judged() -> tuple[list[Path], NDArray[np.str_]]:
    """Pictures without a name whose scene was judged by eye."""
    with (HERE / "scenes_judged.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [eval_dir() / row["file"] for row in rows], np.array([row["scene"] for row in rows])


def mirrored(paths: list[Path]) -> list[Sight]:
    """What the network gives for the mirror image of each picture."""
    return shared_trunk().run([np.ascontiguousarray(fitted(load(p, SIDE).pixels)[:, ::-1]) for p in paths])


class Basis:
    """Principal components, in which the regression is learned (its prior then fits the spread of pictures)."""

    def __init__(self, features: Floats) -> None:
        self.mean = features.mean(axis=0)
        _, _, directions = np.linalg.svd(features - self.mean, full_matrices=False)
        self.directions = directions[:COMPONENTS].T
        self.scale = 3 / (((features - self.mean) @ self.directions).std() * np.sqrt(COMPONENTS))

    def __call__(self, features: Floats) -> Floats:
        """Coordinates of pictures."""
        return (features - self.mean) @ self.directions * self.scale

    def unfold(self, weights: Floats, bias: Floats) -> tuple[Floats, Floats]:
        """The same linear function of the features themselves."""
        full = self.directions @ weights.T * self.scale
        return full, bias - self.mean @ full


def out_of_fold(
    own: Floats,
    right: NDArray[np.intp],
    mirror: Floats,
    more: Floats,
    more_right: NDArray[np.intp],
    strength: float,
) -> Floats:
    """Logits of every picture of the training part by a model that has not seen it nor its mirror image."""
    random = np.random.default_rng(0)
    fold = np.empty(len(right), int)
    for scene in np.unique(right):
        members = np.flatnonzero(right == scene)
        fold[members] = (random.permutation(len(members)) + random.integers(FOLDS)) % FOLDS
    logits = np.full((len(right), len(keys())), -30.0)
    for held in range(FOLDS):
        kept = fold != held
        model = LogisticRegression(C=strength, max_iter=300).fit(
            np.vstack([own[kept], mirror[kept], more]), np.concatenate([right[kept], right[kept], more_right])
        )
        logits[np.ix_(~kept, model.classes_)] = model.decision_function(own[~kept])
    return logits


def chains(logits: Floats, right: NDArray[np.intp], temperature: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Probability and truth of each name above the first choice, without "indoor" and "outdoor"; -1: no scene."""
    tree = taxonomy()
    place = {node: i for i, node in enumerate(tree.nodes)}
    likely = tree.probabilities(softmax((logits / temperature).astype(np.float32)))
    pairs = []
    for row, truth, first in zip(likely, right, logits.argmax(axis=1), strict=True):
        true = {tree.outputs[truth], *tree.parents(tree.outputs[truth])} if truth >= 0 else set()
        said = tree.outputs[first]
        pairs += [(row[place[n]], n in true) for n in (said, *tree.parents(said)) if n not in TOPS]
    probability, truths = zip(*pairs, strict=True)
    return np.clip(np.array(probability), 1e-6, 1 - 1e-6), np.array(truths)


def main() -> None:
    """Learn, and write classifier and calibration into the package."""
    paths, names, trained = pictures()
    paths = [path for path, taken in zip(paths, trained, strict=True) if taken]
    right = np.searchsorted(keys(), names[trained])
    more_paths, more_names = judged()
    more_right = np.searchsorted(keys(), more_names)
    things = sorted((eval_dir() / "landmarks/others/train").glob("imagenet_*"))
    seen = {part: sights(p) for part, p in (("own", paths), ("more", more_paths), ("things", things))}
    seen |= {"own mirror": mirrored(paths), "more mirror": mirrored(more_paths)}
    described = {
        part: np.stack([describe(s) for s in found]).astype(np.float64) for part, found in seen.items()
    }
    basis = Basis(np.vstack(list(described.values())))
    at = {part: basis(features) for part, features in described.items()}
    more, twice = np.vstack([at["more"], at["more mirror"]]), np.concatenate([more_right, more_right])
    hints = evidence(np.stack([s.logits for s in seen["own"]]))
    found = {c: out_of_fold(at["own"], right, at["own mirror"], more, twice, c) + hints for c in STRENGTHS}
    for strength, logits in found.items():
        print(f"strength {strength}: {(logits.argmax(axis=1) == right).mean():.3f} of {len(right)} not seen")
    best = max(found, key=lambda c: float((found[c].argmax(axis=1) == right).mean()))

    model = LogisticRegression(C=best, max_iter=300).fit(
        np.vstack([at["own"], at["own mirror"], more]), np.concatenate([right, right, twice])
    )
    weights, bias = basis.unfold(model.coef_, model.intercept_)
    strangers = described["things"] @ weights + bias + evidence(np.stack([s.logits for s in seen["things"]]))
    logits = np.vstack([found[best], strangers])
    truth = np.concatenate([right, np.full(len(strangers), -1)])
    losses = {float(t): log_loss(*chains(logits[: len(right)], right, t)) for t in TEMPERATURES}
    temperature = min(losses, key=losses.__getitem__)
    raw, share = curve(*chains(logits, truth, temperature))
    with replacing(DATA / "scenes.npz") as temporary, temporary.open("wb") as out:
        np.savez_compressed(out, weights=weights.astype(np.float16), bias=bias.astype(np.float32))
    write_text(
        DATA / "scenes.json",
        json.dumps({"temperature": round(temperature, 3), "raw": raw, "right": share}) + "\n",
    )
    print(f"strength {best}, temperature {temperature:.2f}, curve {share}")


if __name__ == "__main__":
    main()
