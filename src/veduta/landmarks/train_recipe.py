"""How a run trains: every number that its result depends on, kept with it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Literal

from veduta.errors import BadInput

NETWORKS = ("light", "wide")
LOSSES = ("center", "arcface")


class TrainingError(BadInput):
    """A training that cannot start or go on."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a run.

    Rates are those of the first stage; in later ones trunk and embedding learn at `remember` times theirs. `decay`
    draws weights to zero, `pull` those of the light embedding to the whitening that they began as. `epochs` are those
    of one stage.
    `held` is the share of photos kept from training to measure forgetting.
    """

    network: Literal["light", "wide"] = "light"
    loss: Literal["center", "arcface"] = "center"
    width: int = 512
    epochs: int = 12
    batch: int = 128
    rate_trunk: float = 0.0
    rate_embedding: float = 3e-4
    rate_classifier: float = 2e-3
    remember: float = 0.5
    decay: float = 0.1
    pull: float = 300.0
    center_weight: float = 0.01
    smoothing: float = 0.1
    dropout: float = 0.2
    held: float = 0.15
    seed: int = 1
    pixels: int = 224
    mixed: bool = True

    @property
    def fingerprint(self) -> str:
        """Two runs with the same one do the same."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


DEFAULTS: dict[str, Recipe] = {
    "light": Recipe(),
    # The article's: the trunk is the part that has most to forget.
    "wide": Recipe(
        network="wide",
        epochs=30,
        batch=64,
        rate_trunk=5e-3,
        rate_embedding=2e-2,
        rate_classifier=5e-2,
        remember=0.2,
        decay=1e-4,
        dropout=0.0,
    ),
}


def recipe(network: str, loss: str, **changes: Any) -> Recipe:
    """The default recipe of a network and a loss, with changes; raises TrainingError for unknown names."""
    if network not in NETWORKS:
        raise TrainingError(f"unknown network {network!r}; give one of {', '.join(NETWORKS)}")
    if loss not in LOSSES:
        raise TrainingError(f"unknown loss {loss!r}; give one of {', '.join(LOSSES)}")
    given = {name: value for name, value in changes.items() if value is not None}
    made = replace(DEFAULTS[network], **{**given, "loss": loss})
    if made.epochs < 1 or made.batch < 2 or made.width < 2 or not 0 <= made.held < 1:
        raise TrainingError(
            f"epochs {made.epochs}, batch {made.batch}, width {made.width} or held {made.held} is out of range:"
            " at least 1, 2, 2, and a share from 0 to below 1"
        )
    return made
