"""The surfaces that continue the ground, against dense solutions and known pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from veduta.edit import ground
from veduta.edit.biharmonic import biharmonic, harmonic, membrane
from veduta.edit.detail import Filled, render
from veduta.edit.directional import directional
from veduta.edit.spectral import with_patterns


def blob(side: int = 24) -> np.ndarray:
    mask = np.zeros((side, side), bool)
    mask[8:15, 9:17] = mask[3, 4:20] = True
    mask[0, :3] = True
    return mask


def laplacian(side: int) -> np.ndarray:
    """The graph Laplacian of a square picture, pixel by pixel."""
    matrix = np.zeros((side * side, side * side))
    for y in range(side):
        for x in range(side):
            for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                if 0 <= y + dy < side and 0 <= x + dx < side:
                    matrix[y * side + x, y * side + x] += 1
                    matrix[y * side + x, (y + dy) * side + x + dx] -= 1
    return matrix


@pytest.mark.parametrize(("surface", "order"), [(harmonic, 1), (biharmonic, 2)])
def test_surfaces_equal_the_dense_solution(surface, order: int) -> None:  # type: ignore[no-untyped-def]
    mask = blob()
    values = np.random.default_rng(0).uniform(0, 255, (24, 24, 3)).astype(np.float32)
    matrix = np.linalg.matrix_power(laplacian(24), order)
    hidden = mask.reshape(-1)
    flat = values.reshape(-1, 3).astype(float)
    wanted = np.linalg.solve(matrix[hidden][:, hidden], -matrix[hidden][:, ~hidden] @ flat[~hidden])
    made = surface(values, mask)
    assert np.allclose(made[mask], wanted, atol=0.02)
    assert (made[~mask] == values[~mask]).all()


def test_a_large_membrane_is_near_the_exact_one() -> None:
    rows, columns = np.mgrid[:200, :200].astype(np.float32)
    values = np.stack([rows, columns, 100 + 40 * np.sin(rows / 40)], axis=2)
    mask = (rows - 100) ** 2 + (columns - 90) ** 2 < 70**2
    assert mask.sum() > 12_000
    assert np.abs(membrane(values, mask) - harmonic(values, mask))[mask].mean() < 1.5


def test_no_known_or_no_hidden_pixel() -> None:
    values = np.random.default_rng(1).uniform(0, 255, (9, 9, 3)).astype(np.float32)
    assert (biharmonic(values, np.zeros((9, 9), bool)) == values).all()
    assert np.allclose(harmonic(values, np.ones((9, 9), bool)), values.mean(axis=(0, 1)))


@pytest.mark.parametrize("angle", [20, 45, 70, 90, 130])
def test_an_edge_runs_on_through_a_thin_hole(angle: float) -> None:
    rows, columns = np.mgrid[:80, :80].astype(np.float32) - 40
    across = np.cos(np.radians(angle)) * columns + np.sin(np.radians(angle)) * rows
    gray = 60 + 120 / (1 + np.exp(-across * 1.5))
    values = np.repeat(gray[..., None], 3, axis=2).astype(np.float32)
    drawn = np.zeros((80, 80), np.uint8)
    way = np.radians(angle)
    tip = np.array([np.cos(way), np.sin(way)]) * 30  # straight across the edge
    low, high = (np.rint(40 - tip).astype(int).tolist(), np.rint(40 + tip).astype(int).tolist())
    cv2.line(drawn, low, high, 1, 7)
    mask = drawn > 0
    start = biharmonic(values, mask)
    made = directional(values, mask, start)

    def error(picture: np.ndarray) -> float:
        return float(np.sqrt(((picture - values)[mask] ** 2).mean()))

    assert error(made) < 0.8 * error(start)
    assert error(made) < 8
    assert (made[~mask] == values[~mask]).all()


def test_a_pattern_runs_on_through_a_thin_hole() -> None:
    rows, columns = np.mgrid[:120, :120].astype(np.float32)
    gray = 128 + 50 * np.sin(columns * 0.9) + 30 * np.sin(rows * 0.6 + columns * 0.3)
    values = np.repeat(gray[..., None], 3, axis=2).astype(np.float32)
    mask = np.zeros((120, 120), bool)
    mask[20:100, 56:66] = True
    filled = directional(values, mask, biharmonic(values, mask))
    made = with_patterns(filled, mask, mask)
    before, after = (((picture - values)[mask] ** 2).mean() for picture in (filled, made))
    assert after < 0.7 * before
    assert (made[~mask] == values[~mask]).all()


def test_even_ground_has_no_pattern_to_continue() -> None:
    values = np.full((60, 60, 3), 120, np.float32) + np.arange(60, dtype=np.float32)[:, None, None] / 4
    mask = np.zeros((60, 60), bool)
    mask[10:50, 30:33] = True
    assert with_patterns(values, mask, mask) is values


def test_parts_are_told_by_depth_and_by_what_lies_around() -> None:
    rng = np.random.default_rng(3)
    values = np.full((300, 400, 3), 150, np.float32) + rng.normal(0, 3, (300, 400, 3))
    values[:, 200:] += rng.normal(0, 40, (300, 200, 1))
    drawn = np.zeros((300, 400), np.uint8)
    cv2.line(drawn, (20, 20), (380, 30), 1, 5)
    cv2.ellipse(drawn, (90, 180), (25, 50), 0, 0, 360, 1, -1)
    cv2.ellipse(drawn, (300, 180), (25, 50), 0, 0, 360, 1, -1)
    hidden = drawn > 0
    parts = ground.divide(values.astype(np.float32), hidden)
    assert ((parts.thin.astype(int) + parts.even + parts.rough) == hidden).all()
    assert parts.thin[20, 20] and parts.even[180, 90] and parts.rough[180, 300]
    assert not parts.rough[:, :200].any() and not parts.even[:, 200:].any() and not parts.thin[120:].any()


def test_detail_comes_from_known_pixels_that_look_alike() -> None:
    rng = np.random.default_rng(4)
    photo = np.full((400, 400, 3), 60, np.float32)
    photo[:, 200:] = 190
    grain = rng.normal(0, 1, (400, 400, 1)) * np.where(np.arange(400) < 200, 3, 12)[None, :, None]
    full = np.clip(photo + grain, 0, 255).astype(np.uint8)
    mask = np.zeros((400, 400), bool)
    mask[150:250, 40:100] = mask[150:250, 300:360] = True
    full[mask] = (255, 0, 255)
    small = cv2.resize(full, (100, 100), interpolation=cv2.INTER_AREA)
    hidden = cv2.resize(mask.astype(np.float32), (100, 100), interpolation=cv2.INTER_AREA) > 0
    result = np.where(hidden[..., None], cv2.resize(photo, (100, 100)), small).astype(np.float32)
    made = full.copy()
    made[mask] = render(full, mask, mask, Filled(small, result, hidden), 0)
    for part, wanted in ((slice(45, 95), 3), (slice(305, 355), 12)):
        inner = made[160:240, part].astype(float)
        assert 0.75 * wanted < inner.std() < 1.25 * wanted
        assert abs(inner.mean() - photo[160:240, part].mean()) < 1.5
