"""Scores of masks, recounted pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest

from veduta.learn.metrics import MaskScore, grown


def pictures(seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(seed)
    return [(random.random((12, 15)) < 0.06, random.random((12, 15)) < 0.06) for _ in range(4)]


def test_scores_are_those_of_a_count_by_hand() -> None:
    score = MaskScore(slack=2)
    shared = either = truths = recalled = founds = right = 0
    for found, truth in pictures(3):
        score.update(found, truth)
        spots = {name: [(y, x) for y in range(12) for x in range(15) if m[y, x]] for name, m in
                 (("found", found), ("truth", truth))}  # fmt: skip

        def near(spot: tuple[int, int], others: list[tuple[int, int]]) -> bool:
            return any(math.hypot(spot[0] - y, spot[1] - x) <= 2 for y, x in others)

        shared += len(set(spots["found"]) & set(spots["truth"]))
        either += len(set(spots["found"]) | set(spots["truth"]))
        truths += len(spots["truth"])
        founds += len(spots["found"])
        recalled += sum(near(spot, spots["found"]) for spot in spots["truth"])
        right += sum(near(spot, spots["truth"]) for spot in spots["found"])
    result = score.compute()
    assert result["iou"] == pytest.approx(shared / either)
    assert 0 < recalled < truths
    assert result["recall"] == pytest.approx(recalled / truths)
    assert result["precision"] == pytest.approx(right / founds)


def test_presence_is_agreement_and_reset_forgets() -> None:
    score = MaskScore()
    empty, full = np.zeros((4, 4), bool), np.ones((4, 4), bool)
    for found, truth in ((empty, empty), (full, full), (full, empty)):
        score.update(found, truth)
    assert score.compute()["presence"] == pytest.approx(2 / 3)
    score.reset()
    assert score.compute() == {"iou": 1.0, "recall": 1.0, "precision": 1.0, "presence": 1.0}


def test_masks_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(3, 4\).*\(4, 3\)"):
        MaskScore().update(np.zeros((3, 4), bool), np.zeros((4, 3), bool))


def test_growing_is_by_a_disk() -> None:
    dot = np.zeros((9, 9), bool)
    dot[4, 4] = True
    assert grown(dot, 0) is dot
    assert grown(dot, 2).sum() == 13
    assert grown(dot, 2)[2, 4] and not grown(dot, 2)[2, 3]
