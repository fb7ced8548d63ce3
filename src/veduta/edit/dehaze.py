"""Dehazing: the light that haze scatters into the picture is told by the dark channel and taken out again.

A hazy photo is I = J t + A (1 - t): the scene J seen through a share t of air, the rest filled with the color A of
the haze. In most small patches of a clear photo some channel is nearly black; what is not black there is haze.
Everything is told at a small size; a guided filter brings it to the full one along the photo's own edges.
Sources: K. He, J. Sun, X. Tang, "Single image haze removal using dark channel prior", CVPR 2009;
K. He, J. Sun, "Fast guided filter", 2015.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit import gain
from veduta.edit.operation import Operation, number
from veduta.image.photo import Pixels, at_most
from veduta.image.samples import Samples, eight, step, white
from veduta.progress import Progress

Plane = NDArray[np.float32]

SIDE = 480  # longer side at which haze is told
# Half sides of the patches, of the longer side, and the share that the wide ones have.
PATCH, WIDE_PATCH, WIDE_SHARE = 0.03, 0.08, 0.3
CLEAR = 0.015  # dark channel of a photo without haze, about
LEAST = 0.25  # of the scene's light is taken to be left: below, noise and blocks would be all that is seen
# The guided filter: half side, of the longer side; variance of codes above which something is an edge.
RADIUS, EDGE = 0.1, 1e-3
HAZIEST = 0.001  # share of the picture that tells the color of the haze
# Haze is nearly white: what is expected, how surely, and how much of its tint is kept.
WHITE, WHITE_SHARE, TINT = 0.9, 0.2, 0.6
# Bright and warm things (faces, lamps, evening skies) are not dark in any channel: wider patches tell there. From and
# up to which brightness, relative to the haze, and distance from gray.
WARM_PATCH, BRIGHT, TINTED = 0.12, (0.8, 0.95), (0.08, 0.28)
SKY = 0.75  # how far the sky is left as it is
# What may be sky: codes by which its strongest channel is over that of the haze, at each place and on average; a blue
# one (codes of blue over red, on average) may be darker than the haze.
DIM, LIT, LIT_BLUE, BLUE = (-90, -50), (-32, -16), (-50, -38), 4
# Half side of the patches whose spread is told, of the longer side; the greatest spread of what is surely sky, were
# its haze gone, and of what may be the rest of it.
EVEN_PATCH, EVEN, LOOSE = 0.01, 0.018, 0.03
CORE_TIMES, CORE = 4, (0.08, 0.14)  # the breadth of sure sky, in half sides, and its share of the picture


@dataclass(frozen=True)
class Dehaze(Operation):
    """Take haze out by `strength`, 0 (nothing) to 1 (all that is told); sky and lamps keep their light."""

    name = "dehaze"
    deep = True
    usual: ClassVar[Mapping[str, Any]] = {"strength": 0.9}

    strength: float = number(0, 0, 1)

    @property
    def neutral(self) -> bool:
        """Whether nothing is asked for."""
        return self.strength == 0

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """The picture with less haze."""
        haze = tell(pixels)
        light = (*(step(pixels) * one for one in haze.light), 0.0)  # OpenCV's scalars are of four
        kind = cv2.CV_16U if pixels.dtype == np.uint16 else cv2.CV_8U
        out = np.empty_like(pixels)

        def clear(band: tuple[int, int]) -> None:
            first, last = band
            air = haze.air(pixels, first, last)
            less = cv2.divide(1.0, 1 - np.float32(self.strength) * (1 - air))
            moved = cv2.subtract(pixels[first:last], light, dtype=cv2.CV_32F)  # type: ignore[call-overload]
            moved = cv2.multiply(moved, cv2.merge([less, less, less]))
            out[first:last] = cv2.add(moved, light, dtype=kind)  # type: ignore[call-overload]

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(clear, gain.bands(pixels)))
        return out


@dataclass(frozen=True, eq=False)
class Haze:
    """What was told of the haze in a picture: `light`, its color in codes (0 to 255), and how the share of the scene's
    own light follows the picture's gray: `slope` and `level` at a small size.
    """

    light: tuple[float, float, float]
    slope: Plane
    level: Plane

    def air(self, pixels: Samples, first: int, last: int) -> Plane:
        """Share of the scene's own light in rows `first` to `last` of the whole picture, float32 (rows, w)."""
        height, width = pixels.shape[:2]
        band = pixels[first:last]
        share = _gray(band) * gain.rows(self.slope, first, last, width, height)
        share += gain.rows(self.level, first, last, width, height)
        # No light may become negative: what is darker than the haze allows is told to lie before it.
        np.maximum(share, 1 - _veil(band, self.light), out=share)
        return np.asarray(np.clip(share, LEAST, 1, out=share), np.float32)


def tell(pixels: Samples) -> Haze:
    """The haze in a picture, uint8 or uint16 (h, w, 3)."""
    small = eight(at_most(pixels, SIDE))
    side = max(small.shape[:2])
    light = _airlight(small, max(1, round(0.02 * side)))
    veil = _veil(small, light)
    dark = (1 - WIDE_SHARE) * _lowest(veil, PATCH) + WIDE_SHARE * _lowest(veil, WIDE_PATCH)
    dark -= _warm(small, light) * np.maximum(dark - _lowest(veil, WARM_PATCH), 0)
    share = np.asarray(np.clip((1 - dark) / (1 - CLEAR), 0, 1), np.float32)
    share += (1 - share) * SKY * _sky(small, light, share)
    slope, level = _guided(_gray(small), np.asarray(share, np.float32))
    return Haze(light, slope, level)


def _airlight(small: Pixels, half: int) -> tuple[float, float, float]:
    """The color of the haze in codes: of the haziest places all but the very brightest, a little nearer to white."""
    dark = cv2.erode(small.min(axis=2), _square(half)).ravel()
    count = min(dark.size, max(8, int(dark.size * HAZIEST)))
    haziest = small.reshape(-1, 3)[np.argpartition(dark, -count)[-count:]]
    found = np.percentile(haziest, 90, axis=0)
    found = found.max() - (found.max() - found) * TINT
    found = np.clip((1 - WHITE_SHARE) * found + WHITE_SHARE * WHITE * 255, 1, 255)
    return float(found[0]), float(found[1]), float(found[2])


def _veil(pixels: Samples, light: tuple[float, float, float]) -> Plane:
    """The lowest channel relative to the haze's."""
    full = np.asarray(light, np.float32) * np.float32(step(pixels))
    table = np.arange(white(pixels) + 1, dtype=np.float32)[:, None] / full
    red, green, blue = (
        cv2.LUT(plane, np.ascontiguousarray(table[:, number]))
        for number, plane in enumerate(cv2.split(pixels))
    )
    return np.asarray(cv2.min(cv2.min(red, green), blue), np.float32)


def _lowest(veil: Plane, share: float) -> Plane:
    """The dark channel: the lowest value around, in patches whose half side is a `share` of the longer side."""
    half = max(1, round(share * max(veil.shape)))
    return np.asarray(cv2.erode(veil, _square(half)), np.float32)


def _warm(small: Pixels, light: tuple[float, float, float]) -> Plane:
    """How surely each place is bright and warm by itself, 0 to 1: haze makes nothing brighter and warmer than it is."""
    codes = small.astype(np.float32)
    relative = codes / np.asarray(light, np.float32)
    most, least = relative.max(axis=2), relative.min(axis=2)
    warm = _ramp(most, BRIGHT) * _ramp(1 - least / np.maximum(most, 1e-3), TINTED)
    warm *= _ramp(codes[..., 0] - codes[..., 1], (-4, 4)) * _ramp(codes[..., 1] - codes[..., 2], (-8, 4))
    return _mean(np.asarray(warm, np.float32), max(1, round(EVEN_PATCH * max(warm.shape))))


def _sky(small: Pixels, light: tuple[float, float, float], share: Plane) -> Plane:
    """How surely each place is sky: even, as bright as the haze or blue, large, and reaching the upper edge; 0 to 1."""
    codes = small.astype(np.int16)
    over = (codes - np.rint(light).astype(np.int16)).max(axis=2)
    blue = codes[..., 2] - codes[..., 0]
    gray = _gray(small)
    half = max(1, round(EVEN_PATCH * max(gray.shape)))
    spread = np.sqrt(np.maximum(_mean(gray * gray, half) - _mean(gray, half) ** 2, 0))
    # Sure is what would still be even without its haze; the sky is all even ground around that.
    near = over > DIM[0]
    sure = near & (spread < EVEN * np.maximum(share, LEAST))
    sure = cv2.morphologyEx(sure.astype(np.uint8), cv2.MORPH_OPEN, _square(CORE_TIMES * half)) > 0
    _, parts = cv2.connectedComponents((near & (spread < LOOSE)).astype(np.uint8))
    count = parts.max() + 1
    amounts = np.bincount(parts[sure], minlength=count)
    bright = np.bincount(parts[sure], over[sure], count) / np.maximum(amounts, 1)
    bluish = np.bincount(parts[sure], blue[sure], count) > BLUE * amounts
    belief = np.maximum(_ramp(bright, LIT), bluish * _ramp(bright, LIT_BLUE)) * _ramp(
        amounts / gray.size, CORE
    )
    upper = np.zeros(count, bool)
    upper[np.unique(parts[: 2 * half + 1])] = True
    upper[0] = False  # what is not even
    sky = np.where(upper, belief, 0)[parts] * _ramp(over, DIM)
    grown = cv2.dilate(sky.astype(np.float32), _square(half))  # evenness ends before the sky does
    return _mean(np.asarray(grown, np.float32), half)


def _ramp(values: NDArray[Any], ends: tuple[float, float]) -> NDArray[Any]:
    """0 up to the first end, 1 from the second one on."""
    return np.asarray(np.clip((values - ends[0]) / (ends[1] - ends[0]), 0, 1))


def _guided(guide: Plane, share: Plane) -> tuple[Plane, Plane]:
    """Slope and level by which `share` follows `guide` around each place."""
    half = max(1, round(RADIUS * max(guide.shape)))
    middle, level = _mean(guide, half), _mean(share, half)
    variance = np.maximum(_mean(guide * guide, half) - middle * middle, 0)
    slope = (_mean(guide * share, half) - middle * level) / (variance + EDGE)
    return _mean(np.asarray(slope, np.float32), half), _mean(
        np.asarray(level - slope * middle, np.float32), half
    )


def _mean(plane: Plane, half: int) -> Plane:
    side = 2 * half + 1
    return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)


def _gray(pixels: Samples) -> Plane:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(white(pixels))


def _square(half: int) -> Pixels:
    return np.ones((2 * half + 1, 2 * half + 1), np.uint8)
