"""Dehazing: haze of known depth, the sky, naive recomputation of the steps."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from skimage.metrics import structural_similarity

from veduta.edit import dehaze
from veduta.edit.dehaze import Dehaze, tell
from veduta.edit.operation import BadEdit
from veduta.image.photo import Pixels

FULL = Dehaze(strength=1)


def hazy(clear: Pixels, depth: NDArray[np.float64], beta: float, light: float) -> Pixels:
    share = np.exp(-beta * depth)[..., None]
    return np.asarray(np.rint(clear * share + 255 * light * (1 - share)), np.uint8)


def likeness(one: Pixels, other: Pixels) -> float:
    """Peak signal-to-noise ratio in dB."""
    return float(10 * np.log10(255**2 / max(1e-9, np.mean((one.astype(float) - other) ** 2))))


@pytest.fixture(scope="module")
def clear() -> Pixels:
    """Cobbles and grass from near to far: a ground that any depth suits."""
    return np.ascontiguousarray(cv2.resize(data.coffee(), (300, 200), interpolation=cv2.INTER_AREA))


@pytest.mark.parametrize(("beta", "light"), [(0.6, 0.85), (1.2, 0.97), (1.6, 0.9)])
def test_haze_of_known_depth_goes(clear: Pixels, beta: float, light: float) -> None:
    depth = np.linspace(1, 0.1, 200)[:, None] * np.ones(300)
    spoiled = hazy(clear, depth, beta, light)
    out = FULL.apply(spoiled)
    assert likeness(out, clear) > likeness(spoiled, clear) + 4
    before, after = (structural_similarity(clear, p, channel_axis=2) for p in (spoiled, out))
    assert after > before + 0.03


def test_light_of_the_haze_and_share_of_air_are_told() -> None:
    """Black and colored spots in haze that thickens to the right: everything is known."""
    rng = np.random.default_rng(3)
    scene = np.kron(rng.integers(0, 2, (60, 90, 3)), np.ones((4, 4, 1))) * 235.0
    depth = np.ones((240, 1)) * np.linspace(0.1, 2.5, 360)
    spoiled = hazy(np.asarray(scene, np.uint8), depth, 1.0, 0.9)
    haze = tell(spoiled)
    assert np.abs(np.array(haze.light) / 255 - 0.9).max() < 0.05
    air = haze.air(spoiled, 0, 240)
    columns = np.median(air, axis=0)[60:220]
    assert np.abs(columns - np.exp(-depth[0, 60:220])).max() < 0.15


def test_scattering_is_undone_by_naive_recomputation(clear: Pixels) -> None:
    spoiled = hazy(clear, np.full((200, 300), 0.8), 1.0, 0.9)
    haze = tell(spoiled)
    air = haze.air(spoiled, 0, 200)[..., None].astype(float)
    light = np.array(haze.light)
    for strength in (0.4, 1.0):
        share = 1 - strength * (1 - air)
        expected = np.clip((spoiled - light) / share + light, 0, 255)
        assert np.abs(Dehaze(strength=strength).apply(spoiled) - expected).max() <= 0.51


def test_dark_channel_and_guided_filter_by_naive_recomputation() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (23, 31, 3)).astype(np.uint8)
    light = (200.0, 210.0, 220.0)
    veil = dehaze._veil(pixels, light)
    assert np.allclose(veil, (pixels / np.array(light)).min(axis=2), atol=1e-6)
    half = max(1, round(0.08 * 31))
    padded = np.pad(veil, half, constant_values=np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * half + 1, 2 * half + 1))
    assert np.allclose(dehaze._lowest(veil, 0.08), windows.min(axis=(2, 3)))
    guide, share = rng.random((2, 40, 50)).astype(np.float32)
    half = round(dehaze.RADIUS * 50)

    def mean(plane: NDArray[np.float64]) -> NDArray[np.float64]:
        around = np.pad(plane, half, mode="symmetric")
        return np.lib.stride_tricks.sliding_window_view(around, (2 * half + 1,) * 2).mean(axis=(2, 3))

    g, s = guide.astype(float), share.astype(float)
    slope = (mean(g * s) - mean(g) * mean(s)) / (mean(g * g) - mean(g) ** 2 + dehaze.EDGE)
    level = mean(s) - slope * mean(g)
    found = dehaze._guided(guide, share)
    assert np.allclose(found[0], mean(slope), atol=1e-4) and np.allclose(found[1], mean(level), atol=1e-4)


def test_the_sky_stays_as_it_is() -> None:
    """A pale sky from gray to blue over a hazy ground: no bands, no tint, while the ground gets clearer."""
    ground = cv2.resize(data.coffee(), (400, 150), interpolation=cv2.INTER_AREA)
    ground = hazy(ground, np.full((150, 400), 1.0), 0.9, 0.9)
    down = np.linspace(0, 1, 150)[:, None, None]
    sky = (1 - down) * (165, 190, 222) + down * (226, 229, 232) + np.zeros((150, 400, 1))
    sky += np.random.default_rng(1).normal(0, 0.7, sky.shape)
    photo = np.concatenate([np.asarray(np.rint(sky), np.uint8), ground])
    out = FULL.apply(photo)
    # Close to the ground the guided filter lets some of the ground's change through.
    before, after = photo[:110].astype(float), out[:110].astype(float)
    assert np.abs(after - before).mean() < 6
    tint = (after[..., 2] - after[..., 0]) - (before[..., 2] - before[..., 0])
    assert np.abs(tint).mean() < 10
    steps = np.abs(np.diff(cv2.blur(after, (9, 9)).mean(axis=1), axis=0)).max()
    assert steps < 2.5
    assert out[160:].std() > 1.3 * photo[160:].std()


def saturation(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 - pixels.min(-1) / np.maximum(pixels.max(-1), 1))


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ((215, 150, 175), (250, 190, 100)),  # a sunset, rose to yellow
        ((225, 180, 95), (235, 215, 150)),  # yellow
        ((218, 217, 221), (240, 240, 240)),  # clouds
    ],
)
def test_skies_of_other_colors_stay_too(above: tuple[int, ...], below: tuple[int, ...]) -> None:
    """An even sky, darker towards the corners, is neither stained nor bent out of its colors."""
    ground = cv2.resize(data.coffee(), (400, 130), interpolation=cv2.INTER_AREA)
    ground = hazy(ground, np.full((130, 400), 0.6), 0.9, 0.85)
    down = np.linspace(0, 1, 170)[:, None, None]
    sky = (1 - down) * above + down * below + np.zeros((170, 400, 1))
    corner = np.hypot(*np.meshgrid(np.linspace(-1, 1, 400), np.linspace(1, 0, 170)))[..., None]
    sky = sky * (1 - 0.04 * corner**2) + np.random.default_rng(1).normal(0, 0.7, sky.shape)
    photo = np.concatenate([np.asarray(np.clip(np.rint(sky), 0, 255), np.uint8), ground])
    before, after = photo[:120].astype(float), FULL.apply(photo)[:120].astype(float)
    assert np.abs(after - before).mean() < 12
    assert np.abs(saturation(after) - saturation(before)).max() < 0.2


def test_a_light_face_keeps_its_color() -> None:
    """Skin is dark in no channel, but hair and eyes are: a portrait is not hazy, its face does not turn red."""
    before = cv2.resize(data.astronaut()[50:210, 140:310], None, fx=2, fy=2)
    after = FULL.apply(before)
    for y, x in ((140, 130), (170, 200), (220, 170)):
        one, other = (np.median(p[y : y + 24, x : x + 24].reshape(-1, 3), axis=0) for p in (before, after))
        assert np.abs(other - one).max() < 23
        assert saturation(other) < saturation(one) + 0.09


def test_warm_things_by_naive_recomputation() -> None:
    rng = np.random.default_rng(2)
    pixels = rng.integers(120, 256, (21, 33, 3)).astype(np.uint8)
    light = (240.0, 230.0, 220.0)

    def ramp(value: float, ends: tuple[float, float]) -> float:
        return min(max((value - ends[0]) / (ends[1] - ends[0]), 0.0), 1.0)

    told = np.zeros((21, 33))
    for y in range(21):
        for x in range(33):
            red, green, blue = (int(v) for v in pixels[y, x])
            parts = [v / a for v, a in zip((red, green, blue), light, strict=True)]
            told[y, x] = ramp(max(parts), dehaze.BRIGHT) * ramp(1 - min(parts) / max(parts), dehaze.TINTED)
            told[y, x] *= ramp(red - green, (-4, 4)) * ramp(green - blue, (-8, 4))
    around = np.lib.stride_tricks.sliding_window_view(np.pad(told, 1, mode="symmetric"), (3, 3))
    assert np.allclose(dehaze._warm(pixels, light), around.mean(axis=(2, 3)), atol=1e-5)


def test_a_clear_photo_changes_little(clear: Pixels) -> None:
    assert likeness(FULL.apply(clear), clear) > 22


def test_smaller_copies_look_the_same() -> None:
    clear = data.astronaut()
    spoiled = hazy(clear, np.linspace(1, 0.2, 512)[:, None] * np.ones(512), 1.0, 0.9)
    large = cv2.resize(FULL.apply(spoiled), (256, 256), interpolation=cv2.INTER_AREA)
    small = FULL.apply(cv2.resize(spoiled, (256, 256), interpolation=cv2.INTER_AREA), 0.5)
    assert likeness(large, small) > 26


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_pictures_stay_flat(level: int) -> None:
    out = FULL.apply(np.full((30, 40, 3), level, np.uint8))
    assert np.ptp(out.astype(int)) == 0


def test_wrong_strength_is_told() -> None:
    with pytest.raises(BadEdit, match="dehaze: strength must be 0 to 1"):
        Dehaze(strength=1.5)


@pytest.mark.eval
def test_haze_synth(eval_dir: Path) -> None:
    folder = eval_dir / "haze_synth"
    clear = np.asarray(Image.open(folder / "teddy_clear.png").convert("RGB"))
    for name, least in (("teddy_b0.6_a0.85", 23), ("teddy_b1.2_a0.97", 16)):
        out = FULL.apply(np.asarray(Image.open(folder / f"{name}.png").convert("RGB")))
        assert likeness(out, clear) > least
