"""The seam between a thing and what is behind it: pixels that are mixed of both, and leave a ghost where they stay."""

from __future__ import annotations

import numpy as np

from veduta.edit.mask import grown
from veduta.see.patch import Patch

# By how many pixels masks grow: a share of the thing's size, and bounds, the upper one in shares of the photo's
# longer side.
GROWTH = 0.03
LEAST, MOST = 2.0, 0.008


def seamed(patch: Patch, by: float | None = None) -> Patch:
    """The mask of a thing with the seam around it, of the thing's size or `by` so many pixels."""
    if by is None:
        by = float(
            np.clip(GROWTH * patch.area**0.5, LEAST, max(LEAST, MOST * max(patch.height, patch.width)))
        )
    room = int(np.ceil(max(0.0, by))) + 1
    height, width = patch.inside.shape
    top, left = min(room, patch.top), min(room, patch.left)
    bottom = min(room, patch.height - patch.top - height)
    right = min(room, patch.width - patch.left - width)
    inside = grown(np.pad(patch.inside, ((top, bottom), (left, right))), by)
    return Patch(patch.left - left, patch.top - top, inside, patch.height, patch.width)
