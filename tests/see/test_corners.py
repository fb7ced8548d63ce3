"""Geometry finds the same building again and nothing where there is nothing."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from veduta.image.decode import read
from veduta.nets.packs.local import LIGHTERGLUE, XFEAT
from veduta.nets.store import default_store
from veduta.see.corners import LocalFeatures, sample
from veduta.see.keypoints import Keypoints, WrongKeypoints
from veduta.see.matching import nearest
from veduta.see.verification import inliers


@pytest.fixture(scope="module", params=["lighterglue", "nearest"])
def features(request: pytest.FixtureRequest) -> LocalFeatures:
    needed = (XFEAT, LIGHTERGLUE) if request.param == "lighterglue" else (XFEAT,)
    missing = [pack.name for pack in needed if not default_store().ready(pack)]
    if missing:
        pytest.skip(f"model store lacks {', '.join(missing)}: run `veduta models pull {' '.join(missing)}`")
    return LocalFeatures(most=512, matcher=request.param)


def test_a_photo_seen_from_aside_matches_and_another_does_not(
    features: LocalFeatures, photographs: Path
) -> None:
    facade = read(photographs / "coffee.png")
    height, width = facade.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + np.array([[30, 20], [-20, 5], [-5, -30], [15, -10]], np.float32)
    motion = cv2.getPerspectiveTransform(corners, moved)
    aside = np.asarray(cv2.warpPerspective(facade, motion, (width, height)))
    a, b = features.extract(facade, 640), features.extract(aside, 640)
    assert features.verify(a, b) > 60
    pairs = features.matches(a, b)
    expected = cv2.perspectiveTransform(a.points[pairs[:, 0]][None], motion)[0]
    off = np.linalg.norm(expected - b.points[pairs[:, 1]], axis=1)
    assert np.median(off) < 2
    other = features.extract(read(photographs / "rocket.jpg"), 640)
    assert features.verify(a, other) < 20
    assert features.verify(a, other) == features.verify(a, other)


def test_pictures_without_corners_match_nothing(features: LocalFeatures) -> None:
    gray = features.extract(np.full((90, 200, 3), 128, np.uint8), 320)
    assert features.verify(gray, gray) == 0
    speck = features.extract(np.zeros((1, 1, 3), np.uint8), 320)
    assert features.verify(speck, gray) == 0


def test_packing_keeps_corners(features: LocalFeatures, photographs: Path) -> None:
    found = features.extract(read(photographs / "coffee.png"), 640)
    again = Keypoints.unpacked(found.best(100).packed(), found.size)
    assert len(again) == 100
    np.testing.assert_allclose(again.points, found.points[:100], atol=0.01)
    assert (again.vectors * found.vectors[:100]).sum(axis=1).min() > 0.999
    with pytest.raises(WrongKeypoints, match=r"expected uint8 \(n, 68\)"):
        Keypoints.unpacked(np.zeros((3, 10), np.uint8), (10, 10))


def test_inliers_of_a_known_motion_among_chance_matches() -> None:
    random = np.random.default_rng(0)
    a = random.uniform(0, 1000, (150, 2)).astype(np.float32)
    b = random.uniform(0, 1000, (150, 2)).astype(np.float32)
    chance = inliers(a, b)
    b[:100] = a[:100] * 0.8 + np.array([40, 90], np.float32)
    assert chance < 30
    assert 100 <= inliers(a, b) <= 115
    assert inliers(a[:7], b[:7]) == 0


def test_nearest_is_mutual_and_near_enough() -> None:
    random = np.random.default_rng(1)
    a, b = (random.normal(size=(n, 64)).astype(np.float32) for n in (30, 40))
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    b[:5] = a[10:15]
    assert nearest(a, b).tolist() == [[10 + i, i] for i in range(5)]
    naive = [
        [i, j]
        for i in range(30)
        for j in range(40)
        if (a[i] @ b.T).argmax() == j and (b[j] @ a.T).argmax() == i and a[i] @ b[j] > 0.2
    ]
    assert nearest(a, b, 0.2).tolist() == naive


def test_sample_against_loops() -> None:
    grid = np.random.default_rng(2).random((4, 5, 3)).astype(np.float32)
    for x, y in ((0.0, 0.0), (1.25, 2.5), (4.0, 3.0), (-0.5, 3.7)):
        cx, cy = min(max(x, 0), 4), min(max(y, 0), 3)
        expected = sum(
            grid[r, c] * max(0, 1 - abs(cx - c)) * max(0, 1 - abs(cy - r)) for r in range(4) for c in range(5)
        )
        found = sample(grid, np.array([x], np.float32), np.array([y], np.float32))[0]
        np.testing.assert_allclose(found, expected, atol=1e-6)
