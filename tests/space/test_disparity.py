"""Matching: each step against a naive recomputation, the whole against measured truth."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from veduta.space import census, disparity, occlusion, sweep
from veduta.space.disparity import BadRange, Range, find_range, match
from veduta.space.pair import BadPair


def bad(found: NDArray[Any], truth: NDArray[Any], apart: float = 2.0) -> float:
    """Percent of the pixels with known truth that are off by more."""
    known = np.isfinite(truth)
    return float(100 * (np.abs(found - truth)[known] > apart).mean())


@pytest.fixture(scope="module")
def motorcycle() -> tuple[Any, Any, Any]:
    """The Motorcycle pair that scikit-image ships, with its truth."""
    from skimage import data

    left, right, truth = data.stereo_motorcycle()
    return left, right, truth


@pytest.fixture(scope="module")
def noise() -> tuple[Any, Any]:
    """A picture, and the same seen 5 pixels to the left in its lower half, 2 above."""
    rng = np.random.default_rng(0)
    wide = cv2.GaussianBlur(rng.integers(0, 256, (60, 100, 3), np.uint8), (3, 3), 0)
    right = np.concatenate([wide[:30, 12:92], wide[30:, 15:95]])
    return wide[:, 10:90].copy(), right


def test_census_says_which_neighbors_are_darker() -> None:
    gray = np.random.default_rng(1).integers(0, 255, (12, 15), np.uint8)
    wide = np.pad(gray, ((3, 3), (4, 4)), mode="reflect")
    words = census.census(gray)
    for y in range(12):
        for x in range(15):
            bits = [
                int(wide[y + dy, x + dx] < gray[y, x])
                for dy in range(7)
                for dx in range(9)
                if (dy, dx) != (3, 4)
            ]
            assert int(words[y, x]) == int("".join(map(str, bits)), 2)


@pytest.mark.parametrize("lowest", [-3, 0, 2])
def test_costs_are_low_where_the_views_match(noise: tuple[Any, Any], lowest: int) -> None:
    left, _ = noise
    shifted = np.roll(left, -4, axis=1)
    volume = census.costs(left, shifted, lowest, 9)
    assert volume.shape == (60, 9, 80)
    inner = volume[:, :, 16:-16]
    assert (inner.argmin(axis=1) == 4 - lowest).mean() > 0.999
    outside = census.overlap(80, lowest)[0]
    assert (np.delete(volume[:, 0], np.r_[outside], axis=1) == census.OUTSIDE).all()


def test_paths_against_a_naive_sweep() -> None:
    """Eight directions, pixel by pixel, as the paper writes them."""
    rng = np.random.default_rng(2)
    costs = rng.integers(0, 90, (7, 5, 8), np.uint8)
    gray = rng.integers(0, 255, (7, 8), np.uint8)
    expected = np.zeros((7, 5, 8), np.int64)
    for dy, dx in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)):
        expected += naive_paths(costs, gray, dy, dx)
    found = sweep.gather(costs, gray)
    # At the rim of an aslant path, where there is no pixel before, ours goes on with the nearest: compare inside.
    straight = sum(naive_paths(costs, gray, *d) for d in ((1, 0), (-1, 0), (0, 1), (0, -1)))
    assert np.array_equal(sweep._sweep(costs, gray, (0,))[6], naive_paths(costs, gray, 1, 0)[6])
    assert (found.astype(int) >= straight).all()
    aslant = sweep._sweep(costs, gray, (1,)).astype(int)
    naive = naive_paths(costs, gray, 1, 1, repeat=True)
    assert np.array_equal(aslant, naive)
    assert np.array_equal(found[:, :, 7:-7], expected[:, :, 7:-7])


def naive_paths(
    costs: NDArray[Any], gray: NDArray[Any], dy: int, dx: int, repeat: bool = False
) -> NDArray[Any]:
    height, count, width = costs.shape
    made = np.zeros(costs.shape, np.int64)
    for y in range(height) if dy >= 0 else range(height - 1, -1, -1):
        for x in range(width) if dx >= 0 else range(width - 1, -1, -1):
            py, px = y - dy, x - dx
            if repeat:
                px = min(max(px, 0), width - 1)
            if not (0 <= py < height and 0 <= px < width):
                made[y, :, x] = costs[y, :, x]
                continue
            before = made[py, :, px]
            jump = max(sweep.LEAST_JUMP, sweep.JUMP - abs(int(gray[y, x]) - int(gray[py, px])))
            for k in range(count):
                ways = [before[k], before.min() + jump]
                ways += [before[j] + sweep.STEP for j in (k - 1, k + 1) if 0 <= j < count]
                made[y, k, x] = costs[y, k, x] + min(ways) - before.min()
    return made


def test_sub_pixels_lie_between_neighbors() -> None:
    sums = np.array([[[30], [10], [20], [40]], [[30], [20], [10], [20]]], np.uint16)
    found = disparity.best(sums)
    assert found[0, 0] == pytest.approx(1 + (30 - 20) / (2 * (30 - 10)))
    assert found[1, 0] == 2


def test_agreement_pixel_by_pixel() -> None:
    rng = np.random.default_rng(3)
    left, right = (rng.integers(0, 6, (5, 20)).astype(np.float32) for _ in range(2))
    expected = np.zeros((5, 20), bool)
    for y in range(5):
        for x in range(20):
            target = x - int(left[y, x])
            expected[y, x] = target >= 0 and abs(right[y, target] - left[y, x]) <= 1
    assert np.array_equal(occlusion.agreeing(left, right), expected)


def test_holes_take_the_farther_side() -> None:
    values = np.array([[5, 0, 0, 2, 0, 9], [0, 0, 0, 0, 0, 0], [0, 0, 7, 0, 0, 0]], np.float32)
    sure = values > 0
    filled = occlusion.fill_from_behind(values, sure)
    assert filled.tolist() == [[5, 2, 2, 2, 2, 9], [5, 2, 2, 2, 2, 9], [7] * 6]
    assert not occlusion.fill_from_behind(values, np.zeros_like(sure)).any()


@pytest.mark.parametrize("method", disparity.METHODS)
def test_two_planes_are_found(noise: tuple[Any, Any], method: Any) -> None:
    left, right = noise
    found = match(left, right, Range(0, 16), method)
    inner = found.values[:, 12:-10]
    assert np.abs(inner[4:24] - 2).max() < 0.3
    assert np.abs(inner[36:56] - 5).max() < 0.3


def test_the_range_is_found(noise: tuple[Any, Any]) -> None:
    left, right = noise
    found = find_range(left, right)
    assert found.lowest <= 2 and found.lowest + found.count > 5
    assert found.count < 20
    other = find_range(right, left)
    assert other.lowest <= -5


def test_the_motorcycle_pair(motorcycle: tuple[Any, Any, Any]) -> None:
    left, right, truth = motorcycle
    found = match(left, right)
    assert bad(found.values, truth) < 7
    assert bad(found.values, np.where(found.sure, truth, np.nan)) < 3
    fast = match(left, right, Range(0, 64), "blocks")
    assert bad(fast.values, truth) < 14


def test_large_pictures_are_matched_level_by_level(
    motorcycle: tuple[Any, Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right, truth = motorcycle
    monkeypatch.setattr(disparity, "MOST", 8_000_000)
    found = match(left, right, Range(0, 64))
    assert found.values.shape == truth.shape
    assert bad(found.values, truth) < 11


@pytest.mark.eval
@pytest.mark.parametrize("name", ["cones", "teddy"])
def test_middlebury(eval_dir: Any, name: str) -> None:
    folder = eval_dir / "stereo_middlebury" / name
    left, right = (cv2.imread(str(folder / f))[..., ::-1].copy() for f in ("im2.png", "im6.png"))
    truth = cv2.imread(str(folder / "disp2.png"), 0).astype(float) / 4
    truth[truth == 0] = np.nan
    assert bad(match(left, right).values, truth) < 10


def test_bad_input_is_told() -> None:
    gray = np.zeros((40, 40, 3), np.uint8)
    with pytest.raises(BadPair, match="one size"):
        match(gray, gray[:, :30])
    with pytest.raises(BadPair, match="uint8"):
        match(gray[..., 0], gray[..., 0])
    with pytest.raises(BadPair, match="too small"):
        match(gray[:8], gray[:8])
    with pytest.raises(BadRange, match="takes 2 to 40"):
        match(gray, gray, Range(0, 64))
