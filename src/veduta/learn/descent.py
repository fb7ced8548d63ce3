"""Gradient descent in seeded steps: it can be stopped and go on, to the same result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from torch import Tensor, nn, optim

from veduta.learn import checkpoint
from veduta.progress import Progress, Silent

Listener = Callable[[Mapping[str, Any]], None]
Network = TypeVar("Network", bound=nn.Module)
WARM = 50  # steps over which the rate rises


class Descent(ABC, Generic[Network]):
    """Trains a network by the `loss` of each step at its `rate`; `told` hears of every so many steps.

    `fingerprint` names the run: a state of another one is refused. What `loss` draws by chance must depend on the
    seed and `step` alone.
    """

    def __init__(
        self,
        network: Network,
        optimizer: optim.Optimizer,
        steps: int,
        fingerprint: str,
        told: Listener | None = None,
        every: int = 100,
    ) -> None:
        self.network, self.optimizer, self.steps, self.fingerprint = network, optimizer, steps, fingerprint
        self.told = told or (lambda record: None)
        self.every = every
        self.step = 0

    @abstractmethod
    def loss(self) -> Tensor:
        """What the present step is to make smaller."""

    @abstractmethod
    def rate(self) -> float:
        """The learning rate of the present step, before the rise at the beginning."""

    def look(self) -> None:
        """Called whenever a state was written."""

    def run(
        self, state: Path | None = None, progress: Progress | None = None, until: int | None = None
    ) -> Network:
        """Train from the present step to the last one (or `until`), writing the state now and then."""
        end = min(until or self.steps, self.steps)
        listener = progress or Silent()
        listener.begin("training", end - self.step)
        self.network.train()
        losses: list[float] = []
        while self.step < end:
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate() * min(1.0, (self.step + 1) / WARM)
            loss = self.loss()
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            losses.append(float(loss.detach()))
            self.step += 1
            listener.advance()
            if self.step % self.every == 0 or self.step == end:
                self.told({"step": self.step, "of": self.steps, "loss": float(np.mean(losses))})
                losses.clear()
                if state is not None:
                    self.save(state)
                self.look()
        listener.end()
        self.network.eval()
        return self.network

    def save(self, path: Path) -> None:
        """Write everything that is needed to go on."""
        state = {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}
        checkpoint.save(path, self.fingerprint, {"step": self.step, **state})

    def restore(self, path: Path) -> None:
        """Go on where a state stands; raises TrainingError for one of another run, or a damaged one."""

        def take(kept: Mapping[str, Any]) -> None:
            self.network.load_state_dict(kept["network"])
            self.optimizer.load_state_dict(kept["optimizer"])
            self.step = int(kept["step"])

        checkpoint.restore(path, self.fingerprint, take)
