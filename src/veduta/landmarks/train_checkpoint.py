"""Checkpoints: everything that a run needs to go on as if it had never stopped."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from veduta.files import replacing
from veduta.landmarks.train_recipe import TrainingError


@dataclass
class Position:
    """Where a run stands: the next batch to train on."""

    stage: int = 0
    epoch: int = 0
    step: int = 0


@dataclass
class Checkpoint:
    """The state of a run at a position."""

    fingerprint: str
    position: Position
    network: dict[str, Any]
    optimizer: dict[str, Any]
    scaler: dict[str, Any]
    random: torch.Tensor
    random_gpu: list[torch.Tensor] = field(default_factory=list)

    def save(self, path: Path) -> Path:
        """Write it atomically."""
        place = self.position
        with replacing(path) as temporary:
            torch.save({**vars(self), "position": [place.stage, place.epoch, place.step]}, temporary)
        return path

    @classmethod
    def load(cls, path: Path, fingerprint: str) -> Checkpoint:
        """Read one of a run with the same settings and bank; raises TrainingError otherwise."""
        try:
            # Numbers and plain containers only: a checkpoint from elsewhere cannot run anything.
            found = torch.load(path, map_location="cpu", weights_only=True)
            made = cls(**{**found, "position": Position(*found["position"])})
        except Exception as error:  # a damaged file can fail in any way at all
            raise TrainingError(
                f"{path}: not a readable checkpoint ({type(error).__name__}); delete it to begin again"
            ) from error
        if made.fingerprint != fingerprint:
            raise TrainingError(
                f"{path} belongs to a run with other settings or another bank; give the same ones, or another --out"
            )
        return made
