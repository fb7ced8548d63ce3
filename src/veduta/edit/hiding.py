"""Hiding: what a mask covers is made unrecognizable for good; the operation `redact`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from veduta.edit.mask_fit import fitted
from veduta.edit.operation import Operation, choice, run_lengths
from veduta.image.photo import Pixels
from veduta.progress import Progress


@dataclass(frozen=True)
class Hiding(Operation):
    """Blur, pixelate or fill what `mask` covers, beyond recovery."""

    name = "redact"
    tells = True

    mask: Mapping[str, Any] = run_lengths()
    style: str = choice("pixelate", "blur", "pixelate", "fill")

    @property
    def neutral(self) -> bool:
        """Never: a mask that covers nothing is refused."""
        return False

    def change(self, pixels: Pixels, scale: float, progress: Progress | None) -> Pixels:
        """The picture with that hidden."""
        from veduta.edit.redact import Style, redact

        mask = fitted(self.mask, pixels.shape[1], pixels.shape[0])
        if progress is not None:
            progress.begin("making unrecognizable")
        hidden = redact(pixels, mask, cast(Style, self.style), progress=progress)
        if progress is not None:
            progress.end()
        return hidden
