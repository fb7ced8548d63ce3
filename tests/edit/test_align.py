"""Alignment against known homographies, and matching of exposure against known curves."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from veduta.edit import exposure
from veduta.edit.align import (
    Refinement,
    align,
    order_of_references,
    overlap_of,
    rough,
    scaled,
    sensible,
    view,
)
from veduta.image.decode import read
from veduta.image.photo import Pixels


def hand(width: int, height: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    angle, zoom = np.deg2rad(rng.uniform(-2, 2)), rng.uniform(0.98, 1.02)
    cos, sin = zoom * np.cos(angle), zoom * np.sin(angle)
    x, y = rng.uniform(-0.03, 0.03, 2) * (width, height)
    tilt = rng.uniform(-0.01, 0.01, 2) / (width, height)
    middle = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1.0]])
    return middle @ np.array([[cos, -sin, x], [sin, cos, y], [*tilt, 1]]) @ np.linalg.inv(middle)


def moved(pixels: Pixels, matrix: np.ndarray, seed: int) -> Pixels:
    """A shot with other exposure, noise, and a third of it covered by something else."""
    height, width = pixels.shape[:2]
    shot = cv2.warpPerspective(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC).astype(np.float32)
    rng = np.random.default_rng(seed)
    shot = shot * rng.uniform(0.8, 1.2) + rng.uniform(-5, 5) + rng.normal(0, 2, shot.shape)
    shot[height // 3 : 2 * height // 3] = rng.integers(0, 255, (1, width, 3))
    return np.clip(shot, 0, 255).astype(np.uint8)


def worst(found: np.ndarray, truth: np.ndarray, width: int, height: int) -> float:
    x, y = np.meshgrid(np.linspace(0.05, 0.95, 9) * width, np.linspace(0.05, 0.95, 9) * height)
    points = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    a, b = found @ points, truth @ points
    return float(np.hypot(*(a[:2] / a[2] - b[:2] / b[2])).max())


@pytest.mark.parametrize("name", ["coffee.png", "astronaut.png", "chelsea.png"])
def test_shots_are_laid_onto_each_other_to_a_tenth_of_a_pixel(photographs: Path, name: str) -> None:
    pixels = read(photographs / name)
    height, width = pixels.shape[:2]
    reference = view(pixels)
    refinement = Refinement(reference)
    for seed in range(2):
        truth = hand(width, height, seed)
        shot = view(moved(pixels, truth, seed))
        found = align(shot, reference, refinement)
        assert not found.trouble
        assert worst(found.matrix, truth, width, height) < 0.1
        start, _ = next(iter(rough(shot, reference)))
        # The refinement earns its place.
        assert worst(found.matrix, truth, width, height) < worst(start, truth, width, height)
    assert found.shift(width, height) == pytest.approx(
        (truth @ [(width - 1) / 2, (height - 1) / 2, 1])[:2] - [(width - 1) / 2, (height - 1) / 2], abs=0.5
    )


def test_a_picture_aligns_with_itself(photographs: Path) -> None:
    one = view(read(photographs / "coffee.png"))
    found = align(one, one)
    assert np.abs(found.matrix - np.eye(3)).max() < 1e-3
    assert found.likeness > 0.99
    assert found.overlap == 1


def test_pictures_of_something_else_are_told_apart(photographs: Path) -> None:
    coffee, cat = view(read(photographs / "coffee.png")), view(read(photographs / "chelsea.png"))
    assert align(cat, coffee).trouble == "shows something else"
    assert align(view(np.full((300, 400, 3), 128, np.uint8)), coffee).trouble
    assert align(view(np.full((1, 1, 3), 128, np.uint8)), coffee).trouble


def test_too_little_in_common_is_another_view(photographs: Path) -> None:
    pixels = read(photographs / "coffee.png")
    shift = np.array([[1, 0, -400], [0, 1, 0], [0, 0, 1.0]])
    other = cv2.warpPerspective(pixels, shift, (600, 400))
    assert align(view(np.asarray(other, np.uint8)), view(pixels)).trouble


def test_no_hand_mirrors_or_folds() -> None:
    assert sensible(np.eye(3), (640, 480))
    assert not sensible(np.diag([-1.0, 1, 1]), (640, 480))
    assert not sensible(np.diag([0.1, 0.1, 1]), (640, 480))
    assert not sensible(np.array([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1.0]]), (640, 480))
    assert not sensible(np.full((3, 3), np.nan), (640, 480))


def test_overlap_is_the_share_that_is_seen() -> None:
    assert overlap_of(
        np.array([[1, 0, 320], [0, 1, 0], [0, 0, 1.0]]), (640, 480), (640, 480)
    ) == pytest.approx(0.5, abs=0.03)


def test_a_homography_between_small_copies() -> None:
    truth = hand(640, 480, 3)
    small = scaled(truth, 0.5)
    # The center of pixel (100, 80) is at (49.75, 39.75) of the half-size copy.
    a, b = truth @ [100, 80, 1], small @ [49.75, 39.75, 1]
    assert (a[:2] / a[2] + 0.5) / 2 - 0.5 == pytest.approx(b[:2] / b[2])


def test_a_blurred_first_shot_is_not_the_reference(photographs: Path) -> None:
    sharp = read(photographs / "coffee.png")
    blurred = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 4), np.uint8)
    assert order_of_references({0: view(sharp), 1: view(sharp)}) == [0, 1]
    assert order_of_references({0: view(blurred), 1: view(sharp), 2: view(sharp)}) == [1, 2, 0]


def test_exposure_and_white_are_matched_though_a_third_has_changed(photographs: Path) -> None:
    reference = read(photographs / "coffee.png")
    rng = np.random.default_rng(1)
    gain = np.array([0.97, 1.0, 0.85])
    shot = np.clip(255 * (reference / 255 * gain) ** 1.05 + rng.normal(0, 2, reference.shape), 0, 255)
    shot = np.rint(shot).astype(np.uint8)
    shot[:130] = rng.integers(0, 255, (1, shot.shape[1], 3))
    matched = exposure.apply(shot, exposure.curve(shot, reference))
    rest = matched[140:].astype(int) - reference[140:]
    before = shot[140:].astype(int) - reference[140:]
    assert np.abs(before).mean() > 5
    assert np.abs(rest).mean() < 2.5
    assert np.abs(rest.mean((0, 1))).max() < 0.7


def test_equal_shots_keep_their_tones(photographs: Path) -> None:
    reference = read(photographs / "coffee.png")
    tone = exposure.curve(reference, reference)
    assert (tone == exposure.IDENTITY).all()
    assert exposure.apply(reference, tone) is reference
    assert (exposure.curve(np.zeros_like(reference), reference) == exposure.IDENTITY).all()


def test_a_third_picture_helps_where_two_share_little(photographs: Path) -> None:
    pixels = read(photographs / "coffee.png")
    there, back = hand(600, 400, 1), hand(600, 400, 2)
    flags = cv2.INTER_CUBIC
    between = np.asarray(cv2.warpPerspective(pixels, there, (600, 400), flags=flags), np.uint8)
    other = np.asarray(cv2.warpPerspective(pixels, back, (600, 400), flags=flags), np.uint8)
    reference = view(pixels)
    found = align(view(other), reference, over=(view(between), there))
    assert not found.trouble
    assert worst(found.matrix, back, 600, 400) < 0.1


def test_gray_values_find_the_way_where_features_are_few(photographs: Path) -> None:
    pixels = np.asarray(cv2.GaussianBlur(read(photographs / "coffee.png"), (0, 0), 8), np.uint8)
    shift = np.array([[1, 0.01, 9], [-0.01, 1, -7], [0, 0, 1.0]])
    other = np.asarray(
        cv2.warpPerspective(pixels, shift, (600, 400), borderMode=cv2.BORDER_REFLECT), np.uint8
    )
    found = align(view(other), view(pixels))
    assert not found.trouble
    assert worst(found.matrix, shift, 600, 400) < 0.3
