"""Cranes: which photos show one, and which pixels are theirs, down to ropes and hooks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo
from veduta.nets.store import ModelStore
from veduta.see.calibration import softmax
from veduta.see.crane_levels import probability, to_size
from veduta.see.crane_mask import Crane, cranes
from veduta.see.crane_network import CraneNetwork
from veduta.see.finding import Finding
from veduta.see.mask import encode
from veduta.see.trunk import Sight, Trunk, shared_trunk

RECORD = "cranes.json"
CRANE = 517  # ImageNet's class of the machine


@dataclass(frozen=True, slots=True)
class Judgment:
    """How sure a mask is: a logistic curve over what was seen; and below which log odds a photo is not looked at.

    `weights` belong to 1, the mean probability of the mask's pixels, the logarithm of its extent as a share of the
    photo's, and the log odds that the label network gives to "crane".
    """

    weights: tuple[float, float, float, float]
    gate: float
    least: float

    @classmethod
    def load(cls) -> Judgment:
        """The one that was fitted with the weights."""
        plain = json.loads((files("veduta.see") / "data" / RECORD).read_text(encoding="utf-8"))["judgment"]
        a, b, c, d = (float(v) for v in plain["weights"])
        return cls((a, b, c, d), float(plain["gate"]), float(plain["least"]))

    def score(self, crane: Crane, odds: float) -> float:
        """Probability that a mask is a crane's."""
        values = (1.0, crane.mean, np.log(crane.extent / max(crane.mask.shape)), odds)
        return float(1 / (1 + np.exp(-sum(w * v for w, v in zip(self.weights, values, strict=True)))))


class CraneRecognizer:
    """Cranes of all kinds, one finding with a mask for each.

    With `gate`, photos in which the label network (a pass that labels and likeness share) sees no trace of a crane are
    not looked at closer: cheap, but small cranes far away are missed. Without it every photo is looked at.
    """

    name = "cranes"
    version = "1"

    def __init__(
        self, store: ModelStore | None = None, gate: bool = True, trunk: Trunk | None = None
    ) -> None:
        self._network = CraneNetwork(store)
        self._judgment = Judgment.load()
        self._trunk = trunk or (Trunk(store) if store is not None else shared_trunk())
        self._gate = self._judgment.gate if gate else -np.inf

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """The cranes of each photo, surest first."""
        if not photos:
            return []
        odds = [log_odds(sight) for sight in self._trunk.look(photos)]
        return [
            self._find(photo, odd) if odd >= self._gate else []
            for photo, odd in zip(photos, odds, strict=True)
        ]

    def _find(self, photo: Photo, odds: float) -> list[Finding]:
        found = cranes(probability(self._network, photo.pixels))
        scored = [(crane, self._judgment.score(crane, odds)) for crane in found]
        kept = [(crane, score) for crane, score in scored if score >= self._judgment.least]
        return sorted((self._finding(photo, *pair) for pair in kept), key=lambda f: -f.score)

    def _finding(self, photo: Photo, crane: Crane, score: float) -> Finding:
        mask = full_mask(crane.mask, photo.width, photo.height)
        x, y, width, height = (float(v) for v in cv2.boundingRect(mask.astype(np.uint8)))
        return Finding(
            "object", "crane", score, self.name, self.version, (x, y, width, height), mask=encode(mask)
        )


def log_odds(sight: Sight) -> float:
    """Of "crane" against all other labels of ImageNet."""
    share = float(np.clip(softmax(sight.logits)[CRANE], 1e-7, 1 - 1e-7))
    return float(np.log(share / (1 - share)))


def full_mask(mask: NDArray[np.bool_], width: int, height: int) -> NDArray[np.bool_]:
    """A mask at the size of the photo; never empty when it was not."""
    if mask.shape == (height, width):
        return mask
    larger = to_size(mask.astype(np.float32), width, height)
    smaller = larger >= min(0.5, float(larger.max()))
    return np.asarray(smaller, bool)
