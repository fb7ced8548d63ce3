"""Histograms against plain counting, sorting and fractions."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from veduta.image import histogram
from veduta.image.decode import read
from veduta.image.icc import linear

KINDS = (np.uint8, np.uint16)


def plane(kind: Any, seed: int = 0, shape: tuple[int, int] = (37, 53)) -> NDArray[Any]:
    """A plane whose codes crowd around two places."""
    rng = np.random.default_rng(seed)
    white = np.iinfo(kind).max
    values = np.where(rng.random(shape) < 0.3, rng.normal(0.3, 0.05, shape), rng.normal(0.6, 0.1, shape))
    return np.clip(np.rint(values * white), 0, white).astype(kind)


def half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


@pytest.mark.parametrize("kind", KINDS)
def test_counts_are_those_of_counting(kind: Any) -> None:
    codes = plane(kind)
    found = histogram.counts(codes)
    values, numbers = np.unique(codes, return_counts=True)
    assert found.sum() == codes.size
    assert (found[values] == numbers).all()


def test_counts_of_many_pixels_alike_stay_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histogram, "PIECE", 100)
    codes = np.zeros((31, 50), np.uint8)
    codes[0, :7] = 9
    found = histogram.counts(codes)
    assert (found[0], found[9]) == (31 * 50 - 7, 7)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("low", "high"), [(0, 0), (0.01, 0.02), (0.3, 0.5)])
def test_ends_are_places_in_the_sorted_samples(kind: Any, low: float, high: float) -> None:
    codes = plane(kind)
    ordered = np.sort(codes.ravel())
    wanted = ordered[int(low * codes.size)], ordered[codes.size - 1 - int(high * codes.size)]
    assert histogram.ends(histogram.counts(codes), low, high) == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_stretching_is_the_straight_line_of_fractions(kind: Any) -> None:
    codes = plane(kind, shape=(9, 11))
    white = np.iinfo(kind).max
    first, last = int(codes.min()), int(codes.max())
    wanted = [[half_up(Fraction((int(v) - first) * white, last - first)) for v in row] for row in codes]
    made = histogram.stretched(codes)
    assert made.dtype == kind
    assert (made == np.array(wanted)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_equalizing_is_the_cumulated_share_of_fractions(kind: Any) -> None:
    codes = plane(kind, shape=(9, 11))
    white = np.iinfo(kind).max
    least = int((codes == codes.min()).sum())
    wanted = [
        [half_up(Fraction((int((codes <= v).sum()) - least) * white, codes.size - least)) for v in row]
        for row in codes
    ]
    assert (histogram.equalized(codes) == np.array(wanted)).all()


def test_equalizing_agrees_with_opencv_up_to_its_rounding() -> None:
    codes = plane(np.uint8)
    theirs = cv2.equalizeHist(codes).astype(int)
    assert np.abs(histogram.equalized(codes).astype(int) - theirs).max() <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_plane_of_one_tone_stays(kind: Any) -> None:
    codes = np.full((5, 6), 77, kind)
    assert (histogram.stretched(codes) == 77).all()
    assert (histogram.equalized(codes) == 77).all()


def test_each_channel_goes_through_its_own_table() -> None:
    pixels = np.stack([plane(np.uint16, seed) for seed in range(3)], -1)
    for kind in KINDS:
        samples = pixels.astype(kind)
        size = np.iinfo(kind).max + 1
        tables = np.stack([np.roll(np.arange(size), shift) for shift in (1, 5, 9)]).astype(kind)
        made = histogram.through(samples, tables)
        for channel, shift in enumerate((1, 5, 9)):
            assert (made[..., channel] == np.roll(np.arange(size), shift)[samples[..., channel]]).all()


def naive_clahe(codes: NDArray[np.uint8], clip: float, tiles: int) -> NDArray[np.int64]:
    """CLAHE of 8 bits, a pixel at a time."""
    height, width = codes.shape
    if height % tiles or width % tiles:
        down, right = tiles - height % tiles, tiles - width % tiles
        extended = np.pad(codes, ((0, down), (0, right)), mode="reflect")
    else:
        extended = codes
    high, wide = extended.shape[0] // tiles, extended.shape[1] // tiles
    limit = max(int(clip * high * wide / 256), 1)
    tables = np.zeros((tiles, tiles, 256))
    for row in range(tiles):
        for column in range(tiles):
            tile = extended[row * high : (row + 1) * high, column * wide : (column + 1) * wide]
            heights = [int((tile == code).sum()) for code in range(256)]
            cut = sum(max(0, one - limit) for one in heights)
            heights = [min(one, limit) + cut // 256 for one in heights]
            rest = cut % 256
            if rest:
                for code in list(range(0, 256, max(256 // rest, 1)))[:rest]:
                    heights[code] += 1
            share = np.float32(255) / np.float32(high * wide)
            tables[row, column] = np.rint(np.cumsum(heights).astype(np.float32) * share)
    out = np.zeros(codes.shape, np.int64)
    for y in range(height):
        for x in range(width):
            v, u = (y / high) - 0.5, (x / wide) - 0.5
            top, left = int(np.floor(v)), int(np.floor(u))
            part, aside = v - top, u - left
            rows = [min(max(one, 0), tiles - 1) for one in (top, top + 1)]
            columns = [min(max(one, 0), tiles - 1) for one in (left, left + 1)]
            (a, b), (c, d) = ([tables[r, k, codes[y, x]] for k in columns] for r in rows)
            value = (a * (1 - aside) + b * aside) * (1 - part) + (c * (1 - aside) + d * aside) * part
            out[y, x] = int(np.rint(value))
    return out


@pytest.mark.parametrize(("shape", "clip"), [((48, 64), 2.0), ((37, 53), 3.5), ((40, 48), 40.0)])
def test_clahe_of_8_bits_is_the_naive_one(shape: tuple[int, int], clip: float) -> None:
    codes = plane(np.uint8, 3, shape)
    made = histogram.clahe(codes, clip, 4).astype(int)
    off = np.abs(made - naive_clahe(codes, clip, 4))
    # Sums in another order may round a half the other way.
    assert off.max() <= 1
    assert (off > 0).mean() < 0.01


def naive_clahe_16(codes: NDArray[np.uint16], clip: float, tiles: int) -> NDArray[np.float64]:
    """CLAHE of 16 bits, a pixel at a time."""
    height, width = codes.shape
    high, wide = -(-height // tiles), -(-width // tiles)
    down, right = high * tiles - height, wide * tiles - width
    extended = np.pad(codes, ((0, down), (0, right)), mode="reflect").astype(int)
    limit = max(int(clip * high * wide / 256), 1)

    counted = {}
    for row in range(tiles):
        for column in range(tiles):
            tile = extended[row * high : (row + 1) * high, column * wide : (column + 1) * wide]
            heights = np.array([((tile + 128) // 257 == one).sum() for one in range(256)])
            counted[row, column] = np.minimum(heights, limit) + np.maximum(heights - limit, 0).sum() / 256

    def curve(row: int, column: int, code: int) -> float:
        heights = counted[min(max(row, 0), tiles - 1), min(max(column, 0), tiles - 1)]
        at, inside = code // 257, (code % 257) / 257
        there = heights[: at + 1].sum()
        beyond = heights[: at + 2].sum()
        return float((there * (1 - inside) + beyond * inside) * 65535 / (high * wide))

    out = np.zeros(codes.shape)
    for y in range(height):
        for x in range(width):
            v, u = (y + 0.5) / high - 0.5, (x + 0.5) / wide - 0.5
            top, left = int(np.floor(v)), int(np.floor(u))
            p, q, code = v - top, u - left, int(codes[y, x])
            out[y, x] = (curve(top, left, code) * (1 - q) + curve(top, left + 1, code) * q) * (1 - p) + (
                curve(top + 1, left, code) * (1 - q) + curve(top + 1, left + 1, code) * q
            ) * p
    return out


def test_clahe_of_16_bits_is_the_naive_one() -> None:
    codes = plane(np.uint16, 3, (11, 14))
    off = histogram.clahe(codes, 3.0, 3) - naive_clahe_16(codes, 3.0, 3)
    assert np.abs(off).max() < 0.6


def test_clahe_of_16_bits_is_that_of_8_bits_with_more_between(photographs: Path) -> None:
    gray = cv2.cvtColor(read(photographs / "astronaut.png"), cv2.COLOR_RGB2GRAY)
    fine = histogram.clahe(gray.astype(np.uint16) * 257, 2.0, 8) / 257
    off = fine - histogram.clahe(gray, 2.0, 8)
    # OpenCV hands the rest of what is cut to the darker codes first.
    assert np.abs(off).mean() < 1.2
    assert np.abs(off).max() < 6


@pytest.mark.parametrize("kind", KINDS)
def test_lightness_changes_and_colors_stay(photographs: Path, kind: Any) -> None:
    pixels = read(photographs / "astronaut.png", 128).astype(kind)
    if kind == np.uint16:
        pixels = pixels * np.uint16(257)
    white = np.iinfo(kind).max
    assert (histogram.on_lightness(pixels, lambda plane: plane) == pixels).all()
    darker = histogram.on_lightness(pixels, lambda plane: (plane * np.float32(0.9)).astype(kind))
    before, after = (linear(one / white) for one in (pixels, darker))
    lightness = [1.16 * np.cbrt(one @ [0.2126, 0.7152, 0.0722]) - 0.16 for one in (before, after)]
    bright = lightness[0] > 0.3
    assert np.abs(lightness[1] - 0.9 * lightness[0])[bright].max() < 0.007
    shares = [one / one.sum(-1, keepdims=True) for one in (before[bright], after[bright])]
    assert np.abs(shares[0] - shares[1]).max() < (0.01 if kind == np.uint8 else 1e-3)


def test_black_that_is_lifted_becomes_gray() -> None:
    black = np.zeros((4, 4, 3), np.uint8)
    lifted = histogram.on_lightness(black, lambda plane: plane + np.uint8(127))
    # Lightness 49.8 has luminance 0.182, which sRGB codes as 118.
    assert (lifted == 118).all()


def test_what_is_no_plane_of_samples_is_refused() -> None:
    with pytest.raises(histogram.BadSamples, match="float32"):
        histogram.counts(np.zeros((3, 3), np.float32))
    with pytest.raises(histogram.BadSamples, match="expected"):
        histogram.counts(np.zeros((3, 3, 3), np.uint8))
    with pytest.raises(histogram.BadSamples, match="shares"):
        histogram.ends(np.ones(256, np.int64), 0.6, 0.5)
    with pytest.raises(histogram.BadSamples, match="clip"):
        histogram.clahe(np.zeros((3, 3), np.uint8), -1)
