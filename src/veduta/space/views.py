"""What is known of the cameras that took a pair: a rig, the numbers of a rectified pair, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from veduta.image.photo import Pixels
from veduta.space.rig import Rectifier, Rig, View


@dataclass(frozen=True, slots=True)
class Views:
    """Brings pairs to a common geometry.

    Without anything known, pairs are taken as rectified and have no meters. `focal` is in pixels, `baseline` in meters.
    """

    rectifier: Rectifier | None = None
    focal: float | None = None
    baseline: float | None = None
    offset: float = 0.0

    @classmethod
    def of_rig(cls, path: Path) -> Views:
        """Pairs that the rig in a file took; raises BadRig."""
        return cls(Rectifier(Rig.load(path)))

    @classmethod
    def rectified(cls, focal: float, baseline: float, offset: float = 0.0) -> Views:
        """Pairs that are rectified, by their numbers; raises BadRig."""
        View(focal, (0.0, 0.0), baseline, offset)
        return cls(None, focal, baseline, offset)

    def prepare(self, left: Pixels, right: Pixels) -> tuple[Pixels, Pixels, View | None]:
        """The rectified pair and its geometry, None where nothing is known; raises BadPair."""
        if self.rectifier is not None:
            return (*self.rectifier(left, right), self.rectifier.view)
        if self.focal is None or self.baseline is None:
            return left, right, None
        height, width = left.shape[:2]
        center = ((width - 1) / 2, (height - 1) / 2)
        return left, right, View(self.focal, center, self.baseline, self.offset)
