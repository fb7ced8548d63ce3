"""The one way by which every operation goes through pictures of 16 bits and pictures with transparency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from veduta.edit.transparency import surrounded
from veduta.image.samples import Samples, eight, sixteen
from veduta.progress import Progress

if TYPE_CHECKING:
    from veduta.edit.operation import Operation


def changed(operation: Operation, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
    """The picture (h, w, 3), or (h, w, 4) with transparency, of 8 or 16 bits, after an operation that is not neutral.

    What moves pixels moves transparency along; what changes colors leaves it, and the colors of what cannot be seen,
    as they are.
    """
    if operation.moves:
        return operation.change(pixels, scale, progress)
    if pixels.shape[2] == 3:
        return _colors(operation, pixels, scale, progress)
    given, alpha = np.ascontiguousarray(pixels[..., :3]), pixels[..., 3]
    made = _colors(operation, surrounded(given, alpha), scale, progress)
    return np.dstack([np.where(alpha[..., None] > 0, made, given), alpha])


def _colors(operation: Operation, colors: Samples, scale: float, progress: Progress | None) -> Samples:
    if operation.deep or colors.dtype != np.uint16:
        return operation.change(colors, scale, progress)
    # Work in 8 bits; all bits stay where it changes nothing.
    before = eight(colors)
    after = operation.change(before, scale, progress)
    made = sixteen(after)
    np.copyto(made, colors, where=(before == after).all(axis=2, keepdims=True))
    return made
