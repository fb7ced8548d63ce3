"""Turns a face into 128 numbers that are close together for photos of one person (dlib's face network).

**Distances.** dlib compares its vectors by Euclidean distance, the same person below 0.6. Ours are the mean
of the vectors of the face and of its mirror image, brought to unit length, so that one index serves all
kinds of vectors; their Euclidean distance d and cosine c carry the same information: d**2 = 2 - 2c. dlib's
vectors are 1.376 long (median over 146 faces of pictures on which no face figure is reported), so its 0.6
becomes `SAME_PERSON` = 0.436, that is c > 0.905. Below `SURE_PERSON` two faces are one person almost
without exception; between it and `MAYBE_PERSON` one should want a second witness (another photo of the
cluster, the user). Faces without a vector (too small) have no identity. `SAME_PERSON` alone is derived from
other pictures; the other two limits were set with a look at the evaluation pairs, so no figure is claimed
for them.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels
from veduta.nets.engine import Network
from veduta.nets.packs.faces import DLIB_FACE

Floats = NDArray[np.float32]

SIDE = 150
SURE_PERSON = 0.38
SAME_PERSON = 0.436
MAYBE_PERSON = 0.48

# Where CenterFace's five points lie in dlib's aligned chips, in pixels of a 150 x 150 chip: medians over 167
# faces, aligned by dlib's own detector and 5-point predictor, of pictures on which no face figure is reported.
TEMPLATE: Floats = np.array(
    [[49.30, 48.22], [103.13, 47.71], [76.39, 78.24], [53.37, 102.70], [98.17, 102.86]], np.float32
)


def similarity(source: Floats, target: Floats) -> NDArray[np.float64]:
    """The rotation, scale and shift (2, 3) that brings points `source` (n, 2) closest to `target`
    (Umeyama, 1991).
    """
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    # In the plane a similarity is one complex factor, and the best one is a projection.
    a = (source - source_mean).astype(np.float64) @ np.array([1, 1j])
    b = (target - target_mean).astype(np.float64) @ np.array([1, 1j])
    length = float(np.vdot(a, a).real)
    factor = complex(np.vdot(a, b) / length) if length > 0 else 1 + 0j
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turn, target_mean - turn @ source_mean])


def align(pixels: Pixels, points: Floats) -> Pixels:
    """The face with these key points as an upright chip, uint8 (150, 150, 3)."""
    matrix = similarity(points, TEMPLATE)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    # Large faces are sampled more densely and then averaged, or fine detail would turn into noise.
    times = int(np.clip(np.ceil(1 / max(scale, 1e-6)), 1, 8))
    dense = matrix * times
    dense[:, 2] += (times - 1) / 2
    chip = cv2.warpAffine(pixels, dense, (SIDE * times, SIDE * times), flags=cv2.INTER_LINEAR)
    if times > 1:
        chip = cv2.resize(chip, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(chip, np.uint8)


class FaceIdentity:
    """dlib's face network over aligned chips."""

    def __init__(self, network: Network | None = None) -> None:
        self._network = network or Network.open(DLIB_FACE, batch=1)

    def vectors(self, chips: Sequence[Pixels]) -> Floats:
        """Identity vectors of unit length, float32 (n, 128)."""
        if not chips:
            return np.empty((0, 128), np.float32)
        faces = np.stack(chips)
        both = self._network.run(np.concatenate([faces, faces[:, :, ::-1]]))[0].reshape(2, len(chips), 128)
        mean = both.mean(axis=0)
        unit: Floats = (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)
        return unit
