"""Robust marks: they come back after JPEG, resizing and cropping; a photo without one says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veduta.edit import stego_dct as dct
from veduta.edit import stego_grid as grid
from veduta.edit import stego_sync as sync
from veduta.edit.stego import luma
from veduta.edit.stego_message import DamagedMessage, NoMessage, TooMuch

DATA = b"\0(c) Anna 2026"
Attack = Callable[[np.ndarray], np.ndarray]


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    coded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])


def resized(pixels: np.ndarray, scale: float) -> np.ndarray:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how))


def noisy(pixels: np.ndarray, sigma: float) -> np.ndarray:
    return np.clip(pixels + np.random.default_rng(0).normal(0, sigma, pixels.shape), 0, 255).astype(np.uint8)


def turned(pixels: np.ndarray, degrees: float) -> np.ndarray:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC))


ATTACKS: dict[str, Attack] = {
    "none": lambda p: p,
    "JPEG 75": lambda p: jpeg(p, 75),
    "JPEG 50": lambda p: jpeg(p, 50),
    "smaller": lambda p: jpeg(resized(p, 0.7), 85),
    "larger": lambda p: jpeg(resized(p, 1.6), 75),
    "cut off": lambda p: jpeg(p[37:-50, 71:-64], 75),
    "cut off and smaller": lambda p: jpeg(resized(p[23:-20, 31:-44], 0.8), 85),
    "blur": lambda p: cv2.GaussianBlur(p, (0, 0), 1.2),
    "noise": lambda p: noisy(p, 12),
    "darker": lambda p: (p * 0.7).astype(np.uint8),
    "turned by 2 degrees": lambda p: jpeg(turned(p, 2), 85),
}


@pytest.fixture(scope="module")
def photo(photographs: Path) -> np.ndarray:
    return np.ascontiguousarray(cv2.imread(str(photographs / "coffee.png"))[..., ::-1])


@pytest.fixture(scope="module")
def marked(photo: np.ndarray) -> np.ndarray:
    mark = dct.mark(luma(photo), DATA)
    return np.clip(np.rint(photo + mark[..., None]), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", ATTACKS)
def test_a_mark_outlives(name: str, marked: np.ndarray) -> None:
    assert dct.reveal(luma(ATTACKS[name](marked))) == (DATA, False)


def test_a_mark_has_the_fidelity_asked_for(photo: np.ndarray) -> None:
    for psnr in (38.0, 44.0):
        mark = dct.mark(luma(photo), DATA, psnr=psnr)
        assert psnr - 0.01 <= 10 * np.log10(255**2 / np.mean(mark**2)) < psnr + 2.5
    with pytest.raises(dct.BadFidelity, match=r"30 .* 50"):
        dct.mark(luma(photo), DATA, psnr=60)


def test_a_photo_without_a_mark_says_so(photo: np.ndarray, photographs: Path) -> None:
    for pixels in (photo, photo[:90, :70], cv2.imread(str(photographs / "brick.png"))):
        with pytest.raises(NoMessage):
            dct.reveal(luma(pixels))


@given(
    st.integers(1, 70), st.integers(1, 70), st.sampled_from(["noise", "flat", "waves"]), st.integers(0, 2**31)
)
@settings(max_examples=12)
def test_rubbish_holds_no_mark(height: int, width: int, kind: str, seed: int) -> None:
    chance = np.random.default_rng(seed)
    plane = np.full((height, width), 128, np.float32)
    if kind == "noise":
        plane = chance.uniform(0, 255, (height, width)).astype(np.float32)
    elif kind == "waves":
        plane += 60 * np.sin(np.arange(width) * chance.uniform(0.1, 3)).astype(np.float32)
    with pytest.raises(NoMessage):
        dct.reveal(plane)


def test_a_mark_too_weak_to_be_read_is_told(photo: np.ndarray) -> None:
    whole = dct.mark(luma(photo), b"x" * dct.capacity(600, 400))
    told = set()
    for quality in (95, 20, 4):
        try:
            dct.reveal(luma(jpeg(np.clip(photo + whole[..., None], 0, 255).astype(np.uint8), quality)))
            told.add("read")
        except (DamagedMessage, NoMessage) as error:
            told.add(type(error).__name__)
    assert told == {"read", "DamagedMessage", "NoMessage"}


def test_capacity_is_kept_and_told(photo: np.ndarray) -> None:
    fits = dct.capacity(600, 400)
    full = bytes(range(256))[:fits]
    mark = dct.mark(luma(photo), full)
    assert dct.reveal(luma(np.clip(photo + mark[..., None], 0, 255).astype(np.uint8)))[0] == full
    with pytest.raises(TooMuch, match=rf"{fits + 1} bytes .* holds {fits}"):
        dct.mark(luma(photo), full + b"x")
    with pytest.raises(dct.TooSmall):
        dct.mark(luma(photo[:60, :60]), b"")


@given(st.binary(max_size=30))
@settings(max_examples=8)
def test_any_bytes_come_back(data: bytes) -> None:
    """Zeros and end marks at the end among them."""
    chance = np.random.default_rng(1)
    plane = cv2.GaussianBlur(chance.uniform(0, 255, (256, 320)).astype(np.float32), (0, 0), 2)
    for tail in (b"", b"\0\0", b"\x80\0"):
        assert dct.reveal(plane + dct.mark(plane, data + tail)) == (data + tail, False)


def test_blocks_are_cosines_of_8_by_8() -> None:
    from scipy.fft import dctn

    plane = np.random.default_rng(0).normal(0, 10, (45, 70)).astype(np.float32)
    blocks = grid.to_blocks(plane)
    assert blocks.shape == (6, 9, 8, 8)
    assert np.allclose(blocks[2, 3], dctn(plane[16:24, 24:32], norm="ortho"), atol=1e-3)
    assert np.allclose(grid.from_blocks(blocks, 45, 70), plane, atol=1e-3)


@pytest.mark.parametrize("tile", dct.TILES)
def test_a_layout_uses_each_place_once(tile: int) -> None:
    plan = dct.layout(tile)
    assert sorted([*plan.pilots, *plan.slots]) == list(range(len(plan.signs)))
    assert abs(plan.signs.mean()) < 0.05


def test_each_size_of_block_comes_in_one_tile() -> None:
    assert sorted(size for tile in dct.TILES for size in dct.sizes_of(tile)) == list(dct.SIZES)
    for length in range(dct.SIZES[-1]):
        block = dct.padded(b"a" * length)
        assert len(block) in dct.SIZES and block.rstrip(b"\0")[:-1] == b"a" * length


@pytest.mark.parametrize(
    ("scale", "degrees", "shift"), [(1.0, 0, (0, 0)), (1.3, 0, (17, 40)), (0.8, 1.5, (90, 5))]
)
def test_the_template_tells_scale_turn_and_place(
    scale: float, degrees: float, shift: tuple[int, int]
) -> None:
    """Of noise with the template in it, the pose is found to a fraction of a pixel."""
    chance = np.random.default_rng(0)
    plane = chance.normal(128, 12, (640, 640)).astype(np.float32)
    plane += np.tile(sync.template(), (5, 5))
    turn = np.deg2rad(degrees)
    to_grid = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) / scale
    affine = np.hstack([to_grid, np.array(shift, float)[:, None]])
    side = int(400 * scale)
    seen = cv2.warpAffine(plane, affine, (side, side), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
    spectrum = sync.Spectrum(seen)
    matrix = sync.refined(spectrum, sync.candidates(spectrum, 0.5, 1.6)[0])
    pose = sync.placed(spectrum, matrix)
    corners = np.array([[0, 0], [side - 1, 0], [0, side - 1], [side - 1, side - 1]], float)
    error = corners @ pose.matrix.T + pose.shift - (corners @ to_grid.T + shift)
    assert np.abs((error + 64) % 128 - 64).max() < 0.5
