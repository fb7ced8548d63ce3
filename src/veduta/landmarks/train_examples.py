"""Photos of a bank as examples: labels, regions, what is held back, and batches in an order that a seed sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from veduta.landmarks.train_recipe import TrainingError

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


class Inputs(Protocol):
    """What the network is shown of each example."""

    def __len__(self) -> int:
        """Number of examples."""

    def take(self, rows: Integers, random: np.random.Generator | None) -> Floats:
        """Inputs of examples, varied at random; as they are where `random` is None."""


@dataclass(frozen=True)
class Vectors:
    """Precomputed features (n, views, D), one view of which is shown at a time, the first where nothing is random."""

    views: NDArray[np.float16] | Floats

    def __len__(self) -> int:
        return len(self.views)

    def take(self, rows: Integers, random: np.random.Generator | None) -> Floats:
        """Rows (k, D), of views drawn by `random`."""
        chosen = np.zeros(len(rows), np.int64)
        if random is not None:
            chosen = random.integers(0, self.views.shape[1], len(rows))
        return np.asarray(self.views[rows, chosen], np.float32)


class Examples:
    """All examples of a run.

    `labels` (n,): index into `landmarks`, or their number for photos without one. `region` (landmarks,): index into
    `regions`, the order of the curriculum. `held` (n,) marks what is never trained on.
    """

    def __init__(
        self,
        inputs: Inputs,
        labels: Integers,
        landmarks: Sequence[str],
        regions: Sequence[str],
        region: Integers,
        held: float,
        seed: int,
    ) -> None:
        """Hold back the share `held` of each landmark's photos, none of landmarks with fewer than four."""
        if len(inputs) != len(labels) or len(region) != len(landmarks):
            raise ValueError(f"{len(inputs)} inputs for {len(labels)} labels, {len(region)} regions")
        self.inputs = inputs
        self.labels = labels
        self.landmarks = list(landmarks)
        self.regions = list(regions)
        self.region = region
        self.counts: list[int] = np.bincount(labels, minlength=len(landmarks) + 1)[:-1].tolist()
        if sum(1 for count in self.counts if count) < 2:
            raise TrainingError(
                "the bank has photos of fewer than two landmarks; there is nothing to tell apart"
            )
        random = np.random.default_rng([seed, 7])
        self.held = np.zeros(len(labels), bool)
        for label in range(len(landmarks) + 1):
            rows = np.flatnonzero(labels == label)
            if len(rows) >= 4:
                self.held[random.permutation(rows)[: round(held * len(rows))]] = True

    def seen(self, stage: int) -> NDArray[np.bool_]:
        """Which answers (landmarks + 1,) exist in a stage: landmarks of its regions, and none."""
        return np.append(self.region <= stage, True)

    def order(self, stage: int, epoch: int, seed: int) -> Integers:
        """The training examples of an epoch, shuffled."""
        rows = np.flatnonzero(self.seen(stage)[self.labels] & ~self.held)
        return np.random.default_rng([seed, stage, epoch]).permutation(rows)

    def steps(self, stage: int, size: int, world: int = 1) -> int:
        """Batches of an epoch for each of `world` processes; what does not fill one is left to another epoch."""
        count = len(self.order(stage, 0, 0))
        return max(1, count // (size * world))

    def batches(
        self, stage: int, epoch: int, seed: int, size: int, skip: int = 0, rank: int = 0, world: int = 1
    ) -> Iterator[tuple[Floats, Integers]]:
        """The batches of an epoch for one process, from number `skip` on; the same for the same arguments."""
        order = self.order(stage, epoch, seed)
        for step in range(skip, self.steps(stage, size, world)):
            first = (step * world + rank) * size
            rows = order[first : first + size]
            yield (
                self.inputs.take(rows, np.random.default_rng([seed, stage, epoch, step, rank])),
                self.labels[rows],
            )

    def held_batches(self, size: int) -> Iterator[tuple[Floats, Integers]]:
        """What was held back, in order and not varied."""
        rows = np.flatnonzero(self.held)
        for first in range(0, len(rows), size):
            part = rows[first : first + size]
            yield self.inputs.take(part, None), self.labels[part]
