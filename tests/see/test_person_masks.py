"""Masks of persons: geometry recomputed, real photographs, and two people who stand in front of each other."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from veduta.image.decode import load, read
from veduta.image.photo import Photo
from veduta.nets.store import ModelStore
from veduta.see.outline import by_color, fine
from veduta.see.patch import Patch
from veduta.see.person_masks import PersonMasks, _moved, _seen, _Square, person_mask

ASTRONAUT = (5.0, 2.0, 410.0, 510.0)


@pytest.fixture(scope="module")
def networks(store: ModelStore) -> PersonMasks:
    return PersonMasks(store)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))


def test_a_square_is_seen_where_it_lies() -> None:
    """A ramp of coordinates tells for each pixel of the input where it came from."""
    rows, columns = np.mgrid[:200, :240]
    pixels = np.stack([columns, rows, columns * 0], axis=2).astype(np.uint8)
    square = _Square(100.0, 90.0, 64.0)
    seen = _seen(pixels, square)
    assert seen.shape == (256, 256, 3)
    np.testing.assert_allclose(seen[128, [0, 128, 255], 0], [68, 100, 131], atol=1)
    np.testing.assert_allclose(seen[[0, 128, 255], 128, 1], [58, 90, 121], atol=1)
    large = _seen(cv2.resize(pixels, None, fx=8, fy=8), _Square(800.0, 720.0, 1024.0))
    np.testing.assert_allclose(large[128, [0, 128, 255], 0], [36, 100, 163], atol=2)
    assert _seen(pixels, _Square(-500.0, 20.0, 64.0)).shape == (256, 256, 3)


def test_maps_move_from_square_to_square() -> None:
    values = np.zeros((256, 256), np.float32)
    values[100:140, 60:90] = 1
    source, target = _Square(50, 50, 100), _Square(60, 45, 50)
    moved = _moved(values, source, target)
    rows, columns = np.nonzero(moved > 0.5)
    # Columns 60..90 of 256 over 100 pixels from 0 are pixels 23.4..35.2; over 50 from 35 they begin at -59.
    assert columns.min() == 0
    assert columns.max() == pytest.approx((90 / 2.56 - 35) * 5.12 - 0.5, abs=1.5)
    assert rows.min() == pytest.approx((100 / 2.56 - 20) * 5.12, abs=1.5)


def test_the_astronaut(networks: PersonMasks, photographs: Path) -> None:
    photo = load(photographs / "astronaut.png")
    mask = person_mask(photo, ASTRONAUT, networks)
    assert mask.shape == (512, 512)
    # Face, suit and both shoulders; not the flag, the shuttle or the wall.
    for x, y in ((225, 120), (200, 350), (60, 420), (330, 400), (230, 480)):
        assert mask[y, x], (x, y)
    for x, y in ((20, 60), (420, 60), (480, 300), (120, 60), (330, 60)):
        assert not mask[y, x], (x, y)
    assert 0.3 < mask.mean() < 0.55


def test_the_same_person_at_another_size(networks: PersonMasks, photographs: Path) -> None:
    pixels = read(photographs / "astronaut.png")
    mask = networks.masks(Photo(pixels, 512, 512), [ASTRONAUT])[0].full()
    large = cv2.resize(pixels, None, fx=2.5, fy=2.5, interpolation=cv2.INTER_CUBIC)
    box = tuple(2.5 * v for v in ASTRONAUT)
    twice = networks.masks(Photo(large, 1280, 1280), [box])[0].full()  # type: ignore[list-item]
    shrunk = cv2.resize(twice.astype(np.uint8), (512, 512), interpolation=cv2.INTER_AREA) > 0
    assert iou(mask, shrunk) > 0.95


def test_two_people_share_no_pixel(networks: PersonMasks, photographs: Path) -> None:
    """The astronaut twice, the nearer one over the left half of the other."""
    pixels = read(photographs / "astronaut.png")
    alone = networks.masks(Photo(pixels, 512, 512), [ASTRONAUT])[0].full()
    picture = np.full((560, 800, 3), 200, np.uint8)
    truth = np.zeros((2, 560, 800), bool)
    for index, x in enumerate((280, 0)):
        picture[48:, x : x + 512][alone] = pixels[alone]
        truth[:, 48:, x : x + 512] &= ~alone
        truth[index, 48:, x : x + 512] |= alone
    boxes = [(285.0, 50.0, 410.0, 510.0), (5.0, 50.0, 410.0, 510.0)]
    far, near = (patch.full() for patch in networks.masks(Photo(picture, 800, 560), boxes))
    assert not (far & near).any()
    assert iou(far, truth[0]) > 0.75
    assert iou(near, truth[1]) > 0.75


def test_a_box_of_nobody_gives_its_middle(networks: PersonMasks) -> None:
    pixels = np.full((300, 300, 3), 127, np.uint8)
    for box in ((100.0, 80.0, 40.0, 120.0), (100.0, 80.0, 4.0, 9.0)):
        (patch,) = networks.masks(Photo(pixels, 300, 300), [box])
        x, y, width, height = box
        mask = patch.full()
        assert mask[int(y + height / 2), int(x + width / 2)]
        assert 0.4 < mask.sum() / (width * height) < 1.3


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (-50, -50, 20, 20), (90, 40, 500, 500), (3, 3, 0, 0)])
def test_strange_boxes_do_no_harm(networks: PersonMasks, box: tuple[float, float, float, float]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 100, 3)).astype(np.uint8)
    for picture in (pixels, pixels[:1, :1]):
        photo = Photo(picture, picture.shape[1], picture.shape[0])
        assert networks.masks(photo, [box])[0].full().shape == picture.shape[:2]
    assert networks.masks(Photo(pixels, 100, 60), []) == []


def test_a_patch_is_its_mask() -> None:
    mask = np.zeros((20, 30), bool)
    mask[4:9, 11:14] = True
    patch = Patch.of(mask)
    assert patch.box == (11, 4, 3, 5) and patch.area == 15
    np.testing.assert_array_equal(patch.full(), mask)
    nothing = Patch.of(np.zeros((5, 6), bool))
    assert nothing.box == (0, 0, 0, 0) and nothing.full().shape == (5, 6) and nothing.area == 0


def test_an_outline_moves_to_the_edge_of_the_picture() -> None:
    pixels = np.full((200, 200, 3), 40, np.uint8)
    pixels[50:150, 60:140] = (200, 180, 90)
    truth = pixels[..., 0] > 100
    coarse = np.zeros((20, 20), np.float32)
    coarse[5:15, 5:15] = 1  # ten pixels too wide on both sides
    marks = np.full((200, 200), 2, np.uint8)
    marks[60:140, 75:125] = 1
    marks[:30] = marks[170:] = 0
    marks[:, :30] = marks[:, 170:] = 0
    assert iou(by_color(pixels, marks), truth) > 0.98
    blurred = cv2.GaussianBlur(truth.astype(np.float32), (0, 0), 4)
    assert iou(fine(pixels, blurred, 8) > 0.5, truth) > 0.98
    assert fine(pixels, coarse, 6).shape == (200, 200)
