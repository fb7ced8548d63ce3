"""The training itself: regions are added one by one, and every epoch can be the last before a power cut."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from math import cos, pi
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from veduta.landmarks.train_checkpoint import Checkpoint, Position
from veduta.landmarks.train_examples import Examples
from veduta.landmarks.train_network import LandmarkNetwork, Rates
from veduta.landmarks.train_recipe import Recipe
from veduta.progress import Progress, Silent

Listener = Callable[[Mapping[str, Any]], None]


class _Step(nn.Module):
    """Inputs and labels to a loss in one call, which is what a distributed wrapper can follow."""

    def __init__(self, network: LandmarkNetwork, recipe: Recipe) -> None:
        super().__init__()
        self.network = network
        self._weights = (recipe.center_weight, recipe.smoothing)

    def forward(self, inputs: Tensor, labels: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and scores."""
        return self.network.loss(self.network(inputs), labels, seen, *self._weights)


def place() -> torch.device:
    """The GPU of this process (LOCAL_RANK where several train together), else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    return torch.device("cpu")


class Trainer:
    """Trains a network on examples by a recipe, in one process or in several that were started together.

    `told` hears of every epoch and of every stage's end as a flat record. With the same seed, on the processor, a
    run that was interrupted and resumed ends with the same bits as one that was not.
    """

    def __init__(
        self, network: LandmarkNetwork, examples: Examples, recipe: Recipe, told: Listener | None = None
    ) -> None:
        self.recipe = recipe
        self.examples = examples
        self.told = told or (lambda record: None)
        self.device = place()
        self.network = network.to(self.device)
        together = torch.distributed.is_available() and torch.distributed.is_initialized()
        self.rank = torch.distributed.get_rank() if together else 0
        self.world = torch.distributed.get_world_size() if together else 1
        step = _Step(self.network, recipe)
        self._call: nn.Module = nn.parallel.DistributedDataParallel(step) if together else step
        rates = Rates(recipe.rate_trunk, recipe.rate_embedding, recipe.rate_classifier)
        groups = network.groups(rates, recipe.decay, recipe.pull)
        self.optimizer: torch.optim.Optimizer
        if recipe.network == "light":
            self.optimizer = torch.optim.AdamW(groups)
        else:
            self.optimizer = torch.optim.SGD(groups, momentum=0.9, nesterov=True)
        self._rates = [(group["name"], group["lr"]) for group in self.optimizer.param_groups]
        gpu = self.device.type == "cuda"
        self._type = torch.bfloat16 if gpu and torch.cuda.is_bf16_supported() else torch.float16
        self._mixes = gpu and recipe.mixed
        self._scaler = torch.amp.GradScaler(enabled=self._mixes and self._type is torch.float16)
        self.position = Position()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on where a checkpoint stands."""
        self.network.load_state_dict(checkpoint.network)
        self.optimizer.load_state_dict(checkpoint.optimizer)
        if checkpoint.scaler:
            self._scaler.load_state_dict(checkpoint.scaler)
        torch.set_rng_state(checkpoint.random)
        if checkpoint.random_gpu and self.device.type == "cuda":
            torch.cuda.set_rng_state_all(checkpoint.random_gpu)
        self.position = checkpoint.position

    def checkpoint(self, fingerprint: str) -> Checkpoint:
        """The state now."""
        return Checkpoint(
            fingerprint,
            Position(self.position.stage, self.position.epoch, self.position.step),
            self.network.state_dict(),
            self.optimizer.state_dict(),
            self._scaler.state_dict(),
            torch.get_rng_state(),
            torch.cuda.get_rng_state_all() if self.device.type == "cuda" else [],
        )

    def run(
        self, folder: Path | None = None, fingerprint: str = "", progress: Progress | None = None
    ) -> None:
        """Train through all stages from the present position; a checkpoint is written to `folder` every epoch."""
        listener = progress or Silent()
        stages = len(self.examples.regions)
        while self.position.stage < stages:
            stage, epoch = self.position.stage, self.position.epoch
            if epoch < self.recipe.epochs:
                listener.begin(
                    f"{self.examples.regions[stage]}: stage {stage + 1} of {stages}, epoch {epoch + 1} of"
                    f" {self.recipe.epochs}",
                    self.examples.steps(stage, self.recipe.batch, self.world),
                )
                self.told({"event": "epoch", "stage": stage, "epoch": epoch, **self._epoch(listener)})
                listener.end()
                self.position.epoch, self.position.step = epoch + 1, 0
            if self.position.epoch >= self.recipe.epochs:
                self.told({"event": "stage", "stage": stage, **self.remembered()})
                self.position = Position(stage + 1, 0, 0)
            if folder is not None and self.rank == 0:
                self.checkpoint(fingerprint).save(folder / "checkpoint.pt")

    def _rate(self, base: float, name: str, total: int) -> float:
        """Warm-up over a twentieth of a stage, then half a cosine; old parts learn slower in later stages."""
        place = self.position
        at = place.epoch * (total // self.recipe.epochs) + place.step
        warm = max(1, total // 20)
        shape = (at + 1) / warm if at < warm else 0.5 * (1 + cos(pi * (at - warm) / max(1, total - warm)))
        slower = self.recipe.remember if place.stage and name != "classifier" else 1.0
        return base * slower * shape

    def _mixing(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, self._type, enabled=self._mixes)

    def _tensors(self, batch: tuple[NDArray[Any], NDArray[Any]]) -> tuple[Tensor, Tensor]:
        inputs, labels = (torch.from_numpy(np.ascontiguousarray(part)) for part in batch)
        return inputs.to(self.device, non_blocking=True), labels.to(self.device, non_blocking=True)

    def _epoch(self, progress: Progress) -> dict[str, float]:
        recipe, place = self.recipe, self.position
        self._call.train()
        seen = torch.from_numpy(self.examples.seen(place.stage)).to(self.device)
        steps = self.examples.steps(place.stage, recipe.batch, self.world)
        total, right, count = 0.0, 0, 0
        batches: Iterator[Any] = self.examples.batches(
            place.stage, place.epoch, recipe.seed, recipe.batch, place.step, self.rank, self.world
        )
        for batch in batches:
            inputs, labels = self._tensors(batch)
            for group, (name, base) in zip(self.optimizer.param_groups, self._rates, strict=True):
                group["lr"] = self._rate(base, name, steps * recipe.epochs)
            with self._mixing():
                loss, scores = self._call(inputs, labels, seen)
            self.optimizer.zero_grad(set_to_none=True)
            self._scaler.scale(loss).backward()
            self._scaler.step(self.optimizer)
            self._scaler.update()
            total += float(loss.detach()) * len(labels)
            right += int((scores.detach().argmax(dim=1) == labels).sum())
            count += len(labels)
            place.step += 1
            progress.advance()
        rates = {f"rate_{g['name']}": float(g["lr"]) for g in self.optimizer.param_groups}
        return {"loss": total / max(count, 1), "accuracy": right / max(count, 1), **rates}

    @torch.no_grad()
    def predictions(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
        """Truth, answer and embedding of what was held back, in batches."""
        self._call.eval()
        seen = torch.from_numpy(self.examples.seen(self.position.stage)).to(self.device)
        for batch in self.examples.held_batches(self.recipe.batch):
            inputs, labels = self._tensors(batch)
            with self._mixing():
                embedded = self.network(inputs)
                answers = self.network.scores(embedded, None, seen).argmax(dim=1)
            yield labels.cpu().numpy(), answers.cpu().numpy(), embedded.float().cpu().numpy()

    def remembered(self) -> dict[str, float]:
        """Share of held photos answered rightly: of each region so far, and of photos without landmarks."""
        pairs = [(truth, answer) for truth, answer, _ in self.predictions()]
        if not pairs:
            return {}
        truth, answer = (np.concatenate([pair[i] for pair in pairs]) for i in (0, 1))
        regions = np.append(self.examples.region, len(self.examples.regions))[truth]
        names = [*self.examples.regions, "no landmark"]
        known = [*range(self.position.stage + 1), len(self.examples.regions)]
        return {
            f"held {names[r]}": float((truth == answer)[regions == r].mean())
            for r in known
            if (regions == r).any()
        }
