"""Cranes: tiles, levels, and masks grown out of probabilities."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from veduta.image.decode import load, read
from veduta.image.photo import Photo
from veduta.see.crane_levels import CLOSEST, FIRST, probability, scales
from veduta.see.crane_mask import Crane, cranes, with_hanging, with_ropes
from veduta.see.crane_network import SHARED, TILE, starts
from veduta.see.cranes import CraneRecognizer, Judgment, full_mask
from veduta.see.mask import decode


@pytest.mark.parametrize("length", [TILE, TILE + 1, 400, 612, 1000, 1600])
def test_tiles_cover_a_side_and_share_enough(length: int) -> None:
    found = starts(length)
    assert found[0] == 0 and found[-1] == length - TILE
    assert all(b - a <= TILE - SHARED for a, b in itertools.pairwise(found))


@pytest.mark.parametrize("size", [(128, 128), (300, 500), (406, 612), (900, 1400), (3000, 4000), (10, 8000)])
def test_looks_come_closer_and_end_at_full_size_or_the_closest(size: tuple[int, int]) -> None:
    found = scales(*size)
    short = min(size)
    assert found == sorted(found)
    assert found[-1] * short == pytest.approx(min(max(short, 256), CLOSEST), rel=0.02) or found[-1] == 3
    assert found[0] * short <= max(FIRST * 1.3, 256)
    assert all(b / a <= 2.6 for a, b in itertools.pairwise(found))


class Dark:
    """Says that dark pixels are cranes, and remembers how much it was shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, int]] = []

    def look(self, picture: np.ndarray, wanted: np.ndarray | None = None) -> np.ndarray:
        self.shown.append(picture.shape[:2])
        dark = (picture.mean(axis=2) < 100).astype(np.float32)
        return dark if wanted is None else dark * wanted


def test_closer_looks_are_taken_only_where_there_is_something() -> None:
    blank = np.full((1600, 2000, 3), 220, np.uint8)
    dark = Dark()
    assert not probability(dark, blank).any()  # type: ignore[arg-type]
    assert dark.shown == [(400, 500)]
    blank[300:800, 700:712] = 0
    found = probability(Dark(), blank)  # type: ignore[arg-type]
    assert found.shape == (1600, 2000)
    assert (found[310:790, 702:710] > 0.5).all() and not (found[:, :600] > 0.5).any()


def drawn() -> np.ndarray:
    """Probabilities of a crane with a rope that is hardly seen, and a hook."""
    p = np.zeros((200, 300), np.float32)
    p[40:44, 60:220] = 0.9
    p[44:180, 150:156] = 0.9
    p[44:60, 80:82] = 0.4
    p[66:90, 80:82] = 0.38
    p[90:96, 78:85] = 0.42
    return p


def test_ropes_and_hooks_belong_to_the_crane() -> None:
    (crane,) = cranes(drawn())
    assert crane.mask[44:96, 80].all()
    assert crane.mask[92, 78:85].all()
    assert crane.mask[drawn() > 0.5].all()


def test_what_is_wide_or_not_below_is_no_hanging_part() -> None:
    p = drawn()
    p[100:104, 10:60] = 0.4  # wide
    p[10:20, 80:82] = 0.4  # above
    mask = with_hanging(p > 0.5, p)
    assert not mask[100:104, 10:60].any() and not mask[10:20, 80:82].any()


def test_a_hook_without_a_rope_gets_one() -> None:
    mask = np.zeros((200, 300), bool)
    mask[40:44, 60:220] = True
    mask[58:64, 98:103] = True  # below the jib
    mask[150:156, 20:25] = True  # below nothing
    mask[60:64, 150:170] = True  # too wide for a hook
    out = with_ropes(mask)
    assert out[44:58, 100].all()
    assert (out & ~mask).sum() == 14


def test_two_cranes_are_two_and_specks_are_none() -> None:
    p = np.zeros((200, 300), np.float32)
    p[50:150, 40:46] = 0.9
    p[50:150, 240:246] = 0.9
    p[100:103, 150:153] = 0.95
    found = cranes(p)
    assert [int(c.mask.sum()) for c in found] == [600, 600]
    assert [c.extent for c in found] == [100, 100]


def test_masks_come_to_the_photo_s_size_and_never_vanish() -> None:
    mask = np.zeros((20, 30), bool)
    mask[5:15, 10] = True
    larger = full_mask(mask, 90, 60)
    assert larger.shape == (60, 90) and larger[24:40, 31].all()
    assert full_mask(mask, 6, 4).any()


def test_the_score_rises_with_probability() -> None:
    judgment = Judgment.load()
    mask = np.zeros((100, 100), bool)
    mask[20:80, 50] = True
    scores = [judgment.score(Crane(mask, mean), -8.0) for mean in (0.5, 0.7, 0.9)]
    assert 0 < scores[0] < scores[1] < scores[2] < 1


def with_crane(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The picture with a plain tower crane drawn by OpenCV, not by the drawings that were trained on."""
    out, mask = pixels.copy(), np.zeros(pixels.shape[:2], np.uint8)
    for canvas, color in ((out, (230, 180, 40)), (mask, 255)):
        for a, b in (
            ((150, 60), (150, 300)),
            ((158, 60), (158, 300)),
            ((70, 60), (330, 60)),
            ((70, 67), (330, 67)),
        ):
            cv2.line(canvas, a, b, color, 2)
        for y in range(60, 300, 10):
            cv2.line(canvas, (150, y), (158, y + 10), color, 1)
        for x in range(70, 330, 10):
            cv2.line(canvas, (x, 60), (x + 10, 67), color, 1)
        cv2.line(canvas, (154, 30), (300, 60), color, 1)
        cv2.line(canvas, (154, 30), (80, 60), color, 1)
        cv2.rectangle(canvas, (70, 60), (90, 82), color, -1)
    return out, mask > 0


def test_a_crane_against_the_sky_is_found_and_nothing_in_a_cat(store: object, photographs: Path) -> None:
    recognizer = CraneRecognizer(store, gate=False)  # type: ignore[arg-type]
    sky = np.zeros((400, 480, 3), np.uint8)
    sky[:] = np.linspace((120, 160, 210), (205, 215, 225), 400)[:, None]
    sky[310:] = cv2.resize(read(photographs / "coffee.png"), (480, 90))
    pixels, truth = with_crane(sky)
    cat = load(photographs / "chelsea.png")
    found, none = recognizer.see([Photo(pixels, 480, 400), cat])
    assert not none
    assert found and found[0].name == "crane" and found[0].kind == "object"
    assert found[0].mask is not None and found[0].box is not None
    mask = np.zeros((400, 480), bool)
    for finding in found:
        mask |= decode(finding.mask)  # type: ignore[arg-type]
    near = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert (truth & near).sum() / truth.sum() > 0.7


def test_the_gate_spares_photos_without_a_trace_of_a_crane(store: object, photographs: Path) -> None:
    recognizer = CraneRecognizer(store)  # type: ignore[arg-type]
    looked: list[int] = []

    def look(picture: np.ndarray, wanted: object = None) -> np.ndarray:
        looked.append(1)
        return np.zeros(picture.shape[:2], np.float32)

    recognizer._network.look = look  # type: ignore[method-assign, assignment]
    assert recognizer.see([load(photographs / "coffee.png")]) == [[]]
    assert not looked
    assert recognizer.see([]) == []
