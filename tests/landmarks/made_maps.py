"""Stands in for the network where maps matter: each cell of a picture speaks for the landmark of its gray."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo, Pixels
from veduta.landmarks.atlas_build import Material, build
from veduta.landmarks.landmark import Landmark
from veduta.see.trunk import Sight, fitted

LANDMARKS = 4
STEP = 40
"""Gray of landmark i is (i + 1) * STEP; black shows nothing that is known."""


class MapTrunk:
    """Maps of 8 x 8 cells: a signature of the gray in each cell, with noise that depends on the picture alone."""

    def __init__(self) -> None:
        rng = np.random.default_rng(3)
        self._last = rng.gamma(0.5, 1, (LANDMARKS, 1280)).astype(np.float32)
        self._middle = rng.gamma(0.5, 1, (LANDMARKS, 120)).astype(np.float32)
        self.passes = 0

    def run(self, pictures: Sequence[Pixels]) -> list[Sight]:
        self.passes += len(pictures)
        return [self._sight(picture) for picture in pictures]

    def look(self, photos: Sequence[Photo]) -> list[Sight]:
        for photo in photos:
            if "lite2" not in photo.memo:
                [photo.memo["lite2"]] = self.run([fitted(photo.pixels)])
        return [photo.memo["lite2"] for photo in photos]

    def _sight(self, picture: Pixels) -> Sight:
        height, width = picture.shape[:2]
        rows, columns = (
            np.linspace(0, side, 8, endpoint=False).astype(int) + side // 16 for side in (height, width)
        )
        gray = np.rint(picture[np.ix_(rows, columns)][:, :, 0] / STEP).astype(int)
        rng = np.random.default_rng(zlib.crc32(picture.tobytes()))
        last = self._maps(gray, self._last, rng)
        middle = self._maps(np.kron(gray, np.ones((2, 2), int)), self._middle, rng)
        return Sight(np.zeros(1000, np.float32), last.mean(axis=(1, 2)), last, middle)

    def _maps(
        self, gray: NDArray[np.intp], signatures: NDArray[np.float32], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        noise = rng.gamma(0.5, 1, (gray.shape[0] * gray.shape[1], signatures.shape[1])) * 0.5
        shown = np.zeros_like(noise)
        known = gray.ravel() > 0
        shown[known] = signatures[gray.ravel()[known] - 1]
        # What is not known differs from photo to photo, and is the same all over one photo.
        shown[~known] = rng.gamma(0.5, 1, signatures.shape[1])
        return np.ascontiguousarray((noise + shown).T.reshape(-1, *gray.shape), np.float32)


def halves(left: int, right: int, noise: int = 0) -> Photo:
    """A photo of two landmarks side by side; 0 is nothing that is known."""
    pixels = np.zeros((96, 96, 3), np.uint8)
    pixels[:, :48], pixels[:, 48:] = left * STEP, right * STEP
    pixels[0, 0] += np.uint8(noise)  # another picture of the same
    return Photo(pixels, 192, 192)


def made(folder: Path, trunk: MapTrunk) -> Path:
    def draw(gray: int, count: int, first: int = 0) -> list[NDArray[np.float32]]:
        pictures = []
        for number in range(first, first + count):
            picture = np.full((288, 288, 3), gray, np.uint8)
            picture[1, number % 280] += np.uint8(1 + number // 280)
            pictures.append(picture)
        return [sight.statistics for sight in trunk.run(pictures)]

    landmarks = [
        Landmark(f"l{i}", f"Landmark {i}", "Country", "City", "region", 10.0 + i, 20.0, "built")
        for i in range(LANDMARKS)
    ]
    vectors = np.stack([v for i in range(LANDMARKS) for v in draw((i + 1) * STEP, 8)])
    owners = np.repeat(np.arange(LANDMARKS), 8).astype(np.int32)
    first = np.ones(len(owners), bool)
    others = np.stack(draw(0, 260, 10))
    return build(Material(landmarks, vectors, owners, first, ~first, others[:60], others[60:]), folder)
