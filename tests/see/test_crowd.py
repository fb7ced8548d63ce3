"""The density of crowds: the network recomputed naively, crowds apart from single people, and real pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from veduta.image.decode import load
from veduta.image.photo import Photo
from veduta.nets.store import ModelStore
from veduta.see.count_region import Region
from veduta.see.crowd import LEAST_CROWD, UNSEEN, CrowdEstimator, Density, _weights, heads


def test_the_network_is_what_was_learned() -> None:
    random = np.random.default_rng(3)
    fine = random.normal(0, 1, (48, 6, 4)).astype(np.float32)
    coarse = random.normal(0, 1, (120, 3, 2)).astype(np.float32)
    weights = _weights()
    hidden = np.zeros((40, 8, 6))  # with a border of zeros
    for row in range(6):
        for column in range(4):
            value = weights["fine_weight"][:, :, 0, 0] @ fine[:, row, column] + weights["fine_bias"]
            value = value + weights["coarse_weight"][:, :, 0, 0] @ coarse[:, row // 2, column // 2]
            hidden[:, row + 1, column + 1] = np.maximum(value, 0)
    expected = np.zeros((6, 4))
    for row in range(6):
        for column in range(4):
            part = hidden[:, row : row + 3, column : column + 3]
            near = np.maximum((weights["near_weight"] * part).sum(axis=(1, 2, 3)) + weights["near_bias"], 0)
            expected[row, column] = np.log1p(
                np.exp(weights["out_weight"][0, :, 0, 0] @ near + weights["out_bias"][0])
            )
    assert heads(fine, coarse) == pytest.approx(expected, rel=1e-3, abs=1e-4)


def field(per_cell: float, single: float = 0.0) -> Density:
    """A crowd in the left half of a photo of 800 x 400, and one head in its right half."""
    cells = np.zeros((50, 100), np.float32)
    cells[10:40, 5:45] = per_cell
    cells[25, 80] = single
    return Density(cells, 800, 400)


def test_a_crowd_adds_those_whom_nobody_sees() -> None:
    density = field(0.1, single=1.0)
    alone = density.hidden([])
    assert alone == pytest.approx(UNSEEN * 30 * 40 * 0.1, rel=0.05)
    # Who is seen in the crowd is not counted twice; who stands apart does not matter.
    assert density.hidden([(200.0, 200.0), (250.0, 210.0)]) == pytest.approx(alone - 2)
    assert density.hidden([(644.0, 204.0)]) == pytest.approx(alone)
    upper = Region("upper", ((0, 0), (800, 0), (800, 200), (0, 200)))
    lower = Region("lower", ((0, 200), (800, 200), (800, 400), (0, 400)))
    assert density.hidden([], upper) + density.hidden([], lower) == pytest.approx(alone, rel=1e-4)


def test_few_people_are_no_crowd() -> None:
    assert field(0.0, single=2.0).hidden([]) == 0
    assert field(0.015).hidden([]) == 0
    few = np.zeros((50, 100), np.float32)
    few[20:24, 20:24] = (LEAST_CROWD - 1) / 16
    assert Density(few, 800, 400).hidden([]) == 0
    assert field(0.1).hidden([(200.0, 200.0)] * 1000) == 0


def test_photographs_without_a_crowd(store: ModelStore, photographs: Path) -> None:
    estimator = CrowdEstimator(store)
    for name in ("astronaut.png", "coffee.png", "chelsea.png", "brick.png", "gravel.png", "rocket.jpg"):
        assert estimator.density(load(photographs / name)).hidden([]) == 0, name


def test_photos_of_any_size(store: ModelStore) -> None:
    estimator = CrowdEstimator(store)
    random = np.random.default_rng(1)
    for height, width in ((1, 1), (7, 300), (1500, 900), (90, 3000)):
        pixels = random.integers(100, 130, (height, width, 3), np.uint8)
        density = estimator.density(Photo(pixels, width, height))
        assert np.isfinite(density.heads).all() and (density.heads >= 0).all()
        assert (density.width, density.height) == (width, height)
