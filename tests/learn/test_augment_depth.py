"""Augmentation of pictures of 16 bits: by naive recomputation, alike to that of 8 bits, and as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from skimage import data

from veduta.image.decode import read
from veduta.image.samples import Samples, eight, sixteen
from veduta.learn.augment_files import augment
from veduta.learn.augment_recipe import Recipe
from veduta.learn.augment_step import REGISTRY
from veduta.learn.augment_targets import Example
from veduta.learn.augmented_set import PictureSet

WHITE = 65535
MIXING = {"mixup", "cutmix"}


@pytest.fixture(scope="module")
def photo() -> Samples:
    """A photograph in which all 16 bits are in use."""
    plain = data.astronaut()[:96, 100:228].astype(np.float64)
    return np.rint(cv2.GaussianBlur(plain, (0, 0), 1.2) * 240 + 1500).astype(np.uint16)


def made(pixels: Samples, seed: int = 5, other: Samples | None = None, **step: Any) -> Samples:
    recipe = Recipe.of({"seed": 1, "step": [step]})
    partner = None if other is None else (lambda seed: Example(other))
    return recipe.apply(Example(pixels), seed, partner).pixels


def off(out: Samples, expected: Any) -> float:
    """The largest difference in codes of 16 bits."""
    assert out.dtype == np.uint16
    return float(np.abs(out - np.clip(expected, 0, WHITE)).max())


def test_colors_by_naive_recomputation(photo: Samples) -> None:
    plain = photo.astype(float)
    assert off(made(photo, do="brightness", factor=1.37), plain * 1.37) < 0.6
    assert off(made(photo, do="contrast", factor=1.5), (plain - 127.5 * 257) * 1.5 + 127.5 * 257) < 0.6
    assert off(made(photo, do="channel_shift", each="same", amount=-20), plain - 20 * 257) < 0.6
    assert off(made(photo, do="invert"), WHITE - plain) == 0
    assert off(made(photo, do="gamma", power=0.6), (plain / WHITE) ** 0.6 * WHITE) < 0.6
    luma = plain @ np.array([0.299, 0.587, 0.114])
    assert off(made(photo, do="saturation", factor=0.4), luma[..., None] * 0.6 + plain * 0.4) < 3
    assert off(made(photo, do="gray"), np.repeat(luma[..., None], 3, axis=2)) < 3
    bright = photo >= 200 * 257
    assert off(made(photo, do="solarize", threshold=200), np.where(bright, WHITE - plain, plain)) < 0.6


def test_moves_by_naive_recomputation(photo: Samples) -> None:
    assert np.array_equal(made(photo, do="flip"), photo[:, ::-1])
    turned = made(photo, do="turn")
    assert turned.dtype == np.uint16 and sorted(turned.ravel()) == sorted(photo.ravel())
    moved = made(photo, do="rotate", degrees=20, fill="constant", gray=100)
    assert len(np.unique(moved)) > 10_000 and (moved[0, 0] == 100 * 257).all()
    reals = made(np.asarray(photo, np.float32), do="rotate", degrees=20, fill="constant", gray=100)
    inside = cv2.erode((np.abs(moved.astype(int) - 25700) > 0).all(2).astype(np.uint8), np.ones((9, 9))) > 0
    assert np.abs(moved - reals)[inside].max() < 3


def test_noise_is_as_strong_and_finer(photo: Samples) -> None:
    even = np.full((200, 200, 3), 30000, np.uint16)
    for sigma in (1.5, 12.0, 40.0):
        out = made(even, do="noise", sigma=sigma).astype(float) - 30000
        assert abs(out.mean()) < 257 * sigma / 50 and abs(out.std() / (257 * sigma) - 1) < 0.03
    assert len(np.unique(made(even, do="noise", sigma=12))) > 5000
    speckled = made(even, do="salt_pepper", share=0.1)
    assert set(np.unique(speckled)) == {0, 30000, WHITE}


@pytest.mark.parametrize("name", REGISTRY)
def test_every_step_does_the_same_in_both_depths(name: str) -> None:
    flat = np.ascontiguousarray(data.astronaut()[:96, 100:228])
    other = np.ascontiguousarray(data.astronaut()[200:296, 100:228]) if name in MIXING else None
    for seed in range(3):
        shallow = made(flat, seed, other, do=name)
        deep = made(sixteen(flat), seed, other, do=name)
        assert deep.dtype == np.uint16 and deep.shape == shallow.shape
        if name != "noise":  # of which each depth has its own
            assert np.abs(deep / 257 - shallow).mean() < 0.5
            # A threshold, or a bit, may fall otherwise between two codes.
            assert np.quantile(np.abs(deep / 257 - shallow), 0.99) < 1.1 or name in {"posterize"}


def test_pictures_of_other_depths_are_mixed(photo: Samples) -> None:
    other = np.ascontiguousarray(data.astronaut()[200:296, 100:228])
    out = made(photo, 5, other, do="mixup", share=0.25)
    assert off(out, 0.75 * photo + 0.25 * 257 * other.astype(float)) < 1
    assert made(other, 5, photo, do="mixup", share=0.25).dtype == np.uint8


def test_png_keeps_16_bits_and_jpeg_has_8(tmp_path: Path, photo: Samples) -> None:
    (tmp_path / "in").mkdir()
    assert cv2.imwrite(str(tmp_path / "in" / "deep.png"), photo[..., ::-1])
    assert cv2.imwrite(str(tmp_path / "in" / "flat.png"), eight(photo)[..., ::-1])
    recipe = Recipe.of({"seed": 3, "step": [{"do": "flip"}]})
    pictures = PictureSet.of(tmp_path / "in")
    augment(pictures, recipe, tmp_path / "png", 1, "png")
    augment(pictures, recipe, tmp_path / "jpeg", 1, "jpeg")
    deep = next((tmp_path / "png").glob("deep*.png"))
    assert np.array_equal(cv2.imread(str(deep), cv2.IMREAD_UNCHANGED)[..., ::-1], photo[:, ::-1])
    flat = next((tmp_path / "png").glob("flat*.png"))
    assert np.array_equal(cv2.imread(str(flat), cv2.IMREAD_UNCHANGED)[..., ::-1], eight(photo)[:, ::-1])
    assert (
        np.abs(read(next((tmp_path / "jpeg").glob("deep*.jpg"))).astype(int) - eight(photo)[:, ::-1]).max()
        < 30
    )
    # With a longest side, it is made smaller in 16 bits.
    augment(PictureSet.of(tmp_path / "in", side=64), recipe, tmp_path / "small", 1, "png")
    small = cv2.imread(str(next((tmp_path / "small").glob("deep*.png"))), cv2.IMREAD_UNCHANGED)
    assert small.dtype == np.uint16 and small.shape == (48, 64, 3) and len(np.unique(small)) > 3000
