"""A phantom: an object of known shape in sections that are laid turned, shifted and stretched by known amounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.space.pose import Pose

Plane = NDArray[np.float32]
Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Phantom:
    """Sections as they were laid (n, h, w, uint8), as they were cut, and where places of the object went."""

    laid: NDArray[np.uint8]
    cut: NDArray[np.uint8]
    poses: list[Pose]
    bends: list[NDArray[np.float32]]
    inside: NDArray[np.bool_]

    def places(self, number: int, count: int, seed: int = 0) -> Points:
        """Some places (n, 2) within the object in one section as it was cut."""
        y, x = np.nonzero(self.inside[number])
        picked = np.random.default_rng(seed).choice(len(y), min(count, len(y)), replace=False)
        return np.stack([x[picked], y[picked]], -1).astype(np.float64)

    def went(self, number: int, places: Points) -> Points:
        """Where places of the cut section lie in the picture of it."""
        height, width = self.cut.shape[1:]
        matrix = self.poses[number].matrix(width, height)
        bend = np.stack([_at(self.bends[number][..., axis], places) for axis in range(2)], -1)
        return np.asarray((places + bend) @ matrix[:, :2].T + matrix[:, 2], np.float64)


def phantom(
    count: int = 40,
    side: int = 160,
    seed: int = 0,
    shift: float = 6.0,
    turn: float = 5.0,
    bend: float = 0.0,
    lean: float = 0.0,
) -> Phantom:
    """An ellipsoid of tissue with grain, cavities and two vessels.

    Each section is laid shifted by up to `shift` pixels, turned by up to `turn` degrees, and bent by up to `bend`;
    `lean` is how far the object's middle goes from the first to the last section.
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    noise = rng.normal(0, 1, (3, 2 * side, 2 * side)).astype(np.float32).transpose(1, 2, 0)
    grain = np.asarray(cv2.GaussianBlur(noise, (0, 0), 2.5), np.float32)
    grain = np.asarray(grain / grain.std(), np.float32)
    cut, laid, poses, bends, inside = [], [], [], [], []
    for number in range(count):
        z = number / (count - 1) - 0.5
        middle = side / 2 + lean * z
        radius = side * 0.36 * np.sqrt(1 - (1.2 * z) ** 2)
        distance = np.hypot((x - middle) / radius, (y - side / 2) / (0.8 * radius))
        tissue = 0.5 - 0.5 * np.tanh((distance - 1) * 12)
        around = _grain(grain, z, middle - side / 2, side)
        value = tissue * (150 + 28 * around)
        for hole_x, hole_y, size, depth in (
            (-0.35, 0.1, 0.16, 190),
            (0.3, -0.25, 0.2, 110),
            (0.1, 0.4, 0.12, 200),
        ):
            # Cavities and vessels take their own ways through the object.
            away = np.hypot(
                x - middle - side * hole_x * (0.7 + 0.6 * z), y - side * (0.5 + hole_y * 0.7 - 0.15 * z)
            )
            value -= tissue * depth * 0.3 * (1 - np.tanh((away - side * size * 0.5) * 0.4))
        plain = np.clip(value, 0, 255).astype(np.float32)
        pose = Pose(*(rng.uniform(-1, 1, 3) * (np.deg2rad(turn), shift, shift)))
        coarse = rng.uniform(-bend, bend, (4, 4, 2)).astype(np.float32)
        field = np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), np.float32)
        cut.append(np.rint(plain).astype(np.uint8))
        inside.append(tissue > 0.5)
        laid.append(_laid(plain, pose, field))
        poses.append(pose)
        bends.append(field)
    return Phantom(np.stack(laid), np.stack(cut), poses, bends, np.stack(inside))


def errors(made: Phantom, where: Callable[[int, Points], Points], seed: int = 1) -> Points:
    """Distances in pixels between where places of the object are and where a registration says they are.

    `where(number, places in the picture)` tells places in the registered stack. One rigid motion of the whole stack is
    free: nobody can know it.
    """
    true, found = [], []
    for number in range(len(made.cut)):
        places = made.places(number, 200, seed)
        true.append(places)
        found.append(where(number, made.went(number, places)))
    one, other = np.concatenate(true), np.concatenate(found)
    centered, turned = one - one.mean(axis=0), other - other.mean(axis=0)
    left, _, right = np.linalg.svd(turned.T @ centered)
    rotation = left @ np.diag([1, np.sign(np.linalg.det(left @ right))]) @ right
    return np.asarray(np.hypot(*(turned @ rotation - centered).T), np.float64)


def _grain(grain: NDArray[np.float32], z: float, offset: float, side: int) -> Plane:
    """Grain that changes slowly from section to section and leans with the object."""
    mixed = (
        grain[..., 0] * np.cos(2 * z) + grain[..., 1] * np.sin(2 * z) + 0.5 * grain[..., 2] * np.sin(5 * z)
    )
    matrix = np.array([[1, 0, side / 2 - offset], [0, 1, side / 2]])
    return np.asarray(
        cv2.warpAffine(mixed, matrix, (side, side), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP), np.float32
    )


def _laid(plain: Plane, pose: Pose, bend: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The picture in which place p of `plain` lies where p + bend(p), posed, leads: found by iterating backwards."""
    side = len(plain)
    matrix = np.vstack([pose.matrix(side, side), [0, 0, 1]])
    back = np.linalg.inv(matrix)[:2]
    y, x = np.mgrid[:side, :side].astype(np.float32)
    before = np.stack([x, y], -1) @ back[:, :2].T.astype(np.float32) + back[:, 2].astype(np.float32)
    places = before.copy()
    for _ in range(12):
        moved = cv2.remap(
            bend, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        places = np.asarray(before - moved, np.float32)
    out = cv2.remap(plain, places[..., 0], places[..., 1], cv2.INTER_CUBIC, borderValue=0)
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def _at(plane: NDArray[np.float32], places: Points) -> Points:
    """Values between pixels."""
    x, y = (places[:, axis].astype(np.float32)[None] for axis in range(2))
    return np.asarray(
        cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0], np.float64
    )
