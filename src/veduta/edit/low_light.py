"""Low light: what lies in the dark is lifted, without its noise.

The light that falls on a place is told by its brightest channel, smoothed with edges kept; each place is divided by a
part of its light. Source: X. Guo et al., "LIME: low-light image enhancement via illumination map estimation", 2017,
with a guided filter (K. He, J. Sun, 2015) in place of its optimization.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit import gain
from veduta.edit.cosines import OPPONENT
from veduta.edit.denoise import as_samples, codes, deviations, opponent, quieted
from veduta.edit.operation import Operation, flag, number
from veduta.image.photo import at_most
from veduta.image.samples import Samples, white
from veduta.progress import Progress

Plane = NDArray[np.float32]

STRENGTH = 0.65  # the exponent by which light counts less at amount 1
MOST = 6.0  # times: what is darker than this can lift is darkness
SMOOTHED_SIDE = 512
RADIUS, EDGE = 0.03, 0.004
FLOOR = 0.02
COLORLESS = 0.16  # light below which colors fade
COARSER = 1.4  # noise of cameras is coarser, and thus stronger, than what is told of it


@dataclass(frozen=True)
class LowLight(Operation):
    """Lift the dark by `amount`; `denoise` takes out the noise that would be lifted with it."""

    name = "low_light"
    deep = True
    tells = True
    usual: ClassVar[Mapping[str, Any]] = {"amount": 0.8}

    amount: float = number(0, 0, 1)
    denoise: bool = flag(True)

    @property
    def neutral(self) -> bool:
        """Whether nothing is asked for."""
        return self.amount == 0

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The picture in more light."""
        slope, level = _illumination(pixels)
        height, width = pixels.shape[:2]
        planes: Any = None
        if self.denoise:
            planes = opponent(pixels)
            told = [COARSER * one for one in deviations(planes, pixels)]
            planes = quieted(planes, told, "fast", progress)
        out = np.empty_like(pixels)
        for first, last in gain.bands(pixels):
            light = gain.rows(slope, first, last, width, height) * _brightest(pixels[first:last])
            light += gain.rows(level, first, last, width, height)
            np.clip(light, FLOOR, 1, out=light)
            times = np.minimum(light ** np.float32(-STRENGTH * self.amount), np.float32(MOST))
            seen = codes(pixels[first:last]) if planes is None else planes[first:last] @ OPPONENT
            # What is bright is lifted less, and white stays white; all channels by the same, so that hues stay.
            full = np.clip(seen.max(2) / np.float32(255), 0, 1)
            lifted = seen * (times / (1 + (times - 1) * full))[..., None]
            if self.denoise:  # in the deepest dark, colors are those of the noise and of its compression
                gray = lifted.mean(2, keepdims=True)
                share = np.clip(light / np.float32(COLORLESS), 0, 1) ** np.float32(1.5 * self.amount)
                lifted = gray + (lifted - gray) * share[..., None]
            out[first:last] = as_samples(lifted, pixels)
        return out


def _brightest(pixels: Samples) -> Plane:
    return np.asarray(pixels.max(2), np.float32) / np.float32(white(pixels))


def _illumination(pixels: Samples) -> tuple[Plane, Plane]:
    """Slope and level by which the light follows the brightest channel, at a small size."""
    seen = _brightest(at_most(pixels, SMOOTHED_SIDE))
    side = 2 * max(1, round(RADIUS * max(seen.shape))) + 1

    def mean(plane: Plane) -> Plane:
        return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)

    middle = mean(seen)
    variance = np.maximum(mean(seen * seen) - middle * middle, 0)
    slope = np.asarray(variance / (variance + EDGE), np.float32)
    return mean(slope), mean(middle - slope * middle)
