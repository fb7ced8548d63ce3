"""Denoising, deblurring, low light, local contrast and sharpening on photographs whose truth is known."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import convolve2d
from skimage import data

from tests.edit.frames import psnr
from veduta.edit import cosines
from veduta.edit.cosines import BASIS, EVEN, OPPONENT, THRESHOLD, cleaned
from veduta.edit.deblur import lucy, wiener
from veduta.edit.denoise import _means
from veduta.edit.edge_sharpen import guided
from veduta.edit.edits import Edits
from veduta.edit.local_contrast import DARKER, KEPT, NARROW, spots
from veduta.edit.spread import kernel
from veduta.image.histogram import clahe, on_lightness
from veduta.image.photo import Pixels


def one(pixels: Pixels, **plain: object) -> Pixels:
    return Edits.from_json([plain]).apply(pixels)


def noisy(clear: Pixels, sigma: float, seed: int = 0) -> Pixels:
    made = clear + np.random.default_rng(seed).normal(0, sigma, clear.shape)
    return np.asarray(np.clip(np.rint(made), 0, 255), np.uint8)


@pytest.fixture(scope="module")
def coffee() -> Pixels:
    """A piece of a photograph."""
    return np.ascontiguousarray(data.coffee()[90:250, 200:400])


def test_opponent_colors_are_orthonormal() -> None:
    assert np.abs(OPPONENT @ OPPONENT.T - np.eye(3)).max() < 1e-6
    assert np.abs(BASIS @ BASIS.T - np.eye(8)).max() < 1e-6
    assert len(set(EVEN)) == 16


@pytest.mark.parametrize("again", [False, True])
def test_cosines_by_naive_recomputation(again: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each square that covers a pixel, transformed, shrunk, put back and weighed, one by one."""
    random = np.random.default_rng(4)
    plane = random.normal(100, 30, (19, 21)).astype(np.float32)
    expected = random.normal(100, 30, (19, 21)).astype(np.float32)
    sigma = 12.0
    monkeypatch.setattr(cosines, "BAND", 8 * 21)  # several pieces
    out = cleaned(plane[..., None], [sigma], EVEN, expected[..., None] if again else None)[..., 0]
    frame = ((8, -19 % 8 + 16), (8, -21 % 8 + 16))
    whole, guide = (np.pad(p.astype(float), frame, mode="edge") for p in (plane, expected))
    sums, weights = np.zeros(whole.shape), np.zeros(whole.shape)
    basis = BASIS.astype(float)
    for top in range(whole.shape[0] - 7):
        for left in range(whole.shape[1] - 7):
            if (top % 8, left % 8) not in EVEN:
                continue
            square = (slice(top, top + 8), slice(left, left + 8))
            found = basis @ whole[square] @ basis.T
            if again:
                power = (basis @ guide[square] @ basis.T) ** 2
                share = power / (power + sigma**2)
            else:
                share = (np.abs(found) > THRESHOLD * sigma).astype(float)
            share[0, 0] = 1
            weight = 1 / (share**2).sum()
            sums[square] += weight * (basis.T @ (found * share) @ basis)
            weights[square] += weight
    naive = (sums / np.maximum(weights, 1e-9))[8 : 8 + 19, 8 : 8 + 21]
    assert np.abs(out - naive).max() < 0.02


def test_means_of_alike_places_by_naive_recomputation() -> None:
    random = np.random.default_rng(6)
    planes = random.normal(0, 9, (12, 13, 3)).astype(np.float32)
    clean = random.normal(0, 9, (12, 13, 3)).astype(np.float32)
    out = _means(planes, clean, 11.0)
    y, x = 6, 5
    total, weights = planes[y, x].astype(float), 1.0
    for dy in range(-7, 8):
        for dx in range(-7, 8):
            if (dy, dx) == (0, 0) or not (1 <= y + dy < 11 and 1 <= x + dx < 12):
                continue
            own = clean[y - 1 : y + 2, x - 1 : x + 2]
            other = clean[y + dy - 1 : y + dy + 2, x + dx - 1 : x + dx + 2]
            weight = np.exp(-((own - other) ** 2).sum(2).mean() / 11**2)
            total, weights = total + weight * planes[y + dy, x + dx], weights + weight
    # Places at the border are compared in mirrored squares: they are few and count little.
    assert np.abs(out[y, x] - total / weights).max() < 1.5


@pytest.mark.parametrize(("method", "gain"), [("fast", 5.5), ("fine", 5.8), ("nonlocal", 6.0)])
def test_noise_goes_and_the_picture_stays(coffee: Pixels, method: str, gain: float) -> None:
    spoiled = noisy(coffee, 12)
    out = one(spoiled, name="denoise", amount=1, method=method)  # its strength is told by the picture
    assert psnr(out, coffee) > psnr(spoiled, coffee) + gain
    peer: Any = cv2.fastNlMeansDenoisingColored(spoiled, None, 7, 7, 7, 21)
    assert psnr(out, coffee) > psnr(np.asarray(peer), coffee) + 1.5


def test_a_clear_picture_is_hardly_touched() -> None:
    drawn = np.full((90, 90, 3), 200, np.uint8)
    cv2.circle(drawn, (40, 40), 20, (20, 90, 160), -1)
    assert np.array_equal(one(drawn, name="denoise", amount=1), drawn)


@pytest.mark.parametrize("shape", ["gaussian", "disk", "motion"])
def test_kernels(shape: str) -> None:
    found = kernel(shape, 4, 30)
    assert found.sum() == pytest.approx(1, abs=1e-5) and found.shape[0] % 2 == 1
    assert np.abs(found - found[::-1, ::-1]).max() < 1e-6
    y, x = np.mgrid[: found.shape[0], : found.shape[1]] - found.shape[0] // 2
    spread = [float((found * v).sum()) for v in (x * x, y * y, -x * y)]
    if shape == "gaussian":
        assert spread == pytest.approx([16, 16, 0], rel=0.02, abs=0.1)
    elif shape == "disk":
        assert spread == pytest.approx([4, 4, 0], rel=0.05, abs=0.1)
    else:  # the way lies counterclockwise from the right
        turned = np.degrees(0.5 * np.arctan2(2 * spread[2], spread[0] - spread[1]))
        assert turned == pytest.approx(30, abs=1)
    assert np.array_equal(kernel(shape, 0.01), [[1]])


def blurred(clear: NDArray[np.float32], spread: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """The middle of a blurred plane, whose surroundings are lost, with noise."""
    made = convolve2d(clear, spread, "same")[20:-20, 20:-20]
    made = made + np.random.default_rng(1).normal(0, sigma, made.shape)
    return np.clip(np.rint(made), 0, 255).astype(np.float32)


def gray_psnr(a: NDArray[Any], b: NDArray[Any]) -> float:
    return float(10 * np.log10(255**2 / np.mean((np.clip(a, 0, 255) - b) ** 2)))


@pytest.mark.parametrize("shape", ["gaussian", "disk", "motion"])
@pytest.mark.parametrize("method", ["wiener", "lucy"])
def test_a_blur_is_taken_back_up_to_the_border(shape: str, method: str) -> None:
    clear = cv2.cvtColor(data.coffee()[70:270, 180:400], cv2.COLOR_RGB2GRAY).astype(np.float32)
    spread = kernel(shape, {"gaussian": 1.6, "disk": 4, "motion": 6}[shape], 20)
    truth, seen = clear[20:-20, 20:-20], blurred(clear, spread, 1.0)
    made = wiener(seen, spread, 1.0) if method == "wiener" else lucy(seen, spread, 40, 1.0)
    assert gray_psnr(made, truth) > gray_psnr(seen, truth) + 2.5
    rim = np.ones(truth.shape, bool)
    rim[8:-8, 8:-8] = False
    # No ringing comes in from where the picture ends.
    assert gray_psnr(made[rim], truth[rim]) > gray_psnr(seen[rim], truth[rim]) + 1


@pytest.mark.parametrize("radius", [1.0, 1.5, 2.5])
def test_too_large_a_radius_does_not_destroy_a_sharp_photo(radius: float) -> None:
    """What a blur of that radius would have taken out is there: it was another one, and nothing rings."""
    sharp = np.ascontiguousarray(data.chelsea()[:200, :300])
    out = one(sharp, name="deblur", radius=radius, shape="gaussian", method="wiener")
    assert psnr(out, sharp) > 18


def test_what_a_codec_left_is_not_sharpened() -> None:
    sharp = np.ascontiguousarray(data.chelsea()[:256, :400])
    spread = kernel("gaussian", 1.5)
    soft = np.asarray(cv2.filter2D(sharp, -1, spread, borderType=cv2.BORDER_REFLECT))
    coded = cv2.imencode(".jpg", noisy(soft, 4)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])[1]
    seen = np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])
    out = one(seen, name="deblur", radius=1.5, shape="gaussian", method="wiener")
    assert psnr(out, sharp) > psnr(seen, sharp) + 0.9


def test_lucy_stops_where_only_noise_is_left() -> None:
    clear = cv2.cvtColor(data.coffee()[70:270, 180:400], cv2.COLOR_RGB2GRAY).astype(np.float32)
    spread = kernel("gaussian", 1.6)
    truth, seen = clear[20:-20, 20:-20], blurred(clear, spread, 6.0)
    rounds: list[int] = []
    made = lucy(seen, spread, 60, 6.0, lambda: rounds.append(1))
    assert 1 <= len(rounds) < 30
    assert gray_psnr(made, truth) > gray_psnr(lucy(seen, spread, 60), truth) + 3


def test_deblurring_a_photo(coffee: Pixels) -> None:
    spread = kernel("disk", 3)
    seen = noisy(np.asarray(cv2.filter2D(coffee, -1, spread)), 1.5)
    for method in ("wiener", "lucy"):
        out = one(seen, name="deblur", radius=3, shape="disk", method=method)
        assert psnr(out, coffee) > psnr(seen, coffee) + 2


def test_the_dark_is_lifted_and_not_its_noise(coffee: Pixels) -> None:
    light = np.linspace(0.06, 1, coffee.shape[1])[None, :, None]
    dark = noisy(np.asarray(np.rint(coffee * light), np.uint8), 2.5)
    plain = one(dark, name="low_light", amount=1, denoise=False).astype(float)
    out = one(dark, name="low_light", amount=1).astype(float)
    left, right = out[:, :60].mean() / dark[:, :60].mean(), out[:, -30:].mean() / dark[:, -30:].mean()
    assert left > 2.2 > 1.6 > right > 0.95
    assert out.max() <= 255 and (out >= 254.5).mean() < 0.01
    flat = np.full((80, 80, 3), 14, np.uint8)
    spoiled = noisy(flat, 2.5)
    assert (
        one(spoiled, name="low_light", amount=1).std()
        < 0.45 * one(spoiled, name="low_light", amount=1, denoise=False).std()
    )
    lights = [cv2.blur(picture.mean(2), (15, 15)) for picture in (plain, out)]
    assert np.abs(lights[0] - lights[1]).mean() < 2.5


def test_local_contrast_is_clahe_mixed_in(coffee: Pixels) -> None:
    def naive(plane: Pixels, amount: float) -> Pixels:
        way = clahe(plane, 3, 4) - plane.astype(float)
        way = np.where(way < 0, way * (1 - KEPT * spots(plane)), way)
        return np.asarray(np.rint(plane + amount * way), np.uint8)

    for amount in (0.5, 1):
        out = one(coffee, name="local_contrast", amount=amount, clip=3, tiles=4)
        expected = on_lightness(coffee, lambda plane, amount=amount: naive(plane, amount))
        assert np.abs(out.astype(int) - expected).max() <= 2


def test_small_dark_things_by_naive_recomputation() -> None:
    plane = np.random.default_rng(0).integers(0, 256, (40, 60)).astype(np.uint8)
    half = round(NARROW * 60)

    def windows(of: NDArray[Any], fill: float) -> NDArray[Any]:
        padded = np.pad(of.astype(float), half, constant_values=fill)
        return np.lib.stride_tricks.sliding_window_view(padded, (2 * half + 1, 2 * half + 1))

    around = windows(windows(plane, -1e9).max((2, 3)), 1e9).min((2, 3))
    told = np.clip(((around - plane) / 255 - DARKER[0]) / (DARKER[1] - DARKER[0]), 0, 1)
    padded = np.pad(told, 1, mode="reflect")
    told = np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).mean((2, 3))
    assert np.abs(spots(plane) - told).max() < 1e-5


def test_local_contrast_leaves_eyes_alone() -> None:
    """In a light face eyes are hardly darker than before; a large dark thing has no light rim."""
    face = data.astronaut()
    out = one(face, name="local_contrast", amount=0.6)
    eyes, after = (np.percentile(p[85:125, 190:260], 5) for p in (face, out))
    assert after > eyes - 8
    block = np.full((200, 200), 170, np.uint8)
    block[60:, 60:] = 60
    assert spots(block).max() == 0


def test_guided_filter_by_naive_recomputation() -> None:
    plane = data.coffee()[100:130, 200:240, 1].astype(np.float32)

    def mean(of: NDArray[Any]) -> NDArray[Any]:
        padded = np.pad(of.astype(float), 2, mode="symmetric")
        return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, (5, 5)).mean((2, 3)))

    middle = mean(plane)
    slope = (mean(plane.astype(float) ** 2) - middle**2) / (mean(plane.astype(float) ** 2) - middle**2 + 400)
    naive = mean(slope) * plane + mean(middle - slope * middle)
    assert np.abs(guided(plane, 2, 400) - naive).max() < 0.05


def test_edges_get_no_halo_and_noise_is_no_detail(coffee: Pixels) -> None:
    step = np.repeat(np.repeat(np.array([60, 180], np.uint8), 40)[None], 50, axis=0)
    step = np.asarray(cv2.GaussianBlur(np.repeat(step[..., None], 3, axis=2), (0, 0), 1.2))
    plain = one(step, name="sharpen", amount=2, radius=2)
    sharp = one(step, name="edge_sharpen", amount=2, overshoot=0)
    assert plain.max() > 190 and plain.min() < 50
    assert sharp.max() <= 180 and sharp.min() >= 60
    soft = np.asarray(cv2.GaussianBlur(coffee, (0, 0), 1.0))
    detail = one(soft, name="edge_sharpen", amount=2)
    assert psnr(detail, coffee) > psnr(soft, coffee) + 0.3
    flat = noisy(np.full((100, 100, 3), 128, np.uint8), 4)
    grown = one(flat, name="edge_sharpen", amount=2).std() / flat.std()
    assert grown < 0.75 * one(flat, name="sharpen", amount=2).std() / flat.std()
