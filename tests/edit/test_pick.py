"""Picking: a click takes the thing that is recognized there; colors and edges decide where nothing is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.edit.test_regions import Says, finding
from tests.edit.test_shadow import FEET, drawn, ground, laid, person, shaded
from veduta.edit.fill import BadMask
from veduta.edit.pick import pick
from veduta.edit.regions import Eyes
from veduta.edit.select import Click, select
from veduta.image.photo import Photo
from veduta.see.box import overlap
from veduta.see.finding import Box, Finding
from veduta.see.patch import Patch


class Halves:
    """Networks that take the upper half of each box for the person in it; the first box has what several share."""

    def masks(self, photo: Photo, boxes: list[Box]) -> list[Patch]:
        taken = np.zeros((photo.height, photo.width), bool)
        patches = []
        for x, y, width, height in ((int(a), int(b), int(c), int(d)) for a, b, c, d in boxes):
            inside = ~taken[y : y + height // 2, x : x + width]
            taken[y : y + height // 2, x : x + width] = True
            patches.append(Patch(x, y, inside, photo.height, photo.width))
        return patches


def eyes(*findings: Finding) -> Eyes:
    opened = Eyes({"objects": Says("objects", *findings)})
    opened._masks = Halves()  # type: ignore[assignment]
    return opened


@pytest.fixture
def photo() -> Photo:
    """Two red squares on gray, a blue disk on the left one."""
    pixels = np.full((200, 300, 3), 120, np.uint8)
    pixels[40:160, 30:130] = (190, 30, 30)
    pixels[40:160, 180:280] = (190, 30, 30)
    rows, columns = np.indices((200, 300))
    pixels[(rows - 90) ** 2 + (columns - 80) ** 2 <= 15**2] = (20, 40, 200)
    noise = np.random.default_rng(1).normal(0, 3, pixels.shape)
    return Photo(np.clip(pixels + noise, 0, 255).astype(np.uint8), 300, 200)


def alone(x: int, y: int, width: int, height: int) -> NDArray[np.bool_]:
    mask = np.zeros((200, 300), bool)
    mask[y : y + height, x : x + width] = True
    return mask


def test_a_click_takes_the_smallest_thing_that_it_is_on(photo: Photo) -> None:
    car = finding("object", "car", (28.0, 38.0, 104.0, 124.0))
    scene = finding("object", "bus", (0.0, 0.0, 300.0, 200.0))
    mask = pick(photo, [Click(80, 90)], eyes=eyes(scene, car))
    expected = alone(30, 40, 100, 120)
    assert np.count_nonzero(mask & expected) > 0.97 * np.count_nonzero(expected)
    assert not mask[:, 140:].any()
    # Colors alone see the disk only.
    assert np.count_nonzero(select(photo.pixels, [Click(80, 90)])) < 0.2 * np.count_nonzero(expected)


def test_a_person_is_taken_where_the_outline_holds_the_click(photo: Photo) -> None:
    near, behind = (100.0, 20.0, 60.0, 160.0), (120.0, 10.0, 90.0, 180.0)
    seen = eyes(finding("person", "person", behind), finding("person", "person", near))
    np.testing.assert_array_equal(pick(photo, [Click(110, 30)], eyes=seen), alone(100, 20, 60, 80))
    # Below what is the near one's, where nothing of the other is either: colors decide.
    at = [Click(130, 150)]
    np.testing.assert_array_equal(pick(photo, at, eyes=seen), select(photo.pixels, at))


def test_what_is_hardly_seen_or_elsewhere_leaves_it_to_colors(photo: Photo) -> None:
    at = [Click(80, 90)]
    by_color = select(photo.pixels, at)
    for one in (
        finding("object", "car", (28.0, 38.0, 104.0, 124.0), 0.2),
        finding("object", "car", (178.0, 38.0, 104.0, 124.0)),
    ):
        photo.memo.clear()
        np.testing.assert_array_equal(pick(photo, at, eyes=eyes(one)), by_color)


def test_more_clicks_go_by_colors(photo: Photo) -> None:
    clicks = [Click(80, 90), Click(40, 50, include=False)]
    car = finding("object", "car", (28.0, 38.0, 104.0, 124.0))
    np.testing.assert_array_equal(pick(photo, clicks, eyes=eyes(car)), select(photo.pixels, clicks))


def test_a_box_around_a_person_takes_the_person(photo: Photo) -> None:
    drawn = (60.0, 30.0, 80.0, 140.0)
    somebody = finding("person", "person", (64.0, 34.0, 74.0, 130.0))
    assert overlap(drawn, somebody.box or drawn) > 0.8
    np.testing.assert_array_equal(pick(photo, box=drawn, eyes=eyes(somebody)), alone(60, 30, 80, 70))
    photo.memo.clear()
    other = finding("person", "person", (200.0, 34.0, 74.0, 130.0))
    np.testing.assert_array_equal(pick(photo, box=drawn, eyes=eyes(other)), select(photo.pixels, box=drawn))


def test_without_networks_colors_decide(photo: Photo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veduta.edit.regions.REGISTRY", {})
    at = [Click(80, 90)]
    np.testing.assert_array_equal(pick(photo, at, eyes=Eyes()), select(photo.pixels, at))


def test_points_outside_are_told(photo: Photo) -> None:
    with pytest.raises(BadMask, match="outside of the photo"):
        pick(photo, [Click(300, 10)], eyes=eyes())
    with pytest.raises(BadMask, match="nothing to select"):
        pick(photo, eyes=eyes())


def test_with_the_seam_a_person_is_taken_with_the_shadow() -> None:
    mask = person()
    shadow = laid(mask)
    pixels = drawn(shaded(ground(), shadow), mask)
    x, y, width, height = Patch.of(mask).box
    box = (float(x), float(y), float(width), float(height))

    class Outlines:
        def masks(self, photo: Photo, boxes: list[Box]) -> list[Patch]:
            return [Patch.of(mask) for _ in boxes]

    def clicked(*findings: Finding, seam: bool = True) -> NDArray[np.bool_]:
        seen = eyes(*findings)
        seen._masks = Outlines()  # type: ignore[assignment]
        photo = Photo(pixels, pixels.shape[1], pixels.shape[0])
        return pick(photo, [Click(FEET[1], FEET[0] - 100)], eyes=seen, seam=seam)

    somebody = finding("person", "person", box)
    whole = clicked(somebody)
    assert (whole & mask).sum() == mask.sum() and (whole & shadow).sum() > 0.9 * shadow.sum()
    assert (clicked(somebody, seam=False) == mask).all()
    columns = np.flatnonzero(shadow.any(axis=0))
    other = finding("person", "person", (float(columns[0]), 0.0, float(np.ptp(columns)), 300.0))
    assert (clicked(somebody, other) & shadow).sum() < 0.3 * shadow.sum()  # somebody else stands there
