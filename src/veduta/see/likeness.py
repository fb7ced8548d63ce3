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


class LikenessRecognizer:
    """One vector of 256 numbers for each photo; the scalar product of two is their likeness."""

    name = "likeness"
    version = "1"

    def __init__(self, trunk: Trunk | None = None) -> None:
        self._trunk = trunk or shared_trunk()

    @cached_property
    def _whitening(self) -> tuple[Floats, Floats]:
        data = np.load(BytesIO((files("veduta.see") / "data" / "likeness.npz").read_bytes()))
        return data["mean"].astype(np.float32), data["matrix"].astype(np.float32)

    @property
    def width(self) -> int:
        """Numbers of a vector."""
        return int(self._whitening[1].shape[1])

    def vectors(self, sights: Sequence[Sight]) -> NDArray[np.float32]:
        """Unit vectors, float32 (n, 256)."""
        mean, matrix = self._whitening
        projected = (np.stack([sight.statistics for sight in sights]) - mean) @ matrix
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
