"""Odd sizes: pictures far smaller, larger or longer than the others of their set."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from veduta.learn.set_faults import Fault

TIMES = 3.0
"""How many times smaller or larger than the middle one of the set, in side length, a picture is odd."""
LARGER = 8.0
LONG = 3.0
"""Ratio of the sides from which on a picture is odd, if the middle one of the set is at most half as long."""
FEWEST = 10
"""Of fewer pictures nobody can say what is usual; only strips are told."""


def odd_sizes(sizes: NDArray[np.int64]) -> Iterator[tuple[int, Fault]]:
    """Number and fault of pictures of odd size; `sizes` (n, 3) are number, width and height.

    Relative to the set: in a set of 32 x 32 icons they are usual. Larger ones are told only when they are very much
    larger, and then not suggested to be dropped: they can be scaled down.
    """
    if not len(sizes):
        return
    width, height = sizes[:, 1].astype(float), sizes[:, 2].astype(float)
    side = np.sqrt(width * height)
    ratio = np.maximum(width, height) / np.minimum(width, height)
    usual, usual_ratio = float(np.median(side)), float(np.median(ratio))
    several = len(sizes) >= FEWEST
    for row, (number, w, h) in enumerate(sizes.tolist()):
        if ratio[row] >= max(LONG, 2 * usual_ratio) or (several and usual_ratio / ratio[row] >= 2 * LONG):
            why = f"{w} x {h}: {ratio[row]:.1f} times as long as wide, the others {usual_ratio:.1f}"
            yield number, Fault("size", min(1.0, float(ratio[row]) / 10), why)
        elif several and usual / side[row] >= TIMES:
            why = f"{w} x {h}: {usual / side[row]:.0f} times smaller than usual"
            yield number, Fault("size", min(1.0, float(usual / side[row]) / 10), why)
        elif several and side[row] / usual >= LARGER:
            why = f"{w} x {h}: {side[row] / usual:.0f} times larger than usual"
            yield number, Fault("size", min(1.0, float(side[row] / usual) / 20), why, drop=False)
