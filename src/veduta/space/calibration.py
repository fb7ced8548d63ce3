"""Calibration of two cameras from pictures of a chessboard.

Zhang 2000, "A flexible new technique for camera calibration": each camera alone, then both together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from veduta.errors import BadInput, UnreadableImage
from veduta.progress import Progress, Silent
from veduta.space.chessboard import Board, Points, find_corners, same_order
from veduta.space.pair import BadPair, PairFiles
from veduta.space.rig import Rectifier, Rig

# Pairs needed at least, and the error of a pair's corners (pixels, and in medians) above which it is left out.
LEAST = 4
WORST, WORST_RATIO = 1.0, 4.0


class CannotCalibrate(BadInput):
    """Pictures from which the cameras cannot be told."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """The same corners in both views of a pair."""

    name: str
    left: Points
    right: Points


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A rig, how well each pair of pictures fits it (pixels), and the pictures that could not be used, with why."""

    rig: Rig
    errors: dict[str, float]
    unused: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """What is told beside the rig."""
        return {"pictures": {n: round(e, 4) for n, e in self.errors.items()}, "unused": dict(self.unused)}

    def save(self, path: Path, board: Board) -> None:
        """Write the rig with how it came to be."""
        known = {"columns": board.columns, "rows": board.rows, "square_m": board.square}
        self.rig.save(path, {"board": known, **self.as_json()})


def calibrate(pairs: Sequence[PairFiles], board: Board, progress: Progress | None = None) -> Calibrated:
    """Calibrate two cameras from pairs of pictures of one board; raises CannotCalibrate with the reasons."""
    progress = progress or Silent()
    unused: dict[str, str] = {}
    seen: list[Sighting] = []
    size: tuple[int, int] | None = None
    progress.begin("looking for corners", len(pairs))
    try:
        for pair in pairs:
            try:
                left, right = pair.read()
            except (UnreadableImage, BadPair) as error:
                unused[pair.name] = str(error)
                continue
            finally:
                progress.advance()
            if size is None:
                size = (left.shape[1], left.shape[0])
            if (left.shape[1], left.shape[0]) != size:
                unused[pair.name] = f"{left.shape[1]} x {left.shape[0]}, the first one {size[0]} x {size[1]}"
                continue
            found = [find_corners(view, board) for view in (left, right)]
            missing = [side for side, one in zip(("left", "right"), found, strict=True) if one is None]
            if found[0] is None or found[1] is None:
                unused[pair.name] = (
                    f"no {board.columns} x {board.rows} corners in the {' and the '.join(missing)} view"
                )
                continue
            seen.append(Sighting(pair.name, found[0], same_order(found[0], found[1])))
    finally:
        progress.end()
    if size is None or len(seen) < LEAST:
        raise CannotCalibrate(_too_few(len(seen), unused))
    return solve(seen, board, size, unused)


def solve(
    sightings: Sequence[Sighting], board: Board, size: tuple[int, int], unused: dict[str, str] | None = None
) -> Calibrated:
    """The cameras from corners in pictures of `size` (width, height); pairs that fit badly are left out."""
    unused = dict(unused or {})
    kept = list(sightings)
    while True:
        rig, errors = _solve(kept, board, size)
        limit = max(WORST, WORST_RATIO * float(np.median(errors)))
        worst = int(np.argmax(errors))
        if errors[worst] <= limit:
            break
        unused[kept[worst].name] = (
            f"its corners are {errors[worst]:.1f} pixels off: the board moved or is bent"
        )
        del kept[worst]
        if len(kept) < LEAST:
            raise CannotCalibrate(_too_few(len(kept), unused))
    named = {one.name: float(error) for one, error in zip(kept, errors, strict=True)}
    return Calibrated(rig, named, unused)


def _solve(seen: Sequence[Sighting], board: Board, size: tuple[int, int]) -> tuple[Rig, Sequence[float]]:
    """A rig and the error of each pair (pixels)."""
    objects = [board.corners() for _ in seen]
    views: list[list[Any]] = [[one.left[:, None] for one in seen], [one.right[:, None] for one in seen]]
    begin: Any = None
    # The third radial term bends the rim wildly where no board was seen: it stays zero.
    flags = cv2.CALIB_FIX_K3
    try:
        alone: list[Any] = [
            cv2.calibrateCamera(objects, view, size, begin, begin, flags=flags) for view in views
        ]
        first, second = (one[1:3] for one in alone)
        together: Any = cv2.stereoCalibrateExtended(
            objects,
            views[0],
            views[1],
            first[0],
            first[1],
            second[0],
            second[1],
            size,
            np.eye(3),
            np.zeros(3),
            flags=flags | cv2.CALIB_USE_INTRINSIC_GUESS,
            criteria=(cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 200, 1e-7),
        )
    except cv2.error as error:
        raise CannotCalibrate(
            "the pictures do not tell the cameras: show the board nearer, farther, tilted, and in the corners"
        ) from error
    apart, m1, d1, m2, d2, turn, shift = together[:7]
    matrices, bends = (np.asarray(m1), np.asarray(m2)), (d1.ravel()[:5], d2.ravel()[:5])
    rig = Rig(*size, matrices, bends, np.asarray(turn), np.asarray(shift).ravel(), float(apart))
    if not np.isfinite([*m1.ravel(), *m2.ravel(), *shift.ravel()]).all():
        raise CannotCalibrate("the pictures do not tell the cameras: show the board tilted in several ways")
    rig = Rig(*size, matrices, bends, rig.rotation, rig.translation, rig.error, row_error(rig, seen))
    per_view = np.asarray(together[-1]).reshape(len(seen), -1)
    return rig, [float(v) for v in np.sqrt((per_view**2).mean(axis=1))]


def row_error(rig: Rig, seen: Iterable[Sighting]) -> float:
    """The mean difference in pixels of the rows in which the same corner stands after rectification."""
    rectifier = Rectifier(rig)
    apart = []
    for one in seen:
        rows = [
            _rectified(points, rig, side, rectifier)[:, 1]
            for side, points in enumerate((one.left, one.right))
        ]
        apart.append(np.abs(rows[0] - rows[1]))
    return float(np.concatenate(apart).mean())


def _rectified(points: Points, rig: Rig, side: int, rectifier: Rectifier) -> Points:
    made: Any = cv2.undistortPoints(
        points[:, None],
        rig.matrices[side],
        rig.distortions[side],
        R=rectifier.turns[side],
        P=rectifier.projections[side],
    )
    return np.asarray(made, np.float32).reshape(-1, 2)


def _too_few(count: int, unused: dict[str, str]) -> str:
    reasons = "; ".join(f"{name}: {why}" for name, why in list(unused.items())[:5])
    more = f"; and {len(unused) - 5} more" if len(unused) > 5 else ""
    return (
        f"{count} usable pairs of pictures, {LEAST} are needed and 15 are better"
        f"{': ' + reasons + more if reasons else ''}"
    )
