from typing import Any

import numpy as np
import pytest

from tests.landmarks.made_atlas import MadeTrunk, made, material, photo
from veduta.landmarks.atlas import Atlas
from veduta.landmarks.recognize import Recognizer


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    return Atlas.open(made(tmp_path_factory.mktemp("atlases") / "own"))


@pytest.fixture(scope="module")
def trunk() -> Any:
    made_of = material()
    return MadeTrunk(np.concatenate([made_of.vectors, made_of.calibration]))


def test_landmarks_are_named_and_other_photos_are_not(atlas: Atlas, trunk: Any) -> None:
    recognizer = Recognizer(atlas, 0.01, trunk, parts=False)
    found = recognizer.recognize([photo(i) for i in (0, 9, 17, 30, 40)], [None] * 5)
    assert [[one.landmark.id for one in each] for each in found] == [["l0"], ["l1"], ["l2"], ["l3"], []]
    assert all(0.5 <= one.score <= 1 and one.margin > 0 for each in found for one in each)
    assert recognizer.guess([photo(40)], [None])[0] is not None
    assert recognizer.recognize([], []) == []


def test_with_gps_only_what_is_near_is_named(atlas: Atlas, trunk: Any) -> None:
    recognizer = Recognizer(atlas, 0.01, trunk, parts=False)
    agra, peru, sea = (27.171, 78.0405), (-13.16, -72.54), (10.0, -40.0)
    for row, where, expected in (
        (0, agra, [("l0", "gps")]),
        (9, agra, [("l1", "gps")]),
        (0, peru, []),
        (0, sea, []),
        (0, (0.0, 0.0), [("l0", "vector")]),
        (30, sea, [("l3", "vector")]),
        (30, agra, [("l3", "vector")]),
    ):
        (found,) = recognizer.recognize([photo(row)], [where])
        assert [(one.landmark.id, one.how) for one in found] == expected, (row, where)


def test_no_rate_that_is_none(atlas: Atlas, trunk: Any) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Recognizer(atlas, 0.0, trunk)
