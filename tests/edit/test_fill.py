"""Filling holes: nothing outside changes, nothing hidden decides, and the ground goes on as it was."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from veduta.edit import holes
from veduta.edit.fill import METHODS, BadMask, EmptyMask, UnknownMethod, WholeMask, fill
from veduta.progress import Silent

OWN = [method for method in METHODS if method != "network"]


@pytest.fixture(scope="module")
def coffee(photographs: Path) -> np.ndarray:
    return np.asarray(Image.open(photographs / "coffee.png").convert("RGB"))[100:320, 60:280].copy()


def thin_and_thick(shape: tuple[int, ...]) -> np.ndarray:
    """A pole with a cable, and something as large as a person near it."""
    drawn = np.zeros(shape[:2], np.uint8)
    cv2.line(drawn, (30, 10), (50, 140), 1, 3)
    cv2.line(drawn, (10, 30), (140, 60), 1, 2)
    cv2.ellipse(drawn, (150, 150), (12, 24), 5, 0, 360, 1, -1)
    return drawn > 0


@pytest.mark.parametrize("method", OWN)
def test_pixels_outside_stay_to_the_bit_and_hidden_ones_decide_nothing(
    coffee: np.ndarray, method: str
) -> None:
    mask = thin_and_thick(coffee.shape)
    before = coffee.copy()
    first = fill(coffee, mask, method)
    assert (coffee == before).all()
    assert (first[~mask] == coffee[~mask]).all()
    assert (first[mask] != coffee[mask]).any()
    other = coffee.copy()
    other[mask] = np.random.default_rng(0).integers(0, 256, (int(mask.sum()), 3))
    assert (fill(other, mask, method) == first).all()


def test_a_photo_larger_than_the_working_scale_is_filled_at_full_size(coffee: np.ndarray) -> None:
    large = cv2.resize(coffee, (1500, 1300), interpolation=cv2.INTER_CUBIC)
    rng = np.random.default_rng(1)
    large = np.clip(large + rng.normal(0, 5, large.shape), 0, 255).astype(np.uint8)
    mask = np.zeros(large.shape[:2], bool)
    mask[600:1000, 700:708] = True
    mask[800:808, 300:1400] = True
    other = large.copy()
    other[mask] = (255, 0, 255)
    made = fill(other, mask)
    assert (made[~mask] == large[~mask]).all()
    error = made[mask].astype(float) - large[mask]
    assert np.sqrt((error**2).mean()) < 22
    # Nothing of the violet has come through.
    assert not ((made[mask].astype(int) - (255, 0, 255)).__abs__().sum(axis=1) < 60).any()
    fine = made.astype(np.float32) - cv2.GaussianBlur(made.astype(np.float32), (0, 0), 1.2)
    assert fine[mask].std() > 0.5 * fine[~mask].std()


@pytest.mark.parametrize("side", [260, 1600])
def test_sky_keeps_its_slope_and_its_grain(side: int) -> None:
    rng = np.random.default_rng(2)
    rows = np.linspace(90, 190, side)[:, None, None] + np.array([-30, 0, 40])
    sky = np.broadcast_to(rows, (side, side, 3))
    photo = np.clip(sky + rng.normal(0, 4, (side, side, 3)), 0, 255).astype(np.uint8)
    drawn = np.zeros((side, side), np.uint8)
    cv2.ellipse(drawn, (side // 2, side // 2), (side // 8, side // 5), 0, 0, 360, 1, -1)
    mask = drawn > 0
    hidden = photo.copy()
    hidden[mask] = 0
    made = fill(hidden, mask)
    calm = cv2.GaussianBlur(made.astype(np.float32), (0, 0), side / 60)
    inner = cv2.erode(drawn, np.ones((side // 20, side // 20), np.uint8)) > 0
    assert np.abs(calm - sky)[inner].max() < 6
    grain = made - calm
    assert 0.7 < grain[inner].std() / grain[~mask].std() < 1.3


def test_a_soft_mask_mixes_and_leaves_what_is_zero(coffee: np.ndarray) -> None:
    mask = thin_and_thick(coffee.shape)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2)
    soft[soft < 0.05] = 0
    made = fill(coffee, soft)
    assert (made[soft == 0] == coffee[soft == 0]).all()
    whole = fill(coffee, soft > 0)
    mixed = coffee + soft[..., None] * (whole.astype(float) - coffee)
    assert np.abs(made - mixed).max() < 0.51
    assert (fill(coffee, mask.astype(np.float64)) == fill(coffee, mask)).all()


def test_the_same_seed_gives_the_same_pixels(coffee: np.ndarray) -> None:
    mask = thin_and_thick(coffee.shape)
    assert (fill(coffee, mask, "texture", seed=3) == fill(coffee, mask, "texture", seed=3)).all()
    assert (fill(coffee, mask, "texture", seed=3) != fill(coffee, mask, "texture", seed=4)).any()


def test_gray_photos_stay_gray(coffee: np.ndarray) -> None:
    gray = np.repeat(coffee[..., 1:2], 3, axis=2)
    made = fill(gray, thin_and_thick(gray.shape)).astype(int)
    assert np.ptp(made, axis=2).max() <= 1


def test_what_cannot_be_filled_is_told(coffee: np.ndarray) -> None:
    empty = np.zeros(coffee.shape[:2], bool)
    with pytest.raises(EmptyMask, match="marks nothing"):
        fill(coffee, empty)
    with pytest.raises(EmptyMask):
        fill(coffee, empty.astype(np.float32))
    with pytest.raises(WholeMask, match="nothing is left"):
        fill(coffee, ~empty)
    with pytest.raises(BadMask, match=r"mask is 200 x 220 and the photo 220 x 220"):
        fill(coffee, np.ones((220, 200), bool))
    with pytest.raises(BadMask, match="int64"):
        fill(coffee, empty.astype(np.int64))
    with pytest.raises(BadMask, match="pixels are"):
        fill(coffee[..., 0], empty)
    with pytest.raises(UnknownMethod, match="magic"):
        fill(coffee, ~empty, "magic")  # type: ignore[arg-type]


@pytest.mark.parametrize("method", OWN)
@pytest.mark.parametrize("shape", [(1, 2), (2, 1), (1, 40), (3, 3), (7, 500), (20, 20), (64, 64)])
def test_small_and_narrow_photos(method: str, shape: tuple[int, int]) -> None:
    photo = np.full((*shape, 3), 77, np.uint8)
    photo[0, 0] = 250
    mask = np.zeros(shape, bool)
    mask[0, 0] = True
    assert np.abs(fill(photo, mask, method).astype(int) - 77).max() <= 1
    # All but one pixel: what is left is all that can be known.
    assert np.abs(fill(photo, ~mask, method).astype(int) - 250).max() <= 1


def test_one_pixel_alone_cannot_be_filled() -> None:
    with pytest.raises(WholeMask):
        fill(np.zeros((1, 1, 3), np.uint8), np.ones((1, 1), bool))


@pytest.mark.parametrize("method", OWN)
def test_holes_at_the_edges(coffee: np.ndarray, method: str) -> None:
    mask = np.zeros(coffee.shape[:2], bool)
    mask[:30, :25] = mask[-40:, 100:125] = mask[80:82, :] = mask[:, -2:] = True
    made = fill(coffee, mask, method)
    assert (made[~mask] == coffee[~mask]).all()


class Stopping(Silent):
    """Stops the work at the given step."""

    def __init__(self, after: int) -> None:
        self.left, self.total = after, 0

    def begin(self, what: str, total: int | None = None) -> None:
        self.total = total or 0

    def advance(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise KeyboardInterrupt


def test_progress_counts_holes_and_can_stop(coffee: np.ndarray) -> None:
    mask = np.zeros(coffee.shape[:2], bool)
    mask[20:24, 5:15] = mask[200:204, 190:200] = True
    before = coffee.copy()
    counted = Stopping(10)
    fill(coffee, mask, progress=counted)
    assert (counted.total, counted.left) == (2, 8)
    with pytest.raises(KeyboardInterrupt):
        fill(coffee, mask, progress=Stopping(1))
    assert (coffee == before).all()


@pytest.mark.parametrize("size", [(90, 130), (1500, 2300), (2047, 700)])
def test_holes_share_out_the_mask(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(sum(size))
    mask = np.zeros(size, bool)
    for _ in range(12):
        y, x = rng.integers(0, size[0]), rng.integers(0, size[1])
        mask[y : y + rng.integers(1, size[0] // 6), x : x + rng.integers(1, size[1] // 6)] = True
    counted = np.zeros(size, int)
    for hole in holes.find(mask):
        left, top, right, bottom = hole.box
        assert hole.crop[0] <= left < right <= hole.crop[2] and hole.crop[1] <= top < bottom <= hole.crop[3]
        assert (hole.others == mask[hole.rows, hole.columns]).all()
        counted[hole.rows, hole.columns] += hole.mask
    assert (counted == mask).all()


@pytest.mark.eval
def test_cranes_are_filled_better_than_by_the_fast_methods(eval_dir: Path) -> None:
    def errors(name: str) -> list[float]:
        before, clean, mask = (
            np.asarray(Image.open(eval_dir / "removal_synth" / f"{name}_{kind}.png").convert("RGB"))
            for kind in ("before", "clean", "mask")
        )
        hole = mask[..., 0] > 127
        marked = hole.astype(np.uint8)
        made = [fill(before, hole)] + [
            cv2.inpaint(before, marked, 3, way) for way in (cv2.INPAINT_TELEA, cv2.INPAINT_NS)
        ]
        return [float(((m[hole].astype(float) - clean[hole]) ** 2).mean()) for m in made]

    own, telea, navier = np.log10([errors("crane_21"), errors("crane_12")]).mean(axis=0)
    assert own < min(telea, navier) - 0.05
