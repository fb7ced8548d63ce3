"""Scenes: what kind of place a photo shows, told by a small linear classifier on top of EfficientNet-Lite2.

How it was learned, and from which pictures: ``benchmarks/train_scenes.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo
from veduta.see.calibration import Calibration, softmax
from veduta.see.finding import Finding
from veduta.see.taxonomy import Taxonomy, imagenet, read_table
from veduta.see.trunk import Floats, Sight, Trunk, shared_trunk

MOST = 2  # scenes of one photo
THRESHOLD = 0.5  # lowest calibrated probability of a scene
TOPS = ("indoor", "outdoor")  # said as parents only

LOGITS_WEIGHT = 0.7
HINTS_WEIGHT = 0.3
HINTS_TEMPERATURE = 1.4
FAINT = 2e-3  # what a hint says when its labels are absent
SILENT = 6e-3  # what is assumed of a scene that no label speaks for


@cache
def taxonomy() -> Taxonomy:
    """The scenes and their groups."""
    leaves = [(row[1], row[2]) for row in read_table("scenes.tsv")]
    return Taxonomy(leaves, [(group, above) for group, above in read_table("scene_groups.tsv")])


@cache
def keys() -> list[str]:
    """The scenes as the training pictures call them, in the classifier's order."""
    return [row[0] for row in read_table("scenes.tsv")]


@cache
def _hints() -> NDArray[np.float32]:
    """(1000, scenes): 1 where a label of ImageNet speaks for a scene."""
    names = imagenet().outputs
    table = np.zeros((len(names), len(keys())), np.float32)
    for column, row in enumerate(read_table("scenes.tsv")):
        for label in filter(None, row[3].split(", ")):
            table[[i for i, name in enumerate(names) if name == label], column] = 1
    return table


def describe(sight: Sight) -> Floats:
    """What the classifier reads: statistics of the maps and the ImageNet logits, float32 (3800,)."""
    logits = sight.logits - sight.logits.mean()
    logits = logits * np.float32(LOGITS_WEIGHT / max(float(np.linalg.norm(logits)), 1e-9))
    return np.concatenate([sight.statistics, logits])


def evidence(logits: Floats) -> Floats:
    """What ImageNet's own labels say for each scene: weighted log-probabilities, (n, scenes) from (n, 1000)."""
    likely = softmax(logits / HINTS_TEMPERATURE) @ _hints()
    spoken = _hints().any(axis=0)
    said: Floats = np.float32(HINTS_WEIGHT) * np.log(np.where(spoken, likely + FAINT, SILENT)).astype(
        np.float32
    )
    return said


class SceneRecognizer:
    """At most two scenes for each photo; their group where the kind of place is unsure, else none.

    `extra["parents"]` are the groups above: "coffee shop" is a "restaurant", "indoor".
    """

    name = "scenes"
    version = "1"

    def __init__(self, trunk: Trunk | None = None) -> None:
        self._trunk = trunk or shared_trunk()
        self._calibration = Calibration.load("scenes.json")
        data = np.load(BytesIO((files("veduta.see") / "data" / "scenes.npz").read_bytes()))
        self._weights = data["weights"].astype(np.float32)
        self._bias = data["bias"].astype(np.float32)

    def logits(self, sights: Sequence[Sight]) -> NDArray[np.float32]:
        """Uncalibrated evidence, float32 (n, scenes) in the order of `keys`."""
        learned = np.stack([describe(sight) for sight in sights]) @ self._weights + self._bias
        logits: Floats = learned + evidence(np.stack([sight.logits for sight in sights]))
        return logits

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Calibrated probability of each of the taxonomy's nodes."""
        return self._calibration.apply(
            taxonomy().probabilities(softmax(logits / self._calibration.temperature))
        )

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """The scenes of each photo, most likely first."""
        if not photos:
            return []
        likely = self.probabilities(self.logits(self._trunk.look(photos)))
        return [self._say(row) for row in likely]

    def _say(self, likely: Floats) -> list[Finding]:
        chosen = taxonomy().choose(likely, THRESHOLD, MOST)
        return [
            Finding(
                "scene",
                name,
                min(1.0, probability),
                self.name,
                self.version,
                extra={"parents": taxonomy().parents(name)},
            )
            for name, probability in chosen
            if name not in TOPS
        ]
