"""Semi-global matching: costs gathered along eight directions, so that neighbors agree except at edges.

Hirschmueller 2008, "Stereo processing by semiglobal matching and mutual information"; the penalty of a jump falls where
the picture has an edge. A whole row of pixels moves on at once, so plain arrays are fast enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Penalty of a step of one disparity; of a jump on even ground; the least of a jump at an edge.
STEP, JUMP, LEAST_JUMP = 8, 60, 20

Costs = NDArray[np.uint8]
Sums = NDArray[np.uint16]


def gather(costs: Costs, gray: NDArray[np.uint8]) -> Sums:
    """The sums (h, count, w) of the costs of the best paths that reach each pixel from eight sides.

    Paths are kept in bytes: no cost may be above 255 - 2 * JUMP = 135; those of `census.costs` end at 102.
    """
    sums = _sweep(costs, gray, (-1, 0, 1))
    sums[::-1] += _sweep(costs[::-1], gray[::-1], (-1, 0, 1))
    turned, turned_gray = np.ascontiguousarray(costs.transpose(2, 1, 0)), np.ascontiguousarray(gray.T)
    across = _sweep(turned, turned_gray, (0,))
    across[::-1] += _sweep(turned[::-1], turned_gray[::-1], (0,))
    sums += across.transpose(2, 1, 0)
    return sums


def _sweep(costs: Costs, gray: NDArray[np.uint8], directions: Sequence[int]) -> Sums:
    """Sums over paths that come down straight (0) and aslant from the left (1) and the right (-1)."""
    light = gray.astype(np.int16)
    sums = np.zeros(costs.shape, np.uint16)
    paths: dict[int, Costs] = {}
    for row in range(len(costs)):
        cost = costs[row]
        for direction in directions:
            if row == 0:
                path = cost.copy()
            else:
                before = _shifted(paths[direction], direction)
                edge = np.abs(light[row] - _shifted(light[row - 1], direction))
                path = _onward(before, cost, np.maximum(LEAST_JUMP, JUMP - edge).astype(np.uint8))
            paths[direction] = path
            sums[row] += path.astype(np.uint16)
    return sums


def _shifted(row: NDArray[Any], by: int) -> NDArray[Any]:
    """A row whose pixel x is that at x - by; the first or last one is repeated."""
    if by == 0:
        return row
    moved = np.empty_like(row)
    if by > 0:
        moved[..., 1:], moved[..., 0] = row[..., :-1], row[..., 0]
    else:
        moved[..., :-1], moved[..., -1] = row[..., 1:], row[..., -1]
    return moved


def _onward(before: Costs, cost: Costs, jump: Costs) -> Costs:
    """The paths one row further: stay, step by one disparity, or jump to the best."""
    least = before.min(axis=0)
    path: Costs = np.minimum(before, least + jump)
    stepped = before + np.uint8(STEP)
    np.minimum(path[1:], stepped[:-1], out=path[1:])
    np.minimum(path[:-1], stepped[1:], out=path[:-1])
    path -= least
    path += cost
    return path
