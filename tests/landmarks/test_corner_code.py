"""Coded corners are nearly what they were, and coded numbers the nearest words."""

from __future__ import annotations

import numpy as np
import pytest

from veduta.landmarks.compact import compact, named, whole
from veduta.landmarks.corner_code import BYTES, PAIRS, CornerCode
from veduta.see.keypoints import Keypoints, WrongKeypoints


def corners(count: int, seed: int = 0) -> Keypoints:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Keypoints(random.uniform(0, 480, (count, 2)).astype(np.float32), vectors, (640, 480))


def test_each_pair_is_replaced_by_the_nearest_word() -> None:
    made = corners(700)
    code = CornerCode.fit(made.vectors)
    rows = code.encode(made)
    assert rows.shape == (700, BYTES)
    for corner in (0, 350, 699):
        for pair in range(PAIRS):
            off = np.linalg.norm(code.words[pair] - made.vectors[corner, 2 * pair : 2 * pair + 2], axis=1)
            assert off[rows[corner, 4 + pair]] <= off.min() + 1e-6


def test_decoded_corners_lie_where_they_were_and_look_alike() -> None:
    made, other = corners(3000), corners(200, seed=1)
    code = CornerCode.fit(made.vectors)
    again = code.decode(code.encode(other), other.size)
    np.testing.assert_allclose(again.points, other.points, atol=0.01)
    assert (again.vectors * other.vectors).sum(axis=1).min() > 0.98
    np.testing.assert_array_equal(CornerCode.fit(made.vectors).words, code.words)


@pytest.mark.parametrize("count", [0, 1, 40])
def test_few_corners_make_few_words(count: int) -> None:
    made = corners(count)
    code = CornerCode.fit(made.vectors)
    again = code.decode(code.encode(made), made.size)
    assert len(again) == count
    np.testing.assert_allclose(again.vectors, made.vectors, atol=2e-3)


def test_rows_of_another_form_are_refused() -> None:
    with pytest.raises(WrongKeypoints, match=r"expected uint8 \(n, 36\)"):
        CornerCode.fit(corners(3).vectors).decode(np.zeros((3, 68), np.uint8), (10, 10))


def test_compact_rows_differ_by_half_a_step_at_most() -> None:
    rows = np.random.default_rng(2).normal(size=(30, 50)).astype(np.float32) * np.arange(30)[:, None]
    kept = named("some", rows)
    assert kept["some"].dtype == np.int8
    step = np.abs(rows).max(axis=1, keepdims=True) / 127
    assert (np.abs(whole(kept, "some") - rows) <= step / 2 + 1e-6).all()
    assert compact(np.zeros((0, 4)))[0].shape == (0, 4)
