"""The benchmark of features measures what it says: known motions, perfect and wrong points."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks import features

from veduta.image.decode import read
from veduta.see.keypoints import Keypoints


@pytest.fixture(scope="module")
def known(photographs: Path) -> list[features.Known]:
    return features.known_pairs(read(photographs / "coffee.png", 200), 7, 1)


def test_pairs_are_seeded_and_of_every_group(known: list[features.Known], photographs: Path) -> None:
    assert [one.group for one in known] == list(features.GROUPS)
    again = features.known_pairs(read(photographs / "coffee.png", 200), 7, 1)
    assert all((a.b == b.b).all() and (a.motion == b.motion).all() for a, b in zip(known, again, strict=True))
    others = features.known_pairs(read(photographs / "coffee.png", 200), 8, 1)
    assert any((a.motion != b.motion).any() for a, b in zip(known, others, strict=True))


def test_pictures_move_as_their_motion_says(known: list[features.Known]) -> None:
    for one in known[:3]:
        height, width = one.a.shape[:2]
        ys, xs = np.mgrid[20 : height - 20 : 9, 20 : width - 20 : 9]
        points = np.stack([xs.ravel(), ys.ravel()], 1)
        there = features.moved(points, one.motion)
        seen = features.inside(there, (width, height))
        columns, rows = np.rint(there[seen]).astype(int).T
        ours = one.a[points[seen][:, 1], points[seen][:, 0]].astype(float)
        assert np.corrcoef(ours.ravel(), one.b[rows, columns].astype(float).ravel())[0, 1] > 0.9


def test_perfect_and_wrong_points_are_told(known: list[features.Known]) -> None:
    one = known[2]
    size = (one.a.shape[1], one.a.shape[0])
    random = np.random.default_rng(0)
    a = random.uniform(60, 120, (40, 2)).astype(np.float32)
    b = features.moved(a, one.motion).astype(np.float32)
    b[:10] += 500
    none = np.empty((40, 0), np.float32)
    pairs = np.stack([np.arange(40), np.arange(40)], 1)
    seen = features.inside(features.moved(a, one.motion), size)
    repeatability, matching, accuracy, right, exact = features.score(
        one, Keypoints(a, none, size), Keypoints(b, none, size), pairs, one.motion
    )
    assert seen.all()
    # Ten of the second picture's points are elsewhere: 30 are shared, all found again.
    assert (repeatability, matching, accuracy, right, exact) == (1, 1, 0.75, 1, 1)
    shifted = np.array([[1, 0, 4.0], [0, 1, 0], [0, 0, 1]]) @ one.motion
    assert features.corner_error(shifted, one.motion, size) == pytest.approx(4)
    assert features.score(one, Keypoints(a, none, size), Keypoints(b, none, size), pairs, shifted)[3] == 0
    nothing = Keypoints(a[:0], none[:0], size)
    assert features.score(one, nothing, nothing, pairs[:0], None) == [0] * 5
