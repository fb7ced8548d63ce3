"""Rotate: quarter turns and mirroring, which move pixels and change none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from veduta.edit.operation import Operation, flag, integer
from veduta.image.samples import Samples
from veduta.progress import Progress


@dataclass(frozen=True)
class Rotate(Operation):
    """Turn clockwise by quarters, then mirror left to right."""

    name = "rotate"
    deep = moves = True

    quarters: int = integer(0, 0, 3)
    mirror: bool = flag(False)

    @property
    def neutral(self) -> bool:
        """Whether nothing moves."""
        return self.quarters == 0 and not self.mirror

    def size_after(self, width: int, height: int) -> tuple[int, int]:
        """Sides change places at odd quarters."""
        return (height, width) if self.quarters % 2 else (width, height)

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The turned picture."""
        turned = np.rot90(pixels, -self.quarters)
        return np.ascontiguousarray(turned[:, ::-1] if self.mirror else turned)
