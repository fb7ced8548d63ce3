"""Panoramas of two parts of one photograph: what is made is the photograph."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from veduta.edit.panorama import CannotStitch, stitch
from veduta.image.decode import read

MOTION = np.array([[0.97, -0.06, -180], [0.05, 1.02, -15], [8e-5, 2e-5, 1]])


def parts(photographs: Path, gain: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    whole = read(photographs / "coffee.png")
    a = np.ascontiguousarray(whole[:, :380])
    b = cv2.warpPerspective(whole, MOTION, (380, 380), flags=cv2.INTER_CUBIC)
    return whole, a, np.clip(b * gain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("gain", [1.0, 0.7])
def test_two_parts_make_the_whole_again(photographs: Path, gain: float) -> None:
    whole, a, b = parts(photographs, gain)
    made = stitch(a, b, MOTION)
    x, y = made.origin
    there = made.pixels[y : y + 400, x : x + 500].astype(int)
    true = whole[:, :500].astype(int)
    # The second shows the lower right only where it lies inside of it.
    covered = made.cover[y : y + 400, x : x + 500]
    assert covered.mean() > 0.9
    off = np.abs(there - true).max(2)[covered]
    assert off.mean() < (2 if gain == 1 else 6)
    # Left of the second picture the first is itself.
    assert (there[:, :150] == true[:, :150]).all()
    assert 0.3 < made.overlap < 0.6


def test_no_border_of_either_is_seen(photographs: Path) -> None:
    """Exposure differs beyond what a curve mends, in one half: the passage is still without a step."""
    a = np.full((100, 200, 3), 100, np.uint8)
    b = np.full((100, 200, 3), 100, np.uint8)
    b[:, :60] = 130
    made = stitch(a, b, np.array([[1.0, 0, -120], [0, 1, 0], [0, 0, 1]]))
    assert made.pixels.shape == (100, 320, 3)
    row = made.pixels[50, :, 0].astype(int)
    assert np.abs(np.diff(row[100:175])).max() <= 6


def test_views_that_differ_too_much_are_refused() -> None:
    a = np.zeros((50, 60, 3), np.uint8)
    with pytest.raises(CannotStitch, match="horizon"):
        stitch(a, a, np.array([[1, 0, 0], [0, 1, 0], [0.03, 0, 1.0]]))
    with pytest.raises(CannotStitch, match="pixels"):
        stitch(a, a, np.diag([0.01, 0.01, 1.0]))
    with pytest.raises(CannotStitch, match="line"):
        stitch(a, a, np.zeros((3, 3)))
