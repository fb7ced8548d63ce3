"""Photos that are not upright: told from the one pass they get, turned, and boxes turned back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.landmarks.made_maps import MapTrunk, halves, made
from veduta.image.photo import Photo
from veduta.landmarks import upright
from veduta.landmarks.atlas import Atlas
from veduta.landmarks.features import DIMENSION
from veduta.landmarks.recognize import Recognizer
from veduta.landmarks.upright import TURNS, Upright, shipped, turned, turned_back


def test_turns_are_tried_in_the_order_of_their_likelihood() -> None:
    weights = np.zeros((4, 3), np.float16)
    weights[:3] = np.diag([8, 8, 8])
    made_up = Upright(weights, np.zeros(4, np.float32))
    assert made_up.turns(np.array([1, 0, 0], np.float32)) == []
    assert made_up.turns(np.array([0, 1, 0], np.float32)) == [0]
    assert made_up.turns(np.array([0, 0.95, 1], np.float32)) == [1, 0]
    assert made_up.turns(np.zeros(3, np.float32)) == [0, 1]  # no idea: two of three are tried
    vector = np.array([0.3, 0.1, -0.2], np.float32)
    raw = np.exp(weights.astype(float) @ vector)
    assert made_up.probabilities(vector) == pytest.approx(raw / raw.sum(), abs=1e-6)


@pytest.mark.parametrize("turn", range(3))
def test_a_box_in_a_turned_photo_is_turned_back(turn: int) -> None:
    pixels = np.zeros((40, 60, 3), np.uint8)
    x, y, width, height = 7, 11, 20, 5
    pixels[y : y + height, x : x + width] = 255
    photo = Photo(pixels, 120, 80)
    aside = turned(photo, turn)
    assert turned(photo, turn) is aside
    assert np.array_equal(aside.pixels, cv2.rotate(pixels, TURNS[turn]))
    assert (aside.width, aside.height) == (aside.pixels.shape[1] * 2, aside.pixels.shape[0] * 2)
    rows, columns = np.nonzero(aside.pixels[:, :, 0])
    across, down = columns.max() + 1 - columns.min(), rows.max() + 1 - rows.min()
    box = (2 * float(columns.min()), 2 * float(rows.min()), 2 * float(across), 2 * float(down))
    assert turned_back(box, turn, photo.width, photo.height) == (2 * x, 2 * y, 2 * width, 2 * height)


def test_what_comes_with_veduta_fits_the_vectors() -> None:
    found = shipped()
    assert found.weights.shape == (4, DIMENSION) and np.isfinite(found.weights).all()
    assert shipped() is found


class Aside:
    """Says that everything lies on its side."""

    def turns(self, vector: Any) -> list[int]:
        return [1, 0]


def test_only_photos_in_which_nothing_is_found_are_turned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trunk: Any = MapTrunk()
    atlas = Atlas.open(made(tmp_path / "maps", trunk))
    monkeypatch.setattr(upright, "shipped", lambda: Aside())
    recognizer = Recognizer(atlas, 0.01, trunk)
    plain, unknown = halves(2, 2), halves(0, 0)
    recognizer.recognize([plain, unknown], [None, None])
    assert "turned 1" not in plain.memo and {"turned 1", "turned 0"} <= set(unknown.memo)
    before = trunk.passes
    assert recognizer.guess([unknown], [None])[0] is not None
    assert trunk.passes == before
    still = halves(0, 0, noise=1)
    Recognizer(atlas, 0.01, trunk, turns=False).recognize([still], [None])
    assert "turned 1" not in still.memo


@pytest.mark.eval
def test_famous_places_are_named_whichever_way_the_photo_lies(eval_dir: Path, store: Any) -> None:
    from veduta.image.decode import load

    recognizer = Recognizer(Atlas.open("default"))
    for place in ("tajmahal", "the_roman_colosseum"):
        pixels = load(eval_dir / "landmarks" / "test" / place / "000.jpg", 640).pixels
        for turn in TURNS:
            other = np.asarray(cv2.rotate(pixels, turn), np.uint8)
            photo = Photo(other, other.shape[1], other.shape[0])
            [found] = recognizer.recognize([photo], [None])
            assert [one.landmark.id for one in found] == [place]
            guess = recognizer.guess([photo], [None])[0]
            assert guess is not None and guess.landmark.id == place
