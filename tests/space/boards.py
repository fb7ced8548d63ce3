"""Pictures of a chessboard taken by two cameras whose every number is known."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np

from veduta.image.photo import Pixels
from veduta.space.chessboard import Board
from veduta.space.rig import Rig

BOARD = Board(7, 5, 0.03)
SIZE = (480, 360)


def rig() -> Rig:
    """Two cameras 9 cm apart, slightly turned, with lenses that bend."""
    turn: Any = cv2.Rodrigues(np.array([0.01, -0.03, 0.015]))[0]
    return Rig(
        *SIZE,
        (
            np.array([[420.0, 0, 243], [0, 421, 176], [0, 0, 1]]),
            np.array([[415.0, 0, 236], [0, 414, 183], [0, 0, 1]]),
        ),
        (np.array([-0.12, 0.05, 0.001, -0.0005, 0]), np.array([-0.10, 0.03, -0.0008, 0.0004, 0])),
        turn,
        np.array([-0.09, 0.001, 0.002]),
    )


def poses(count: int, seed: int = 3) -> list[tuple[Any, Any]]:
    """Where the board is held: rotation vector and translation of its middle, tilted, near and far."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        turn = rng.uniform([-0.5, -0.5, -0.3], [0.5, 0.5, 0.3])
        away = 0.42 + 0.25 * (number % 3) / 2
        side = rng.uniform(-0.12, 0.12, 2) * away
        middle = np.array([(BOARD.columns - 1) / 2, (BOARD.rows - 1) / 2, 0]) * BOARD.square
        rotation: Any = cv2.Rodrigues(turn)[0]
        made.append((turn, np.array([side[0] + 0.04, side[1], away]) - rotation @ middle))
    return made


def photograph(cameras: Rig, pose: tuple[Any, Any], side: int) -> Pixels:
    """The board as one camera sees it: each pixel's ray is followed to the board's plane, 2 x 2 rays a pixel."""
    turn, shift = cv2.Rodrigues(pose[0])[0], pose[1].reshape(3)
    if side:
        turn, shift = cameras.rotation @ turn, cameras.rotation @ shift + cameras.translation
    width, height = SIZE
    fine, rays = 2, _rays(side)
    normal = turn[:, 2]
    place = rays * ((normal @ shift) / (rays @ normal))[:, None] - shift
    x, y = (place @ turn)[:, :2].T / BOARD.square
    inside = (x > -1) & (x < BOARD.columns) & (y > -1) & (y < BOARD.rows)
    dark = inside & ((np.floor(x) + np.floor(y)) % 2 == 0)
    light = np.where(dark, 25.0, 225.0).reshape(height * fine, width * fine).astype(np.float32)
    small: Any = cv2.resize(light, SIZE, interpolation=cv2.INTER_AREA)
    return np.repeat(np.rint(small).astype(np.uint8)[..., None], 3, axis=2)


@cache
def _rays(side: int) -> Any:
    """The ray (x, y, 1) of each quarter of a pixel."""
    cameras, (width, height) = rig(), SIZE
    steps = [(np.arange(n * 2) + 0.5) / 2 - 0.5 for n in (width, height)]
    grid = np.stack(np.meshgrid(*steps), axis=-1).reshape(-1, 1, 2)
    flat: Any = cv2.undistortPoints(grid, cameras.matrices[side], cameras.distortions[side])
    return np.concatenate([flat.reshape(-1, 2), np.ones((len(grid), 1))], axis=1)
