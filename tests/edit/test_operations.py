"""Operations of editing: identity at neutral settings, naive recomputation, geometry there and back."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage import data

from veduta.edit import gain, warp
from veduta.edit.edits import Edits
from veduta.edit.mask_fit import fitted, resized
from veduta.edit.operation import REGISTRY, BadEdit, operation
from veduta.edit.perspective import homography
from veduta.edit.white_balance import neutralizing
from veduta.image.photo import Pixels
from veduta.see.mask import encode

PLAIN = [name for name in REGISTRY if name not in ("erase", "redact")]
STRONG = [
    {"name": "crop", "x": 0.1, "y": 0.2, "width": 0.5, "height": 0.7},
    {"name": "rotate", "quarters": 3, "mirror": True},
    {"name": "straighten", "degrees": -7.5},
    {"name": "perspective", "corners": [[0.1, 0.05], [0.9, 0], [1, 1], [0, 0.9]]},
    {"name": "light", "exposure": 0.7, "contrast": 0.4, "shadows": 0.5, "highlights": -0.6},
    {"name": "white_balance", "temperature": 0.5, "tint": -0.3},
    {"name": "sharpen", "amount": 1.2, "radius": 1.4},
    {"name": "vignette", "amount": 0.6, "size": 0.3},
    {"name": "auto_levels", "amount": 0.9, "clip": 2},
    {"name": "auto_white_balance", "amount": 0.8, "method": "edges"},
    {"name": "denoise", "amount": 1, "sigma": 9, "method": "fast"},
    {"name": "deblur", "radius": 1.4},
    {"name": "low_light", "amount": 0.8},
    {"name": "local_contrast", "amount": 0.7, "clip": 3},
    {"name": "edge_sharpen", "amount": 2},
    {"name": "sketch", "strength": 0.9, "lines": 1.5, "color": "color"},
    {"name": "dehaze", "strength": 0.8},
]
IDS = [str(one["name"]) for one in STRONG]


@pytest.fixture(scope="module")
def photo() -> Pixels:
    """A photograph of odd size."""
    return np.ascontiguousarray(data.astronaut()[:301, :411])


def one(plain: dict[str, object], pixels: Pixels, scale: float = 1.0) -> Pixels:
    return Edits.from_json([plain]).apply(pixels, scale)


def light_of(pixels: Pixels) -> NDArray[np.float64]:
    codes = pixels / 255
    return np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)


def codes_of(light: NDArray[np.float64]) -> NDArray[np.float64]:
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def likeness(one: Pixels, other: Pixels) -> float:
    """Peak signal-to-noise ratio in dB."""
    return float(10 * np.log10(255**2 / max(1e-9, np.mean((one.astype(float) - other) ** 2))))


@pytest.mark.parametrize("name", PLAIN)
def test_neutral_settings_change_no_bit(name: str, photo: Pixels) -> None:
    neutral = operation(name).from_json({})
    assert neutral.neutral
    assert neutral.size_after(411, 301) == (411, 301)
    before = photo.copy()
    assert np.array_equal(neutral.apply(photo), before)
    assert operation(name).from_json({k: v for k, v in neutral.as_json().items() if k != "name"}) == neutral


@pytest.mark.parametrize("plain", STRONG, ids=IDS)
def test_operations_leave_their_input_alone_and_tell_their_size(
    plain: dict[str, object], photo: Pixels
) -> None:
    before = photo.copy()
    edits = Edits.from_json([plain])
    out = edits.apply(photo)
    assert np.array_equal(photo, before)
    assert out.dtype == np.uint8 and out.flags.c_contiguous
    assert out.shape[1::-1] == edits.size_after(411, 301)
    assert out.shape != photo.shape or not np.array_equal(out, photo)


@pytest.mark.parametrize("plain", STRONG, ids=IDS)
def test_one_pixel_and_thin_pictures(plain: dict[str, object]) -> None:
    for shape in ((1, 1, 3), (1, 9, 3), (7, 1, 3), (2, 3, 3)):
        pixels = np.full(shape, 77, np.uint8)
        out = one(plain, pixels)
        assert min(out.shape) >= 1 and out.shape[2] == 3


def test_exposure_multiplies_light(photo: Pixels) -> None:
    for stops in (-1.3, 0.5, 2.0):
        expected = np.rint(codes_of(light_of(photo) * 2**stops))
        assert np.array_equal(one({"name": "light", "exposure": stops}, photo), expected)


def test_contrast_keeps_black_middle_and_white() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    more = one({"name": "light", "contrast": 0.6}, ramp)[0, :, 0].astype(int)
    less = one({"name": "light", "contrast": -0.6}, ramp)[0, :, 0].astype(int)
    for out in (more, less):
        assert out[0] == 0 and out[255] == 255 and abs(out[128] - 128) <= 1
        assert (np.diff(out) >= 0).all()
    assert more[64] < 64 < less[64] and more[192] > 192 > less[192]


def test_shadows_and_highlights_act_where_they_should() -> None:
    steps = np.repeat(np.repeat(np.array([20, 235], np.uint8), 150)[None], 200, axis=0)
    halves = np.repeat(steps[..., None], 3, axis=2)
    lifted = one({"name": "light", "shadows": 1}, halves).astype(int) - halves
    lowered = one({"name": "light", "highlights": -1}, halves).astype(int) - halves
    assert lifted[:, 20:130].min() > 5 and abs(lifted[:, 170:280]).max() <= 1
    assert lowered[:, 170:280].max() < -20 and abs(lowered[:, 20:130]).max() <= 1


def test_lowered_highlights_leave_white_white() -> None:
    """What is burnt out does not turn gray; what is darker stays darker."""
    ramp = np.repeat(np.repeat(np.arange(130, 256, 25, dtype=np.uint8), 60)[None], 80, axis=0)
    ramp = np.repeat(np.concatenate([ramp, np.full((80, 120), 255, np.uint8)], 1)[..., None], 3, axis=2)
    out = one({"name": "light", "highlights": -1}, ramp).astype(int)
    assert (out[:, -120:] == 255).all()
    means = [out[:, x + 20 : x + 40].mean() for x in range(0, 480, 60)]
    assert all(low <= high for low, high in pairwise(means))
    assert means[4] < ramp[0, 270, 0] - 15


def test_shadows_by_naive_recomputation(photo: Pixels) -> None:
    """With a picture not larger than the smoothing side every step can be told pixel by pixel."""
    luma = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) / 255
    side = 2 * round(0.02 * 411) + 1

    def mean(plane: NDArray[np.float64]) -> NDArray[np.float64]:
        padded = np.pad(plane, side // 2, mode="symmetric")
        return np.lib.stride_tricks.sliding_window_view(padded, (side, side)).mean((2, 3))

    middle = mean(luma)
    variance = mean(luma**2) - middle**2
    slope = variance / (variance + 0.02)
    smooth = np.clip(mean(slope) * luma + mean(middle - slope * middle), 0, 1)
    bright = smooth**3 * (1 - np.maximum(smooth, luma) ** 8)
    stops = 1.5 * (0.8 * (1 - smooth) ** 3 - 0.4 * bright)
    expected = codes_of(light_of(photo) * 2 ** stops[..., None])
    out = one({"name": "light", "shadows": 0.8, "highlights": -0.4}, photo)
    assert np.abs(out - expected).max() < 1.0


def test_white_balance_multiplies_channels_and_keeps_gray_luminance(photo: Pixels) -> None:
    gains = operation("white_balance").from_json({"temperature": 0.7, "tint": 0.4}).gains  # type: ignore[attr-defined]
    assert gains @ (0.2126, 0.7152, 0.0722) == pytest.approx(1)
    assert gains[0] > 1 > gains[2]
    out = one({"name": "white_balance", "temperature": 0.7, "tint": 0.4}, photo)
    assert np.array_equal(out, np.rint(codes_of(light_of(photo) * gains)))


def test_sharpen_by_naive_recomputation(photo: Pixels) -> None:
    out = one({"name": "sharpen", "amount": 1.5, "radius": 2.0}, photo, scale=0.5)
    luma = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(float)
    weights = np.exp(-0.5 * np.arange(-4, 5) ** 2)
    weights /= weights.sum()
    padded = np.pad(luma, 4, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (9, 9))
    smooth = np.einsum("ijkl,k,l->ij", windows, weights, weights)
    expected = np.clip(photo + 1.5 * (luma - smooth)[..., None], 0, 255)
    assert np.abs(out - expected).max() < 0.51


def test_bands_do_not_show(photo: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [one(plain, photo) for plain in STRONG]
    monkeypatch.setattr(gain, "BAND", 411 * 7)
    for plain, expected in zip(STRONG, whole, strict=True):
        assert np.array_equal(one(plain, photo), expected), plain["name"]


def test_vignette_by_naive_recomputation() -> None:
    gray = np.full((50, 80, 3), 128, np.uint8)
    out = one({"name": "vignette", "amount": 0.5, "size": 0.4}, gray)
    for y, x in ((0, 0), (25, 40), (10, 70), (49, 79), (0, 40)):
        distance = np.hypot((x + 0.5) / 40 - 1, (y + 0.5) / 25 - 1) / np.sqrt(2)
        way = np.clip((distance - 0.36) / 0.64, 0, 1)
        gained = light_of(gray[y, x]) * 2 ** (-1.0 * way**2 * (3 - 2 * way))
        assert np.abs(out[y, x] - codes_of(gained)).max() < 1.0
    assert (out[25, 40] == 128).all() and (out[0, 0] < 100).all()


@given(st.integers(0, 3), st.booleans())
def test_quarter_turns_come_back(quarters: int, mirror: bool) -> None:
    pixels = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    there = {"name": "rotate", "quarters": quarters, "mirror": mirror}
    back = {"name": "rotate", "quarters": quarters if mirror else (4 - quarters) % 4, "mirror": mirror}
    assert np.array_equal(Edits.from_json([there, back]).apply(pixels), pixels)


def test_rotate_turns_clockwise() -> None:
    pixels = np.zeros((4, 6, 3), np.uint8)
    pixels[0, 0] = 255  # top left goes to the top right
    assert one({"name": "rotate", "quarters": 1}, pixels)[0, -1, 0] == 255


def test_straighten_turns_clockwise_and_back(photo: Pixels) -> None:
    there = one({"name": "straighten", "degrees": 5}, photo)
    back = one({"name": "straighten", "degrees": -5}, there)
    part = operation("straighten").from_json({"degrees": 5}).part(411, 301)  # type: ignore[attr-defined]
    assert there.shape[0] / 301 == pytest.approx(part, abs=0.005)
    high, wide = back.shape[:2]
    middle = photo[(301 - high) // 2 :, (411 - wide) // 2 :][:high, :wide]
    core = (slice(20, high - 20), slice(20, wide - 20))
    smooth = [cv2.GaussianBlur(one, (0, 0), 1) for one in (back, middle)]
    assert likeness(smooth[0][core], smooth[1][core]) > 30
    # A point right of the middle goes down when the picture turns clockwise.
    dot = np.zeros((201, 201, 3), np.uint8)
    dot[99:102, 149:152] = 255
    turned = one({"name": "straighten", "degrees": 20}, dot)
    y, x = (float(v.mean()) for v in np.nonzero(turned[..., 0] > 100))
    center = turned.shape[0] / 2 - 0.5
    assert y - center == pytest.approx(50 * np.sin(np.radians(20)), abs=0.7)
    assert x - center == pytest.approx(50 * np.cos(np.radians(20)), abs=0.7)


@given(st.floats(0.5, 45), st.integers(50, 4000), st.integers(50, 4000))
def test_straightened_corners_lie_within_the_picture(degrees: float, width: int, height: int) -> None:
    wide, high = operation("straighten").from_json({"degrees": degrees}).size_after(width, height)
    turn = np.radians(degrees)
    for x, y in ((wide / 2, high / 2), (wide / 2, -high / 2)):
        assert abs(x * np.cos(turn) + y * np.sin(turn)) <= width / 2 + 1e-6
        assert abs(-x * np.sin(turn) + y * np.cos(turn)) <= height / 2 + 1e-6


def test_warp_by_naive_bilinear_and_in_tiles(photo: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    smooth = cv2.GaussianBlur(photo, (0, 0), 3)
    corners = [[0.12, 0.08], [0.93, 0.02], [0.97, 0.95], [0.05, 0.9]]
    whole = one({"name": "perspective", "corners": corners}, smooth)
    height, width = whole.shape[:2]
    map_back = homography(((0, 0), (width, 0), (width, height), (0, height)), np.array(corners) * (411, 301))
    for y, x in ((10, 10), (150, 200), (height - 11, 30), (40, width - 12)):
        u, v, w = map_back @ (x + 0.5, y + 0.5, 1)
        u, v = u / w - 0.5, v / w - 0.5
        i, j = int(v), int(u)
        a, b = v - i, u - j
        square = smooth[i : i + 2, j : j + 2].astype(float)
        expected = (1 - a) * ((1 - b) * square[0, 0] + b * square[0, 1]) + a * (
            (1 - b) * square[1, 0] + b * square[1, 1]
        )
        assert np.abs(whole[y, x] - expected).max() < 2.5
    monkeypatch.setattr(warp, "TILE", 97)
    tiled = one({"name": "perspective", "corners": corners}, smooth)
    assert np.abs(tiled.astype(int) - whole).max() <= 2


def test_warp_takes_sides_that_opencv_cannot() -> None:
    pixels = np.zeros((3, 33_000, 3), np.uint8)
    pixels[:, 30_000:] = 200
    out = warp.warp(pixels, warp.shift(10, 0), 32_990, 3)
    assert out[1, 29_900, 0] == 0 and out[1, 30_100, 0] == 200


def test_perspective_undoes_itself(photo: Pixels) -> None:
    smooth = cv2.GaussianBlur(photo, (0, 0), 1.5)
    inner = np.array([[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]])
    out = one({"name": "perspective", "corners": inner.tolist()}, smooth)
    assert likeness(out, smooth[60:241, 82:329][: out.shape[0], : out.shape[1]]) > 35


@pytest.mark.parametrize(
    ("plain", "told"),
    [
        ({"name": "glow"}, "no edit is called 'glow'; known: crop"),
        ({"name": 7}, "no edit is called"),
        ({}, "no edit is called"),
        ({"name": "light", "glow": 1}, "light: unknown parameter 'glow'; known: exposure"),
        ({"name": "light", "exposure": 9}, "light: exposure must be -4 to 4, not 9"),
        ({"name": "light", "exposure": "much"}, "light: exposure must be a number, not 'much'"),
        ({"name": "light", "exposure": True}, "must be a number"),
        ({"name": "light", "exposure": float("nan")}, "must be a number"),
        ({"name": "rotate", "quarters": 1.5}, "rotate: quarters must be a whole number"),
        ({"name": "rotate", "mirror": 1}, "must be true or false"),
        ({"name": "crop", "width": 0}, "crop: width must be more than 0"),
        ({"name": "crop", "x": 0.5, "width": 0.6}, "crop: 0.5 + width 0.6 reaches beyond the picture"),
        ({"name": "perspective", "corners": [[0, 0]] * 4}, "corners must go around"),
        ({"name": "perspective", "corners": [[0, 0], [1, 1], [1, 0], [0, 1]]}, "corners must go around"),
        ({"name": "perspective", "corners": [[0, 0], [2, 0], [1, 1], [0, 1]]}, "must be 0 to 1, not 2"),
        ({"name": "perspective", "corners": 4}, "four points"),
        ({"name": "erase"}, "erase: needs 'mask'"),
        ({"name": "erase", "mask": [1]}, "erase: mask must be a run-length encoding"),
        ({"name": "erase", "mask": {"size": [2, 2], "counts": [3]}}, "erase: mask: runs of 3 pixels"),
        ("light", "must be an object with a name"),
    ],
)
def test_bad_edits_are_told(plain: object, told: str) -> None:
    with pytest.raises(BadEdit, match="edit 2: ") as caught:
        Edits.from_json([{"name": "light"}, plain])
    assert told in str(caught.value)


def test_masks_are_fitted(photo: Pixels) -> None:
    mask = np.zeros((301, 411), bool)
    mask[100:140, 200:260] = True
    assert np.array_equal(fitted(encode(mask), 411, 301), mask)
    large = fitted(encode(mask), 4110, 3010)
    assert large[1005:1395, 2005:2595].all() and large.sum() == pytest.approx(2400 * 100, rel=0.01)
    small = fitted(encode(mask), 137, 100)
    assert small.sum() == pytest.approx(2400 / 9, rel=0.1)
    with pytest.raises(BadEdit, match="mask of 411 x 301 pixels for a picture of 400 x 400"):
        fitted(encode(mask), 400, 400)
    wire = np.zeros((900, 1200), bool)
    wire[:, 600:602] = True
    assert resized(wire, 240, 180).any(axis=1).all()


@given(st.tuples(*[st.integers(90, 160)] * 3))
def test_a_color_is_made_gray(color: tuple[int, int, int]) -> None:
    balance = neutralizing(np.array(color, float))
    out = balance.apply(np.full((1, 1, 3), color, np.uint8))[0, 0].astype(int)
    reached = abs(balance.temperature) < 1 and abs(balance.tint) < 1
    assert not reached or out.max() - out.min() <= 1
