"""What windows say is what cutting the maps says."""

from __future__ import annotations

import numpy as np
import pytest

from veduta.landmarks.windows import SMALLEST, WINDOWS, area, box, cells, shared, vectors
from veduta.see.trunk import Sight


def sight(rows: int, columns: int) -> Sight:
    rng = np.random.default_rng(rows * columns)
    last = rng.gamma(0.5, 1, (1280, rows, columns)).astype(np.float32)
    middle = rng.normal(3, 1, (120, 2 * rows, 2 * columns)).astype(np.float32)
    return Sight(np.zeros(1000, np.float32), last.mean(axis=(1, 2)), last, middle)


@pytest.mark.parametrize("shape", [(9, 9), (8, 10), (10, 8), (1, 2)])
def test_a_windows_vector_is_the_statistics_of_its_cells(shape: tuple[int, int]) -> None:
    whole = sight(*shape)
    found = vectors(whole)
    assert found.shape == (len(WINDOWS), 2800) and found.dtype == np.float32
    for vector, window in zip(found, WINDOWS, strict=True):
        across, down = cells(window, *shape)
        last = whole.last[:, down, across]
        fine_across, fine_down = cells(window, *whole.middle.shape[1:])
        naive = Sight(whole.logits, last.mean(axis=(1, 2)), last, whole.middle[:, fine_down, fine_across])
        assert vector == pytest.approx(naive.statistics, abs=2e-5)


def test_windows_are_parts_of_a_photo() -> None:
    assert len(set(WINDOWS)) == len(WINDOWS)
    for window in WINDOWS:
        left, top, right, bottom = window
        assert 0 <= left < right <= 1 and 0 <= top < bottom <= 1
        assert SMALLEST - 1e-9 <= area(window) < 1
        x, y, width, height = box(window, 600, 300)
        assert (x + width, y + height) == pytest.approx((right * 600, bottom * 300))


def test_what_two_windows_share() -> None:
    assert shared((0, 0, 0.5, 1), (0.5, 0, 1, 1)) == 0
    assert shared((0, 0, 0.5, 1), (0.25, 0, 1, 1)) == pytest.approx(0.5)
    assert shared((0, 0, 1, 0.5), (0.2, 0.1, 0.4, 0.3)) == pytest.approx(1)
