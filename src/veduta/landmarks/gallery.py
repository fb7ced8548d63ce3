"""What is compared: a photo's vector with the centroids and exemplars of all landmarks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from veduta.landmarks.atlas import Weights
from veduta.landmarks.clusters import unit
from veduta.landmarks.compact import whole

Floats = NDArray[np.float32]


class Numbers(Protocol):
    """An atlas, or one that is being built."""

    @property
    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """See `atlas.ARRAYS`."""

    @property
    def weights(self) -> Weights:
        """How likenesses make a score."""


def head(vectors: Floats, mean: Floats, matrix: Floats) -> Floats:
    """Vectors (n, D) of `features` to what is compared, by `matrix` (d, D): (n, d), of length one."""
    return unit(np.asarray((vectors - mean) @ matrix.T, np.float32))


def best_of_groups(likeness: Floats, starts: NDArray[np.intp]) -> Floats:
    """The largest of each run of columns that begins at `starts`: (n, m) to (n, groups)."""
    return np.asarray(np.maximum.reduceat(likeness, starts, axis=1), np.float32)


class Gallery:
    """The arrays of an atlas, ready to be compared."""

    def __init__(self, atlas: Numbers) -> None:
        arrays = atlas.arrays
        self.weights = atlas.weights
        self._mean = np.asarray(arrays["mean"], np.float32)
        self._matrix = whole(arrays, "matrix")
        self._centroids = np.asarray(arrays["centroids"], np.float32)
        self._exemplars = whole(arrays, "exemplars")
        # Rows lie in the order of their landmarks, so each landmark is one run.
        self._centroid_starts = _starts(arrays["centroid_landmark"])
        self._exemplar_starts = _starts(arrays["exemplar_landmark"])
        self._penalties = atlas.weights.penalty * np.asarray(arrays["penalties"], np.float32)
        self._offsets = np.asarray(arrays["offsets"], np.float32)

    def embed(self, vectors: Floats) -> Floats:
        """What is compared, (n, d), of vectors (n, D) of `features`."""
        return head(vectors, self._mean, self._matrix)

    def scores(self, embedded: Floats) -> Floats:
        """The score of each landmark, (n, landmarks), for embedded photos (n, d)."""
        near = best_of_groups(embedded @ self._centroids.T, self._centroid_starts)
        best = best_of_groups(embedded @ self._exemplars.T - self._penalties, self._exemplar_starts)
        return self.weights.centroid * near + self.weights.exemplar * best - self._offsets

    def alike(self, embedded: Floats, most: int) -> NDArray[np.intp]:
        """Rows of the `most` exemplars of all landmarks that are most like one photo (d,), the best first."""
        return np.argsort(-(self._exemplars @ embedded), kind="stable")[:most]

    def nearest(self, embedded: Floats, landmark: int, most: int) -> NDArray[np.intp]:
        """Rows of the `most` exemplars of one landmark that are most like one photo (d,), the best first."""
        start = int(self._exemplar_starts[landmark])
        following = self._exemplar_starts[landmark + 1 : landmark + 2]
        end = int(following[0]) if len(following) else len(self._exemplars)
        order = np.argsort(-(self._exemplars[start:end] @ embedded), kind="stable")[:most]
        return order + start


def _starts(owners: NDArray[np.int32]) -> NDArray[np.intp]:
    return np.flatnonzero(np.diff(np.asarray(owners), prepend=-1) != 0)
