"""Histograms of planes of 8 or 16 bits: stretching, equalization, and equalization by tiles with a limit (CLAHE).

Source of CLAHE: K. Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics Gems IV, 1994.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput
from veduta.image.icc import coded as srgb
from veduta.image.icc import linear

Samples = NDArray[Any]
Counts = NDArray[np.int64]

PIECE = 1 << 22  # pixels counted at a time: the counts of a piece are exact in float32
BAND = 400_000  # pixels whose lightness is computed at a time
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)  # of linear sRGB
KNEE, SLOPE = (
    (6 / 29) ** 3,
    (29 / 3) ** 3 / 100,
)  # where lightness begins to follow a cube root; before, a line
MOST_GAIN = 64.0
BINS = 256  # of a tile: with more, a limit on their heights would say nothing


class BadSamples(BadInput):
    """An array whose histogram cannot be taken, or a parameter of one that makes no sense."""


def top(samples: Samples) -> int:
    """The code of white: 255 or 65535; raises BadSamples for other kinds of numbers."""
    if samples.dtype == np.uint8:
        return 255
    if samples.dtype == np.uint16:
        return 65535
    raise BadSamples(f"samples of kind {samples.dtype}: expected uint8 or uint16")


def counts(plane: Samples) -> Counts:
    """How many samples of a plane (h, w) have each code: (256,) or (65536,)."""
    codes = top(plane) + 1
    if plane.ndim != 2 or not plane.size:
        raise BadSamples(f"a plane of shape {plane.shape}: expected (height, width), neither 0")
    total = np.zeros(codes, np.int64)
    rows = max(1, PIECE // plane.shape[1])
    for first in range(0, len(plane), rows):
        piece = np.ascontiguousarray(plane[first : first + rows])
        none: Any = None
        total += cv2.calcHist([piece], [0], none, [codes], [0, codes])[:, 0].astype(np.int64)
    return total


def ends(found: Counts, low: float = 0.0, high: float = 0.0) -> tuple[int, int]:
    """The codes below and above which at most the shares `low` and `high` of the counted samples lie."""
    if min(low, high) < 0 or low + high >= 1:
        raise BadSamples(f"shares {low:g} and {high:g} to cut off: expected 0 or more, together below 1")
    total = int(found.sum())
    below = np.cumsum(found)
    above = np.cumsum(found[::-1])
    first = int(np.searchsorted(below, int(low * total), side="right"))
    last = len(found) - 1 - int(np.searchsorted(above, int(high * total), side="right"))
    return first, max(first, last)


def stretching(first: int, last: int, white: int = 255) -> Samples:
    """The table that takes `first` to 0 and `last` to `white`, evenly between; codes stay where both are one."""
    codes = np.arange(white + 1, dtype=np.int64)
    if last <= first:
        return _table(codes, white)
    span = last - first
    moved = (2 * (np.clip(codes, first, last) - first) * white + span) // (2 * span)
    return _table(moved, white)


def equalizing(found: Counts) -> Samples:
    """The table under which every code from 0 to white is used about as often; codes stay where only one is used."""
    white = len(found) - 1
    below = np.cumsum(found)
    least = int(found[np.flatnonzero(found)[0]]) if found.any() else 0
    span = int(below[-1]) - least
    if span <= 0:
        return _table(np.arange(white + 1), white)
    return _table((2 * np.maximum(below - least, 0) * white + span) // (2 * span), white)


def through(samples: Samples, table: Samples) -> Samples:
    """Samples of any shape with every code replaced by that of the table, or by that of its own channel's row."""
    if samples.dtype == np.uint8:
        laid = table.reshape(1, 256, 1) if table.ndim == 1 else table.T[None]
        return np.asarray(cv2.LUT(np.ascontiguousarray(samples), np.ascontiguousarray(laid))).reshape(
            samples.shape
        )
    if table.ndim == 1:
        return np.asarray(table[samples])
    return np.stack([table[number][samples[..., number]] for number in range(len(table))], -1)


def stretched(plane: Samples, low: float = 0.0, high: float = 0.0) -> Samples:
    """The plane from black to white, after shares `low` and `high` of its samples are cut off at the ends."""
    return through(plane, stretching(*ends(counts(plane), low, high), top(plane)))


def equalized(plane: Samples) -> Samples:
    """The plane with an even histogram."""
    return through(plane, equalizing(counts(plane)))


def clahe(plane: Samples, clip: float = 2.0, tiles: int = 8) -> Samples:
    """The plane equalized within each of `tiles` x `tiles` parts, with curves blended between their middles.

    No curve is steeper than about `clip`. 16 bits are counted in 256 bins, too, between which curves are straight.
    """
    white = top(plane)
    if plane.ndim != 2 or not plane.size:
        raise BadSamples(f"a plane of shape {plane.shape}: expected (height, width), neither 0")
    if not (0 < clip <= 1000) or not 1 <= tiles <= 64:
        raise BadSamples(f"clip {clip:g} over {tiles} tiles: expected above 0 to 1000, and 1 to 64")
    if white == 255:
        made = cv2.createCLAHE(clip, (tiles, tiles)).apply(np.ascontiguousarray(plane))
        return np.asarray(made, np.uint8)
    return _by_tiles(plane, clip, tiles)


def on_lightness(pixels: Samples, change: Callable[[Samples], Samples]) -> Samples:
    """sRGB pixels (h, w, 3) whose lightness (CIE 1976), coded like them, went through `change`.

    The light of red, green and blue is multiplied alike, so that hue and saturation stay.
    """
    white = top(pixels)
    height, width = pixels.shape[:2]
    rows = max(1, BAND // width)
    bands = [(first, min(first + rows, height)) for first in range(0, height, rows)]
    coded = np.empty((height, width), pixels.dtype)
    for first, last in bands:
        coded[first:last] = np.rint(_lightness(_light(pixels[first:last])[1]) * np.float32(white))
    changed = change(coded)
    out = np.empty_like(pixels)
    for first, last in bands:
        light, whole = _light(pixels[first:last])
        # What lies between two codes of lightness is kept: only the way from code to code is added.
        moved = (changed[first:last].astype(np.float32) - coded[first:last]) / np.float32(white)
        wanted = _luminance(np.clip(_lightness(whole) + moved, 0, 1))
        gain = np.minimum(wanted / np.maximum(whole, np.float32(1e-9)), np.float32(MOST_GAIN))
        # Black cannot be multiplied: the light that it lacks comes as gray.
        light = light * gain[..., None] + (wanted - whole * gain)[..., None]
        made = _codes(np.clip(light, 0, 1), white)
        still = changed[first:last] == coded[first:last]
        out[first:last] = np.where(still[..., None], pixels[first:last], made)
    return out


@functools.cache
def _light_of_codes(white: int) -> NDArray[np.float32]:
    return linear(np.arange(white + 1) / white).astype(np.float32)


@functools.cache
def _bytes_of_light() -> NDArray[np.uint8]:
    return np.rint(srgb(np.arange(65536) / 65535) * 255).astype(np.uint8)


def _light(pixels: Samples) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Linear red, green and blue, and the luminance of them together."""
    light = _light_of_codes(top(pixels))[pixels]
    return light, light @ LUMINANCE


def _codes(light: NDArray[np.float32], white: int) -> Samples:
    if white == 255:
        return _bytes_of_light()[(light * np.float32(65535) + np.float32(0.5)).astype(np.uint16)]
    return np.rint(srgb(light.astype(np.float64)) * white).astype(np.uint16)


def _lightness(luminance: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lightness in [0, 1] of luminance in [0, 1]."""
    curved = np.float32(1.16) * np.cbrt(luminance) - np.float32(0.16)
    return np.where(luminance > KNEE, curved, luminance * np.float32(SLOPE))


def _luminance(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """The inverse of `_lightness`."""
    root = (lightness + np.float32(0.16)) / np.float32(1.16)
    return np.where(lightness > np.float32(KNEE * SLOPE), root * root * root, lightness / np.float32(SLOPE))


def _table(values: NDArray[Any], white: int) -> Samples:
    return values.astype(np.uint8 if white == 255 else np.uint16)


def _by_tiles(plane: Samples, clip: float, tiles: int) -> Samples:
    """CLAHE of 16 bits."""
    height, width = plane.shape
    high, wide = -(-height // tiles), -(-width // tiles)
    extended = cv2.copyMakeBorder(
        plane, 0, high * tiles - height, 0, wide * tiles - width, cv2.BORDER_REFLECT_101
    )
    curves = np.empty((tiles, tiles, 65536), np.float32)
    for row in range(tiles):
        for column in range(tiles):
            tile = extended[row * high : (row + 1) * high, column * wide : (column + 1) * wide]
            curves[row, column] = _limited(tile, clip)
    out = np.empty_like(plane)
    above, down = _between(height, high)
    left, across = _between(width, wide)
    for first, last in _runs(above):
        upper, lower = (curves[min(max(row, 0), tiles - 1)] for row in (above[first], above[first] + 1))
        part = down[first:last, None]
        for begin, end in _runs(left):
            pair = [min(max(column, 0), tiles - 1) for column in (left[begin], left[begin] + 1)]
            codes, aside = plane[first:last, begin:end], across[begin:end]
            rows = [
                curve[pair[0]][codes] * (1 - aside) + curve[pair[1]][codes] * aside
                for curve in (upper, lower)
            ]
            out[first:last, begin:end] = np.rint(rows[0] * (1 - part) + rows[1] * part)
    return out


def _limited(tile: Samples, clip: float) -> NDArray[np.float32]:
    """The curve (65536,) of a tile: its histogram cut at `clip` times the even height, the cut spread over all."""
    bins = np.bincount(((tile.astype(np.int64) + 128) // 257).ravel(), minlength=BINS)
    limit = max(int(clip * tile.size / BINS), 1)
    excess = int(np.maximum(bins - limit, 0).sum())
    heights = np.minimum(bins, limit) + excess / BINS
    # A code of 8 bits is 257 times itself here: there the curve is that of 8 bits.
    curve = np.interp(np.arange(65536), np.arange(BINS) * 257, np.cumsum(heights) * (65535 / tile.size))
    return np.asarray(curve, np.float32)


def _between(length: int, side: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """For each place along a side: the tile whose middle is before it, -1 for none, and how far it is from there."""
    at = (np.arange(length) + 0.5) / side - 0.5
    first = np.floor(at).astype(np.intp)
    return first, (at - first).astype(np.float32)


def _runs(tile: NDArray[np.intp]) -> list[tuple[int, int]]:
    """First and last place (exclusive) of pieces between the same two tiles."""
    cuts = np.flatnonzero(np.diff(tile)) + 1
    return list(zip([0, *cuts.tolist()], [*cuts.tolist(), len(tile)], strict=True))
