"""Levels and white balance that a picture tells itself, against naive recomputation and known casts."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from veduta.edit.auto_white_balance import light_of
from veduta.edit.edits import Edits
from veduta.image.icc import coded, linear
from veduta.image.photo import Pixels

CAST = np.array([1.35, 1.0, 0.62])


def one(pixels: Pixels, **plain: object) -> Pixels:
    return Edits.from_json([plain]).apply(pixels)


def cast_on(pixels: Pixels) -> Pixels:
    light = linear(pixels / 255) * CAST / CAST.max()
    return np.rint(coded(light) * 255).astype(np.uint8)


def angle(color: np.ndarray, truth: np.ndarray) -> float:
    cosine = color @ truth / np.linalg.norm(color) / np.linalg.norm(truth)
    return float(np.degrees(np.arccos(min(1.0, cosine))))


@pytest.mark.parametrize("channels", [False, True])
def test_levels_by_naive_recomputation(channels: bool) -> None:
    flat = np.asarray(40 + data.chelsea()[:200, :300] * 0.7, np.uint8)
    out = one(flat, name="auto_levels", amount=0.7, clip=1, channels=channels)
    ends = []
    for n in range(3):
        ordered = np.sort(flat[..., n].ravel())
        lost = int(0.01 * ordered.size)
        ends.append((int(ordered[lost]), int(ordered[-1 - lost])))
    if not channels:
        ends = [(min(low for low, _ in ends), max(high for _, high in ends))] * 3
    for n, (low, high) in enumerate(ends):
        black, white = 0.7 * low, 255 - 0.7 * (255 - high)
        expected = np.clip((flat[..., n] - black) / (white - black) * 255, 0, 255)
        assert np.abs(out[..., n] - expected).max() <= 0.51


def test_levels_reach_the_ends_and_leave_a_wall_alone() -> None:
    flat = np.asarray(60 + data.chelsea() * 0.4, np.uint8)
    out = one(flat, name="auto_levels", amount=1)
    assert out.min() == 0 and out.max() == 255
    wall = np.full((40, 40, 3), 90, np.uint8)
    assert np.abs(one(wall, name="auto_levels", amount=1).astype(int) - 90).max() <= 1


@pytest.mark.parametrize("method", ["shades", "edges"])
@pytest.mark.parametrize("photo", ["chelsea", "coffee", "astronaut"])
def test_a_cast_is_taken_out(method: str, photo: str) -> None:
    """The light that is told moves by the cast, and a picture under the cast becomes what it would be without."""
    clear = getattr(data, photo)()
    tinted = cast_on(clear)
    assert angle(light_of(tinted, method), light_of(clear, method) * CAST) < 3.5
    plain = one(clear, name="auto_white_balance", amount=1, method=method).astype(float)
    fixed = one(tinted, name="auto_white_balance", amount=1, method=method).astype(float)
    colors = (plain.mean((0, 1)), fixed.mean((0, 1)))
    assert angle(*colors) < 3.5 < angle(tinted.mean((0, 1)).astype(float), colors[0])


def test_half_the_amount_goes_half_the_way() -> None:
    tinted = cast_on(data.coffee())
    half = one(tinted, name="auto_white_balance", amount=0.5).mean((0, 1))
    whole = one(tinted, name="auto_white_balance", amount=1).mean((0, 1))
    before = tinted.mean((0, 1))
    ratios = [v[0] / v[2] for v in (before, half, whole)]
    assert ratios[0] > ratios[1] > ratios[2]


def test_a_picture_that_tells_nothing_stays() -> None:
    black = np.zeros((50, 50, 3), np.uint8)
    assert np.array_equal(one(black, name="auto_white_balance", amount=1), black)


def test_careful_light_by_naive_recomputation() -> None:
    """Means of power 12 and 5 in linear light, their logarithms on two axes, a bounded step along either."""
    pixels = np.clip(data.coffee()[:200, :300].astype(int) + 4, 10, 245).astype(np.uint8)
    light = linear(pixels.reshape(-1, 3) / 255)
    axes = []
    for norm in (12, 5):
        red, green, blue = ((light[:, n] ** norm).mean() ** (1 / norm) for n in range(3))
        axes.append(
            ((np.log2(red / green) - np.log2(blue / green)) / 2, (np.log2(red * blue / green**2)) / 2)
        )
    orange = 1.44 * axes[0][0] - 0.71 * axes[1][0]
    magenta = 0.46 * axes[0][1] - 0.10 * axes[1][1]
    orange, magenta = (0.5 * np.tanh(one / 0.5) for one in (orange, magenta))
    expected = 2 ** np.array([magenta + orange, 0, magenta - orange])
    assert light_of(pixels) == pytest.approx(expected / expected.mean(), abs=1e-4)


@pytest.mark.parametrize("photo", ["chelsea", "coffee", "astronaut"])
def test_a_good_photo_keeps_its_colors(photo: str) -> None:
    """What is orange in good light stays so: at most half of what the brightest alone would take out."""
    clear = getattr(data, photo)()
    before = clear.mean((0, 1))
    careful = one(clear, name="auto_white_balance", amount=1).mean((0, 1))
    shades = one(clear, name="auto_white_balance", amount=1, method="shades").mean((0, 1))
    assert angle(careful, before) < max(0.5 * angle(shades, before), 1.0)


def test_most_of_a_usual_cast_goes_where_something_is_white() -> None:
    clear = data.astronaut()
    tint = np.array([1.25, 1.0, 0.75])
    tinted = np.rint(coded(linear(clear / 255) * tint / tint.max()) * 255).astype(np.uint8)
    fixed = one(tinted, name="auto_white_balance", amount=1)
    colors = [pixels.mean((0, 1)) for pixels in (clear, tinted, fixed)]
    assert angle(colors[2], colors[0]) < 0.4 * angle(colors[1], colors[0])


def test_a_picture_of_one_color_does_not_turn_gray() -> None:
    """A sunset or sand: the color is taken back by half a stop of red against blue either way at most."""
    random = np.random.default_rng(0)
    sand = np.clip(np.array([225, 180, 110]) + random.normal(0, 12, (60, 80, 1)), 10, 245).astype(np.uint8)
    light = light_of(sand)
    assert 0.5 < np.log2(light[0] / light[2]) <= 1.0
    left = one(sand, name="auto_white_balance", amount=1).mean((0, 1))
    assert left[0] > 1.25 * left[2]
