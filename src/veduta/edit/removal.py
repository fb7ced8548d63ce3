"""Removal: what a mask covers is filled from around it; the operation `erase`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.mask_fit import fitted
from veduta.edit.operation import BadEdit, Operation, choice, integer, number, run_lengths
from veduta.image.photo import Pixels
from veduta.progress import Progress


@dataclass(frozen=True)
class Removal(Operation):
    """Fill what `mask` covers, softly over `feather` (of the longer side) around it; everything else stays
    bit-identical.
    """

    name = "erase"
    tells = True

    mask: Mapping[str, Any] = run_lengths()
    method: str = choice("auto")
    feather: float = number(0, 0, 0.05)
    seed: int = integer(0, 0, 2**31 - 1)

    def __post_init__(self) -> None:
        """Check that the method is one of those that there are."""
        from veduta.edit.fill import METHODS

        super().__post_init__()
        if self.method not in METHODS:
            raise BadEdit(f"erase: method must be one of {', '.join(METHODS)}, not {self.method!r:.40}")

    @property
    def neutral(self) -> bool:
        """Never: a mask that covers nothing is refused by the fill."""
        return False

    def change(self, pixels: Pixels, scale: float, progress: Progress | None) -> Pixels:
        """The filled picture."""
        from veduta.edit.fill import Method, fill

        mask = fitted(self.mask, pixels.shape[1], pixels.shape[0])
        soft = self.feather * max(mask.shape)
        covered = mask if soft < 0.5 else feathered(mask, soft)
        return fill(pixels, covered, cast(Method, self.method), seed=self.seed, progress=progress)


def feathered(mask: NDArray[np.bool_], reach: float) -> NDArray[np.float32]:
    """A soft edge outside of a mask: 1 within, falling to 0 over `reach` pixels."""
    if not mask.any():
        return mask.astype(np.float32)
    outside = np.where(mask, np.uint8(0), np.uint8(1))
    away = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(np.clip(1 - away / np.float32(reach), 0, 1), np.float32)
