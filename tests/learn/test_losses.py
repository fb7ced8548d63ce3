"""Losses against loops over single pixels, straight from the papers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from veduta.learn.losses import center_line_dice, dice, focal, skeleton


def scores(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    random = np.random.default_rng(seed)
    logits = torch.from_numpy(random.normal(size=(2, 1, 5, 7)).astype(np.float32))
    return logits, torch.from_numpy((random.random((2, 1, 5, 7)) < 0.3).astype(np.float32))


def test_focal_is_the_weighted_mean_over_pixels() -> None:
    logits, truth = scores()
    naive = 0.0
    for logit, right in zip(logits.flatten().tolist(), truth.flatten().tolist(), strict=True):
        p = 1 / (1 + math.exp(-logit))
        given = p if right else 1 - p
        naive -= (0.8 if right else 0.2) * (1 - given) ** 1.5 * math.log(given)
    assert float(focal(logits, truth, 1.5, 0.8)) == pytest.approx(naive / truth.numel(), rel=1e-5)


def test_dice_counts_shared_pixels_twice() -> None:
    logits, truth = scores(1)
    p = torch.sigmoid(logits)
    shared = sum(a * b for a, b in zip(p.flatten().tolist(), truth.flatten().tolist(), strict=True))
    whole = sum(p.flatten().tolist()) + sum(truth.flatten().tolist())
    assert float(dice(p, truth)) == pytest.approx(1 - 2 * shared / whole, rel=1e-5)
    assert float(dice(truth, truth)) == pytest.approx(0, abs=1e-6)


def _eroded(mask: list[list[float]]) -> list[list[float]]:
    rows, columns = len(mask), len(mask[0])

    def at(y: int, x: int) -> float:
        return mask[y][x] if 0 <= y < rows and 0 <= x < columns else math.inf

    cross = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
    return [[min(at(y + a, x + b) for a, b in cross) for x in range(columns)] for y in range(rows)]


def _dilated(mask: list[list[float]]) -> list[list[float]]:
    rows, columns = len(mask), len(mask[0])
    near = range(-1, 2)
    return [
        [
            max(mask[y + a][x + b] for a in near for b in near if 0 <= y + a < rows and 0 <= x + b < columns)
            for x in range(columns)
        ]
        for y in range(rows)
    ]


def naive_skeleton(mask: list[list[float]], rounds: int) -> list[list[float]]:
    lines = [[0.0] * len(mask[0]) for _ in mask]
    left = mask
    for _ in range(rounds + 1):
        eroded = _eroded(left)
        opened = _dilated(eroded)
        for y, row in enumerate(lines):
            for x, value in enumerate(row):
                ridge = max(0.0, left[y][x] - opened[y][x])
                row[x] = value + max(0.0, ridge - value * ridge)
        left = eroded
    return lines


def test_skeleton_is_the_paper_s() -> None:
    random = np.random.default_rng(2)
    soft = random.random((9, 11)).astype(np.float32)
    found = skeleton(torch.from_numpy(soft)[None, None], 2)[0, 0].numpy()
    np.testing.assert_allclose(found, naive_skeleton(soft.tolist(), 2), atol=1e-5)


def test_a_broken_line_costs_more_in_center_lines_than_a_thin_one() -> None:
    truth = torch.zeros(1, 1, 24, 24)
    truth[..., 10:13, 2:22] = 1
    thin = torch.zeros_like(truth)
    thin[..., 11, 2:22] = 1
    broken = truth.clone()
    broken[..., 9:15] = 0  # fewer pixels are lost than to thinness
    assert float(dice(broken, truth)) < float(dice(thin, truth))
    assert float(center_line_dice(broken, truth)) > float(center_line_dice(thin, truth))
    assert float(center_line_dice(truth, truth)) == pytest.approx(0, abs=1e-5)
