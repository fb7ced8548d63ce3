"""Two pictures compared by local features: found in both, matched, verified by one motion of the camera."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from veduta.errors import UnreadableImage
from veduta.image.decode import load
from veduta.progress import Progress, Silent
from veduta.see.keypoints import Keypoints
from veduta.see.local_features import SIDE, LocalFeature
from veduta.see.matching import Pairs
from veduta.see.verification import Matrix, Motion, fundamental, homography

Floats = NDArray[np.float32]

SCALE = 1024  # pixels of the longer side, as it was looked at: in them tolerances are told
FLAT = 0.6  # share of the matches of any motion that a homography must explain to be the motion
THREADS, BATCH = 2, 16


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """What two pictures have in common.

    `pairs` (n, 2) are matches, rows of `a` and `b`. `homography` and `fundamental` are in pixels of the pictures.
    `chance` is how many matches of different things one motion explains at most.
    """

    a: Keypoints
    b: Keypoints
    pairs: Pairs
    homography: Motion
    fundamental: Motion
    chance: int

    @property
    def motion(self) -> Motion:
        """The simpler of the motions that explain the matches."""
        flat, any_scene = self.homography, self.fundamental
        return flat if flat.count >= FLAT * any_scene.count else any_scene

    @property
    def verified(self) -> int:
        """How many matches one motion explains, by the better model."""
        return max(self.homography.count, self.fundamental.count)

    @property
    def similarity(self) -> float:
        """How sure it is that both show the same thing, in [0, 1): 0 at what chance brings, 0.5 at twice as much."""
        return max(0.0, 1 - self.chance / max(1, self.verified))

    @property
    def same(self) -> bool:
        """Whether more matches are explained than chance brings."""
        return self.verified > self.chance

    def points(self) -> tuple[Floats, Floats]:
        """The matched points of both pictures, (n, 2) each."""
        return self.a.points[self.pairs[:, 0]], self.b.points[self.pairs[:, 1]]


def pair(
    a: Keypoints,
    b: Keypoints,
    feature: LocalFeature,
    ratio: float | None = None,
    mutual: bool = True,
    learned: bool = False,
) -> Pairing:
    """Match and verify what was found in two pictures; `ratio` and the like as in `LocalFeature.match`."""
    pairs = feature.match(a, b, ratio, mutual, learned)
    most = np.inf if feature.enlarges else 1.0
    scale_a, scale_b = (min(most, SCALE / max(one.size)) for one in (a, b))
    points_a = a.points[pairs[:, 0]] * np.float32(scale_a)
    points_b = b.points[pairs[:, 1]] * np.float32(scale_b)
    flat, any_scene = homography(points_a, points_b), fundamental(points_a, points_b)
    down_a, down_b = np.diag([scale_a, scale_a, 1.0]), np.diag([scale_b, scale_b, 1.0])
    if flat.matrix is not None:
        flat = Motion("homography", _normal(np.linalg.inv(down_b) @ flat.matrix @ down_a), flat.inliers)
    if any_scene.matrix is not None:
        any_scene = Motion("fundamental", _normal(down_b @ any_scene.matrix @ down_a), any_scene.inliers)
    return Pairing(a, b, pairs, flat, any_scene, feature.chance)


def _normal(matrix: Matrix) -> Matrix:
    """The matrix with a last number of 1, where it is not about 0, else of length 1."""
    last = float(matrix[2, 2])
    length = float(np.linalg.norm(matrix))
    return matrix / (last if abs(last) > 1e-9 * length else max(length, 1e-300))


def compare_folder(
    a: Keypoints,
    paths: Sequence[Path],
    feature: LocalFeature,
    ratio: float | None = None,
    mutual: bool = True,
    learned: bool = False,
    side: int = SIDE,
    progress: Progress | None = None,
) -> Iterator[tuple[Path, Pairing | str]]:
    """Each path with its pairing with `a`, or with the reason why it could not be read; in the order given."""
    progress = progress or Silent()

    def found(path: Path) -> Keypoints | str:
        try:
            photo = load(path, side)
            return feature.find(photo.pixels, side, full=(photo.width, photo.height))
        except UnreadableImage as error:
            return error.reason
        except OSError as error:
            return error.strerror or str(error)

    progress.begin("comparing pictures", len(paths))
    with ThreadPoolExecutor(THREADS) as pool:
        for first in range(0, len(paths), BATCH):
            some = paths[first : first + BATCH]
            for path, one in zip(some, pool.map(found, some), strict=True):
                progress.advance()
                yield path, one if isinstance(one, str) else pair(a, one, feature, ratio, mutual, learned)
    progress.end()
