"""Colors, noise, blur and cut-out against plain recomputation; mixing; loaders."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veduta.learn.augment_blur import line
from veduta.learn.augment_luck import Luck
from veduta.learn.augment_noise import Grain, Speckles
from veduta.learn.augment_recipe import Recipe
from veduta.learn.augment_step import REGISTRY, BadRecipe
from veduta.learn.augment_targets import Example, Thing, corners, covered

SIZE = (61, 47)
LUMA = np.array([0.299, 0.587, 0.114])


def picture(seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)


def done(*steps: dict[str, object], pixels: np.ndarray | None = None, seed: int = 1) -> np.ndarray:
    return Recipe.made(steps).apply(Example(picture() if pixels is None else pixels), seed).pixels


def rounded(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255)


def apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other).max())


@pytest.mark.parametrize(
    ("step", "truth", "slack"),
    [
        ({"do": "brightness", "factor": 0.37}, lambda x: x * 0.37, 0.51),
        ({"do": "brightness", "factor": 1.9}, lambda x: x * 1.9, 0.51),
        ({"do": "contrast", "factor": 1.7}, lambda x: 127.5 + 1.7 * (x - 127.5), 0.51),
        ({"do": "contrast", "factor": 0.4}, lambda x: 127.5 + 0.4 * (x - 127.5), 0.51),
        ({"do": "channel_shift", "amount": 33.0, "each": "same"}, lambda x: x + 33, 0.51),
        ({"do": "channel_shift", "amount": -41, "each": "own"}, lambda x: x - 41, 0.51),
        ({"do": "invert"}, lambda x: 255 - x, 0),
        ({"do": "gamma", "power": 1.6}, lambda x: 255 * (x / 255) ** 1.6, 0.51),
        ({"do": "posterize", "bits": 3}, lambda x: x // 32 * 32, 0),
        ({"do": "solarize", "threshold": 100}, lambda x: np.where(x >= 100, 255 - x, x), 0),
        ({"do": "gray"}, lambda x: np.repeat((x @ LUMA)[..., None], 3, 2), 1.01),
        ({"do": "saturation", "factor": 1.8}, lambda x: 1.8 * x - 0.8 * (x @ LUMA)[..., None], 1.01),
        ({"do": "channel_isolate", "channel": "green"}, lambda x: x * [0, 1, 0], 0),
        ({"do": "channel_isolate", "channel": "blue", "gray": True}, lambda x: x[..., [2, 2, 2]], 0),
        ({"do": "hue", "degrees": 0}, lambda x: x, 1.01),
    ],
)
def test_colors_are_what_they_say(step, truth, slack) -> None:  # type: ignore[no-untyped-def]
    pixels = picture()
    expected = np.clip(truth(pixels.astype(float)), 0, 255)
    assert apart(done(step), expected) <= slack


def test_hue_keeps_gray_and_light() -> None:
    gray = np.repeat(picture()[..., :1], 3, axis=2)
    assert apart(done({"do": "hue", "degrees": 120}, pixels=gray), gray) <= 1
    soft = (picture() // 4 + 96).astype(np.uint8)  # nothing is cut off
    turned = done({"do": "hue", "degrees": 77}, pixels=soft)
    assert np.abs(turned @ LUMA - soft @ LUMA).max() < 1.5
    back = done({"do": "hue", "degrees": 77}, {"do": "hue", "degrees": -77}, pixels=soft)
    assert apart(back, soft) <= 1


def test_red_turned_by_a_third_is_green() -> None:
    red = np.full((4, 4, 3), (160, 80, 80), np.uint8)
    made = done({"do": "hue", "degrees": 120}, pixels=red)[0, 0]
    assert made.argmax() == 1 or made.argmax() == 2
    other = done({"do": "hue", "degrees": -120}, pixels=red)[0, 0]
    assert {int(made.argmax()), int(other.argmax())} == {1, 2}


COLORS = ("brightness", "contrast", "saturation", "hue", "channel_shift", "gamma", "invert", "posterize")


@settings(max_examples=60)
@given(st.lists(st.sampled_from(COLORS), min_size=2, max_size=4), st.integers(0, 10**6))
def test_neighbors_as_one_are_like_one_by_one(names: list[str], seed: int) -> None:
    """Within the rounding of each step; where steps cut off, one pass keeps more."""
    soft = (picture(seed) // 8 + 112).astype(np.uint8)
    recipe = Recipe.made([{"do": name} for name in names])
    luck, one_by_one = Luck(seed), Example(soft)
    for step in recipe.steps:
        change = step.draw(luck, SIZE)
        assert change is not None
        one_by_one = change.apply(one_by_one)
    at_once = recipe.apply(Example(soft), seed).pixels
    if "posterize" in names or "gamma" in names or "invert" in names:
        close = np.abs(at_once.astype(int) - one_by_one.pixels)
        assert np.median(close) <= 2  # a step of rounding may be a step of posterizing
    else:
        assert apart(at_once, one_by_one.pixels) <= 1.5 * len(names) + 1


@pytest.mark.parametrize("sigma", [0.7, 3.0, 12.0, 40.0])
@pytest.mark.parametrize("gray", [False, True])
def test_noise_is_gaussian(sigma: float, gray: bool) -> None:
    flat = Example(np.full((256, 256, 3), 127, np.uint8))
    noise = Grain(sigma, 5, gray).apply(flat).pixels.astype(float) - 127
    assert abs(noise.mean()) < 0.05 + sigma / 100
    assert noise.std() == pytest.approx(sigma, rel=0.04)
    if sigma > 2:
        assert (np.abs(noise) > 2 * sigma).mean() == pytest.approx(0.0455, abs=0.018)
        kurtosis = (noise**4).mean() / noise.var() ** 2
        assert kurtosis == pytest.approx(3, abs=0.3)
    one, other = noise[..., 0].ravel(), noise[..., 1].ravel()
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(1.0 if gray else 0.0, abs=0.02)
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 0.02


def test_speckles_are_as_many_as_asked_for() -> None:
    flat = Example(np.full((100, 120, 3), 127, np.uint8))
    for share in (0.01, 0.1, 0.6):
        made = Speckles(share, 0.25, 3).apply(flat).pixels
        assert (made == 255).all(2).sum() == round(0.25 * round(share * 12000))
        assert (made == 0).all(2).sum() == round(share * 12000) - round(0.25 * round(share * 12000))


@given(st.floats(1, 40), st.floats(0, 2 * np.pi))
def test_motion_goes_along_its_line(length: float, angle: float) -> None:
    weights = line(length, angle)
    ys, xs = np.mgrid[: len(weights), : len(weights)] - (len(weights) // 2)
    assert weights.sum() == pytest.approx(1, abs=1e-4) and weights.min() >= 0
    assert abs((weights * xs).sum()) < 1e-3 and abs((weights * ys).sum()) < 1e-3
    across = (weights * (xs * np.sin(angle) - ys * np.cos(angle)) ** 2).sum()
    along = (weights * (xs * np.cos(angle) + ys * np.sin(angle)) ** 2).sum()
    # Drawn softly, a line is up to a pixel longer at either end.
    assert across < 0.5 and length**2 / 12 - 0.75 - length / 4 <= along <= (length + 2) ** 2 / 12 + 0.5


def test_jpeg_keeps_colors_in_their_channels() -> None:
    smooth = cv2.resize(picture(size=(8, 6)), SIZE, interpolation=cv2.INTER_CUBIC)
    made = done({"do": "jpeg", "quality": 95}, pixels=smooth)
    assert np.abs(made.astype(float) - smooth).mean() < 4


def test_blur_is_a_gaussian_mean() -> None:
    spot = np.zeros((61, 61, 3), np.uint8)
    spot[30, 30] = 255
    made = done({"do": "blur", "sigma": 1.5}, pixels=spot)[..., 0].astype(float)
    ys, xs = np.mgrid[:61, :61]
    expected = 255 * np.exp(-((xs - 30) ** 2 + (ys - 30) ** 2) / (2 * 1.5**2)) / (2 * np.pi * 1.5**2)
    assert np.abs(made - expected).max() < 2


def test_cutout_hides_what_is_under_it() -> None:
    box = Thing.of_box(
        (10.0, 10.0, 20.0, 10.0), points=np.array([[12.5, 12.5, 2.0], [28.0, 18.0, 2], [0, 0, 0]])
    )
    half = covered(box, [(10.0, 0.0, 10.0, 40.0), (15.0, 5.0, 5.0, 10.0)])
    assert half.visible == pytest.approx(0.5) and half.box == box.box
    assert half.points[:, 2].tolist() == [1, 2, 0]
    whole = Recipe.made([{"do": "cutout", "area": 0.9, "aspect": 61 / 47, "holes": 3}])
    made = whole.apply(Example(picture(), (box,)), 4)
    assert made.things == ()
    pixels = picture()
    changed = (done({"do": "cutout", "holes": 1, "area": 0.1, "fill": "white"}) != pixels).any(2)
    ys, xs = np.nonzero(changed)
    hole = (np.ptp(xs) + 1) * (np.ptp(ys) + 1)
    assert hole == pytest.approx(0.1 * pixels.shape[0] * pixels.shape[1], rel=0.1)


def test_cutmix_shares_are_areas_and_things_stay_in_their_parts() -> None:
    one = Example(picture(1), (Thing(corners((0.0, 0.0, 61.0, 47.0)), kind=1),), classes={"one": 1.0})
    other = Example(
        np.zeros((20, 30, 3), np.uint8), (Thing.of_box((0, 0, 30, 20), kind=2),), classes={"other": 1.0}
    )
    made = Recipe.made([{"do": "cutmix", "area": 0.3}]).apply(one, 3, lambda seed: other)
    pasted = (made.pixels == 0).all(2)
    assert made.classes["other"] == pytest.approx(pasted.mean(), abs=0.001)
    assert sum(made.classes.values()) == pytest.approx(1)
    back, front = sorted(made.things, key=lambda thing: thing.kind)
    assert back.visible == pytest.approx(1 - pasted.mean(), abs=0.001)
    assert front.area == pytest.approx(pasted.sum(), abs=1)


def test_dice_are_even_and_stay_the_same() -> None:
    luck = Luck(7)
    assert [luck.getrandbits(16) for _ in range(3)] == [60093, 62343, 38902]
    draws = np.array([luck.random() for _ in range(20000)])
    assert draws.min() >= 0 and draws.max() < 1
    counts = np.histogram(draws, 20, (0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 45  # chi-squared of 19 degrees: one in a thousand
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.02
    assert {luck.randint(-2, 2) for _ in range(200)} == {-2, -1, 0, 1, 2}
    assert Luck(8).getrandbits(64) != Luck(7).getrandbits(64)


def test_without_a_partner_mixing_is_left_out() -> None:
    recipe = Recipe.made([{"do": "mixup"}, {"do": "cutmix"}])
    np.testing.assert_array_equal(recipe.apply(Example(picture()), 1).pixels, picture())


def test_what_comes_in_is_never_changed() -> None:
    for name in REGISTRY:
        pixels = picture(2)
        things = (
            Thing.of_box((5, 5, 30, 30), mask=np.ones((47, 61), bool), points=np.array([[9.0, 9.0, 2.0]])),
        )
        example = Example(pixels, things, labels=np.ones((47, 61), np.uint8), classes={"a": 1.0})
        Recipe.made([{"do": name}]).apply(example, 3, lambda seed: Example(picture(3)))
        np.testing.assert_array_equal(pixels, picture(2))
        assert things[0].mask.all() and things[0].points.tolist() == [[9, 9, 2]]
        assert (example.labels == 1).all()


def test_every_step_draws_the_same_from_the_same_seed() -> None:
    for name in REGISTRY:
        recipe = Recipe.made([{"do": name}])
        one, two = (recipe.apply(Example(picture()), 7, lambda s: Example(picture(s % 9))) for _ in range(2))
        np.testing.assert_array_equal(one.pixels, two.pixels)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2)])
def test_tiny_pictures_go_through_every_step(size: tuple[int, int]) -> None:
    for name in REGISTRY:
        for seed in range(3):
            example = Example(picture(size=size), (Thing.of_box((0, 0, *size)),))
            made = Recipe.made([{"do": name}]).apply(example, seed, lambda s: Example(picture(s % 9)))
            assert made.checked().pixels.size


def test_pixels_must_be_pixels() -> None:
    with pytest.raises(BadRecipe, match="uint8"):
        Example(np.zeros((4, 4), np.uint8)).checked()
    with pytest.raises(BadRecipe, match="sizes must be equal"):
        Example(picture(), labels=np.zeros((4, 4), np.uint8)).checked()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(5):
        path = tmp_path / "cd"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), picture(number))
    return tmp_path


def test_batches_are_the_same_with_any_number_of_workers() -> None:
    from veduta.learn.augment_batches import Batches

    x = np.stack([picture(n) for n in range(11)])
    y = np.arange(11) % 3
    recipe = Recipe.made([{"do": "rotate"}, {"do": "noise"}, {"do": "mixup", "chance": 0.5}])
    taken = []
    for workers in (1, 3):
        batches = Batches.of_arrays(x, y, recipe, batch=4, workers=workers)
        assert len(batches) == 3
        stream = iter(batches)
        taken.append([next(stream) for _ in range(7)])  # into the third round
        stream.close()
    for (x1, y1), (x2, y2) in zip(*taken, strict=True):
        np.testing.assert_array_equal(x1, x2)
        np.testing.assert_array_equal(y1, y2)
    sizes = [len(one) for one, _ in taken[0]]
    assert sizes == [4, 4, 3, 4, 4, 3, 4]
    first = taken[0][0]
    assert first[0].dtype == np.float32 and first[0].min() >= 0 and first[0].max() <= 1
    np.testing.assert_allclose(first[1].sum(1), 1, atol=1e-6)
    assert not np.array_equal(taken[0][0][0], taken[0][3][0])  # another round, other pictures


def test_memory_of_batches_is_filled_again_once_nobody_holds_it() -> None:
    from veduta.learn.augment_batches import Spare

    spare = Spare(most=1)
    first = spare.take((3, 4))
    first[:] = 7
    part = first[1:].T[2:]
    del first
    second = spare.take((3, 4))
    second[:] = 0
    assert (part == 7).all() and not np.shares_memory(part, second)  # a view of a view holds it
    where = part.base.__array_interface__["data"][0]
    del part
    third = spare.take((2, 5))
    assert third.__array_interface__["data"][0] == where and third.flags.writeable and third.flags.aligned
    larger = spare.take((9, 9))
    assert larger.shape == (9, 9) and not np.shares_memory(larger, third)


def test_batches_hold_each_picture_once_a_round(folder: Path) -> None:
    from veduta.learn.augment_batches import Batches
    from veduta.learn.augmented_set import PictureSet

    x = [np.full((6, 8, 3), 10 * n, np.uint8) for n in range(9)]
    batches = Batches.of_arrays(x, np.arange(9), Recipe.made([{"do": "flip"}]), batch=4, scale=1.0)
    seen = np.concatenate([one[:, 0, 0, 0] for one, _ in batches.rounds(0, 1)])
    assert sorted(seen.tolist()) == [10.0 * n for n in range(9)]
    kinds = np.concatenate([y.argmax(1) for _, y in batches.rounds(0, 1)])
    np.testing.assert_array_equal(kinds * 10, seen)
    of_set = Batches.of_set(PictureSet.of(folder), Recipe.usual(), (32, 24), batch=5)
    pictures, shares = next(iter(of_set.rounds(0, 1)))
    assert pictures.shape == (5, 24, 32, 3) and shares.sum(0).tolist() == [3, 2]
    with pytest.raises(BadRecipe, match="as many of each"):
        Batches.of_arrays(x, np.arange(3), Recipe.usual())


def test_a_data_set_of_pytorch(folder: Path) -> None:
    torch = pytest.importorskip("torch")
    from veduta.learn.augment_dataset import AugmentedPictures
    from veduta.learn.augmented_set import PictureSet

    pictures = PictureSet.of(folder)
    data = AugmentedPictures(pictures, Recipe.usual(), size=(40, 30))
    loaded = next(iter(torch.utils.data.DataLoader(data, batch_size=5)))
    assert loaded[0].shape == (5, 3, 30, 40) and loaded[0].dtype == torch.float32
    assert sorted(loaded[1].tolist()) == [0, 0, 0, 1, 1]
    assert torch.equal(data[2][0], loaded[0][2])
    data.set_epoch(1)
    assert not torch.equal(data[2][0], loaded[0][2])
    with pytest.raises(BadRecipe, match="shares"):
        AugmentedPictures(pictures, Recipe.made([{"do": "mixup"}]))
    mixed = AugmentedPictures(pictures, Recipe.made([{"do": "mixup", "share": 0.25}]), "shares")
    assert sorted(round(v, 2) for v in mixed[0][1].tolist()) in ([0.0, 1.0], [0.25, 0.75])
    with pytest.raises(BadRecipe, match="no labels"):
        AugmentedPictures(pictures, Recipe.usual(), "things")


def test_things_for_detectors() -> None:
    pytest.importorskip("torch")
    from veduta.learn.augment_dataset import things

    mask = np.zeros((47, 61), bool)
    mask[5:10, 5:20] = True
    one = Thing.of_box((5.0, 5.0, 15.0, 5.0), kind=3, mask=mask, points=np.array([[6.0, 6.0, 2.0]]))
    told = things(Example(picture(), (one, Thing(None, points=np.array([[1.0, 1.0, 2.0]])))), 4)
    assert told["boxes"].tolist() == [[5, 5, 20, 10]] and told["labels"].tolist() == [3]
    assert told["masks"].sum() == 75 and told["keypoints"].shape == (1, 1, 3) and told["image_id"] == 4
    assert things(Example(picture()))["boxes"].shape == (0, 4)
