"""A floor with boxes on it, seen by two cameras: drawn ray by ray, so that every distance is known exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Box:
    """A box on the floor: middle of its footprint right of and before the camera's foot, its sizes in meters, turned
    by degrees.
    """

    right: float
    ahead: float
    width: float
    depth: float
    height: float
    turn: float = 0.0


@dataclass(frozen=True)
class Scene:
    """Boxes before a wall; two cameras `baseline` meters apart, `above` the floor, look down by `pitch` degrees."""

    boxes: tuple[Box, ...]
    width: int = 640
    height: int = 480
    focal: float = 560.0
    baseline: float = 0.08
    above: float = 0.35
    pitch: float = 20.0
    wall: float = 3.0
    seed: int = 0


@dataclass(frozen=True)
class Drawn:
    """Both views, the left one's true depth along the camera's axis, and what each pixel shows: 0 the floor, -1 the
    wall, n the n-th box.
    """

    left: Array
    right: Array
    depth: Array
    shown: Array


def draw(scene: Scene, fine: int = 2) -> Drawn:
    """Draw both views, each pixel from `fine` x `fine` rays."""
    left, depth, shown = _view(scene, 0.0, fine)
    right = _view(scene, scene.baseline, fine)[0]
    return Drawn(left, right, depth, shown)


def _view(scene: Scene, shift: float, fine: int) -> tuple[Array, Array, Array]:
    steps_x = (np.arange(scene.width * fine) + 0.5) / fine - 0.5
    steps_y = (np.arange(scene.height * fine) + 0.5) / fine - 0.5
    x, y = np.meshgrid(
        (steps_x - (scene.width - 1) / 2) / scene.focal, (steps_y - (scene.height - 1) / 2) / scene.focal
    )
    angle = np.radians(scene.pitch)
    # In the world: x right, y up, z ahead; the floor is y = 0.
    rays = np.stack([x, -y * np.cos(angle) - np.sin(angle), np.cos(angle) - y * np.sin(angle)], axis=2)
    origin = np.array([shift, scene.above, 0.0])
    nearest = np.full(x.shape, np.inf)
    shown = np.full(x.shape, -1, np.int16)
    light = np.zeros(x.shape)
    rng = np.random.default_rng(scene.seed)
    with np.errstate(divide="ignore", invalid="ignore"):
        for number, where in ((-1, (scene.wall - origin[2]) / rays[..., 2]), (0, -origin[1] / rays[..., 1])):
            texture = _texture(rng)
            hit = (where > 0) & (where < nearest)
            place = origin + rays * where[..., None]
            uv = place[..., :2] if number else place[..., (0, 2)]
            nearest, shown = np.where(hit, where, nearest), np.where(hit, number, shown)
            light = np.where(hit, _look(texture, uv[..., 0], uv[..., 1]), light)
        for number, box in enumerate(scene.boxes, 1):
            texture = _texture(rng)
            where, u, v = _hit(box, origin, rays)
            hit = (where > 0) & (where < nearest)
            nearest, shown = np.where(hit, where, nearest), np.where(hit, number, shown)
            light = np.where(hit, _look(texture, u, v), light)
    tint = np.array([[0.95, 1.0, 0.9], [1.0, 0.9, 0.75]])[(shown > 0).astype(int)]
    small: Any = cv2.resize(
        light[..., None] * tint, (scene.width, scene.height), interpolation=cv2.INTER_AREA
    )
    noise = rng.normal(0, 1.5, small.shape)
    pixels = np.clip(small + noise, 0, 255).astype(np.uint8)
    middle = (slice(fine // 2, None, fine), slice(fine // 2, None, fine))
    return pixels, nearest[middle].astype(np.float32), shown[middle]


def _hit(box: Box, origin: Array, rays: Array) -> tuple[Array, Array, Array]:
    """How far along each ray the box is met, and the place on its face."""
    angle = np.radians(box.turn)
    turn = np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]])
    start = turn @ (origin - np.array([box.right, box.height / 2, box.ahead]))
    way = rays @ turn.T
    half = np.array([box.width, box.height, box.depth]) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (-half - start) / way, (half - start) / way
    enter, leave = np.minimum(one, other), np.maximum(one, other)
    first, last = enter.max(axis=2), leave.min(axis=2)
    face = enter.argmax(axis=2)
    where = np.where((first <= last) & (first > 0), first, np.inf)
    place = start + way * np.where(np.isfinite(where), where, 0)[..., None]
    u = np.where(face == 0, place[..., 2], place[..., 0])
    v = np.where(face == 1, place[..., 2], place[..., 1]) + face
    return where, u, v


def _texture(rng: np.random.Generator, side: int = 1024) -> Array:
    """Cloudy noise of many sizes that repeats without a seam, 0 to 255."""
    total = np.zeros((side, side))
    for cells, share in ((16, 0.3), (64, 0.5), (256, 0.8), (512, 0.6)):
        total += share * cv2.resize(
            np.pad(rng.normal(size=(cells, cells)), ((0, 1), (0, 1)), mode="wrap"),
            (side, side),
            interpolation=cv2.INTER_CUBIC,
        )
    return np.clip(128 + 45 * total, 5, 250)


def _look(texture: Array, u: Array, v: Array, per_meter: float = 500.0) -> Array:
    side = texture.shape[0]
    made: Any = cv2.remap(
        texture.astype(np.float32),
        np.nan_to_num((u * per_meter) % (side - 1), posinf=0, neginf=0).astype(np.float32),
        np.nan_to_num((v * per_meter) % (side - 1), posinf=0, neginf=0).astype(np.float32),
        cv2.INTER_LINEAR,
    )
    return np.asarray(made, np.float64)


def heights(scene: Scene, boxes: Sequence[int]) -> list[float]:
    """The true heights of the boxes of these numbers."""
    return [scene.boxes[number - 1].height for number in boxes]
