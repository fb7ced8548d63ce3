"""Overlap of boxes, against counting pixels."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from veduta.see.box import overlap

SIDES = st.tuples(*(st.integers(0, 12) for _ in range(4)))


def drawn(box: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    x, y, width, height = box
    plane = np.zeros((30, 30), bool)
    plane[y : y + height, x : x + width] = True
    return plane


@given(SIDES, SIDES)
def test_overlap_is_what_both_cover_of_what_either_does(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    one, other = drawn(a), drawn(b)
    union = np.count_nonzero(one | other)
    expected = np.count_nonzero(one & other) / union if union else 0.0
    assert overlap(a, b) == overlap(b, a) == expected
