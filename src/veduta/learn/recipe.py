"""How a segmenter is trained: every number that its result depends on, kept with it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256

from veduta.errors import BadInput


class TrainingError(BadInput):
    """A training that cannot start or go on."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a run.

    Of each of `examples` drawn pictures `places` are looked at, `batch` in a step, each `epochs` times; then again,
    with the mistakes in up to `plain` photographs as they are. `held` more examples are kept to measure on.
    """

    examples: int = 2900
    plain: int = 1300
    places: int = 240
    epochs: float = 3.0
    batch: int = 512
    rate: float = 2e-3
    decay: float = 1e-2
    dropout: float = 0.2
    forgotten: float = 0.4
    focal_weight: float = 4.0
    gamma: float = 1.0
    balance: float = 0.5
    dice_weight: float = 0.5
    held: int = 60
    seed: int = 1

    def __post_init__(self) -> None:
        if min(self.examples, self.held) < 1 or self.places < 10 or self.batch < 8 or self.epochs <= 0:
            raise TrainingError(
                f"examples {self.examples}, held {self.held}, places {self.places}, batch {self.batch} or epochs"
                f" {self.epochs} is out of range: at least 1, 1, 10, 8 and above 0"
            )

    @property
    def fingerprint(self) -> str:
        """Two runs with the same one do the same."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]
