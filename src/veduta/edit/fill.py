"""Filling holes: what a mask marks is replaced by what could have stood there."""

from __future__ import annotations

from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit import holes
from veduta.edit.biharmonic import biharmonic
from veduta.edit.holes import Hole
from veduta.errors import VedutaError
from veduta.image.photo import Pixels
from veduta.progress import Progress, Silent

Method = Literal["auto", "smooth", "thin", "texture", "network"]
METHODS: tuple[str, ...] = get_args(Method)
# Longer side of the crop on which a hole is filled.
SIDE = 800


class BadMask(VedutaError):
    """A mask that does not fit the photo."""


class EmptyMask(BadMask):
    """A mask that marks nothing."""


class WholeMask(BadMask):
    """A mask that leaves nothing of the photo to fill from."""


class UnknownMethod(VedutaError):
    """A way of filling that does not exist."""


def fill(
    pixels: Pixels,
    mask: NDArray[Any],
    method: Method = "auto",
    seed: int = 0,
    progress: Progress | None = None,
) -> Pixels:
    """The photo (height, width, 3) with what `mask` (height, width) marks replaced by plausible surroundings.

    `mask` is bool, or float in [0, 1]: then everything above 0 is filled, and the filling shows by that share.
    Pixels outside are those of the photo, to the bit. The progress moves by one for each hole; it may raise to stop.
    Raises BadMask, EmptyMask, WholeMask, UnknownMethod.
    """
    if method not in METHODS:
        raise UnknownMethod(f"no way of filling is called {method!r}; known: {', '.join(METHODS)}")
    marked = _checked(pixels, mask)
    progress = progress or Silent()
    result = pixels.copy()
    found = holes.find(marked)
    progress.begin("filling", len(found))
    for hole in found:
        filled = _fill_hole(pixels[hole.rows, hole.columns], hole, method, seed)
        target = result[hole.rows, hole.columns]
        if mask.dtype == bool:
            target[hole.mask] = filled[hole.mask]
        else:
            share = np.clip(mask[hole.rows, hole.columns][hole.mask], 0, 1)[:, None]
            mixed = target[hole.mask] * (1 - share) + filled[hole.mask] * share
            target[hole.mask] = np.rint(mixed).astype(np.uint8)
        progress.advance()
    progress.end()
    return result


def _checked(pixels: Pixels, mask: NDArray[Any]) -> NDArray[np.bool_]:
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise BadMask(f"pixels are {pixels.dtype} {pixels.shape}; expected uint8 (height, width, 3)")
    if mask.shape != pixels.shape[:2]:
        have, want = (" x ".join(str(v) for v in a.shape[1::-1]) for a in (mask, pixels))
        raise BadMask(f"the mask is {have} and the photo {want} pixels; make both the same size")
    if mask.dtype != bool and not np.issubdtype(mask.dtype, np.floating):
        raise BadMask(f"the mask is {mask.dtype}; expected bool, or float from 0 to 1")
    marked: NDArray[np.bool_] = mask if mask.dtype == bool else mask > 0
    if not marked.any():
        raise EmptyMask("the mask marks nothing: there is nothing to fill")
    if marked.all():
        raise WholeMask("the mask marks the whole photo: nothing is left to fill from")
    return marked


def _fill_hole(crop: Pixels, hole: Hole, method: Method, seed: int) -> Pixels:
    scale = min(1.0, SIDE / max(crop.shape[:2]))
    size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(hole.others.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0
    depth = float(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3).max())
    if method in ("smooth", "thin") or (method == "auto" and depth < 8):
        filled: Any = np.clip(np.rint(biharmonic(small.astype(np.float32), mask)), 0, 255).astype(np.uint8)
    else:
        import patchmatch

        patchmatch.set_random_seed(seed)
        filled = patchmatch.inpaint(small, mask, patch_size=3)
    if scale < 1:
        filled = cv2.resize(filled, crop.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    result: Pixels = np.asarray(filled, np.uint8)
    return result
