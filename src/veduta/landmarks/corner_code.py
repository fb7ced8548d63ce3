"""Corners in half of their packed size: pairs of a vector's numbers by the nearest of 256 (product quantization).

Jegou et al. 2011, "Product quantization for nearest neighbor search". Pairs, not longer parts: what is lost then moves
the cosine of a corner with itself by less than 0.01, and matching hardly notices.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.see.keypoints import Keypoints, WrongKeypoints

Floats = NDArray[np.float32]

PAIRS, WORDS = 32, 256
BYTES = 4 + PAIRS
"""Size of a corner: two numbers of 16 bits for its place, and a byte for each pair."""

SAMPLE = 60_000  # corners that the words are fitted to


@dataclass(frozen=True, slots=True)
class CornerCode:
    """The words (PAIRS, WORDS, 2) that pairs of numbers are replaced by."""

    words: Floats

    @classmethod
    def fit(cls, vectors: Floats) -> CornerCode:
        """From corners' vectors (n, 64); the same vectors give the same words."""
        words = np.zeros((PAIRS, WORDS, 2), np.float32)
        step = max(1, len(vectors) // SAMPLE)
        sample = np.ascontiguousarray(vectors[::step][: 2 * SAMPLE], np.float32)
        count = min(WORDS, len(sample))
        stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 15, 1e-4)
        for pair in range(PAIRS if count else 0):
            part = np.ascontiguousarray(sample[:, 2 * pair : 2 * pair + 2])
            if len(sample) > WORDS:
                cv2.setRNGSeed(pair)
                labels = np.empty((0, 1), np.int32)
                _, _, centers = cv2.kmeans(part, count, labels, stop, 1, cv2.KMEANS_RANDOM_CENTERS)
                part = np.asarray(centers, np.float32)
            words[pair, :count] = part
            words[pair, count:] = part[0]
        # What is written is of half precision; what is compared is what was written.
        return cls(words.astype(np.float16).astype(np.float32))

    def encode(self, corners: Keypoints) -> NDArray[np.uint8]:
        """Rows of BYTES bytes."""
        place = corners.packed()[:, :4]
        codes = np.empty((len(corners), PAIRS), np.uint8)
        for pair, words in enumerate(self.words):
            part = corners.vectors[:, 2 * pair : 2 * pair + 2]
            codes[:, pair] = ((words * words).sum(axis=1) - 2 * part @ words.T).argmin(axis=1)
        return np.hstack([place, codes])

    def decode(self, rows: NDArray[np.uint8], size: tuple[int, int]) -> Keypoints:
        """The inverse of `encode` for a picture of `size`, up to what the code loses; raises WrongKeypoints."""
        if rows.ndim != 2 or rows.shape[1] != BYTES or rows.dtype != np.uint8:
            raise WrongKeypoints(f"coded corners of {rows.dtype} {rows.shape}: expected uint8 (n, {BYTES})")
        points = np.ascontiguousarray(rows[:, :4]).view("<u2").astype(np.float32)
        points *= np.asarray(size, np.float32) / np.float32(65535)
        # A pair of numbers is gathered as one complex number, twice as fast as two.
        words = np.ascontiguousarray(self.words, np.float32).view(np.complex64).reshape(-1)
        codes = rows[:, 4:] + np.arange(PAIRS, dtype=np.intp) * WORDS
        vectors = words.take(codes).view(np.float32)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return Keypoints(points, np.asarray(vectors, np.float32), size)
