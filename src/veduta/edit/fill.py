"""Filling holes: what a mask marks is replaced by what could have stood there."""

from __future__ import annotations

from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit import holes
from veduta.edit.holes import Hole
from veduta.errors import BadInput
from veduta.image.photo import Pixels
from veduta.progress import Progress, Silent

Method = Literal["auto", "smooth", "thin", "texture", "network"]
METHODS: tuple[str, ...] = get_args(Method)
# A hole is filled on a crop whose longer side is at most this, with at most so many hidden pixels.
SIDE, MOST = 720, 40_000
NETWORK_SIDE = 512
BAND = 256
# Even ground is filled at half of that or less, so that its grain is detail to be brought back.
EVEN_SCALE = 0.5
# Between the photo and what was made this many pixels inside of a thick hole are bridged along the photo's lines: all
# of it at the photo's edge, ever less inside.
SEAM = 10.0


class BadMask(BadInput):
    """A mask that does not fit the photo."""


class EmptyMask(BadMask):
    """A mask that marks nothing."""


class WholeMask(BadMask):
    """A mask that leaves nothing of the photo to fill from."""


class UnknownMethod(BadInput):
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
    Pixels outside are those of the photo, to the bit; what was hidden decides nothing. "auto" fills thin parts along
    the lines around ("thin"), thick ones on even ground by a membrane with grain ("smooth") and on rough ground by
    pieces of the photo ("texture"); "network" asks a network of the user's own. The progress moves after each hole
    and may raise to stop. Raises BadMask, EmptyMask, WholeMask, UnknownMethod; ModelUnavailable without a network.
    """
    if method not in METHODS:
        raise UnknownMethod(f"no way of filling is called {method!r}; known: {', '.join(METHODS)}")
    marked = _checked(pixels, mask)
    progress = progress or Silent()
    result = pixels.copy()
    found = holes.find(marked)
    progress.begin("filling", len(found))
    for hole in found:
        target = result[hole.rows, hole.columns]
        filled = _colors(pixels[hole.rows, hole.columns], hole, method, seed)
        if mask.dtype == bool:
            target[hole.mask] = filled
        else:
            _mix(target, filled, hole.mask, mask[hole.rows, hole.columns])
        progress.advance()
    progress.end()
    return result


def _mix(target: Pixels, filled: Pixels, hole: NDArray[np.bool_], shares: NDArray[Any]) -> None:
    """Show what was filled by its share, some rows at a time: photos may be large."""
    first = 0
    for top in range(0, len(target), BAND):
        part = hole[top : top + BAND]
        rows = target[top : top + BAND]
        colors = filled[first : first + np.count_nonzero(part)]
        share = np.clip(shares[top : top + BAND][part], 0, 1)[:, None]
        rows[part] = np.rint(rows[part] * (1 - share) + colors * share).astype(np.uint8)
        first += len(colors)


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


def _colors(crop: Pixels, hole: Hole, method: Method, seed: int) -> Pixels:
    """Full-size colors (n, 3) of the hole's n pixels."""
    # scipy and faiss are heavy: what only names the methods must not load them.
    from veduta.edit import detail

    side = NETWORK_SIDE if method == "network" else SIDE
    scale = min(1.0, side / max(crop.shape[:2]), (MOST / max(1, int(hole.others.sum()))) ** 0.5)
    small, hidden = _at_scale(crop, hole.others, scale)
    result, even = _filled(small, hidden, method, seed)
    if scale < 1:
        colors = detail.render(crop, hole.mask, hole.others, detail.Filled(small, result, hidden), seed)
    else:
        colors = np.clip(np.rint(result[hole.mask]), 0, 255).astype(np.uint8)
    if even.any() and scale > EVEN_SCALE:
        size = crop.shape[1::-1]
        calm = cv2.resize(even.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        calm &= hole.mask
        if calm.any():
            filled = _even(crop, hole.others, result, scale)
            colors[calm[hole.mask]] = detail.render(crop, calm, hole.others, filled, seed)
    return colors


def _at_scale(crop: Pixels, hidden: NDArray[np.bool_], scale: float) -> tuple[Pixels, NDArray[np.bool_]]:
    if scale == 1:
        return np.ascontiguousarray(crop), hidden
    size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
    small: Any = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    return small, cv2.resize(hidden.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) > 0


def _filled(
    small: Pixels, hidden: NDArray[np.bool_], method: Method, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The crop at the working scale, filled, and where it is even ground."""
    from veduta.edit import ground
    from veduta.edit.biharmonic import biharmonic, membrane
    from veduta.edit.directional import directional
    from veduta.edit.network_fill import network_filled
    from veduta.edit.spectral import with_patterns
    from veduta.edit.texture import textured

    values = small.astype(np.float32)
    nowhere = np.zeros_like(hidden)
    if hidden.all():  # at full size a few pixels are left, too few to be seen here
        values[:] = values.mean(axis=(0, 1))
        return values, nowhere
    if method == "network":
        return network_filled(small, hidden), nowhere
    if method == "auto":
        parts = ground.divide(values, hidden)
    else:
        named = {"thin": nowhere, "smooth": nowhere, "texture": nowhere, method: hidden}
        parts = ground.Parts(named["thin"], named["smooth"], named["texture"])
    thin, even, thick = parts.thin, parts.even, parts.rough
    made = values
    if thick.any():
        made = textured(small, hidden, thick, seed)
    if even.any():
        smooth = membrane(values, hidden)
        made = np.where(even[..., None], smooth, made)
    depth = cv2.distanceTransform(np.pad(hidden, 1, mode="edge").astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    open_ = thin | (thick & (depth <= SEAM))
    if open_.any():
        bridged = directional(made, open_, biharmonic(made, open_))
        if thin.any():
            bridged = with_patterns(bridged, open_, thin)
        share = np.where(thick, np.clip(1.2 - depth / SEAM, 0, 1), 1).astype(np.float32)[..., None]
        made = np.where(hidden[..., None], made + share * (bridged - made), made)
    return np.clip(made, 0, 255), even


def _even(crop: Pixels, hidden: NDArray[np.bool_], result: NDArray[np.float32], scale: float) -> Any:
    from veduta.edit import detail

    small, covered = _at_scale(crop, hidden, EVEN_SCALE)
    smaller = cv2.resize(result, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    filled = np.where(covered[..., None], smaller, small.astype(np.float32))
    return detail.Filled(small, filled, covered)
