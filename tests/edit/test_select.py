"""Smart selection: drawn shapes whose truth is known, corrections by further clicks, refusals."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from veduta.edit.fill import BadMask
from veduta.edit.select import Click, select
from veduta.image.decode import read
from veduta.image.photo import Pixels


def scene(scale: int = 1) -> tuple[Pixels, np.ndarray, np.ndarray]:
    """A red disk and a blue square on textured gray; their masks."""
    dice = np.random.default_rng(5)
    pixels = dice.normal(130, 9, (300, 400, 3))
    rows, columns = np.indices((300, 400))
    disk = (rows - 110) ** 2 + (columns - 120) ** 2 <= 60**2
    square = np.zeros((300, 400), bool)
    square[150:250, 260:350] = True
    pixels[disk] = dice.normal((190, 50, 40), 12, (int(disk.sum()), 3))
    pixels[square] = dice.normal((30, 70, 180), 12, (int(square.sum()), 3))
    picture = np.clip(pixels, 0, 255).astype(np.uint8)
    if scale > 1:
        picture = np.asarray(
            cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8
        )
        disk, square = (np.kron(m, np.ones((scale, scale), bool)) for m in (disk, square))
    return picture, disk, square


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize("scale", [1, 5])
def test_a_click_takes_the_thing_under_it(scale: int) -> None:
    picture, disk, square = scene(scale)
    assert iou(select(picture, [Click(120 * scale, 110 * scale)]), disk) > 0.95
    assert iou(select(picture, [Click(300 * scale, 200 * scale)]), square) > 0.95


def test_a_box_takes_what_is_in_it() -> None:
    picture, disk, square = scene()
    assert iou(select(picture, box=(50, 40, 140, 140)), disk) > 0.95
    assert iou(select(picture, box=(255, 145, 100, 110)), square) > 0.95


def test_a_box_is_not_left_empty_for_colors_that_are_also_around(photographs: Path) -> None:
    """A face of a cat in front of the same cat: colors alone take it for background."""
    cat = read(photographs / "chelsea.png")
    pasted = cat.copy()
    rows, columns = np.indices((90, 126))
    oval = (rows - 45) ** 2 / 45**2 + (columns - 63) ** 2 / 63**2 < 1
    small = cv2.resize(cat, (126, 84), interpolation=cv2.INTER_AREA)
    pasted[120:210, 178:304][oval] = cv2.resize(small, (126, 90))[oval]
    truth = np.zeros(cat.shape[:2], bool)
    truth[120:210, 178:304] = oval
    assert iou(select(pasted, box=(178, 120, 126, 90)), truth) > 0.7


def test_a_photo_that_is_no_multiple_of_its_reduced_size() -> None:
    picture, disk, _ = scene(5)
    assert iou(select(picture[:-3, :-4], [Click(600, 550)]), disk[:-3, :-4]) > 0.95
    corner = np.zeros((1499, 1997, 3), np.uint8)
    corner[1300:, 1700:] = (180, 60, 40)
    assert select(corner, [Click(1996, 1498)])[1300:, 1700:].mean() > 0.95


def test_clicks_correct_one_another() -> None:
    picture, disk, square = scene()
    both = select(picture, [Click(120, 110), Click(300, 200)])
    assert iou(both, disk | square) > 0.93
    assert iou(select(picture, [Click(120, 110), Click(300, 200, False)]), disk) > 0.95
    more = select(picture, [Click(300, 200)], mask=disk)
    assert iou(more, disk | square) > 0.93
    less = select(picture, [Click(300, 200, False)], mask=disk | square)
    assert iou(less, disk) > 0.9


def test_a_click_keeps_its_thing_when_its_like_is_refused(photographs: Path) -> None:
    """Cup and saucer are of one red: without the saucer, the cup is left."""
    pixels = read(photographs / "coffee.png")
    for x, y in ((120, 320), (110, 300)):
        chosen = select(pixels, [Click(300, 220), Click(x, y, False)])
        assert chosen[220, 300] and not chosen[y, x]
        assert chosen.sum() > 8000


def test_the_same_click_gives_the_same_mask(photographs: Path) -> None:
    pixels = read(photographs / "coffee.png")
    first = select(pixels, [Click(300, 220)])
    np.testing.assert_array_equal(select(pixels, [Click(300, 220)]), first)
    assert first[220, 300] and first.shape == pixels.shape[:2]


def test_the_saucer_by_a_box(photographs: Path) -> None:
    mask = select(read(photographs / "coffee.png"), box=(70.0, 10.0, 360.0, 385.0))
    for x, y in ((100, 250), (250, 350), (220, 260)):
        assert mask[y, x], (x, y)
    for x, y in ((20, 20), (560, 380), (580, 20)):
        assert not mask[y, x], (x, y)


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (3, 300)])
def test_tiny_photos_do_no_harm(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    assert select(pixels, [Click(0, 0)])[0, 0]
    assert select(pixels, box=(0, 0, size[1], size[0])).shape == size


def test_nonsense_is_refused() -> None:
    picture, disk, _ = scene()
    with pytest.raises(BadMask, match="nothing to select"):
        select(picture)
    with pytest.raises(BadMask, match="nothing to select"):
        select(picture, [Click(3, 3, False)])
    with pytest.raises(BadMask, match="outside of the photo of 400 x 300"):
        select(picture, [Click(400, 3)])
    with pytest.raises(BadMask, match="nothing of the photo"):
        select(picture, box=(500, 10, 20, 20))
    with pytest.raises(BadMask, match="make one at the photo's size"):
        select(picture, [Click(3, 3)], mask=disk[:50])
