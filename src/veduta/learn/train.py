"""Training of a judge on single places: seeded, resumable, and the same to the bit when interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from veduta.learn.descent import Descent, Listener
from veduta.learn.losses import dice, focal
from veduta.learn.recipe import Recipe, TrainingError
from veduta.learn.segmenter import Judge

SAVED_EVERY = 200
RUN = 8  # neighbors on disk that are read together: places of one example


class Trainer(Descent[Judge]):
    """Trains a judge on columns (n, length) and truths (n, 4) by a recipe; `told` hears of every 200th step.

    Columns and truths may be arrays on disk. Raises TrainingError when there are too few of them.
    """

    def __init__(
        self,
        columns: NDArray[Any],
        truths: NDArray[Any],
        widths: Sequence[int],
        recipe: Recipe,
        told: Listener | None = None,
        coarse: Sequence[int] = (),
    ) -> None:
        if len(columns) < max(2 * RUN, recipe.batch // RUN):
            raise TrainingError(f"{len(columns)} places are too few to train on")
        self.columns, self.truths, self.recipe = columns, truths, recipe
        some = np.asarray(columns[:: max(1, len(columns) // 5000)], np.float32)
        mean, spread = (torch.from_numpy(v) for v in (some.mean(axis=0), some.std(axis=0) + 1e-2))
        torch.manual_seed(recipe.seed)
        judge = Judge(mean, spread, widths, recipe.dropout, coarse, recipe.forgotten)
        super().__init__(
            judge,
            torch.optim.AdamW(judge.parameters(), lr=recipe.rate, weight_decay=recipe.decay),
            max(1, round(recipe.epochs * len(columns) / recipe.batch)),
            f"{recipe.fingerprint} {len(columns)}",
            told,
            SAVED_EVERY,
        )

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The places of one step: always the same ones for a seed."""
        rng = np.random.default_rng([self.recipe.seed, step])
        starts = rng.integers(0, len(self.columns) - RUN + 1, self.recipe.batch // RUN)
        rows = (starts[:, None] + np.arange(RUN)).ravel()
        parts = (self.columns[rows], self.truths[rows])
        columns, truths = (torch.from_numpy(np.asarray(part, np.float32)) for part in parts)
        return columns, truths

    def loss(self) -> torch.Tensor:
        """The focal loss and one less the Dice coefficient, as the recipe weighs them."""
        columns, truth = self.batch(self.step)
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.step)  # of the dropout
        scores = self.network(columns)
        hard = focal(scores, truth, self.recipe.gamma, self.recipe.balance)
        return self.recipe.focal_weight * hard + self.recipe.dice_weight * dice(torch.sigmoid(scores), truth)

    def rate(self) -> float:
        """Half a cosine down to nothing (Loshchilov and Hutter 2016)."""
        return self.recipe.rate * 0.5 * (1 + cos(pi * self.step / self.steps))
