"""A photo in two layers: what it shows, and what stands behind the edges of near things, filled once for all frames.

After Shade et al. 1998, "Layered depth images". Filling once instead of in each frame keeps clips from flickering.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from scipy import ndimage

from veduta.errors import BadInput
from veduta.image.photo import Pixels
from veduta.space.occlusion import Bool, Floats

# A hole filler: the photo with what the mask (h, w) marks replaced.
Fill = Callable[[Pixels, Bool], Pixels]
# Steps of more pixels of parallax than this part a thing from what is behind it.
STEP = 1.2
# Of the near thing, so many pixels more than can be uncovered are kept from serving as a pattern for what is behind.
SPARE = 12


class BadLayers(BadInput):
    """A photo and a map that do not fit."""


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """`front` with its `near`ness, without its `rims`; `back` and `back_near` count where `hidden` is true.

    Rims are pixels beside a near thing that it is mixed into: left where they are, they would draw its outline on what
    is behind when it has moved away. All of one size.
    """

    front: Pixels
    near: Floats
    back: Pixels
    back_near: Floats
    hidden: Bool
    rims: Bool


def layered(photo: Pixels, near: Floats, parallax: float, fill: Fill | None = None) -> Layers:
    """The layers of a photo, for movements that shift the nearest against the farthest by `parallax` pixels at most.

    Soft edges of the map are made steps first: on a ramp, a surface would tear. Without `fill`, holes are filled by
    OpenCV's inpainting (Telea 2004). Raises BadLayers.
    """
    if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype != np.uint8 or near.shape != photo.shape[:2]:
        raise BadLayers(
            f"expected a uint8 photo (h, w, 3) and a map (h, w), got {photo.dtype} {photo.shape}, {near.shape}"
        )
    near = steep(np.asarray(cv2.medianBlur(np.ascontiguousarray(near, np.float32), 5), np.float32), parallax)
    near = _thicker(near, parallax)
    hidden, spared, blank, rims, back_near = _behind(near, parallax)
    if not hidden.any() or blank.all():
        none = np.zeros_like(hidden)
        return Layers(photo, near, photo, near, none, none)
    # The inside of the near thing is blanked before the hole is filled: it must not run into what is behind it.
    ground = photo.copy()
    ground[blank] = flooded(photo, ~blank)[blank]
    return Layers(photo, near, (fill or plain_fill)(ground, spared), back_near, hidden, rims)


def plain_fill(photo: Pixels, mask: Bool) -> Pixels:
    """Holes filled smoothly from their rims."""
    made: Any = cv2.inpaint(photo, mask.astype(np.uint8), 4, cv2.INPAINT_TELEA)
    return np.asarray(made, np.uint8)


def flooded(photo: Pixels, known: Bool) -> Pixels:
    """The photo with all else replaced by the colors of what is known around, ever coarser farther inside.

    Gortler et al. 1996, "The lumigraph": pull down to where all is known, push back up.
    """
    weights = known.astype(np.float32)
    levels = [(photo * weights[..., None], weights)]
    while min(levels[-1][1].shape) > 2 and levels[-1][1].min() < 1e-3:
        levels.append((np.asarray(cv2.pyrDown(levels[-1][0])), np.asarray(cv2.pyrDown(levels[-1][1]))))
    colors = levels[-1][0] / np.maximum(levels[-1][1], 1e-6)[..., None]
    for sums, weight in reversed(levels[:-1]):
        size = (weight.shape[1], weight.shape[0])
        coarse: Any = cv2.resize(colors.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        share = np.clip(weight, 0, 1)[..., None]
        colors = coarse * (1 - share) + sums / np.maximum(weight, 1e-6)[..., None] * share
    return np.asarray(np.clip(np.rint(colors), 0, 255), np.uint8)


def steep(near: Floats, parallax: float) -> Floats:
    """The map with its ramps between near and far made steps, each pixel going to the side that is closer to it."""
    size = max(3, 2 * round(max(near.shape) / 400) + 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    high: Any = cv2.dilate(near, kernel)
    low: Any = cv2.erode(near, kernel)
    # A slope of the ground is no edge: there, a pixel's neighbors already differ by much.
    edge = (high - low) * parallax > STEP * (size + 1) / 2
    snapped = np.where(near - low > high - near, high, low)
    return np.asarray(np.where(edge, snapped, near), np.float32)


def _thicker(near: Floats, parallax: float) -> Floats:
    """Near things thicker by a pixel, so that those at their edge, mixed from both, move with them."""
    high: Any = cv2.dilate(near, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3)))
    return np.asarray(np.where((high - near) * parallax > 2 * STEP, high, near), np.float32)


def _behind(near: Floats, parallax: float) -> tuple[Bool, Bool, Bool, Bool, Floats]:
    """What may be uncovered; with spare pixels; with the inside of the thing; rims; how near what lies behind is."""
    kernel = np.ones((3, 3), np.uint8)
    high: Any = cv2.dilate(near, kernel)
    # The far side of each step, and for each pixel the nearest such.
    far_side = (high - near) * parallax > STEP
    if not far_side.any():
        none = np.zeros(near.shape, bool)
        return none, none, none, none, near
    away, (rows, columns) = ndimage.distance_transform_edt(~far_side, return_indices=True)
    behind = near[rows, columns]
    step = (near - behind) * parallax
    nearer = step > STEP
    hidden = nearer & (away <= step + 2)
    spared = ndimage.binary_closing(nearer & (away <= step + 2 + SPARE), iterations=2) | hidden
    blank = ndimage.binary_closing(nearer & (away <= 2 * step + 4 * SPARE), iterations=2) | spared
    # The rim of a thing is mixed into the pixels beside it: those must not be a pattern either.
    rim = ndimage.binary_dilation(hidden, iterations=1) & ~nearer
    back_near = np.where(spared, behind, near).astype(np.float32)
    smooth: Any = cv2.medianBlur(back_near, 5)
    back_near = np.where(spared, smooth, near).astype(np.float32)
    return hidden | rim, spared | rim, blank | rim, rim, back_near
