"""Learns which way is up: ``python -m benchmarks.train_upright``.

From the photos of landmarks/bank and of landmarks/others/train, each as it is and once turned by a quarter or a half.
A quarter of the photos is kept aside first, to tell how often the answer is right; what is written learned from all.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks.figure import eval_dir
from veduta.files import replacing
from veduta.image.decode import load
from veduta.landmarks.features import describe, rotations
from veduta.landmarks.upright import TURNED, Upright
from veduta.see.trunk import shared_trunk

TARGET = Path(__file__).parents[1] / "src/veduta/landmarks/data/upright.npz"
STRENGTH = 1.0

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]


def examples(paths: list[Path]) -> tuple[Floats, Whole, Whole]:
    """Vectors, what would set each upright (0: nothing), and which photo each is."""
    trunk = shared_trunk()
    found: list[Floats] = []
    truth, owner = [], []
    for index, path in enumerate(paths):
        pixels = load(path, 640).pixels
        turn = index % 3
        found.append(describe(trunk, [pixels, rotations(pixels)[turn]]))
        # What was turned clockwise is set upright by the opposite turn.
        truth += [0, 1 + (2 - turn)]
        owner += [index, index]
    return np.concatenate(found), np.array(truth), np.array(owner)


def learn(vectors: Floats, truth: Whole) -> Upright:
    """The classifier of these examples."""
    model = LogisticRegression(C=STRENGTH, max_iter=500, class_weight="balanced").fit(vectors, truth)
    return Upright(model.coef_.astype(np.float16), model.intercept_.astype(np.float32))


def main() -> None:
    """Learn, and write the classifier into the package."""
    folder = eval_dir() / "landmarks"
    paths = sorted(
        path for part in (folder / "bank", folder / "others" / "train") for path in part.rglob("*.jpg")
    )
    vectors, truth, owner = examples(paths)
    aside = np.isin(owner, np.random.default_rng(0).permutation(len(paths))[: len(paths) // 4])
    tried = learn(vectors[~aside], truth[~aside])
    chances = np.stack([tried.probabilities(vector) for vector in vectors[aside]])
    told, wanted = 1 - chances[:, 0] >= TURNED, truth[aside]
    print(f"{len(paths)} photos; right: {(chances.argmax(axis=1) == wanted).mean():.3f}")
    print(f"turned and told: {told[wanted > 0].mean():.3f}; upright and told: {told[wanted == 0].mean():.3f}")
    final = learn(vectors, truth)
    with replacing(TARGET) as temporary, temporary.open("wb") as file:
        np.savez(file, weights=final.weights.astype(np.float16), bias=final.bias)


if __name__ == "__main__":
    main()
