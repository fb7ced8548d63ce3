"""Training of a judge on single places: seeded, resumable, and the same to the bit when interrupted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import cos, pi
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from veduta.learn import checkpoint
from veduta.learn.losses import dice, focal
from veduta.learn.recipe import Recipe, TrainingError
from veduta.learn.segmenter import Judge
from veduta.progress import Progress, Silent

Listener = Callable[[Mapping[str, Any]], None]
SAVED_EVERY = 200
RUN = 8  # neighbors on disk that are read together: places of one example


class Trainer:
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
        self.told = told or (lambda record: None)
        some = np.asarray(columns[:: max(1, len(columns) // 5000)], np.float32)
        mean, spread = (torch.from_numpy(v) for v in (some.mean(axis=0), some.std(axis=0) + 1e-2))
        torch.manual_seed(recipe.seed)
        self.judge = Judge(mean, spread, widths, recipe.dropout, coarse, recipe.forgotten)
        self.steps = max(1, round(recipe.epochs * len(columns) / recipe.batch))
        self.step = 0
        self.optimizer = torch.optim.AdamW(self.judge.parameters(), lr=recipe.rate, weight_decay=recipe.decay)

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The places of one step: always the same ones for a seed."""
        rng = np.random.default_rng([self.recipe.seed, step])
        starts = rng.integers(0, len(self.columns) - RUN + 1, self.recipe.batch // RUN)
        rows = (starts[:, None] + np.arange(RUN)).ravel()
        parts = (self.columns[rows], self.truths[rows])
        columns, truths = (torch.from_numpy(np.asarray(part, np.float32)) for part in parts)
        return columns, truths

    def run(
        self, checkpoint: Path | None = None, progress: Progress | None = None, until: int | None = None
    ) -> Judge:
        """Train from the present step to the last one (or `until`), writing `checkpoint` now and then."""
        recipe = self.recipe
        end = min(until or self.steps, self.steps)
        listener = progress or Silent()
        listener.begin("training", end - self.step)
        self.judge.train()
        seen: list[float] = []
        while self.step < end:
            columns, truth = self.batch(self.step)
            torch.manual_seed(recipe.seed * 1_000_003 + self.step)  # of the dropout
            for group in self.optimizer.param_groups:
                group["lr"] = self._rate()
            scores = self.judge(columns)
            loss = recipe.focal_weight * focal(scores, truth, recipe.gamma, recipe.balance)
            loss = loss + recipe.dice_weight * dice(torch.sigmoid(scores), truth)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            seen.append(float(loss.detach()))
            self.step += 1
            listener.advance()
            if self.step % SAVED_EVERY == 0 or self.step == end:
                self.told({"step": self.step, "of": self.steps, "loss": float(np.mean(seen))})
                seen.clear()
                if checkpoint is not None:
                    self.save(checkpoint)
        listener.end()
        self.judge.eval()
        return self.judge

    def _rate(self) -> float:
        """Warm-up over fifty steps, and half a cosine."""
        shape = 0.5 * (1 + cos(pi * self.step / self.steps))
        return self.recipe.rate * shape * min(1.0, (self.step + 1) / 50)

    def save(self, path: Path) -> None:
        """Write everything that the run needs to go on."""
        checkpoint.save(
            path,
            self._fingerprint,
            {
                "step": self.step,
                "judge": self.judge.state_dict(),
                "optimizer": self.optimizer.state_dict(),
            },
        )

    def restore(self, path: Path) -> None:
        """Go on where a checkpoint stands; raises TrainingError for one of another recipe or a damaged file."""

        def take(kept: Mapping[str, Any]) -> None:
            self.judge.load_state_dict(kept["judge"])
            self.optimizer.load_state_dict(kept["optimizer"])
            self.step = int(kept["step"])

        checkpoint.restore(path, self._fingerprint, take)

    @property
    def _fingerprint(self) -> str:
        return f"{self.recipe.fingerprint} {len(self.columns)}"
