"""Masks brought to edges: against the whole guided filter, on drawn edges, and at the rim."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from veduta.image.decode import read
from veduta.see.edge import at_edges


def test_it_is_the_guided_filter(photographs: Path) -> None:
    pixels = read(photographs / "coffee.png")
    rows, columns = np.indices((100, 150))
    coarse = (rows - 50) ** 2 / 900 + (columns - 75) ** 2 / 1600 < 1
    found = at_edges(pixels, pixels, coarse)
    soft = cv2.resize(coarse.astype(np.float32), pixels.shape[1::-1])
    whole = cv2.ximgproc.guidedFilter(pixels.astype(np.float32), soft, 6, 36.0)
    clear = abs(whole - 0.5) > 0.01  # sums in another order
    np.testing.assert_array_equal(found[clear], (whole > 0.5)[clear])
    assert clear.mean() > 0.98


@pytest.mark.parametrize("times", [1, 2, 5])
def test_outlines_move_to_the_edge_at_full_size(times: int) -> None:
    rows, columns = np.indices((300 * times, 400 * times))
    disk = (rows / times - 140) ** 2 + (columns / times - 170) ** 2 < 80**2
    pixels = np.where(disk[..., None], (200, 80, 60), (90, 120, 110)).astype(np.uint8)
    small = cv2.resize(pixels, (400, 300), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(disk.astype(np.uint8), (100, 75), interpolation=cv2.INTER_NEAREST) > 0
    found = at_edges(pixels, small, coarse)
    blocks = cv2.resize(coarse.astype(np.uint8), pixels.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    assert np.count_nonzero(found ^ disk) < 0.1 * np.count_nonzero(blocks ^ disk)


def test_few_places_at_a_time_are_all_places(monkeypatch: pytest.MonkeyPatch, photographs: Path) -> None:
    pixels = read(photographs / "coffee.png")
    small = cv2.resize(pixels, (200, 133), interpolation=cv2.INTER_AREA)
    coarse = small[..., 0] > 120
    whole = at_edges(pixels[:399], small, coarse)
    monkeypatch.setattr("veduta.see.edge.TOGETHER", 100)
    np.testing.assert_array_equal(at_edges(pixels[:399], small, coarse), whole)


def test_nothing_and_everything_stay() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (60, 90, 3)).astype(np.uint8)
    assert not at_edges(pixels, pixels, np.zeros((6, 9), bool)).any()
    assert at_edges(pixels, pixels, np.ones((6, 9), bool)).all()
    assert at_edges(pixels[:1, :1], pixels[:1, :1], np.ones((1, 1), bool)).all()
