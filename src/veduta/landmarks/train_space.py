"""A picture of a space of embeddings on paper: principal axes first, then neighbors kept together (t-SNE)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MOST = 1500  # points on a picture: more cannot be told apart, and t-SNE takes minutes


def chosen(count: int, seed: int = 0) -> NDArray[np.int64]:
    """Which points are drawn: all of them, or MOST drawn at random."""
    if count <= MOST:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, MOST, replace=False))


def principal(embeddings: Floats, axes: int = 2) -> Floats:
    """Coordinates (n, axes) along the directions of greatest spread, the largest number of each positive."""
    centered = embeddings - embeddings.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centered, full_matrices=False)
    found = left[:, :axes] * sizes[:axes]
    if found.shape[1] < axes:
        found = np.pad(found, ((0, 0), (0, axes - found.shape[1])))
    signs = np.sign(found[np.abs(found).argmax(axis=0), np.arange(axes)])
    return np.asarray(found * np.where(signs == 0, 1, signs), np.float32)


def neighbors(embeddings: Floats) -> Floats:
    """Coordinates (n, 2) by t-SNE (van der Maaten & Hinton 2008) on cosines; principal axes for fewer than 12."""
    if len(embeddings) < 12:
        return principal(embeddings)
    from sklearn.manifold import TSNE

    unit = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-9)
    reduced = principal(unit, min(30, *unit.shape))
    perplexity = min(30.0, (len(unit) - 1) / 3)
    made = TSNE(perplexity=perplexity, init="pca", random_state=0, max_iter=500).fit_transform(reduced)
    return np.asarray(made, np.float32)
