"""Sections that spoil a body: those that fit their neighbors badly, lie upside down, or are missing in between."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from veduta.space.pose import Plane, between, likeness
from veduta.space.sections import natural

SIDE = 256  # longer side at which sections are compared
# A section is told of where it departs from its neighbors so many times as much as others do, and by so much more.
TIMES, MORE = 3.0, 0.06


def misfits(paths: Sequence[Path], aligned: Sequence[Plane], most: float) -> dict[str, str]:
    """What is wrong with which file: registered sections (h, w), dark where there is nothing, beside their neighbors.

    Turns of up to `most` degrees are tried to see whether a section that does not fit does when it is mirrored.
    """
    scale = min(1.0, SIDE / max(aligned[0].shape))
    small = [_reduced(one, scale) for one in aligned]
    # By the better of both neighbors, for the other one may be at fault itself.
    alike = [likeness(one, other) for one, other in pairwise(small)]
    apart = [1 - max(alike[max(0, k - 1) : k + 1]) for k in range(len(small))]
    told: dict[str, str] = {}
    limit = TIMES * float(np.median(apart)) + MORE
    for number, value in enumerate(apart):
        if value <= limit:
            continue
        name = paths[number].name
        neighbor = small[number - 1] if number else small[1]
        mirrored = 1 - between(neighbor, np.ascontiguousarray(small[number][:, ::-1]), most)[1]
        if mirrored < 0.6 * value:
            told[name] = "fits its neighbors better when it is mirrored: does it lie upside down?"
        else:
            told[name] = (
                f"agrees with its neighbors by {1 - value:.2f}, others by {1 - float(np.median(apart)):.2f}: torn,"
                " empty or of something else? Leave it out or put it right"
            )
    return told


def gaps(paths: Sequence[Path], left_out: Collection[str] = ()) -> list[str]:
    """Where the numbers in the names jump by more than they usually do: sections that are missing.

    Not those in `left_out`, whose places are kept.
    """
    paths = (
        sorted({*paths, *(paths[0].with_name(name) for name in left_out)}, key=natural) if left_out else paths
    )
    numbers = [re.findall(r"\d+", path.stem) for path in paths]
    if not all(numbers) or len(paths) < 3:
        return []
    # The number that counts is the one that changes most often.
    shortest = min(len(one) for one in numbers)
    columns = [[int(one[at]) for one in numbers] for at in range(shortest)]
    counting = max(columns, key=lambda column: len(set(column)))
    steps = np.diff(counting)
    usual = int(np.median(steps))
    if usual < 1 or (steps < 1).any():
        return []
    return [
        f"between {paths[at].name} and {paths[at + 1].name} {missing} {'is' if missing == 1 else 'are'} missing by the"
        " numbers: the body comes out shorter by as much"
        for at, step in enumerate(steps)
        if (missing := round(int(step) / usual) - 1) > 0
    ]


def _reduced(plane: Plane, scale: float) -> Plane:
    size = (max(8, round(plane.shape[1] * scale)), max(8, round(plane.shape[0] * scale)))
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
