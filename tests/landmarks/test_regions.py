"""Several landmarks in one photo: where they are looked for, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.landmarks.made_maps import STEP, MapTrunk, halves, made
from veduta.image.photo import Photo
from veduta.landmarks.atlas import Atlas
from veduta.landmarks.recognize import Recognizer
from veduta.landmarks.regions import APART, LEAST, MOST, SLACK, concentrated, cropped, look, propose
from veduta.landmarks.windows import WINDOWS, area, shared
from veduta.see.box import overlap


@pytest.fixture(scope="module")
def trunk() -> Any:
    return MapTrunk()


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory, trunk: Any) -> Atlas:
    return Atlas.open(made(tmp_path_factory.mktemp("atlases") / "maps", trunk))


def test_two_landmarks_side_by_side_are_both_named_in_their_halves(atlas: Atlas, trunk: Any) -> None:
    photo = halves(1, 3)
    [found] = Recognizer(atlas, 0.01, trunk).recognize([photo], [None])
    assert {one.landmark.id for one in found} == {"l0", "l2"}
    truth = {"l0": (0, 0, 96, 192), "l2": (96, 0, 96, 192)}
    for one in found:
        assert one.box is not None and overlap(one.box, truth[one.landmark.id]) > 0.6
    [without] = Recognizer(atlas, 0.01, trunk, parts=False).recognize([halves(1, 3)], [None])
    assert len(without) <= 1


def test_one_landmark_is_named_once_and_nothing_is_not_named(atlas: Atlas, trunk: Any) -> None:
    recognizer = Recognizer(atlas, 0.01, trunk)
    [[one]] = recognizer.recognize([halves(2, 2)], [None])
    assert one.landmark.id == "l1"
    [part] = recognizer.recognize([halves(2, 0)], [None])
    assert [(one.landmark.id, one.box is None) for one in part] == [("l1", False)]
    assert part[0].box is not None and overlap(part[0].box, (0, 0, 96, 192)) > 0.6
    assert recognizer.recognize([halves(0, 0)], [None]) == [[]]


def test_a_named_photo_is_looked_at_again_for_good_reason_only(
    atlas: Atlas, trunk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    recognizer = Recognizer(atlas, 0.5, trunk)  # the whole photo is named, however weakly
    monkeypatch.setattr("veduta.landmarks.regions.BESIDE", 1e9)
    before = trunk.passes
    assert len(recognizer.recognize([halves(1, 3)], [None])[0]) == 1
    assert trunk.passes == before + 1  # the photo itself
    monkeypatch.setattr("veduta.landmarks.regions.BESIDE", 0.0)
    assert len(recognizer.recognize([halves(1, 3)], [None])[0]) == 2


def test_a_position_rules_out_landmarks_of_parts_too(atlas: Atlas, trunk: Any) -> None:
    recognizer = Recognizer(atlas, 0.01, trunk)
    [found] = recognizer.recognize([halves(1, 3)], [(12.0, 20.0)])
    assert [(one.landmark.id, one.how) for one in found] == [("l2", "gps")]
    assert recognizer.recognize([halves(1, 3)], [(50.0, 50.0)]) == [[]]


def test_asking_again_looks_at_no_part_again(atlas: Atlas, trunk: Any) -> None:
    photo = halves(1, 3)
    Recognizer(atlas, 0.01, trunk).recognize([photo], [None])
    before = trunk.passes
    Recognizer(atlas, 0.001, trunk).recognize([photo], [None])
    assert trunk.passes == before


def test_parts_are_cut_from_the_photo(trunk: Any) -> None:
    pixels = np.arange(60 * 40, dtype=np.uint8).reshape(40, 60, 1).repeat(3, 2)
    photo = Photo(pixels, 600, 400)
    assert np.array_equal(cropped(photo, (0.5, 0.25, 1.0, 0.75)), pixels[10:30, 30:])
    assert cropped(Photo(pixels[:1, :1], 1, 1), (0.5, 0.5, 1.0, 1.0)).shape == (1, 1, 3)
    left = halves(1, 4)
    [sight] = look(trunk, left, [(0.0, 0.0, 0.5, 1.0)])
    [alone] = trunk.run([np.full((288, 288, 3), STEP, np.uint8)])
    assert np.dot(sight.statistics, alone.statistics) > 0.9 * np.dot(alone.statistics, alone.statistics)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_regions_are_apart_and_of_different_landmarks(seed: int, landmarks: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.normal(0.2, 0.3, (len(WINDOWS), landmarks)).astype(np.float32)
    scores[:, rng.random(landmarks) < 0.2] = -np.inf
    found = propose(scores)
    assert len(found) <= MOST and len({one.landmark for one in found}) == len(found)
    if scores.max() >= LEAST:
        assert found and found[0].score == scores.max()
    for number, one in enumerate(found):
        own = scores[:, one.landmark]
        assert one.score >= LEAST
        assert own[WINDOWS.index(one.window)] >= one.score - SLACK - 1e-6
        for other in found[:number]:
            assert shared(one.window, other.window) <= APART + 1e-6
            assert other.score >= one.score


def test_a_peak_is_widened_as_long_as_it_holds() -> None:
    scores = np.zeros((len(WINDOWS), 1), np.float32)
    left = [number for number, window in enumerate(WINDOWS) if window[2] <= 0.5 + 1e-9]
    scores[left] = 0.5
    scores[left[-1]] = 0.6
    [region] = propose(scores)
    assert region.window == (0.0, 0.0, 0.5, 1.0) and region.score == pytest.approx(0.6)
    assert concentrated(region, scores[:, 0], 0.55) and not concentrated(region, scores[:, 0], 0.65)
    assert not concentrated(region, np.maximum(scores[:, 0], 0.3), 0.55)
    assert area(region.window) == 0.5


@pytest.mark.eval
def test_two_famous_places_in_one_picture(eval_dir: Path, store: Any) -> None:
    import cv2

    from veduta.image.decode import load

    tiles = []
    for place in ("the_roman_colosseum", "machu_picchu"):
        pixels = load(eval_dir / "landmarks" / "test" / place / "000.jpg", 640).pixels
        width = round(pixels.shape[1] * 300 / pixels.shape[0])
        tiles.append(np.asarray(cv2.resize(pixels, (width, 300), interpolation=cv2.INTER_AREA), np.uint8))
    both = np.concatenate(tiles, axis=1)
    photo = Photo(both, both.shape[1], both.shape[0])
    [found] = Recognizer(Atlas.open("default")).recognize([photo], [None])
    middle = tiles[0].shape[1]
    truth = {
        "the_roman_colosseum": (0, 0, middle, 300),
        "machu_picchu": (middle, 0, tiles[1].shape[1], 300),
    }
    assert {one.landmark.id for one in found} == set(truth)
    assert all(one.box is not None and overlap(one.box, truth[one.landmark.id]) > 0.5 for one in found)
