"""A stack of sections, each laid under the microscope by hand: where each one lies, without straightening the object.

Sections are compared with several neighbors, and one pose for each is found that fits all comparisons. How the object
itself leans from section to section is smooth, how sections were laid is not: only the latter is undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve

from veduta.progress import Progress
from veduta.space.journal import Journal
from veduta.space.pose import Plane, Pose, between
from veduta.space.stack import Made
from veduta.space.trend import trend

Reals = NDArray[np.float64]

SIDE = 512  # longer side at which sections are compared
NEIGHBORS = 3  # sections on that each one is compared with
POOR = 0.2  # correlation below which a comparison says nothing
ROUNDS = 5  # of weighing comparisons by how well they fit the others

_RECORD = Struct("<4d")  # angle, x, y and correlation of one comparison


@dataclass(frozen=True, slots=True)
class Link:
    """A comparison: section `first` lies to section `second` by `pose`, as surely as `weight`."""

    first: int
    second: int
    pose: Pose
    weight: float


def poses(
    sections: Sequence[Plane],
    progress: Progress,
    most: float = 30.0,
    straighten: bool = False,
    heights: Sequence[int] | None = None,
    journal: Journal | None = None,
) -> list[Pose]:
    """The pose of each section: from places in the object to places in the picture.

    `sections`: float32 (h, w) of one size, dark where there is nothing, asked for one after the other. Turns of up to
    `most` degrees between neighbors are found. With `straighten` the lean of the object is undone, too. `heights`:
    which places in the row the sections have, where some are missing. Comparisons in `journal` are not made again.
    """
    height, width = sections[0].shape
    scale = min(1.0, SIDE / max(height, width))
    heights = range(len(sections)) if heights is None else heights
    small = Made(len(sections), lambda number: _prepared(sections[number], scale))
    links = _links(small, heights, most, progress, journal)
    angles, shifts = _solved(len(sections), links)
    if not straighten:
        angles, shifts = _without_lean(angles, shifts, np.asarray(heights, np.float64))
    else:
        angles, shifts = angles - angles.mean(), shifts - shifts.mean(axis=0)
    return [
        Pose(float(angle), float(x), float(y)).scaled(1 / scale)
        for angle, (x, y) in zip(angles, shifts, strict=True)
    ]


def _prepared(section: Plane, scale: float) -> Plane:
    """A small copy, its brightness told by what is in it."""
    height, width = section.shape
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = cv2.resize(section, size, interpolation=cv2.INTER_AREA) if scale < 1 else section
    return np.asarray(small / (float(np.sqrt(np.mean(small * small))) + 1e-6), np.float32)


def _links(
    small: Sequence[Plane], heights: Sequence[int], most: float, progress: Progress, journal: Journal | None
) -> list[Link]:
    """All comparisons of near sections; the next one counts for something even if it is poor."""
    links = []
    progress.begin("comparing sections", len(small))
    for first in range(len(small)):
        near = range(first + 1, min(first + 1 + NEIGHBORS, len(small)))
        if journal is not None and first < len(journal):
            found = list(_RECORD.iter_unpack(journal[first]))
        else:
            found = []
            for second in near:
                pose, value = between(small[first], small[second], most)
                found.append((pose.angle, pose.x, pose.y, value))
            if journal is not None:
                journal.add(b"".join(_RECORD.pack(*one) for one in found))
        for second, (angle, x, y, value) in zip(near, found, strict=True):
            if value > POOR or second == first + 1:
                weight = max(value, 1e-3) ** 4 / (heights[second] - heights[first])
                links.append(Link(first, second, Pose(angle, x, y), weight))
        progress.advance()
    progress.end()
    return links


def _solved(count: int, links: Sequence[Link]) -> tuple[Reals, Reals]:
    """Angles (n,) and shifts (n, 2) that fit the comparisons, first section at rest; outliers weigh less."""
    weights = np.array([link.weight for link in links])
    first, second = (np.array([getattr(link, side) for link in links]) for side in ("first", "second"))
    turns = np.array([link.pose.angle for link in links])
    moves = np.array([(link.pose.x, link.pose.y) for link in links])
    angles, shifts, sure = np.zeros(count), np.zeros((count, 2)), weights.copy()
    for _ in range(ROUNDS):
        angles = _least_squares(count, first, second, _same(turns), turns[:, None], sure)[:, 0]
        shifts = _least_squares(count, first, second, _turning(turns), moves, sure)
        carried = np.einsum("nij,nj->ni", _turning(turns), shifts[first])
        misfit = np.hypot(*(shifts[second] - carried - moves).T)
        usual = 1.4826 * float(np.median(misfit)) + 1e-3
        sure = weights / (1 + (misfit / (3 * usual)) ** 2)
    return angles, shifts


def _least_squares(
    count: int, first: NDArray[np.int64], second: NDArray[np.int64], carry: Reals, told: Reals, weights: Reals
) -> Reals:
    """x (n, d) with x[second] - carry x[first] = told (m, d), the first being 0."""
    depth, root = told.shape[1], np.sqrt(weights)
    row = np.arange(len(told) * depth).reshape(len(told), depth)
    rows, columns, values = [], [], []
    for axis in range(depth):
        rows.append(row[:, axis])
        columns.append(second * depth + axis)
        values.append(root)
        for other in range(depth):
            rows.append(row[:, axis])
            columns.append(first * depth + other)
            values.append(-carry[:, axis, other] * root)
    parts = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    matrix = coo_matrix(parts, (row.size, count * depth)).tocsc()[:, depth:]
    found = spsolve((matrix.T @ matrix).tocsc(), matrix.T @ (told * root[:, None]).ravel())
    return np.concatenate([np.zeros((1, depth)), found.reshape(count - 1, depth)])


def _same(turns: Reals) -> Reals:
    return np.ones((len(turns), 1, 1))


def _turning(turns: Reals) -> Reals:
    """Rotations (n, 2, 2)."""
    cos, sin = np.cos(turns), np.sin(turns)
    return np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)


def _without_lean(angles: Reals, shifts: Reals, heights: Reals) -> tuple[Reals, Reals]:
    """What is left of the poses when the smooth part is taken for the object's own."""
    turns = angles - _smooth(angles, heights)
    back = np.einsum("nij,nj->ni", _turning(-turns), shifts)
    lean = np.stack([_smooth(back[:, 0], heights), _smooth(back[:, 1], heights)], axis=1)
    return turns, shifts - np.einsum("nij,nj->ni", _turning(turns), lean)


def _smooth(values: Reals, heights: Reals) -> Reals:
    """The trend of values at some heights: between them, where sections are missing, they go on straight."""
    every = np.arange(heights[0], heights[-1] + 1)
    whole = trend(np.interp(every, heights, values))
    return np.asarray(whole[(heights - heights[0]).astype(np.int64)], np.float64)
