"""From a network's confidence to the probability of being right."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def softmax(logits: Floats) -> Floats:
    """Probabilities along the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return probabilities


@dataclass(frozen=True, slots=True)
class Calibration:
    """A temperature for logits, then a rising curve from probability to share of right answers.

    `raw` and `right` are the curve's points, both rising from 0 to at most 1; between them it is straight.
    """

    temperature: float
    raw: tuple[float, ...] = (0.0, 1.0)
    right: tuple[float, ...] = (0.0, 1.0)

    @classmethod
    def load(cls, name: str) -> Calibration:
        """The calibration in ``see/data/name``."""
        plain = json.loads((files("veduta.see") / "data" / name).read_text(encoding="utf-8"))
        return cls(float(plain["temperature"]), tuple(plain["raw"]), tuple(plain["right"]))

    def apply(self, probabilities: Floats) -> Floats:
        """Calibrated probabilities."""
        return np.interp(probabilities, self.raw, self.right).astype(np.float32)


def expected_error(probabilities: Floats, right: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error (Guo et al. 2017, arXiv 1706.04599) with bins of equal width."""
    total = 0.0
    places = np.minimum((np.asarray(probabilities) * bins).astype(int), bins - 1)
    for place in range(bins):
        inside = places == place
        if inside.any():
            total += abs(float(np.mean(probabilities[inside])) - float(np.mean(right[inside]))) * inside.sum()
    return total / max(1, len(places))
