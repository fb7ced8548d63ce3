"""People one by one: bodies and faces that two detectors saw, brought together so that each person is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from veduta.see.finding import Box

Floats = NDArray[np.float32]

# Where in a body's box its head is: the height of the face's middle, as a part of the box's height, is at most
# this much, and the face's width is between these parts of the box's width.
LOWEST_HEAD = 0.5
WIDTHS = (0.1, 1.05)
# A head's height as a part of a whole body's, and where it is when no face is seen.
HEAD = 0.13
# A faceless body that lies within another by more than this part, or shares this much of the union, is another
# view of the same person.
WITHIN = 0.9
SHARED = 0.5


@dataclass(frozen=True, slots=True)
class Individual:
    """One person: `point` is the middle of the head, `box` of the body or, where only that is seen, of the head.

    `probability` is how likely somebody is there who is not counted already.
    """

    point: tuple[float, float]
    box: Box
    probability: float
    has_face: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A body or a face that a detector saw: box (x, y, width, height) and calibrated probability."""

    box: Box
    probability: float


def individuals(bodies: Sequence[Seen], faces: Sequence[Seen]) -> list[Individual]:
    """Everybody who is seen as a body, as a face, or as both; the most certain first."""
    owners = _owners(bodies, faces)
    found: list[Individual] = []
    for index, face in enumerate(faces):
        body = bodies[owners[index]] if index in owners else None
        certain = face.probability if body is None else _either(face.probability, body.probability)
        found.append(Individual(_middle(face.box), body.box if body else face.box, certain, True))
    taken = set(owners.values())
    alone = [body for index, body in enumerate(bodies) if index not in taken]
    claimed = [bodies[index].box for index in taken]
    points = [_middle(face.box) for face in faces]
    for body in sorted(alone, key=lambda b: -b.probability):
        if _holds_several(body.box, points) or any(_same(body.box, other) for other in claimed):
            continue
        claimed.append(body.box)
        found.append(Individual(_head_of(body.box), body.box, body.probability))
    return sorted(found, key=lambda person: -person.probability)


def _owners(bodies: Sequence[Seen], faces: Sequence[Seen]) -> dict[int, int]:
    """Which body each face belongs to, both by number: the pairing with the least misfit, each at most once."""
    if not bodies or not faces:
        return {}
    misfit = np.array([[_misfit(face.box, body) for body in bodies] for face in faces])
    # A face without a body costs as much as the worst fit that is allowed.
    rows, columns = linear_sum_assignment(np.minimum(misfit, 1.0))
    return {int(r): int(c) for r, c in zip(rows, columns, strict=True) if misfit[r, c] < 1}


def _misfit(face: Box, body: Seen) -> float:
    """How badly a face sits on a body: 0 for a likely place, 1 and more for none."""
    x, y = _middle(face)
    left, top, width, height = body.box
    across, down = (x - left) / width, (y - top) / height
    if not (-0.05 < across < 1.05 and -0.1 < down < LOWEST_HEAD):
        return 1.0
    if not WIDTHS[0] * width <= face[2] <= WIDTHS[1] * width:
        return 1.0
    above = down * height / face[3]  # 0.5 when the body begins at the top of the face
    return float(
        0.8 * abs(across - 0.5) + 0.3 * min(1.0, abs(above - 0.7) / 2) + 0.2 * (1 - body.probability)
    )


def _holds_several(body: Box, points: Sequence[tuple[float, float]]) -> bool:
    """Whether a body's box has faces of others well inside: it is a box around a group, or one who is counted."""
    left, top, width, height = body
    inside = [
        (x, y) for x, y in points if 0.1 < (x - left) / width < 0.9 and 0 < (y - top) / height < LOWEST_HEAD
    ]
    return len(inside) >= 2


def _same(a: Box, b: Box) -> bool:
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = a[2] * a[3], b[2] * b[3]
    return shared > SHARED * (sum(areas) - shared) or shared > WITHIN * min(areas)


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2] / 2, box[1] + box[3] / 2)


def _head_of(body: Box) -> tuple[float, float]:
    """Where the head of a body is likely: below the top by half a head, which is as wide as a third of the body."""
    x, y, width, height = body
    return (x + width / 2, y + min(HEAD * height / 2 + 0.02 * height, 0.3 * width))


def _either(a: float, b: float) -> float:
    return 1 - (1 - a) * (1 - b)
