"""Removal: what a mask covers is filled from around it; the operation `erase`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from veduta.edit.mask_fit import fitted
from veduta.edit.operation import Operation, choice, integer, run_lengths
from veduta.image.photo import Pixels
from veduta.progress import Progress


@dataclass(frozen=True)
class Removal(Operation):
    """Fill what `mask` covers; everything else stays bit-identical."""

    name = "erase"
    tells = True

    mask: Mapping[str, Any] = run_lengths()
    method: str = choice("auto")
    seed: int = integer(0, 0, 2**31 - 1)

    @property
    def neutral(self) -> bool:
        """Never: a mask that covers nothing is refused by the fill."""
        return False

    def change(self, pixels: Pixels, scale: float, progress: Progress | None) -> Pixels:
        """The filled picture."""
        from veduta.edit.fill import Method, fill

        mask = fitted(self.mask, pixels.shape[1], pixels.shape[0])
        return fill(pixels, mask, cast(Method, self.method), seed=self.seed, progress=progress)
