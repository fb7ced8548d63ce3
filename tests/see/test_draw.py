"""Painting: where it should, in the right colors, and never on the original."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veduta.image.photo import Photo
from veduta.see.draw import COLORS, paint
from veduta.see.finding import KINDS, Finding, Kind
from veduta.see.mask import encode


def plain(width: int = 600, height: int = 400, times: int = 1) -> Photo:
    return Photo(np.full((height, width, 3), 100, np.uint8), width * times, height * times)


def seen(kind: Kind = "object", **more: object) -> Finding:
    return Finding(kind, "a thing", 0.8, "test", "1", **more)  # type: ignore[arg-type]


def changed(photo: Photo, *findings: Finding) -> np.ndarray:
    before = photo.pixels.copy()
    after = paint(photo, findings)
    assert (photo.pixels == before).all()
    assert after.shape == before.shape
    assert after.dtype == np.uint8
    return (after != before).any(axis=2)


def test_every_kind_has_a_color() -> None:
    assert set(COLORS) == set(KINDS)


def test_nothing_seen_nothing_painted() -> None:
    assert not changed(plain()).any()


@pytest.mark.parametrize("kind", ["object", "person", "face", "plate", "landmark"])
def test_a_box_is_outlined_in_its_color(kind: Kind) -> None:
    photo = plain()
    after = paint(photo, [seen(kind, box=(200, 150, 120, 90))])
    for x, y in ((200, 195), (320, 195), (260, 150), (260, 240)):
        patch = after[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3)
        assert np.abs(patch.astype(int) - COLORS[kind]).sum(axis=1).min() < 20
    assert (after[170:220, 220:300] == 100).all()


def test_boxes_are_scaled_from_the_full_photo() -> None:
    near = changed(plain(times=1), seen(box=(200, 150, 120, 90)))
    far = changed(plain(times=5), seen(box=(1000, 750, 600, 450)))
    assert (near == far).all()


def test_a_name_goes_where_there_is_room() -> None:
    above = changed(plain(), seen(box=(200, 150, 120, 90)))
    assert above[130:146, 200:240].any()
    at_top = changed(plain(), seen(box=(200, 0, 120, 90)))
    assert at_top[93:110, 200:240].any()
    full = changed(plain(), seen(box=(0, 0, 600, 400)))
    assert full.any()


def test_names_do_not_cover_writing() -> None:
    line = seen(
        "text",
        box=(200, 130, 200, 18),
        text="platform 9",
        polygon=((200, 130), (400, 130), (400, 148), (200, 148)),
    )
    marks = changed(plain(), line, seen(box=(200, 150, 120, 90)))
    assert not marks[135:143, 210:390].any()


def test_a_mask_is_tinted() -> None:
    mask = np.zeros((400, 600), bool)
    mask[100:200, 300:400] = True
    marks = changed(plain(), seen("person", mask=encode(mask)))
    assert (marks == mask).all()


def test_findings_of_the_whole_photo_are_listed_where_they_hide_nothing() -> None:
    label = Finding("label", "harbor", 0.9, "test", "1")
    marks = changed(plain(), label)
    assert marks[:60, :200].any()
    assert not marks[200:].any()
    both = changed(plain(), label, seen(box=(0, 0, 300, 200)))
    assert both[:60, 320:].any()


def test_likeness_is_not_shown() -> None:
    assert not changed(plain(), Finding("likeness", "likeness", 1.0, "test", "1")).any()


number = st.floats(-300, 1500)


@settings(max_examples=30)
@given(
    st.integers(1, 200),
    st.integers(1, 200),
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.none() | st.tuples(number, number, number, number)), max_size=6
    ),
)
def test_any_finding_on_any_picture(
    width: int, height: int, rows: list[tuple[Kind, tuple[float, float, float, float] | None]]
) -> None:
    changed(plain(width, height), *(seen(kind, box=box, text="Zürich ☂ 東京") for kind, box in rows))
