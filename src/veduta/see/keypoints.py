"""Points of a picture with what is around each of them as a vector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from veduta.errors import VedutaError

Floats = NDArray[np.float32]


class WrongKeypoints(VedutaError):
    """Packed corners that are cut or of another form."""


@dataclass(frozen=True, slots=True)
class Keypoints:
    """Corners of a picture, the best first: `points` (n, 2) x and y in its pixels, `vectors` (n, d) of length 1.

    `size` is the picture's (width, height). Those of XFeat have 64 numbers, which `packed` is for.
    """

    points: Floats
    vectors: Floats
    size: tuple[int, int]

    def __len__(self) -> int:
        """How many corners there are."""
        return len(self.points)

    def best(self, most: int) -> Keypoints:
        """The first `most` corners."""
        return Keypoints(self.points[:most], self.vectors[:most], self.size)

    def packed(self) -> NDArray[np.uint8]:
        """Rows of 68 bytes, a quarter of the size: points in 1/65535 of each side, vectors in 1/127."""
        points = np.round(self.points / np.asarray(self.size, np.float32) * 65535).clip(0, 65535)
        vectors = np.round(self.vectors * 127).astype(np.int8)
        return np.hstack([points.astype("<u2").view(np.uint8), vectors.view(np.uint8)])

    @classmethod
    def unpacked(cls, rows: NDArray[np.uint8], size: tuple[int, int]) -> Keypoints:
        """The inverse of `packed` for a picture of `size`, up to rounding; raises WrongKeypoints."""
        if rows.ndim != 2 or rows.shape[1] != 68 or rows.dtype != np.uint8:
            raise WrongKeypoints(f"packed corners of {rows.dtype} {rows.shape}: expected uint8 (n, 68)")
        rows = np.ascontiguousarray(rows)
        points = rows[:, :4].copy().view("<u2").astype(np.float32) / 65535 * np.asarray(size, np.float32)
        vectors = rows[:, 4:].copy().view(np.int8).astype(np.float32)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return cls(points.astype(np.float32), vectors, size)
