"""Pixels in other color spaces, as numbers in their natural units.

Sources: IEC 61966-2-1 (sRGB, linear light, XYZ), ITU-R BT.601 (luma), CIE 1976 (Lab, white D65); A. R. Smith 1978
(HSV), Joblove and Greenberg 1978 (HLS).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput
from veduta.image.histogram import Samples, top
from veduta.image.icc import linear

Values = NDArray[np.float64]

# The range of each channel: HSV and HLS begin with a hue in degrees, Lab is in its usual units, all others in 0 to 1.
RANGES: dict[str, tuple[tuple[float, float], ...]] = {
    "rgb": ((0, 1),) * 3,
    "gray": ((0, 1),),
    "hsv": ((0, 360), (0, 1), (0, 1)),
    "hls": ((0, 360), (0, 1), (0, 1)),
    "lab": ((0, 100), (-128, 128), (-128, 128)),
    "ycrcb": ((0, 1),) * 3,
    "xyz": ((0, 0.950456), (0, 1), (0, 1.089058)),
    "linear": ((0, 1),) * 3,
}

LUMA = np.array([0.299, 0.587, 0.114])
TO_XYZ = np.array(
    [[0.4123908, 0.3575843, 0.1804808], [0.2126390, 0.7151687, 0.0721923], [0.0193308, 0.1191948, 0.9505322]]
)
WHITE = TO_XYZ.sum(axis=1)
BEND = 6 / 29


class NoSuchSpace(BadInput):
    """A color space that is not known."""


def to_space(pixels: Samples, space: str) -> Values:
    """sRGB pixels (h, w, 3), uint8 or uint16, in a space of RANGES: float64 (h, w, 3), of gray (h, w, 1)."""
    if space not in RANGES:
        raise NoSuchSpace(f"no color space is called {space!r:.40}; known: {', '.join(RANGES)}")
    codes: Values = np.asarray(pixels / np.float64(top(pixels)), np.float64)
    if space == "rgb":
        return codes
    if space == "gray":
        return np.asarray(codes @ LUMA)[..., None]
    if space == "linear":
        return _light(top(pixels))[pixels]
    if space in ("xyz", "lab"):
        xyz = _light(top(pixels))[pixels] @ TO_XYZ.T
        return xyz if space == "xyz" else _lab(xyz / WHITE)
    if space == "ycrcb":
        luma = codes @ LUMA
        red, blue = (codes[..., 0] - luma) / 1.402 + 0.5, (codes[..., 2] - luma) / 1.772 + 0.5
        return np.stack([luma, red, blue], -1)
    return _hues(codes, space)


def gray_codes(pixels: Samples) -> Samples:
    """The luma of sRGB pixels (h, w, 3), as codes of their own depth (h, w)."""
    return np.asarray(np.rint(pixels @ LUMA), pixels.dtype)


def as_codes(values: NDArray[Any], space: str) -> NDArray[np.uint16]:
    """Values of a space as 16 bits: the range of each channel from 0 to 65535."""
    low, high = np.array(RANGES[space]).T
    return np.asarray(np.rint(np.clip((values - low) / (high - low), 0, 1) * 65535), np.uint16)


@functools.cache
def _light(white: int) -> Values:
    """The linear light of each code."""
    return linear(np.arange(white + 1) / white)


def _lab(share: Values) -> Values:
    bent = np.where(share > BEND**3, np.cbrt(share), share / (3 * BEND**2) + 4 / 29)
    x, y, z = bent[..., 0], bent[..., 1], bent[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def _hues(codes: Values, space: str) -> Values:
    red, green, blue = codes[..., 0], codes[..., 1], codes[..., 2]
    high, low = codes.max(-1), codes.min(-1)
    chroma = high - low
    safe = np.where(chroma > 0, chroma, 1)
    hue = np.where(high == red, (green - blue) / safe % 6, 0)
    hue = np.where((high == green) & (high != red), (blue - red) / safe + 2, hue)
    hue = np.where((high == blue) & (high != red) & (high != green), (red - green) / safe + 4, hue)
    hue = np.where(chroma > 0, hue * 60, 0)
    if space == "hsv":
        return np.stack([hue, np.where(high > 0, chroma / np.where(high > 0, high, 1), 0), high], -1)
    middle = (high + low) / 2
    room = 1 - np.abs(2 * middle - 1)
    full = np.where((chroma > 0) & (room > 0), chroma / np.where(room > 0, room, 1), 0)
    return np.stack([hue, middle, np.minimum(full, 1)], -1)
