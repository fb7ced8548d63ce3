"""Learns the projection of the likeness vector: ``python -m benchmarks.train_likeness``.

Learned from landmarks/bank (labels: the folders; its dirt is left in) and landmarks/others/train (no labels). The
256 principal components of both are divided by the spread within a landmark (within-class covariance, shrunk towards a
multiple of the unit matrix). Shrinkage is chosen by cross-validation over landmarks: those
of each seventh are looked up among the whole bank after learning from the others. The test part is not read.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import eval_dir
from benchmarks.trunk import sights
from veduta.files import replacing

DIMENSIONS = 256
FOLDS = 7
SHRINKAGES = (0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
TARGET = Path(__file__).parents[1] / "src/veduta/see/data/likeness.npz"

Floats = NDArray[np.floating]


def components(vectors: Floats, most: int) -> tuple[Floats, Floats]:
    """Mean and the strongest principal directions (columns)."""
    mean = vectors.mean(axis=0)
    _, strengths, directions = np.linalg.svd(vectors - mean, full_matrices=False)
    kept = min(most, int((strengths > 1e-5).sum()))
    return mean, directions[:kept].T


def whitening(vectors: Floats, names: NDArray[np.str_], shrinkage: float) -> Floats:
    """Square matrix that makes the spread within a name equal in all directions, as far as `shrinkage` allows."""
    inner = np.vstack([vectors[names == n] - vectors[names == n].mean(axis=0) for n in np.unique(names)])
    spread = inner.T @ inner / len(inner)
    even = np.eye(len(spread)) * np.trace(spread) / len(spread)
    strengths, directions = np.linalg.eigh((1 - shrinkage) * spread + shrinkage * even)
    return directions / np.sqrt(strengths)


def nearest(vectors: Floats, names: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Whether the nearest other vector has the same name, for each vector."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    near = unit @ unit.T
    np.fill_diagonal(near, -2)
    right: NDArray[np.bool_] = names[near.argmax(axis=1)] == names
    return right


def cross_validated(vectors: Floats, names: NDArray[np.str_], shrinkage: float) -> float:
    """Accuracy on landmarks whose names the projection has not been told, among all of the bank."""
    places = np.random.default_rng(0).permutation(np.unique(names))
    right = np.zeros(len(names), bool)
    for fold in range(FOLDS):
        held = np.isin(names, places[fold::FOLDS])
        right[held] = nearest(vectors @ whitening(vectors[~held], names[~held], shrinkage), names)[held]
    return float(right.mean())


def main() -> None:
    """Learn, and write the projection into the package."""
    folder = eval_dir() / "landmarks"
    bank_paths = sorted(p for p in (folder / "bank").rglob("*") if p.is_file())
    other_paths = sorted(
        p for p in (folder / "others" / "train").rglob("*") if p.suffix != ".csv" and p.is_file()
    )
    bank = np.stack([s.statistics for s in sights(bank_paths)]).astype(np.float64)
    others = np.stack([s.statistics for s in sights(other_paths)]).astype(np.float64)
    names = np.array([p.parent.name for p in bank_paths])
    mean, directions = components(np.vstack([bank, others]), DIMENSIONS)
    inner = (bank - mean) @ directions
    scores = {s: cross_validated(inner, names, s) for s in SHRINKAGES}
    for shrinkage, score in scores.items():
        print(f"shrinkage {shrinkage}: {score:.4f} on landmarks not seen")
    best = max(scores, key=scores.__getitem__)
    matrix = directions @ whitening(inner, names, best)
    # Scaled so that half precision keeps its digits; length does not matter, the vectors are made unit ones.
    matrix /= np.abs(matrix).max()
    with replacing(TARGET) as temporary, temporary.open("wb") as out:
        np.savez_compressed(out, mean=mean.astype(np.float16), matrix=matrix.astype(np.float16))
    print(f"shrinkage {best}: {TARGET.name}, {TARGET.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
