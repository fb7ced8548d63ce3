"""Calibration of two cameras from pictures of a chessboard.

Zhang 2000, "A flexible new technique for camera calibration": each camera alone, then both together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from veduta.errors import BadInput, UnreadableImage
from veduta.image.photo import Pixels
from veduta.progress import Progress, Silent
from veduta.space.chessboard import Board, Points, find_corners, same_order, seen_board
from veduta.space.pair import BadPair, PairFiles
from veduta.space.rig import Rectifier, Rig

# Pairs needed at least, and the error of a pair's corners (pixels, and in medians) above which it is left out.
LEAST = 4
WORST, WORST_RATIO = 1.0, 4.0
# Corners further off than this (pixels, and parts of the width) tell of no pair of cameras at all.
HOPELESS = (3.0, 0.002)
# How far a focal length is changed to see whether the pictures mind, and what uncertainty of it is worth a word or
# too much (parts of it): distances are wrong by as much.
CHANGED, UNSURE, UNKNOWN = 0.05, 0.01, 0.05
# Times that both cameras are solved for at most, and the part by which the error still sinks before they stand.
ROUNDS, SETTLED = 10, 1e-4
# Pictures in which a board of another size is looked for.
LOOKED = 6


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
    """A rig, how well each pair of pictures fits it (pixels), and the pictures that could not be used, with why.

    `unsure`: the standard error of the left and the right focal length, as a part of it.
    """

    rig: Rig
    errors: dict[str, float]
    unused: dict[str, str]
    unsure: tuple[float, float] = (0.0, 0.0)

    @property
    def advice(self) -> str | None:
        """What would make the cameras better known, where it matters."""
        if max(self.unsure) < UNSURE:
            return None
        return (
            f"focal lengths, and with them distances, are known to {100 * max(self.unsure):.1f} % only: add pictures"
            " with the board tilted by 20 to 40 degrees, in several ways"
        )

    def as_json(self) -> dict[str, Any]:
        """What is told beside the rig."""
        return {
            "focal_error_percent": [round(100 * one, 3) for one in self.unsure],
            "pictures": {n: round(e, 4) for n, e in self.errors.items()},
            "unused": dict(self.unused),
        }

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
    without: list[Pixels] = []
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
                without += [left] if found[0] is None and len(without) < LOOKED else []
                continue
            seen.append(Sighting(pair.name, found[0], same_order(found[0], found[1])))
    finally:
        progress.end()
    if size is None or len(seen) < LEAST:
        raise CannotCalibrate(_too_few(len(seen), unused) + _another_board(without, board))
    return solve(seen, board, size, unused)


def solve(
    sightings: Sequence[Sighting], board: Board, size: tuple[int, int], unused: dict[str, str] | None = None
) -> Calibrated:
    """The cameras from corners in pictures of `size` (width, height); pairs that fit badly are left out."""
    unused = dict(unused or {})
    kept = list(sightings)
    while True:
        rig, errors, unsure = _solve(kept, board, size)
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
    if max(unsure) > UNKNOWN:
        told = f" (known to {100 * max(unsure):.0f} % only)" if max(unsure) < 0.5 else ""
        raise CannotCalibrate(
            f"the pictures leave the focal lengths open{told}, for the board was held alike in all of them: add"
            " pictures with the board tilted by 20 to 40 degrees, in several ways"
        )
    return Calibrated(rig, named, unused, unsure)


def _solve(
    seen: Sequence[Sighting], board: Board, size: tuple[int, int]
) -> tuple[Rig, Sequence[float], tuple[float, float]]:
    """A rig, the error of each pair (pixels), and how unsure both focal lengths are."""
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
        unsure = [_unsure(one, objects, view, size) for one, view in zip(alone, views, strict=True)]
        together = _together(objects, views, first, second, size)
    except cv2.error as error:
        raise CannotCalibrate(
            "the pictures do not tell the cameras: show the board nearer, farther, tilted, and in the corners"
        ) from error
    apart, m1, d1, m2, d2, turn, shift = together[:7]
    if apart > max(HOPELESS[0], HOPELESS[1] * size[0]):
        raise CannotCalibrate(
            f"corners are {apart:.0f} pixels off for any two cameras: are these pictures of the same moments, left and"
            " right in the same order, of cameras fixed to each other?"
        )
    matrices, bends = (np.asarray(m1), np.asarray(m2)), (d1.ravel()[:5], d2.ravel()[:5])
    rig = Rig(*size, matrices, bends, np.asarray(turn), np.asarray(shift).ravel(), float(apart))
    if not np.isfinite([*m1.ravel(), *m2.ravel(), *shift.ravel()]).all():
        raise CannotCalibrate("the pictures do not tell the cameras: show the board tilted in several ways")
    rig = Rig(*size, matrices, bends, rig.rotation, rig.translation, rig.error, row_error(rig, seen))
    per_view = np.asarray(together[-1]).reshape(len(seen), -1)
    return rig, [float(v) for v in np.sqrt((per_view**2).mean(axis=1))], (unsure[0], unsure[1])


def _together(
    objects: Sequence[Any], views: Sequence[Sequence[Any]], first: Any, second: Any, size: tuple[int, int]
) -> Any:
    """Both cameras at once, as cv2.stereoCalibrateExtended tells them: it ends early, so it is begun again there."""
    begin: Any = (*first, *second)
    turn: Any = np.eye(3)
    shift: Any = np.zeros(3)
    flags = cv2.CALIB_FIX_K3 | cv2.CALIB_USE_INTRINSIC_GUESS
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 200, 1e-7)
    last = np.inf
    solve_both: Any = cv2.stereoCalibrateExtended  # its annotations refuse what it takes
    for _ in range(ROUNDS):
        found: Any = solve_both(
            objects, views[0], views[1], *begin, size, turn, shift, flags=flags, criteria=criteria
        )
        begin, turn, shift = found[1:5], found[5], found[6]
        flags |= cv2.CALIB_USE_EXTRINSIC_GUESS
        if not found[0] < (1 - SETTLED) * last:
            break
        last = found[0]
    return found


def _unsure(alone: Any, objects: Sequence[Any], view: Sequence[Any], size: tuple[int, int]) -> float:
    """The standard error of one camera's focal length, as a part of it, by its profile likelihood.

    A longer focal length is held while all else is solved for again. Where the pictures fit as well, they do not know
    it; the inverse of the normal equations would not tell, for it leaves out what is not determined.
    """
    error, matrix, bends = alone[:3]
    longer = np.array(matrix)
    longer[0, 0] *= 1 + CHANGED
    longer[1, 1] *= 1 + CHANGED
    flags = cv2.CALIB_FIX_K3 | cv2.CALIB_USE_INTRINSIC_GUESS | cv2.CALIB_FIX_FOCAL_LENGTH
    worse = cv2.calibrateCamera(objects, view, size, longer, bends.copy(), flags=flags)[0]
    corners = sum(len(one) for one in view)
    free = 2 * corners - 8 - 6 * len(view)
    variance = max(error**2, 1e-6) * corners / max(free, 1)
    rise = max(worse**2 - error**2, 0.0) * corners
    return float(CHANGED * np.sqrt(variance / rise)) if rise > 0 else float("inf")


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


def _another_board(without: Sequence[Pixels], board: Board) -> str:
    """A word on the board that the pictures do show."""
    votes = Counter(
        (max(one.columns, one.rows), min(one.columns, one.rows))
        for one in (seen_board(pixels, board) for pixels in without)
        if one is not None
    )
    told = (max(board.columns, board.rows), min(board.columns, board.rows))
    if not votes or votes.most_common(1)[0][0] == told or votes.most_common(1)[0][1] < 2:
        return ""
    columns, rows = votes.most_common(1)[0][0]
    return f"; a board of {columns} x {rows} inner corners is seen: --board {columns}x{rows}"


def _too_few(count: int, unused: dict[str, str]) -> str:
    whys: dict[str, list[str]] = {}
    for name, why in unused.items():
        whys.setdefault(why, []).append(name)
    reasons = [f"{_names(names)}: {why}" for why, names in whys.items()]
    more = f"; and {len(reasons) - 5} more" if len(reasons) > 5 else ""
    return (
        f"{count} usable {'pair' if count == 1 else 'pairs'} of pictures, {LEAST} are needed and 15 are better"
        f"{': ' + '; '.join(reasons[:5]) + more if reasons else ''}"
    )


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
