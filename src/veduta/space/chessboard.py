"""The inner corners of a chessboard in a picture, to parts of a pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput
from veduta.image.photo import Pixels

Points = NDArray[np.float32]


class BadBoard(BadInput):
    """A chessboard that cannot be."""


@dataclass(frozen=True, slots=True)
class Board:
    """A chessboard of `columns` x `rows` inner corners (a board of 8 x 8 squares has 7 x 7), squares in meters."""

    columns: int
    rows: int
    square: float

    def __post_init__(self) -> None:
        if not (3 <= self.columns <= 50 and 3 <= self.rows <= 50):
            raise BadBoard(
                f"a board of {self.columns} x {self.rows} inner corners; 3 to 50 each way are possible"
            )
        if not 0 < self.square < 10:
            raise BadBoard(f"squares of {self.square:g} m; they must be above zero and below 10 m")

    @classmethod
    def parse(cls, text: str, square: float) -> Board:
        """A board from "9x6", inner corners; raises BadBoard."""
        parts = text.lower().replace("×", "x").split("x")
        if len(parts) != 2 or not all(part.strip().isdigit() for part in parts):
            raise BadBoard(f"board {text!r}: write COLUMNSxROWS of inner corners, such as 9x6")
        return cls(int(parts[0]), int(parts[1]), square)

    def corners(self) -> Points:
        """The corners on the board (n, 3) in meters, row by row."""
        grid = np.zeros((self.rows * self.columns, 3), np.float32)
        grid[:, :2] = np.mgrid[: self.columns, : self.rows].T.reshape(-1, 2) * self.square
        return grid


def find_corners(pixels: Pixels, board: Board) -> Points | None:
    """The board's inner corners (n, 2) in a picture, row by row; None where they are not all seen."""
    gray: Any = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    size = (board.columns, board.rows)
    finely = cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_ACCURACY
    by_sectors, corners = cv2.findChessboardCornersSB(gray, size, flags=finely)
    found = by_sectors
    if not found:  # the older finder sees some boards that the newer one misses
        found, corners = cv2.findChessboardCorners(
            gray, size, flags=cv2.CALIB_CB_ADAPTIVE_THRESH | cv2.CALIB_CB_NORMALIZE_IMAGE
        )
    if not found:
        return None
    first = np.array(corners, np.float32).reshape(-1, 2)
    reach = max(2, int(_spacing(first.reshape(board.rows, board.columns, 2)) * 0.3))
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 60, 1e-4)
    near: Any = cv2.cornerSubPix(gray, first[:, None].copy(), (reach, reach), (-1, -1), criteria)
    second = np.asarray(near, np.float32).reshape(-1, 2)
    # Told by sectors and by gradients, corners err each in their own way: their mean is nearest to the truth.
    return np.asarray((first + second) / 2, np.float32) if by_sectors else second


def seen_board(pixels: Pixels, board: Board) -> Board | None:
    """The board in a picture where it has another number of corners than was told, up to three more or less."""
    gray: Any = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, 1000 / max(gray.shape))
    small: Any = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    flags = cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_LARGER
    least = (max(3, board.columns - 3), max(3, board.rows - 3))
    found, corners, meta = cv2.findChessboardCornersSBWithMeta(small, least, flags)
    if not found:
        return None
    rows, columns = np.asarray(meta).shape[:2]
    return Board(int(columns), int(rows), board.square) if rows * columns == len(corners) else None


def _spacing(grid: NDArray[np.float32]) -> float:
    """The least distance of neighbors."""
    across = np.linalg.norm(np.diff(grid, axis=1), axis=2).min()
    return float(min(across, np.linalg.norm(np.diff(grid, axis=0), axis=2).min()))


def same_order(left: Points, right: Points) -> Points:
    """The right view's corners in the left one's order: a board turned by half a turn looks the same."""
    one, other = left[-1] - left[0], right[-1] - right[0]
    return right[::-1].copy() if float(one @ other) < 0 else right
