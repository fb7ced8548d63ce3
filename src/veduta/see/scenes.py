"""Scenes: what kind of place a photo shows, told by a small classifier of our own on top of EfficientNet-Lite2.

How it was learned, and from which pictures: ``benchmarks/train_scenes.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo
from veduta.see.calibration import Calibration, softmax
from veduta.see.finding import Finding
from veduta.see.scene_names import parents, readable
from veduta.see.trunk import Floats, Sight, Trunk, shared_trunk

THRESHOLD = 0.45  # lowest calibrated probability of a scene
MOST = 2


def describe(sight: Sight) -> Floats:
    """What the classifier reads: pooled features and ImageNet logits, each brought to a fixed length; (2280,)."""
    pooled = sight.pooled / max(float(np.linalg.norm(sight.pooled)), 1e-9)
    logits = sight.logits - sight.logits.mean()
    return np.concatenate([20 * pooled, 10 * logits / max(float(np.linalg.norm(logits)), 1e-9)]).astype(
        np.float32
    )


class SceneRecognizer:
    """At most two scenes for each photo; none where the classifier is not sure of one.

    `extra["parents"]` says indoors or outdoors, and the group of the scene.
    """

    name = "scenes"
    version = "1"

    def __init__(self, trunk: Trunk | None = None) -> None:
        self._given = trunk

    @cached_property
    def _trunk(self) -> Trunk:
        return self._given or shared_trunk()

    @cached_property
    def _classifier(self) -> tuple[Floats, Floats, list[str]]:
        data = np.load(BytesIO((files("veduta.see") / "data" / "scenes.npz").read_bytes()))
        return (
            data["weights"].astype(np.float32),
            data["bias"].astype(np.float32),
            [str(n) for n in data["names"]],
        )

    @cached_property
    def _calibration(self) -> Calibration:
        return Calibration.load("scenes.json")

    @property
    def names(self) -> list[str]:
        """The scenes as the training pictures call them, in the order of `logits`."""
        return self._classifier[2]

    def logits(self, sights: Sequence[Sight]) -> NDArray[np.float32]:
        """Uncalibrated evidence, float32 (n, scenes)."""
        weights, bias, _ = self._classifier
        return np.stack([describe(sight) for sight in sights]) @ weights.T + bias

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """The scenes of each photo, most likely first."""
        if not photos:
            return []
        raw = softmax(self.logits(self._trunk.look(photos)) / self._calibration.temperature)
        return [self._say(row) for row in self._calibration.apply(raw)]

    def _say(self, probabilities: Floats) -> list[Finding]:
        best = np.argsort(-probabilities)[:MOST]
        return [
            Finding(
                "scene",
                readable(self.names[index]),
                float(probabilities[index]),
                self.name,
                self.version,
                extra={"parents": parents(self.names[index])},
            )
            for index in best
            if probabilities[index] >= THRESHOLD
        ]
