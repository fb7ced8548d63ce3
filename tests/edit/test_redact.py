"""Redaction: what was there cannot be had back, and what was not there stays as it was."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from veduta.edit.fill import BadMask, EmptyMask
from veduta.edit.placeholder import draw_plate
from veduta.edit.redact import CELLS, MARGIN, SOFT, STYLES, UnknownStyle, redact

BOX = (slice(60, 140), slice(80, 160))


def photo() -> np.ndarray:
    return np.ascontiguousarray(data.astronaut()[:240, :280])


def mask(shape: tuple[int, ...], box: tuple[slice, slice] = BOX) -> np.ndarray:
    marked = np.zeros(shape[:2], bool)
    marked[box] = True
    return marked


def reach(side: int = 80) -> int:
    return max(1, round(MARGIN * side)) + 2 * max(1, round(SOFT * side)) + 1


@pytest.mark.parametrize("style", STYLES)
def test_far_pixels_stay_and_covered_ones_do_not(style: str) -> None:
    pixels = photo()
    before = pixels.copy()
    hidden = redact(pixels, mask(pixels.shape), style, seed=1)
    assert (pixels == before).all()
    near = mask(pixels.shape, (slice(60 - reach(), 140 + reach()), slice(80 - reach(), 160 + reach())))
    assert (hidden[~near] == pixels[~near]).all()
    inside = hidden[BOX].astype(int)
    assert np.abs(inside - pixels[BOX]).mean() > 10
    # Detail: what is left after the coarse colors are taken away.
    grain, left = (p[BOX] - cv2.blur(p[BOX], (9, 9)).astype(float) for p in (pixels, hidden))
    assert left.std() < 1 or abs(np.corrcoef(grain.ravel(), left.ravel())[0, 1]) < 0.2


@pytest.mark.parametrize("style", ["fill", "replace"])
def test_filled_and_replaced_things_leave_no_trace(style: str) -> None:
    """Two photos that differ only in what is hidden, its shuffled pixels, become one."""
    pixels, other = photo(), photo()
    part = other[BOX].reshape(-1, 3)
    other[BOX] = np.random.default_rng(3).permutation(part).reshape(80, 80, 3)
    assert (pixels[BOX] != other[BOX]).mean() > 0.5
    # The margin is hidden as well and holds the same in both; the mean of all is equal.
    one, two = (redact(p, mask(p.shape), style, seed=7) for p in (pixels, other))
    assert (one == two).all()


@pytest.mark.parametrize("style", ["blur", "pixelate"])
def test_only_the_means_of_a_few_cells_are_left(style: str) -> None:
    """Pixels shuffled within each cell: the result is the same to the bit."""
    pixels, other = photo(), photo()
    marked = np.ones(pixels.shape[:2], bool)
    random = np.random.default_rng(5)
    high, wide = (v // CELLS for v in pixels.shape[:2])
    pixels, other = pixels[: high * CELLS, : high * CELLS], other[: high * CELLS, : high * CELLS]
    marked = marked[: high * CELLS, : high * CELLS]
    for row in range(CELLS):
        for column in range(CELLS):
            cell = (slice(row * high, (row + 1) * high), slice(column * high, (column + 1) * high))
            other[cell] = random.permutation(other[cell].reshape(-1, 3)).reshape(high, high, 3)
    assert wide >= high and (pixels != other).mean() > 0.5
    one, two = (redact(np.ascontiguousarray(p), marked, style, seed=7) for p in (pixels, other))
    assert np.abs(one.astype(int) - two).max() <= 1
    assert len(np.unique(one.reshape(-1, 3), axis=0)) <= CELLS * CELLS or style == "blur"


def faces(count: int) -> list[np.ndarray]:
    """Pictures that all have the same means in each of the cells, as alike faces have, but other detail."""
    random = np.random.default_rng(11)
    base = cv2.resize(photo()[20:180, 100:260], (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32)
    side = 64 // CELLS
    found = []
    for _ in range(count):
        detail = cv2.resize(random.normal(0, 45, (16, 16, 3)).astype(np.float32), (64, 64))
        means = detail.reshape(CELLS, side, CELLS, side, 3).mean(axis=(1, 3))
        detail -= np.repeat(np.repeat(means, side, axis=0), side, axis=1)
        found.append(np.clip(base * 0.5 + 64 + detail, 0, 255).astype(np.uint8))
    return found


def attack(originals: list[np.ndarray], hidden: list[np.ndarray], known: list[np.ndarray]) -> float:
    """How often the nearest of the `known` pictures, hidden in the same way, is that of the hidden one."""
    gallery = np.stack([k.astype(np.float32).ravel() for k in known])
    right = [
        int(np.argmin(np.linalg.norm(gallery - h.astype(np.float32).ravel(), axis=1)) == i)
        for i, h in enumerate(hidden)
    ]
    return float(np.mean(right))


def test_an_attacker_with_all_originals_cannot_tell_who_it_was() -> None:
    originals = faces(40)
    whole = np.ones((64, 64), bool)
    for style in ("blur", "pixelate", "replace", "fill"):
        hidden = [redact(o, whole, style) for o in originals]
        # The attacker hides every known face himself, without noise as far as he can: the mean of several tries.
        known = [
            np.mean([redact(o, whole, style, seed=s) for s in range(6)], axis=0).astype(np.uint8)
            for o in originals
        ]
        assert attack(originals, hidden, known) <= 0.2, style
    smooth = [cv2.GaussianBlur(o, (0, 0), 8) for o in originals]
    noisy = [
        np.clip(s + np.random.default_rng(1).normal(0, 2, s.shape), 0, 255).astype(np.uint8) for s in smooth
    ]
    assert attack(originals, noisy, smooth) >= 0.9  # a plain blur tells them all


def test_each_time_other_noise() -> None:
    pixels = photo()
    results = [redact(pixels, mask(pixels.shape), "pixelate") for _ in range(4)]
    assert any((results[0] != other).any() for other in results[1:])
    same = [redact(pixels, mask(pixels.shape), "pixelate", seed=2) for _ in range(2)]
    assert (same[0] == same[1]).all()


def test_one_pixel_and_everything() -> None:
    for style in STYLES:
        dot = np.full((1, 1, 3), 200, np.uint8)
        assert redact(dot, np.ones((1, 1), bool), style).shape == (1, 1, 3)
        pixels = photo()[:40, :50]
        hidden = redact(np.ascontiguousarray(pixels), np.ones((40, 50), bool), style)
        assert (hidden != pixels).mean() > 0.5


def test_refused() -> None:
    pixels = photo()
    with pytest.raises(EmptyMask, match="nothing"):
        redact(pixels, np.zeros(pixels.shape[:2], bool))
    with pytest.raises(BadMask, match="280 x 240"):
        redact(pixels, np.ones((10, 10), bool))
    with pytest.raises(UnknownStyle, match="pixelate"):
        redact(pixels, mask(pixels.shape), "smear")  # type: ignore[arg-type]


def test_a_drawn_plate_covers_its_corners_and_nothing_else() -> None:
    pixels = photo()
    corners = np.array([[60, 80], [200, 100], [198, 140], [58, 120]], np.float32)
    drawn = pixels.copy()
    draw_plate(drawn, corners, "VEDUTA", np.random.default_rng(1))
    inside = cv2.fillConvexPoly(np.zeros(pixels.shape[:2], np.uint8), corners.astype(np.int32), 1).astype(
        bool
    )
    core = cv2.erode(inside.astype(np.uint8), np.ones((5, 5))).astype(bool)
    around = cv2.dilate(inside.astype(np.uint8), np.ones((7, 7))).astype(bool)
    assert (drawn[~around] == pixels[~around]).all()
    assert np.ptp(drawn[core].astype(int), axis=1).max() == 0  # gray only: no color of what was there
