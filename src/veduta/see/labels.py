"""Labels: what a photo shows, in the words of ImageNet, and no more special than the network is sure of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo
from veduta.see.calibration import Calibration, softmax
from veduta.see.finding import Finding
from veduta.see.taxonomy import imagenet
from veduta.see.trunk import Trunk, shared_trunk

MOST = 3  # labels of one photo
THRESHOLD = 0.5  # lowest calibrated probability of a label


class LabelRecognizer:
    """At most three labels for each photo; where the network wavers between terriers it says "terrier" or "dog".

    `extra["parents"]` are the groups above the label, nearest first. A photo of nothing that the network knows gets no
    label.
    """

    name = "labels"
    version = "1"

    def __init__(self, trunk: Trunk | None = None) -> None:
        self._trunk = trunk or shared_trunk()
        self._taxonomy = imagenet()
        self._calibration = Calibration.load("labels.json")

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Calibrated probability of each of the taxonomy's nodes."""
        raw = self._taxonomy.probabilities(softmax(logits / self._calibration.temperature))
        return self._calibration.apply(raw)

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """The labels of each photo, most likely first."""
        if not photos:
            return []
        return [self._say(sight.logits) for sight in self._trunk.look(photos)]

    def _say(self, logits: NDArray[np.float32]) -> list[Finding]:
        chosen = self._taxonomy.choose(self.probabilities(logits), THRESHOLD, MOST)
        return [
            Finding(
                "label",
                name,
                min(1.0, probability),
                self.name,
                self.version,
                extra={"parents": self._taxonomy.parents(name)},
            )
            for name, probability in chosen
        ]
