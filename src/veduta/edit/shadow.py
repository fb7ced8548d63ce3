"""The shadow that somebody casts on the ground: it goes with who casts it.

Ground is what lies around the feet in one brightness and color. A shadow is darker than it by about one factor in all
colors (it is lit by the sky alone), begins at the feet and ends in an edge. Where the ground is of many brightnesses,
or what is dark there might as well be a thing, there is none: a shadow that stays is better than a thing that goes.
Ratios of colors as what a shadow keeps: Finlayson et al. 2006, "On the removal of shadows from images".
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels
from veduta.see.connected import connected
from veduta.see.patch import Patch

Bool = NDArray[np.bool_]
Floats = NDArray[np.float32]

TALL = 160
"""Height, in pixels, at which somebody is looked at."""

LEAST_TALL = 24
"""Whoever is smaller in the photo casts no shadow that anybody sees."""

ASIDE, BELOW, ABOVE = 1.3, 0.6, 0.55
"""How far shadows are looked for: aside of, below and above the feet, in heights of who casts them."""

FEET, TOUCH, AROUND, LEVEL = 0.16, 0.07, (0.12, 0.9), 0.36
"""In heights: what is feet; how near to them a shadow begins; where the ground is seen, and how far above the feet."""

GAMMA, BLACK = 2.2, 0.004
"""From values to light, and the light below which there are no colors."""

SAME = 0.35
"""Within this of each other (logarithm of light) two spots are of one brightness."""

EVEN, SPREAD = 0.7, 0.25
"""The least part of the ground that is of one brightness, and by how much four fifths of that may differ."""

DARKER, DARKEST = 0.3, 2.1
"""By how much (logarithm of light) shadows are darker than the ground: nothing else lights them than the sky."""

BRIGHT = -2.2
"""The least light of ground (logarithm) on which a shadow is told from anything else that is dark."""

TINT, OFF = 0.3, 0.3
"""How much bluer or redder than the ground a shadow may be, and its spots than the whole of it."""

BEGINS, LEAST, MOST = 0.025, 0.02, 1.3
"""The least part of what is at the feet that is dark; bounds of the shadow's area, in areas of the lower half of who
casts it.
"""

EDGE, EDGES = 0.35, 0.6
"""What is left of the darkness beyond an edge at most, and the least part of the border that is an edge."""

PENUMBRA = 0.035
"""By how much of the height the mask grows over the soft edge."""


def cast(pixels: Pixels, caster: Patch, taken: Bool) -> Patch | None:
    """The shadow that `caster` throws on the ground, grown over its soft edge; None where none is sure.

    `pixels` (height, width, 3 or 4) are 8 or 16 bits of the whole photo, `taken` (height, width) is everything in it
    that is nobody's shadow: the caster, and all others.
    """
    tall = caster.box[3]
    if tall < LEAST_TALL:
        return None
    window = _window(caster)
    scale = min(1.0, TALL / tall)
    colors = _logarithms(_small(pixels[window][..., :3], scale), tall * scale)
    own, others = _small_mask(caster.full()[window], scale), _small_mask(taken[window], scale)
    rows, columns = window
    # Where the photo ends, a shadow may go on.
    goes_on = (columns.start == 0, columns.stop == caster.width)
    found = _look(colors, own, ~others, tall * scale, goes_on)
    if found is None:
        return None
    radius = max(1, round(PENUMBRA * tall * scale))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    soft = cv2.dilate(found.astype(np.uint8) * 255, disk)
    size = (columns.stop - columns.start, rows.stop - rows.start)
    inside = cv2.resize(soft, size, interpolation=cv2.INTER_LINEAR) > 127
    return Patch(columns.start, rows.start, inside, caster.height, caster.width)


def _window(caster: Patch) -> tuple[slice, slice]:
    """Rows and columns of the photo where a shadow may lie."""
    left, top, across, tall = caster.box
    feet = top + tall
    return (
        slice(max(0, round(feet - ABOVE * tall)), min(caster.height, round(feet + BELOW * tall))),
        slice(max(0, round(left - ASIDE * tall)), min(caster.width, round(left + across + ASIDE * tall))),
    )


def _small(pixels: Pixels, scale: float) -> Floats:
    """Shares (h, w, 3) of full white."""
    whole = np.float32(np.iinfo(pixels.dtype).max)
    return np.asarray(
        cv2.resize(pixels, _size(pixels, scale), interpolation=cv2.INTER_AREA) / whole, np.float32
    )


def _small_mask(mask: Bool, scale: float) -> Bool:
    shares = cv2.resize(mask.astype(np.uint8) * 255, _size(mask, scale), interpolation=cv2.INTER_AREA)
    return np.asarray(shares > 60, bool)


def _size(pixels: NDArray[Any], scale: float) -> tuple[int, int]:
    return max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))


def _logarithms(shares: Floats, tall: float) -> Floats:
    """Logarithms of light, without the texture of the ground."""
    darkest = np.log(BLACK)
    light = np.log(shares**GAMMA + BLACK)
    steps = np.clip((light - darkest) / -darkest, 0, 1) * 255
    side = int(np.clip(tall / 36, 3, 9)) | 1
    smooth = cv2.medianBlur(steps.astype(np.uint8), min(side, 9))
    return np.asarray(smooth / np.float32(255) * -darkest + darkest, np.float32)


class _Ground(NamedTuple):
    light: float
    color: Floats


def _look(colors: Floats, own: Bool, free: Bool, tall: float, goes_on: tuple[bool, bool]) -> Bool | None:
    if not own.any():
        return None
    light = colors.mean(axis=2)
    low = int(np.flatnonzero(own.any(axis=1))[-1])
    feet = own.copy()
    feet[: max(0, round(low - FEET * tall))] = False
    away = cv2.distanceTransform((~feet).astype(np.uint8), cv2.DIST_L2, 5) / tall
    # What is behind stands higher in the picture than its foot.
    level = np.arange(len(own))[:, None] > low - LEVEL * tall
    ground = _ground(colors, light, free & level & (away > AROUND[0]) & (away < AROUND[1]))
    if ground is None:
        return None
    darkness = ground.light - light
    near = free & (away < TOUCH)
    begins = near & (darkness > DARKER)
    if begins.sum() < max(12, BEGINS * near.sum()):
        return None
    deep = float(np.median(darkness[begins]))
    hue = colors - light[..., None] - ground.color
    tint = np.median(hue[begins], axis=0)
    if deep > DARKEST or np.abs(tint).max() > TINT:
        return None
    alike = (
        free & (darkness > deep / 2) & (darkness < 2.2 * deep + 0.2) & (np.abs(hue - tint).max(axis=2) < OFF)
    )
    alike = cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0
    shadow = connected(alike | begins, begins, 4)
    return shadow if _plausible(shadow, own, free, darkness < EDGE * deep, goes_on) else None


def _ground(colors: Floats, light: Floats, where: Bool) -> _Ground | None:
    """What the ground is like; None where it is of many brightnesses, or too dark for shadows."""
    if where.sum() < 200:
        return None
    guess = np.percentile(light[where], 65)
    even = where & (np.abs(light - guess) < SAME)
    if even.sum() < EVEN * where.sum():
        return None
    middle = float(np.median(light[even]))
    if middle < BRIGHT or np.percentile(np.abs(light[even] - middle), 80) > SPREAD:
        return None
    return _Ground(middle, np.median(colors[even], axis=0) - np.float32(middle))


def _plausible(shadow: Bool, own: Bool, free: Bool, beyond: Bool, goes_on: tuple[bool, bool]) -> bool:
    """Whether it is as large as shadows are, ends within the window, and in an edge."""
    area = int(shadow.sum())
    if not LEAST * own.sum() <= area <= MOST * own.sum():
        return False
    rim = shadow[0].sum() + sum(
        0 if on else shadow[:-1, side].sum() for on, side in zip(goes_on, (0, -1), strict=True)
    )
    if rim > 0.16 * area**0.5:
        return False
    near, far = (
        cv2.dilate(shadow.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))) > 0
        for side in (5, 11)
    )
    ring = far & ~near & free
    return bool(ring.any() and beyond[ring].mean() >= EDGES)
