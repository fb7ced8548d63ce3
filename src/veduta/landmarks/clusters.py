"""The few views of a landmark: complete-link clusters of its vectors, each with a centroid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

Floats = NDArray[np.float32]

CUT = 0.9
"""Largest cosine distance between two members of a cluster."""

FULL_BANK = 50
"""Members that a cluster needs to be valid where landmarks have hundreds of photos (Boiarov & Tyantov 2019)."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One view: its members' positions among the landmark's vectors, and its unit centroid."""

    members: NDArray[np.int64]
    centroid: Floats


def least_members(photos: int) -> int:
    """How many members make a cluster valid: 50 from 200 photos on, a quarter of the photos below, at least 3."""
    return int(min(FULL_BANK, max(3, photos // 4)))


def unit(vectors: NDArray[np.float32]) -> Floats:
    """Rows of length one; rows of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def complete_link(vectors: Floats, cut: float = CUT) -> NDArray[np.int64]:
    """Cluster numbers (n,) from 0: no two members of one cluster are further apart than `cut` in cosine distance."""
    if len(vectors) < 2:
        return np.zeros(len(vectors), np.int64)
    tree = linkage(pdist(np.asarray(vectors, np.float64), "cosine"), "complete")
    return np.asarray(fcluster(tree, cut, "distance") - 1, np.int64)


def clusters(vectors: Floats, cut: float = CUT) -> list[Cluster]:
    """The valid clusters of a landmark's unit vectors, largest first; one of all vectors where none is valid.

    With a single valid cluster the centroid is that of all vectors: nothing is gained by leaving some out.
    """
    numbers = complete_link(vectors, cut)
    counts = np.bincount(numbers)
    valid = [int(k) for k in np.argsort(-counts, kind="stable") if counts[k] >= least_members(len(vectors))]
    if len(valid) < 2:
        everyone = np.arange(len(vectors))
        return [Cluster(everyone, unit(vectors.mean(axis=0)))]
    groups = [np.flatnonzero(numbers == number) for number in valid]
    return [Cluster(group, unit(vectors[group].mean(axis=0))) for group in groups]
