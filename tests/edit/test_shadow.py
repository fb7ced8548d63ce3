"""Shadows: found on even ground where somebody casts one, and nowhere else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from veduta.edit.shadow import LEAST_TALL, cast
from veduta.image.photo import Pixels
from veduta.see.patch import Patch

Bool = NDArray[np.bool_]
HEIGHT, WIDTH = 300, 420
FEET = (260, 200)


def ground(light: tuple[int, int, int] = (180, 170, 150)) -> NDArray[np.float64]:
    """Even ground with grain."""
    return np.array(light) + np.random.default_rng(0).normal(0, 5, (HEIGHT, WIDTH, 1))


def person() -> Bool:
    """Two legs, a body and a head."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    y, x = FEET
    for left, top, across, tall in ((-16, -80, 12, 80), (4, -80, 12, 80), (-18, -150, 36, 80)):
        cv2.rectangle(mask, (x + left, y + top), (x + left + across, y + top + tall), 1, -1)
    cv2.circle(mask, (x, y - 165), 14, 1, -1)
    return mask > 0


def laid(mask: Bool, aside: float = 0.8, down: float = -0.25) -> Bool:
    """The outline laid on the ground: away from the camera, to the right."""
    y, _ = FEET
    matrix = np.array([[1, -aside, aside * y], [0, -down, y + down * y]], np.float32)
    dark = cv2.warpAffine(mask.astype(np.float32), matrix, (WIDTH, HEIGHT))
    return np.asarray((dark > 0.5) & ~mask, bool)


def shaded(pixels: NDArray[np.float64], shadow: Bool, light: float = 0.4) -> NDArray[np.float64]:
    """A part of the light, a little bluer: in the values of a picture to the power of 1 / 2.2."""
    soft = cv2.GaussianBlur(shadow.astype(np.float64), (0, 0), 2)[..., None]
    return pixels * (1 - soft * (1 - np.array([0.97, 1, 1.05]) * light ** (1 / 2.2)))


def drawn(pixels: NDArray[np.float64], mask: Bool) -> Pixels:
    pixels = pixels.copy()
    pixels[mask] = (40, 60, 130)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def found(pixels: Pixels, mask: Bool, taken: Bool | None = None) -> Bool | None:
    patch = cast(pixels, Patch.of(mask), mask if taken is None else taken)
    return None if patch is None else patch.full() & ~mask


@pytest.mark.parametrize(("aside", "down"), [(0.8, -0.25), (-1.0, 0.2), (0.4, -0.5)])
def test_a_shadow_is_found_whole(aside: float, down: float) -> None:
    mask = person()
    shadow = laid(mask, aside, down)
    got = found(drawn(shaded(ground(), shadow), mask), mask)
    assert got is not None
    assert (got & shadow).sum() > 0.9 * shadow.sum()
    wide = cv2.dilate(shadow.astype(np.uint8), np.ones((21, 21), np.uint8)) > 0
    assert not (got & ~wide).any()


def test_a_shadow_may_go_on_beyond_the_photo() -> None:
    mask = person()
    shadow = laid(mask, 1.6, -0.3)
    pixels = drawn(shaded(ground(), shadow), mask)
    edge = FEET[1] + 60
    assert shadow[:, edge].any()
    got = found(pixels[:, :edge], mask[:, :edge])
    assert got is not None and (got & shadow[:, :edge]).sum() > 0.9 * shadow[:, :edge].sum()


def test_depth_and_transparency_change_nothing() -> None:
    mask = person()
    plain = drawn(shaded(ground(), laid(mask)), mask)
    got = found(plain, mask)
    deep = found(plain.astype(np.uint16) * 257, mask)
    clear = found(np.dstack([plain, np.full((HEIGHT, WIDTH), 99, np.uint8)]), mask)
    assert got is not None and deep is not None and clear is not None
    assert (got != deep).mean() < 0.001 and (got == clear).all()


def test_without_a_shadow_there_is_none() -> None:
    mask = person()
    assert found(drawn(ground(), mask), mask) is None
    assert found(drawn(shaded(ground(), laid(mask), 0.93), mask), mask) is None  # an overcast day


def test_what_is_dark_otherwise_is_no_shadow() -> None:
    mask = person()
    y, x = FEET
    red = ground()
    red[y - 30 : y, x + 18 : x + 60] = (90, 20, 20)  # a suitcase
    assert found(drawn(red, mask), mask) is None
    black = ground()
    black[y - 30 : y, x + 18 : x + 60] = (4, 4, 4)
    assert found(drawn(black, mask), mask) is None
    half = ground()
    half[:, x + 20 :] *= 0.55  # he stands at the border of somebody else's shade
    assert found(drawn(half, mask), mask) is None


def test_uneven_and_dark_ground_is_left_alone() -> None:
    mask = person()
    shadow = laid(mask)
    rows, columns = np.indices((HEIGHT, WIDTH))
    tiles = ground() * np.where((rows // 30 + columns // 30) % 2, 1.0, 0.5)[..., None]
    assert found(drawn(shaded(tiles, shadow), mask), mask) is None
    assert found(drawn(shaded(ground() * 0.3, shadow), mask), mask) is None


def test_others_are_no_shadow() -> None:
    mask = person()
    shadow = laid(mask)
    pixels = drawn(shaded(ground(), shadow), mask)
    got = found(pixels, mask, mask | shadow)  # it is somebody: in the photo's dark clothes
    assert got is None or not (got & shadow).any()


def test_the_small_and_those_at_the_border() -> None:
    tiny = np.zeros((HEIGHT, WIDTH), bool)
    tiny[100 : 100 + LEAST_TALL - 1, 100:108] = True
    assert found(drawn(ground(), tiny), tiny) is None
    for rows, columns in ((slice(270, 300), slice(0, 12)), (slice(0, 60), slice(400, 420))):
        mask = np.zeros((HEIGHT, WIDTH), bool)
        mask[rows, columns] = True
        assert found(drawn(ground(), mask), mask) is None
    thin = np.zeros((3000, 1), bool)
    thin[500:2500] = True
    assert found(np.full((3000, 1, 3), 180, np.uint8), thin) is None
    whole = np.ones((HEIGHT, WIDTH), bool)
    assert found(drawn(ground(), whole), whole) is None
