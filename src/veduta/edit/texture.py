"""Thick holes on rough ground: pieces of the photo that fit together, as PatchMatch finds them."""

from __future__ import annotations

import threading

import cv2
import numpy as np

from veduta.edit.biharmonic import Bools, Floats, membrane
from veduta.image.photo import Pixels

# Radius of the patches compared, in pixels.
RADIUS = 3
# Contrast of the pieces against their surroundings (this sigma in pixels): a wrong detail disturbs less when it is a
# little fainter.
CONTRAST, SLOW = 0.8, 10.0
# Around a hole pieces are taken from this many times its size, and from LEAST pixels at least.
WINDOW, LEAST = 2.0, 64

_native = threading.Lock()  # its random numbers are the whole process's


def textured(pixels: Pixels, hidden: Bools, part: Bools, seed: int) -> Floats:
    """The pixels (h, w, 3) as floats with `part` of the hidden ones replaced by pieces of the known ones.

    Source: Barnes et al., PatchMatch, 2009, with the multi-scale voting of Wexler et al., 2007.
    """
    import patchmatch

    result = pixels.astype(np.float32)
    rows, columns = _window(part)
    known, crop = hidden[rows, columns], pixels[rows, columns].copy()
    own = part[rows, columns]
    flat = membrane(crop.astype(np.float32), known)
    if min(known.shape) < 4 * RADIUS + 2 or not _has_patches(known):
        result[part] = flat[own]
        return result
    crop[known] = 0  # what is hidden must not decide anything
    with _native:
        patchmatch.set_random_seed(seed)
        pieces = patchmatch.inpaint(crop, own, global_mask=known & ~own, patch_size=RADIUS).astype(np.float32)
    pieces[known & ~own] = flat[known & ~own]
    slow = cv2.GaussianBlur(pieces, (0, 0), SLOW)
    made = slow + CONTRAST * (pieces - slow)
    result[part] = np.clip(made[own], 0, 255)
    return result


def _window(part: Bools) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    margin = max(LEAST, round(WINDOW * max(height, width)))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )


def _has_patches(hidden: Bools) -> bool:
    side = 2 * RADIUS + 1
    near = cv2.dilate(hidden.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    return bool((~near[RADIUS:-RADIUS, RADIUS:-RADIUS]).any())
