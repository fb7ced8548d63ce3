"""Frames fused to one larger picture: known pictures come back better than from one frame alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from tests.edit.frames import psnr, shaken
from veduta.edit import noise
from veduta.edit.evidence import BESIDE, Evidence, gathered
from veduta.edit.fuse import CannotFuse, fuse
from veduta.edit.registration import Placed, Registration, gray
from veduta.edit.restoring import Model, restored
from veduta.image.photo import Pixels


@pytest.fixture(scope="module")
def truth() -> Pixels:
    """A piece of a photograph that divides by 2 and 4."""
    return np.ascontiguousarray(data.coffee()[100:228, 250:410])


@pytest.mark.parametrize(("by", "gain"), [(2, 1.2), (4, 1.6)])
def test_twelve_frames_beat_one(truth: Pixels, by: int, gain: float) -> None:
    frames, shifts = shaken(truth, by, 12, 6, 85)
    done = fuse(frames, by)
    assert done.used == list(range(12)) and not done.left_out
    errors = [
        float(np.hypot(one.matrix[0, 2] - x, one.matrix[1, 2] - y))
        for one, (x, y) in zip(done.placed, shifts, strict=True)
    ]
    assert float(np.mean(errors)) < 0.12
    single = cv2.resize(frames[0], None, fx=by, fy=by, interpolation=cv2.INTER_CUBIC)
    assert done.pixels.shape == truth.shape
    assert psnr(done.pixels, truth) > psnr(np.asarray(single, np.uint8), truth) + gain


def test_noise_alone_is_averaged_away(truth: Pixels) -> None:
    frames, _ = shaken(truth, 1, 9, 20, 95)
    done = fuse(frames, 1)
    assert done.pixels.shape == truth.shape
    assert psnr(done.pixels, truth) > psnr(frames[0], truth) + 6
    assert done.noise == pytest.approx(18, rel=0.35)


def test_what_moves_in_some_frames_is_not_in_the_result(truth: Pixels) -> None:
    frames, _ = shaken(truth, 2, 9, 4, 90)
    clean = fuse(frames, 2).pixels
    for number in (2, 4, 5):
        frames[number][20:40, 10 + 4 * number : 30 + 4 * number] = (255, 30, 30)
    done = fuse(frames, 2)
    assert len(done.used) == 9
    assert np.abs(done.pixels.astype(int) - clean)[30:90, 30:110].mean() < 3


def test_a_region_is_followed() -> None:
    """A thing goes its way while the background stays: the region shows the thing, sharper than one frame does."""
    thing, ground = data.coffee()[100:180, 280:400], data.astronaut()[:400, :400] // 2
    frames = []
    random = np.random.default_rng(5)
    for number in range(8):
        scene = ground.copy()
        x, y = 60 + 15 * number, 100 + 7 * number
        scene[y : y + 80, x : x + 120] = thing
        small = cv2.resize(scene, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        frames.append(np.clip(np.rint(small + random.normal(0, 8, small.shape)), 0, 255).astype(np.uint8))
    done = fuse(frames, 2, region=(34 / 200, 54 / 200, 52 / 200, 32 / 200))
    assert len(done.used) == 8
    there = done.placed[-1].matrix @ (60, 70, 1)
    assert there[:2] / there[2] == pytest.approx([60 + 7 * 7.5, 70 + 7 * 3.5], abs=0.3)
    single = cv2.resize(frames[0][54:86, 34:86], None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    true = thing[8:72, 8:112]
    assert psnr(done.pixels, true, 4) > psnr(np.asarray(single, np.uint8), true, 4) + 2


def test_other_scenes_and_sizes_are_left_out(truth: Pixels) -> None:
    frames, _ = shaken(truth, 2, 4, 3, 90)
    other = np.random.default_rng(1).integers(0, 255, frames[0].shape, dtype=np.uint8)
    done = fuse([*frames[:2], other, frames[2][:-4], frames[3]], 2)
    assert done.used == [0, 1, 4]
    assert {one.number: one.reason for one in done.left_out} == {
        2: "does not show the same",
        3: "is 80 x 60 pixels, the first 80 x 64",
    }


def test_small_pictures_of_something_else_are_left_out() -> None:
    """So few pixels can be bent onto each other that they look alike; only their detail tells that they are not."""
    photos = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket(), data.stereo_motorcycle()[0]]
    small = [cv2.resize(photo, (64, 48), interpolation=cv2.INTER_AREA) for photo in photos]
    for reference in small:
        frames, _ = shaken(cv2.resize(reference, (128, 96)), 2, 2, 6, 90)
        others = [one for one in small if one is not reference]
        done = fuse([frames[0], *others, frames[1]], 1)
        assert done.used == [0, 5]
        with pytest.raises(CannotFuse, match="frame 2 does not show the same; frame 3 does not"):
            fuse([frames[0], *others], 1)


@pytest.mark.parametrize("motion", ["affine", "perspective"])
def test_turned_and_bent_frames_are_placed(motion: str) -> None:
    whole = data.astronaut()[:300, :400]
    tilt = 0.0001 if motion == "perspective" else 0.0
    matrix = np.array([[0.998, -0.02, 4.3], [0.02, 0.998, -2.6], [tilt, 0, 1]])
    seen = cv2.warpPerspective(
        whole, np.linalg.inv(matrix), (400, 300), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    )
    found = Registration(gray(whole), (40, 40, 300, 200)).place(gray(np.asarray(seen)), [np.eye(3)])
    at = np.array([[60, 60, 1], [300, 80, 1], [200, 220, 1]], float).T

    def moved(by: NDArray[np.float64]) -> NDArray[np.float64]:
        there = by @ at
        return np.asarray(there[:2] / there[2])

    assert np.abs(moved(found.matrix) - moved(matrix)).max() < 0.15
    assert found.likeness > 0.95


def test_the_light_of_a_frame_is_told(truth: Pixels) -> None:
    darker = np.rint(truth * 0.8 + 9).astype(np.uint8)
    height, width = truth.shape[:2]
    found = Registration(gray(truth), (0, 0, width, height)).place(gray(darker), [np.eye(3)])
    assert found.gain == pytest.approx(1.25, abs=0.02)
    assert found.offset == pytest.approx(-9 * 1.25, abs=1.5)


@pytest.mark.parametrize(("by", "frames"), [(2, 2), (2, 3), (4, 3)])
def test_few_frames_are_no_worse_than_one(by: int, frames: int) -> None:
    """Fine texture that looks like noise stays, and two frames' edges are believed no more than they are exact."""
    grass = np.ascontiguousarray(np.dstack([data.gravel()[:128, :160], *[data.grass()[:128, :160]] * 2]))
    for truth in (grass, np.ascontiguousarray(data.astronaut()[:128, 180:340])):
        seen, _ = shaken(truth, by, frames, 2, 92)
        single = cv2.resize(seen[0], None, fx=by, fy=by, interpolation=cv2.INTER_CUBIC)
        assert psnr(fuse(seen, by).pixels, truth, 8) > psnr(np.asarray(single, np.uint8), truth, 8) - 0.6


def test_evidence_by_naive_recomputation() -> None:
    """The normal equations of samples that lie between pixels of the grid, one by one, and applied to a picture."""
    random = np.random.default_rng(4)
    frame = random.integers(0, 255, (6, 7, 3)).astype(np.uint8)
    matrix = np.array([[0.99, 0.03, 0.4], [-0.02, 1.01, -0.7], [1e-4, 2e-4, 1]])
    trust = random.integers(0, 255, (6, 7)).astype(np.uint8)
    belief = random.random((6, 7)).astype(np.float32)
    placed, by = Placed(matrix, "perspective", 1.0, 1.1, -3.0), 2
    left, top, right, bottom = 2, 1, 12, 11
    found = gathered([(frame, placed)], [trust], belief, (0, 0, 7, 6), by, (left, top, right, bottom))
    height, width = bottom - top, right - left
    rows, weights, codes = [], [], []
    for y in range(6):
        for x in range(7):
            there = np.linalg.inv(matrix) @ (x, y, 1)
            at = there[:2] / there[2]
            fine = (at + 0.5) * by - 0.5 - (left, top)
            if not (0 <= fine[0] <= width - 1 and 0 <= fine[1] <= height - 1):
                continue
            row = np.zeros((height, width))
            column, line = (int(min(fine[n], (width, height)[n] - 2)) for n in (0, 1))
            a, b = fine - (column, line)
            row[line : line + 2, column : column + 2] = np.outer((1 - b, b), (1 - a, a))
            rows.append(row.ravel())
            place = np.array([[at[0]]], np.float32), np.array([[at[1]]], np.float32)
            says = [
                float(cv2.remap(p, *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0, 0])
                for p in (trust, belief)
            ]
            weights.append(says[0] * says[1] / 255)
            codes.append(frame[y, x] * 1.1 - 3)
    a, w = np.array(rows), np.array(weights)
    normal = a.T @ (w[:, None] * a)
    assert found.sums.reshape(-1, 3) == pytest.approx(a.T @ (w[:, None] * np.array(codes)), abs=0.05)
    picture = random.random((height, width, 3)).astype(np.float32)
    assert found.applied(picture).reshape(-1, 3) == pytest.approx(normal @ picture.reshape(-1, 3), abs=1e-3)
    assert len(found.beside) == len(BESIDE) and found.own.ravel() == pytest.approx(np.diag(normal), abs=1e-4)


def test_what_is_known_exactly_comes_back_exactly() -> None:
    """Without blur and with hardly any noise the answer is what was given."""
    values = data.coffee()[100:140, 200:260].astype(np.float32)
    height, width = values.shape[:2]
    none = (np.zeros((height, width), np.float32),) * 4
    out = restored(Evidence(np.ones((height, width), np.float32), none, values), Model(1, 0.0), 0.05)
    assert np.abs(out - values).max() < 0.5


def test_noise_is_told() -> None:
    clear = cv2.GaussianBlur(data.astronaut()[..., 1], (0, 0), 1)
    for sigma in (3.0, 8.0, 20.0):
        noisy = clear + np.random.default_rng(2).normal(0, sigma, clear.shape)
        assert noise.deviation(noisy) == pytest.approx(sigma, rel=0.12)


def test_bad_wishes_are_told(truth: Pixels) -> None:
    for words, told in (
        ({"by": 5}, "5 times as large: expected one of 1, 2, 3, 4"),
        ({"region": (0.5, 0, 0.7, 1)}, "within the frame"),
        ({"region": (0, 0, 0.05, 1)}, "a part of 8 x 128 pixels: 16 x 16 is the least"),
    ):
        with pytest.raises(CannotFuse, match=told):
            fuse([truth, truth], **words)  # type: ignore[arg-type]
    with pytest.raises(CannotFuse, match="two frames at least"):
        fuse([truth])
