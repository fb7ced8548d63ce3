"""Local features behind one interface: what is found again after a known motion, matching against loops, motions."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from veduta.image.decode import read
from veduta.image.photo import Pixels
from veduta.nets.packs.imagenet import LITE2
from veduta.nets.packs.local import LIGHTERGLUE, XFEAT
from veduta.nets.store import default_store
from veduta.see.keypoints import Keypoints
from veduta.see.local_features import KINDS, LocalFeature, NoSuchFeatures, Spots, feature
from veduta.see.matching import matches
from veduta.see.pairing import compare_folder, pair
from veduta.see.verification import fundamental, homography

NEEDED = {"xfeat": XFEAT, "deep": LITE2}
MOTION = np.array([[0.9, -0.12, 30], [0.1, 0.95, -8], [1e-4, 5e-5, 1]])


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> LocalFeature:
    pack = NEEDED.get(request.param)
    if pack is not None and not default_store().ready(pack):
        pytest.skip(f"model store lacks {pack.name}: run `veduta models pull`")
    return feature(request.param)


@pytest.fixture(scope="module")
def picture(photographs: Path) -> Pixels:
    return read(photographs / "coffee.png", 400)


@pytest.fixture(scope="module")
def aside(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    return np.asarray(cv2.warpPerspective(picture, MOTION, (width, height)), np.uint8)


def moved(points: np.ndarray, motion: np.ndarray) -> np.ndarray:
    at = np.hstack([points, np.ones((len(points), 1))]) @ motion.T
    return at[:, :2] / at[:, 2:]


def test_every_kind_finds_a_known_motion_again(kind: LocalFeature, picture: Pixels, aside: Pixels) -> None:
    a, b = (kind.find(one, 400, 800) for one in (picture, aside))
    found = pair(a, b, kind)
    assert found.same and found.motion.model == "homography"
    assert found.motion.matrix is not None
    corners = np.array([[0, 0], [399, 0], [399, 266], [0, 266]], np.float64)
    off = np.linalg.norm(moved(corners, found.motion.matrix) - moved(corners, MOTION), axis=1)
    assert off.mean() < (4 if kind.name == "deep" else 2)
    ours, theirs = found.points()
    right = np.linalg.norm(moved(ours, MOTION) - theirs, axis=1) < 3
    assert right[found.homography.inliers].mean() > 0.9


def test_other_pictures_are_left_to_chance(kind: LocalFeature, picture: Pixels, photographs: Path) -> None:
    other = read(photographs / "rocket.jpg", 400)
    found = pair(kind.find(picture, 400, 800), kind.find(other, 400, 800), kind)
    assert not found.same
    assert found.similarity == 0


def test_detect_and_describe_are_the_two_halves_of_find(kind: LocalFeature, picture: Pixels) -> None:
    spots = kind.detect(picture, 300)
    found = kind.describe(picture, spots)
    assert 50 < len(spots) <= 300
    assert isinstance(spots, Spots)
    assert 0 < len(found) <= len(spots)
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-4)
    whole = kind.find(picture, 400, 300)
    near = np.linalg.norm(whole.points[:, None] - found.points[None], axis=2).min(1)
    assert np.median(near) < 1


def test_pictures_with_nothing_in_them_match_nothing(kind: LocalFeature) -> None:
    gray = kind.find(np.full((60, 90, 3), 99, np.uint8), 90)
    assert pair(gray, gray, kind).verified == 0
    speck = kind.find(np.zeros((1, 1, 3), np.uint8), 90)
    assert pair(speck, gray, kind).verified == 0


def test_points_are_told_in_pixels_of_the_whole_picture(picture: Pixels) -> None:
    large = np.asarray(cv2.resize(picture, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC))
    sift = feature("sift")
    small, whole = sift.find(picture, 400, 200), sift.find(large, 400, 200)
    assert whole.size == (large.shape[1], large.shape[0])
    pairs = sift.match(small, whole)
    off = (small.points[pairs[:, 0]] + 0.5) * 3 - 0.5 - whole.points[pairs[:, 1]]
    assert np.abs(np.median(off, axis=0)).max() < 0.5


def test_orb_vectors_count_equal_bits(picture: Pixels) -> None:
    orb = feature("orb")
    spots = orb.detect(picture, 50)
    found = orb.describe(picture, spots)
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    kept, bits = cv2.ORB.create().compute(
        gray,
        [
            cv2.KeyPoint(*p, s, a, 0, int(o))
            for p, s, a, o in zip(
                spots.points.tolist(),
                spots.diameters.tolist(),
                spots.angles.tolist(),
                spots.levels,
                strict=True,
            )
        ],
    )
    assert len(kept) == len(found)
    naive = np.array([[bin(int.from_bytes((x ^ y).tobytes())).count("1") for y in bits] for x in bits])
    np.testing.assert_allclose(128 * (1 - found.vectors @ found.vectors.T), naive, atol=1e-3)


@pytest.mark.parametrize("ratio", [None, 0.6, 0.9])
@pytest.mark.parametrize("mutual", [True, False])
def test_matching_is_that_of_loops(
    ratio: float | None, mutual: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veduta.see.matching.ROWS", 7)
    random = np.random.default_rng(4)
    a = random.normal(size=(30, 5))
    b = np.vstack([a[:20] + random.normal(scale=0.2, size=(20, 5)), random.normal(size=(9, 5))])
    a, b = ((m / np.linalg.norm(m, axis=1, keepdims=True)).astype(np.float32) for m in (a, b))
    away = [[float(np.linalg.norm(x.astype(float) - y)) for y in b] for x in a]
    naive = []
    for i, row in enumerate(away):
        first, second = sorted(row)[:2]
        j = row.index(first)
        if ratio is not None and first > ratio * second:
            continue
        if mutual and min(other[j] for other in away) < first:
            continue
        naive.append([i, j])
    assert len(naive) > 3
    assert matches(a, b, ratio, mutual).tolist() == naive


def test_matching_nothing_gives_nothing() -> None:
    none, one = np.empty((0, 5), np.float32), np.ones((1, 5), np.float32) / np.float32(5**0.5)
    for a, b in ((none, one), (one, none), (one, one)):
        assert matches(a, b).shape == (0, 2)
    assert matches(one, one, None).tolist() == [[0, 0]]


def test_motions_of_known_matches() -> None:
    random = np.random.default_rng(5)
    a = random.uniform(0, 1000, (80, 2)).astype(np.float32)
    b = moved(a, MOTION).astype(np.float32)
    b[60:] = random.uniform(0, 1000, (20, 2))
    found = homography(a, b)
    assert found.matrix is not None
    assert found.inliers[:60].all() and found.count < 64
    np.testing.assert_allclose(found.matrix / found.matrix[2, 2], MOTION, rtol=1e-3, atol=1e-2)
    lines = fundamental(a, b)
    assert lines.matrix is not None
    assert lines.count >= 58
    for few in (0, 7):
        assert homography(a[:few], b[:few]).matrix is None
        assert fundamental(a[:few], b[:few]).inliers.shape == (few,)
    same = np.zeros((40, 2), np.float32)
    assert fundamental(same, same).count in range(41)  # degenerate: no crash


def test_a_folder_is_compared_and_bad_files_are_told(tmp_path: Path, picture: Pixels, aside: Pixels) -> None:
    from PIL import Image

    Image.fromarray(aside).save(tmp_path / "aside.png")
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8 nothing")
    paths = [tmp_path / "aside.png", tmp_path / "bad.jpg", tmp_path / "missing.jpg"]
    sift = feature("sift")
    told = dict(compare_folder(sift.find(picture, 400), paths, sift, side=400))
    assert list(told) == paths
    assert not isinstance(told[paths[0]], str) and told[paths[0]].same
    assert all(isinstance(told[path], str) for path in paths[1:])


def test_features_that_are_not_to_be_had_are_told_in_one_line() -> None:
    with pytest.raises(NoSuchFeatures, match="SURF is not in the free builds of OpenCV") as told:
        feature("surf")
    assert "\n" not in str(told.value)
    with pytest.raises(NoSuchFeatures, match="known: sift, orb, xfeat, deep"):
        feature("brisk")
    with pytest.raises(NoSuchFeatures, match="only for xfeat"):
        feature("sift", learned=True)


def test_the_learned_matcher_matches(picture: Pixels, aside: Pixels) -> None:
    missing = [pack.name for pack in (XFEAT, LIGHTERGLUE) if not default_store().ready(pack)]
    if missing:
        pytest.skip(f"model store lacks {', '.join(missing)}: run `veduta models pull {' '.join(missing)}`")
    xfeat = feature("xfeat", learned=True)
    a, b = (xfeat.find(one, 400, 400) for one in (picture, aside))
    found = pair(a, b, xfeat, learned=True)
    assert found.same and found.chance == 15


def test_keypoints_of_any_length_are_kept() -> None:
    points = Keypoints(np.zeros((3, 2), np.float32), np.zeros((3, 128), np.float32), (5, 5))
    assert len(points.best(2)) == 2
