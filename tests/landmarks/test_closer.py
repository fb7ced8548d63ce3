"""A closer look finds what comparing everything finds, and is left out where it could change nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.landmarks.made_atlas import MadeTrunk, material, photo
from veduta.landmarks.atlas import Atlas
from veduta.landmarks.atlas_build import build
from veduta.landmarks.closer import BY_CHANCE, CHANCE, MATCHED, Closer, evidence
from veduta.landmarks.gallery import Floats, Gallery
from veduta.landmarks.looks import LEAD, LEADING, PLAIN, Looks, plain
from veduta.landmarks.nearby import Nearby
from veduta.see.keypoints import Keypoints
from veduta.see.matching import nearest
from veduta.see.verification import inliers

SIZE = (1024, 768)
FOUND = 60


def _unit(vectors: Any) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def found() -> Keypoints:
    """The corners of the photo that is asked about."""
    rng = np.random.default_rng(3)
    points = rng.uniform(50, 700, size=(300, 2)).astype(np.float32)
    return Keypoints(points, _unit(rng.normal(size=(300, 64)) * 0.95 ** np.arange(64)), SIZE)


@pytest.fixture(scope="module")
def atlas(found: Keypoints, tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    """One whose exemplars have corners of their own; those of every third show some of `found`, moved together."""
    rng = np.random.default_rng(4)
    made_of = material()
    corners = {}
    for row in range(len(made_of.owners)):
        points = rng.uniform(0, 760, size=(150, 2)).astype(np.float32)
        vectors = _unit(rng.normal(size=(150, 64)) * 0.95 ** np.arange(64))
        count = FOUND - row if row % 3 == 0 else 0
        some = rng.permutation(len(found))[:count]
        points[:count] = found.points[some] * (0.8 + row / 200) + (row, 2 * row)
        vectors[:count] = _unit(found.vectors[some] + rng.normal(size=(count, 64)) * 0.01)
        corners[row] = (Keypoints(points, vectors, SIZE).packed(), SIZE)
    return Atlas.open(build(replace(made_of, corners=corners), tmp_path_factory.mktemp("atlases") / "own"))


def _naive(atlas: Atlas, found: Keypoints) -> dict[int, int]:
    """The most inliers of each landmark among all exemplars."""
    closer, most = Closer(atlas, Gallery(atlas)), dict[int, int]()
    for row, owner in enumerate(atlas.arrays["exemplar_landmark"].tolist()):
        kept = closer._kept(row)
        pairs = nearest(found.vectors, kept.vectors)
        count = inliers(found.points[pairs[:, 0]], kept.points[pairs[:, 1]])
        most[owner] = max(most.get(owner, 0), count)
    return most


def test_the_best_exemplars_say_what_all_of_them_say(atlas: Atlas, found: Keypoints) -> None:
    gallery = Gallery(atlas)
    embedded = gallery.embed(material().vectors[:1])
    scores = gallery.scores(embedded)
    told = Closer(atlas, gallery).inliers(found, embedded[0], scores[0])
    expected = {owner: count for owner, count in _naive(atlas, found).items() if count > CHANCE}
    assert len(expected) == 4
    assert len(atlas.arrays["corner_exemplar"]) > MATCHED
    counts = {owner: len(points) for owner, points in told.items()}
    assert {owner: count for owner, count in counts.items() if count > CHANCE}.items() <= expected.items()
    best = max(expected, key=lambda owner: expected[owner])
    assert counts[best] == expected[best]
    scaled = found.points * (1024 / max(SIZE))  # inliers are corners of the photo
    assert all(np.abs(scaled - point).sum(axis=1).min() < 1e-3 for point in told[best])


def spots(count: int, left: float = 0.0) -> np.ndarray:
    """So many spots in a square of 100 pixels."""
    return np.random.default_rng(count).uniform((left, 0), (left + 100, 100), (count, 2)).astype(np.float32)


def test_what_another_landmark_explains_in_the_same_place_is_no_evidence(atlas: Atlas) -> None:
    assert evidence({0: spots(int(CHANCE)), 1: spots(5)}, 0) == 0 == evidence({}, 3)
    assert evidence({0: spots(28), 1: spots(9)}, 0) == pytest.approx(np.log(2))
    together = {0: spots(28), 1: spots(21)}
    assert evidence(together, 0) == pytest.approx(np.log(28 / 21)) and evidence(together, 1) == 0
    # Two landmarks in one photo: they stand beside each other, or each has more than chance gives.
    apart = {0: spots(28), 1: spots(21, 300)}
    assert evidence(apart, 0) == pytest.approx(np.log(2)) and evidence(apart, 1) == pytest.approx(np.log(1.5))
    both = {0: spots(90), 1: spots(60)}
    assert evidence(both, 0) == pytest.approx(np.log(90 / BY_CHANCE))
    assert evidence(both, 1) == pytest.approx(np.log(60 / BY_CHANCE))
    scores = np.array([0.1, 0.2, 0.3, 0.4], np.float32)
    closer = Closer(atlas, Gallery(atlas))
    raised = closer.raised(scores, {1: spots(40), 2: spots(20)})
    by_hand = scores + closer.weight * np.array([0, np.log(40 / 20), 0, 0])
    np.testing.assert_allclose(raised, by_hand, rtol=1e-6)


def test_few_matches_are_no_evidence(atlas: Atlas, found: Keypoints) -> None:
    gallery = Gallery(atlas)
    embedded = gallery.embed(material().vectors[:1])
    few = Keypoints(found.points[:14], found.vectors[:14], SIZE)
    assert Closer(atlas, gallery).inliers(few, embedded[0], gallery.scores(embedded)[0]) == {}


def test_likeness_is_plain_where_it_is_high_and_leads(atlas: Atlas) -> None:
    leading, high = atlas.threshold(0.01 * LEADING), atlas.threshold(0.01 * PLAIN)
    for best, second, expected in (
        (leading - 0.01, -5.0, False),
        (leading + 0.001, leading - LEAD, True),
        (leading + 0.001, leading + 0.01 - LEAD, leading + 0.001 >= high),
        (high + 0.001, high, True),
    ):
        scores = np.array([second, best, -1.0, -1.0], np.float32)
        assert plain(atlas, 0.01, scores) == expected, (best, second)


def test_where_the_position_rules_out_all_no_corners_are_looked_for(
    found: Keypoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_of = material()
    placed = [replace(mark, latitude=27.0 + i, longitude=78.0) for i, mark in enumerate(made_of.landmarks)]
    corners = {row: (found.packed(), SIZE) for row in range(0, 32, 4)}
    atlas = Atlas.open(build(replace(made_of, landmarks=placed, corners=corners), tmp_path / "own"))
    looked: list[int] = []

    class Local:
        def extract(self, pixels: Any, side: int) -> Keypoints:
            looked.append(side)
            return found

    # A photo halfway between two landmarks resembles both and is in doubt.
    between = (made_of.vectors[0] + made_of.vectors[9]) / 2
    looks = Looks(atlas, Nearby(atlas, 0.01), MadeTrunk(between[None]))  # type: ignore[arg-type]
    monkeypatch.setattr(looks, "_features", Local)
    monkeypatch.setattr(looks, "doubtful", lambda look: True)
    monkeypatch.setattr("veduta.landmarks.looks.plain", lambda *given: False)
    assert looks.look([photo(0)], [(10.0, -40.0)])[0].likeliest is None
    assert not looked
    assert looks.look([photo(0)], [(27.0, 78.0)])[0].likeliest is not None
    assert len(looked) == 1
