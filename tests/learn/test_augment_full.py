"""Batches and data sets of full depth and with transparency, against naive recomputation."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from veduta.image.deep import layers
from veduta.image.samples import Samples
from veduta.learn.augment_batches import Batches
from veduta.learn.augment_recipe import Recipe
from veduta.learn.augment_step import BadRecipe
from veduta.learn.augment_targets import Example
from veduta.learn.augmented_set import PictureSet

LUCK = np.random.default_rng(4)
DEEP = LUCK.integers(0, 65536, (24, 32, 4)).astype(np.uint16)
FLAT = LUCK.integers(0, 256, (24, 32, 4)).astype(np.uint8)
FLIP = Recipe.made([{"do": "flip"}, {"do": "invert"}])


@pytest.fixture
def pictures(tmp_path: Path) -> PictureSet:
    """One of 8 bits, one of 16, both with transparency, and one without."""
    (tmp_path / "a").mkdir()
    Image.fromarray(FLAT).save(tmp_path / "a" / "flat.png")
    cv2.imwrite(str(tmp_path / "a" / "deep.png"), DEEP[..., [2, 1, 0, 3]])
    Image.fromarray(FLAT[..., :3]).save(tmp_path / "a" / "plain.png")
    return PictureSet.of(tmp_path)


def expected(stored: Samples, alpha: bool) -> np.ndarray:
    """Mirrored and inverted, in [0, 1]."""
    values = stored[:, ::-1] / np.float64(np.iinfo(stored.dtype).max)
    seen = values[..., 3:] if stored.shape[2] == 4 else np.ones_like(values[..., :1])
    if alpha:
        return np.concatenate([1 - values[..., :3], seen], axis=2)
    return 1 - (values[..., :3] * seen + 1 - seen)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("alpha", [False, True])
def test_batches_of_a_folder(pictures: PictureSet, deep: bool, alpha: bool) -> None:
    batches = Batches.of_set(pictures, FLIP, (32, 24), shuffle=False, deep=deep, alpha=alpha)
    x, _ = next(iter(batches.rounds(0, 1)))
    assert x.dtype == np.float32 and x.shape == (3, 24, 32, 4 if alpha else 3)
    for got, stored in zip(x, (DEEP, FLAT, FLAT[..., :3]), strict=True):  # in order of names
        fine = stored.dtype == np.uint16 and deep
        # 16 bits that are read in 8 are rounded twice.
        assert np.abs(got - expected(stored, alpha)).max() < (1.01 / 65535 if fine else 2.01 / 255)
    assert len(np.unique(x[0])) > (1000 if deep else 0)


@pytest.mark.parametrize("alpha", [False, True])
def test_batches_of_arrays(alpha: bool) -> None:
    x = np.stack([DEEP, DEEP[::-1]])[..., : 4 if alpha else 3]
    batches = Batches.of_arrays(x, np.array([0, 1]), FLIP, shuffle=False, deep=True, alpha=alpha)
    made, _ = next(iter(batches.rounds(0, 1)))
    for got, stored in zip(made, x, strict=True):
        assert np.abs(got - expected(stored, alpha)).max() < 1.01 / 65535
    with pytest.raises(BadRecipe, match="uint8"):
        Batches.of_arrays(x[..., :3], np.array([0, 1]), FLIP)
    with pytest.raises(BadRecipe, match="channels"):
        Batches.of_arrays(x, np.array([0, 1]), FLIP, deep=True, alpha=not alpha)


def test_a_data_set_of_pytorch(pictures: PictureSet) -> None:
    pytest.importorskip("torch")
    from veduta.learn.augment_dataset import AugmentedPictures

    made, kind = AugmentedPictures(pictures, FLIP, deep=True, alpha=True)[0]
    assert kind == 0 and tuple(made.shape) == (4, 24, 32)
    assert np.abs(made.permute(1, 2, 0).numpy() - expected(DEEP, True)).max() < 1.01 / 65535
    plain, _ = AugmentedPictures(pictures, FLIP)[1]
    assert np.abs(plain.permute(1, 2, 0).numpy() - expected(FLAT, False)).max() < 1.01 / 255


def test_transparency_moves_along() -> None:
    """As a picture of its own would; outside, where nothing is repeated, there is nothing."""
    colors, seen = FLAT[..., :3].copy(), FLAT[..., 3].copy()
    for step in (
        {"do": "rotate", "degrees": 20, "fill": "reflect"},
        {"do": "shift", "x": 0.2, "fill": "constant"},
        {"do": "crop", "width": 20, "height": 20},
        {"do": "perspective", "fill": "nearest"},
        {"do": "elastic", "fill": "constant"},
        {"do": "flip"},
        {"do": "turn", "quarters": 1},
    ):
        recipe = Recipe.made([step])
        made = recipe.apply(Example(colors, alpha=seen), 7)
        alone = recipe.apply(Example(np.repeat(seen[..., None], 3, axis=2)), 7).pixels[..., 0]
        assert made.alpha is not None and np.array_equal(made.alpha, alone), step
        assert np.array_equal(made.pixels, recipe.apply(Example(colors), 7).pixels)
    for step in (
        {"do": "hue"},
        {"do": "gamma"},
        {"do": "noise"},
        {"do": "blur"},
        {"do": "cutout"},
        {"do": "jpeg"},
    ):
        kept = Recipe.made([step]).apply(Example(colors, alpha=seen), 7).alpha
        assert kept is seen


def test_transparency_is_mixed_like_colors() -> None:
    other = Example(FLAT[::-1, :, :3].copy(), classes={"b": 1.0})
    mixup = Recipe.made([{"do": "mixup", "share": 0.25}])
    made = mixup.apply(Example(FLAT[..., :3].copy(), alpha=FLAT[..., 3].copy()), 3, lambda _: other)
    assert made.alpha is not None
    assert np.abs(made.alpha - (0.75 * FLAT[..., 3] + 0.25 * 255)).max() <= 0.51
    cutmix = Recipe.made([{"do": "cutmix", "area": 0.3}])
    pasted = cutmix.apply(
        Example(FLAT[..., :3].copy(), alpha=np.zeros((24, 32), np.uint8)), 3, lambda _: other
    )
    assert pasted.alpha is not None
    there = (pasted.pixels == FLAT[::-1, :, :3]).all(2) & (pasted.pixels != FLAT[..., :3]).any(2)
    assert set(np.unique(pasted.alpha)) == {0, 255} and (pasted.alpha[there] == 255).all()


def test_layers_of_files(tmp_path: Path) -> None:
    Image.fromarray(FLAT).save(tmp_path / "a.png")
    found = layers(tmp_path / "a.png")
    assert found is not None
    assert np.array_equal(found[0], FLAT[..., :3]) and np.array_equal(found[1], FLAT[..., 3])
    Image.fromarray(FLAT[..., :2], "LA").save(tmp_path / "b.png")
    gray = layers(tmp_path / "b.png")
    assert gray is not None and (gray[0] == FLAT[..., :1]).all()
    Image.fromarray(FLAT[..., :3]).save(tmp_path / "c.png")
    Image.fromarray(FLAT[..., :3]).save(tmp_path / "d.jpg")
    assert layers(tmp_path / "c.png") is None and layers(tmp_path / "d.jpg") is None
