"""Likeness: one vector for each photo, so that photos of the same place or thing are near each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo
from veduta.see.finding import Finding
from veduta.see.trunk import Floats, Sight, Trunk, shared_trunk

GEM_POWER = 3


def pool(sight: Sight) -> Floats:
    """Four statistics of the network's maps in one vector of 2800 numbers, each part of fixed length.

    Mean and generalized mean (Radenovic et al. 2018, arXiv 1711.02512) of the last layer, mean and deviation of the
    stride-16 layer at half weight.
    """
    powered = (sight.last**GEM_POWER).mean(axis=(1, 2)) ** np.float32(1 / GEM_POWER)
    parts = (
        (sight.pooled, 1.0),
        (powered, 1.0),
        (sight.middle.mean(axis=(1, 2)), 0.5),
        (sight.middle.std(axis=(1, 2)), 0.5),
    )
    return np.concatenate(
        [np.float32(weight / max(float(np.linalg.norm(part)), 1e-9)) * part for part, weight in parts]
    ).astype(np.float32)


class LikenessRecognizer:
    """One vector of 256 numbers for each photo; the scalar product of two is their likeness."""

    name = "likeness"
    version = "1"

    def __init__(self, trunk: Trunk | None = None) -> None:
        self._given = trunk

    @cached_property
    def _trunk(self) -> Trunk:
        return self._given or shared_trunk()

    @cached_property
    def _whitening(self) -> tuple[Floats, Floats]:
        data = np.load(BytesIO((files("veduta.see") / "data" / "likeness.npz").read_bytes()))
        return data["mean"].astype(np.float32), data["matrix"].astype(np.float32)

    def vectors(self, sights: Sequence[Sight]) -> NDArray[np.float32]:
        """Unit vectors, float32 (n, 256)."""
        mean, matrix = self._whitening
        projected = (np.stack([pool(sight) for sight in sights]) - mean) @ matrix
        unit: NDArray[np.float32] = projected / np.maximum(
            np.linalg.norm(projected, axis=1, keepdims=True), 1e-9
        )
        return unit

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """One finding for each photo, with its vector."""
        if not photos:
            return []
        vectors = self.vectors(self._trunk.look(photos))
        return [[Finding("likeness", "likeness", 1.0, self.name, self.version, vector=v)] for v in vectors]
