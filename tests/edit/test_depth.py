"""Operations on pictures of 16 bits and with transparency: naive recomputation in float64, nothing lost, no banding."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from tests.edit.test_operations import IDS, STRONG, light_of
from veduta.edit.auto_white_balance import light_of as light_told
from veduta.edit.cosines import EVEN, OPPONENT, cleaned
from veduta.edit.deblur import lucy
from veduta.edit.dehaze import tell
from veduta.edit.edits import Edits
from veduta.edit.local_contrast import KEPT, spots
from veduta.edit.operation import REGISTRY, operation
from veduta.edit.spread import kernel
from veduta.edit.transparency import surrounded
from veduta.edit.warp import shift, warp
from veduta.image.histogram import clahe, on_lightness
from veduta.image.samples import Samples, eight, sixteen
from veduta.see.mask import encode

WHITE = 65535
FLAT = {"erase", "redact", "sketch", "style"}  # work in 8 bits
DEEP = [one for one in STRONG if one["name"] not in FLAT]
DEEP_IDS = [str(one["name"]) for one in DEEP]
MOVING = ("crop", "rotate", "straighten", "perspective")

Reals = NDArray[np.float64]


@pytest.fixture(scope="module")
def photo() -> Samples:
    """A photograph with all 16 bits in use: many codes between those of 8 bits."""
    plain = data.astronaut()[:180, 100:340].astype(np.float64)
    soft = cv2.GaussianBlur(plain, (0, 0), 1.2) * 0.9 + 9
    return np.rint(soft * 257).astype(np.uint16)


@pytest.fixture(scope="module")
def ramp() -> Samples:
    """Gray that grows by a code or so from pixel to pixel."""
    codes = np.linspace(15000, 45000, 150 * 200).reshape(150, 200)
    return np.repeat(codes[..., None], 3, axis=2).astype(np.uint16)


def one(plain: dict[str, Any], pixels: Samples) -> Samples:
    return Edits.from_json([plain]).apply(pixels)


def codes_of(light: Reals) -> Reals:
    light = np.clip(light, 0, 1)
    return WHITE * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def lights(pixels: Samples) -> Reals:
    return light_of(pixels / 257)


def luma(pixels: Samples) -> Reals:
    return np.asarray(pixels @ np.array([0.299, 0.587, 0.114]))


def mean(plane: Reals, half: int) -> Reals:
    side = 2 * half + 1
    padded = np.pad(plane, half, mode="symmetric")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, (side, side)).mean((2, 3)))


def off(out: Samples, expected: Reals) -> float:
    """The largest difference, in codes of 16 bits, of what is within their range."""
    assert out.dtype == np.uint16
    return float(np.abs(out - np.clip(expected, 0, WHITE)).max())


def test_what_is_deep_is_what_is_not_said_to_be_flat() -> None:
    assert {name for name in REGISTRY if not operation(name).deep} == FLAT
    assert {name for name in REGISTRY if operation(name).moves} == set(MOVING)


def test_exposure_contrast_and_white_balance(photo: Samples) -> None:
    codes = codes_of(lights(photo) * 2**0.7) / WHITE
    power = 2**0.4
    bent = codes**power / (codes**power + (1 - codes) ** power)
    assert off(one({"name": "light", "exposure": 0.7, "contrast": 0.4}, photo), bent * WHITE) < 0.51
    plain = {"name": "white_balance", "temperature": 0.5, "tint": -0.3}
    gains = operation("white_balance").from_json({"temperature": 0.5, "tint": -0.3}).gains  # type: ignore[attr-defined]
    assert off(one(plain, photo), codes_of(lights(photo) * gains)) < 0.51


def test_shadows_and_highlights(photo: Samples) -> None:
    gray = luma(photo) / WHITE
    half = round(0.02 * 240)
    middle = mean(gray, half)
    slope = (mean(gray**2, half) - middle**2) / (mean(gray**2, half) - middle**2 + 0.02)
    smooth = np.clip(mean(slope, half) * gray + mean(middle - slope * middle, half), 0, 1)
    bright = smooth**3 * (1 - np.maximum(smooth, gray) ** 8)
    stops = 1.5 * (0.8 * (1 - smooth) ** 3 - 0.4 * bright)
    expected = codes_of(lights(photo) * 2 ** stops[..., None])
    assert off(one({"name": "light", "shadows": 0.8, "highlights": -0.4}, photo), expected) < 4


def test_vignette(photo: Samples) -> None:
    down, across = (((np.arange(n) + 0.5) / n * 2 - 1) ** 2 for n in photo.shape[:2])
    way = np.clip((np.sqrt((down[:, None] + across) / 2) - 0.36) / 0.64, 0, 1)
    gained = lights(photo) * 2 ** (-1.0 * way**2 * (3 - 2 * way))[..., None]
    assert off(one({"name": "vignette", "amount": 0.5, "size": 0.4}, photo), codes_of(gained)) < 2


@pytest.mark.parametrize("channels", [False, True])
def test_auto_levels(photo: Samples, channels: bool) -> None:
    ordered = np.sort(photo.reshape(-1, 3), axis=0).astype(float)
    lost = int(0.01 * len(ordered))
    low, high = ordered[lost], ordered[-1 - lost]
    if not channels:
        low, high = np.full(3, low.min()), np.full(3, high.max())
    low, high = 0.7 * low, WHITE - 0.7 * (WHITE - high)
    out = one({"name": "auto_levels", "amount": 0.7, "clip": 1, "channels": channels}, photo)
    assert off(out, (photo - low) / (high - low) * WHITE) < 0.51


def test_auto_white_balance(photo: Samples) -> None:
    shown = lights(photo)
    told = ((photo.min(2) >= 5 * 257) & (photo.max(2) <= 250 * 257)) | (photo.min(2) > 250 * 257)
    color = (shown[told] ** 5).mean(0) ** (1 / 5)
    assert np.abs(light_told(photo, "shades") - color / color.mean()).max() < 1e-5
    gains = (color.mean() / color) ** 0.8
    gains /= gains @ (0.2126, 0.7152, 0.0722)
    plain = {"name": "auto_white_balance", "amount": 0.8, "method": "shades"}
    assert off(one(plain, photo), codes_of(shown * gains)) < 2


def test_sharpening(photo: Samples) -> None:
    gray = luma(photo)
    weights = np.exp(-0.5 * (np.arange(-6, 7) / 1.5) ** 2)
    weights /= weights.sum()
    padded = np.pad(gray, 6, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (13, 13))
    smooth = np.einsum("ijkl,k,l->ij", windows, weights, weights)
    out = one({"name": "sharpen", "amount": 1.5, "radius": 1.5}, photo)
    assert off(out, photo + 1.5 * (gray - smooth)[..., None]) < 3


def test_sharpening_of_edges(photo: Samples) -> None:
    """Without noise to tell, and with halos allowed, it is the guided filter alone."""
    soft = cv2.GaussianBlur(photo, (0, 0), 3)
    gray = luma(soft) / 257
    middle = mean(gray, 2)
    variance = mean(gray**2, 2) - middle**2
    slope = variance / (variance + 25**2)
    detail = gray - mean(slope, 2) * gray - mean(middle - slope * middle, 2)
    rest = cv2.filter2D(gray.astype(np.float32), -1, np.outer([1, -2, 1], [1, -2, 1]).astype(np.float32) / 6)
    squares = (rest[1:-1, 1:-1][:176, :224] ** 2).reshape(11, 16, 14, 16).mean((1, 3))
    limit = 2 * np.quantile(np.sqrt(squares), 0.1) / 0.94
    detail *= detail**2 / (detail**2 + limit**2)
    out = one({"name": "edge_sharpen", "amount": 2, "radius": 2, "overshoot": 100}, soft)
    assert off(out, soft + 2 * 257 * detail[..., None]) < 8


def test_local_contrast(photo: Samples) -> None:
    def mixed(plane: Samples) -> Samples:
        way = clahe(plane, 3, 8) - plane.astype(float)
        way = np.where(way < 0, way * (1 - KEPT * spots(plane)), way)
        return np.rint(plane + 0.7 * way).astype(np.uint16)

    out = one({"name": "local_contrast", "amount": 0.7, "clip": 3}, photo)
    assert (
        off(out, on_lightness(photo, mixed).astype(float)) <= 12
    )  # a code of lightness is several of dark blue


def test_denoising(photo: Samples) -> None:
    planes = (photo / 257) @ OPPONENT.T.astype(float)
    clean = cleaned(planes.astype(np.float32), [6.0] * 3, EVEN).astype(float)
    out = one({"name": "denoise", "amount": 1, "sigma": 6, "method": "fast"}, photo)
    assert off(out, clean @ OPPONENT.astype(float) * 257) < 2


def test_deblurring(photo: Samples) -> None:
    out = one({"name": "deblur", "radius": 1.4, "method": "lucy", "rounds": 3, "noise": 0.1}, photo)
    spread = kernel("gaussian", 1.4, 0.0)
    green = lucy((photo[..., 1] / 257).astype(np.float32), spread, 3, 0.05, lambda: None)
    assert off(out[..., 1], green.astype(float) * 257) < 3


def test_dehazing(photo: Samples) -> None:
    hazy = np.rint(photo * 0.5 + 0.45 * WHITE).astype(np.uint16)
    haze = tell(hazy)
    air = haze.air(hazy, 0, len(hazy))[..., None].astype(float)
    light = np.array(haze.light) * 257
    expected = (hazy - light) / (1 - 0.8 * (1 - air)) + light
    assert off(one({"name": "dehaze", "strength": 0.8}, hazy), expected) < 1
    # The share of air follows the picture's own 16 bits, not steps of 8.
    assert len(np.unique(air)) > 10_000


def test_low_light(photo: Samples) -> None:
    dark = (photo // 5).astype(np.uint16)
    seen = dark.max(2) / WHITE
    half = round(0.03 * 240)
    middle = mean(seen, half)
    variance = mean(seen**2, half) - middle**2
    slope = variance / (variance + 0.004)
    light = np.clip(mean(slope, half) * seen + mean(middle - slope * middle, half), 0.02, 1)
    times = np.minimum(light ** (-0.65 * 0.8), 6)
    expected = dark * (times / (1 + (times - 1) * seen))[..., None]
    assert off(one({"name": "low_light", "amount": 0.8, "denoise": False}, dark), expected) < 4


@pytest.mark.parametrize("plain", DEEP, ids=DEEP_IDS)
def test_a_ramp_gets_no_bands(plain: dict[str, Any], ramp: Samples) -> None:
    """Bands of 8 bits would be runs of equal codes that jump by 257 or more."""
    out = one(plain, ramp)
    assert out.dtype == np.uint16
    green = out[..., 1].astype(int)
    assert len(np.unique(green)) > 3000
    along = 0 if plain["name"] == "rotate" else 1
    steps = np.abs(np.diff(green, axis=along))[4:-4, 4:-4]
    assert np.median(steps) < 100 and (steps == 0).mean() < 0.6


@pytest.mark.parametrize("plain", DEEP, ids=DEEP_IDS)
def test_what_8_bits_hold_comes_out_alike(plain: dict[str, Any]) -> None:
    small = np.ascontiguousarray(data.astronaut()[:128, 100:292])
    deep, flat = one(plain, sixteen(small)) / 257, one(plain, small)
    # CLAHE of 8 bits spreads what its limit cuts off unevenly over so small tiles.
    assert np.abs(deep - flat).mean() < (8 if plain["name"] == "local_contrast" else 0.45)


@pytest.mark.parametrize("name", ["redact", "erase"])
def test_local_work_of_8_bits_keeps_all_bits_elsewhere(photo: Samples, name: str) -> None:
    hole = np.zeros(photo.shape[:2], bool)
    hole[60:90, 100:140] = True
    out = one({"name": name, "mask": encode(hole)}, photo)
    changed = (out != photo).any(2)
    assert out.dtype == np.uint16 and changed[65:85, 105:135].any()
    assert not changed[:40].any() and not changed[:, :70].any()
    assert (out[changed] % 257 == 0).all()


def test_a_drawing_is_that_of_8_bits(photo: Samples) -> None:
    plain = {"name": "sketch", "strength": 1}
    out = one(plain, photo)
    differ = eight(out) != one(plain, eight(photo))
    assert out.dtype == np.uint16 and not differ.any()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("plain", STRONG, ids=IDS)
def test_an_opaque_picture_is_edited_as_one_without_transparency(
    plain: dict[str, Any], kind: Any, photo: Samples
) -> None:
    colors = eight(photo) if kind is np.uint8 else photo
    opaque = np.full((*colors.shape[:2], 1), np.iinfo(kind).max, kind)
    out = one(plain, np.concatenate([colors, opaque], axis=2))
    assert out.dtype == kind
    assert np.array_equal(out[..., :3], one(plain, colors)) and (out[..., 3] == np.iinfo(kind).max).all()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("plain", STRONG, ids=IDS)
def test_what_is_not_seen_tells_nothing_and_stays(plain: dict[str, Any], kind: Any, photo: Samples) -> None:
    """Two pictures that look the same, whatever is hidden in them, still look the same after any edit."""
    colors = eight(photo) if kind is np.uint8 else photo
    alpha = np.zeros(colors.shape[:2], kind)
    alpha[30:150, 40:200] = np.iinfo(kind).max
    alpha[30:60, 40:200] //= 3
    black, loud = (
        np.where(alpha[..., None] > 0, colors, np.asarray(hidden, kind)) for hidden in (0, (255, 0, 90))
    )
    outs = [one(plain, np.dstack([one_of, alpha])) for one_of in (black, loud)]
    assert np.array_equal(outs[0][..., 3], outs[1][..., 3])
    # What is hardly seen may differ where it is mixed from what is not.
    seen = outs[0][..., 3] > np.iinfo(kind).max // 50
    apart = np.abs(outs[0][..., :3].astype(int) - outs[1][..., :3])[seen]
    assert apart.max() <= np.iinfo(kind).max // 255
    if plain["name"] not in MOVING:
        assert np.array_equal(outs[0][..., 3], alpha)
        assert (outs[1][..., :3][alpha == 0] == np.asarray((255, 0, 90), kind)).all()


@pytest.mark.parametrize("channels", [2, 4])
def test_colors_move_as_far_as_they_are_seen(channels: int) -> None:
    """Half a pixel to the right, linearly: premultiplied, moved, divided again; Lanczos stays near that."""
    random = np.random.default_rng(3)
    smooth = cv2.GaussianBlur(random.uniform(0, WHITE, (40, 50, channels)), (0, 0), 4)
    smooth[..., -1] = np.clip((smooth[..., -1] - smooth[..., -1].mean()) * 6 + WHITE / 2, 0, WHITE)
    values = np.rint(smooth).astype(np.uint16)
    out = warp(values, shift(0.5, 0), 50, 40)
    alpha = values[..., -1:].astype(float)
    full = np.concatenate([values[..., :-1] * alpha, alpha], axis=2)
    moved = (full[:, 8:-8] + full[:, 9:-7]) / 2
    part = out[:, 8:-8].astype(float)
    assert np.abs(part[..., -1] - moved[..., -1]).max() < 0.03 * WHITE
    seen = moved[..., -1] > 0.1 * WHITE
    wanted = moved[..., :-1] / np.maximum(moved[..., -1:], 1)
    assert np.abs(part[..., :-1] - wanted)[seen].max() < 0.02 * WHITE


def test_what_is_hidden_is_filled_from_around() -> None:
    colors = np.zeros((9, 12, 3), np.uint8)
    colors[:, :6], colors[:, 6:] = (200, 10, 10), (1, 2, 3)
    alpha = np.zeros((9, 12), np.uint8)
    alpha[:, :6] = 9
    assert (surrounded(colors, alpha) == (200, 10, 10)).all()
    assert surrounded(colors, alpha + 1) is colors and surrounded(colors, alpha * 0) is colors
