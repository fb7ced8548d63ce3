"""The object in a volume, by classical segmentation: a threshold, then morphology.

Sources: N. Otsu, "A threshold selection method from gray-level histograms", 1979; J. Serra, "Image analysis and
mathematical morphology", 1982.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from veduta.space.sections import BadSections
from veduta.space.volume import Voxels

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Wish:
    """How the object is told: brighter than `threshold` (None: Otsu's), opened and closed by balls of so many cubes,
    parts smaller than a share `least` of the largest left out, enclosed holes filled.
    """

    threshold: int | None = None
    opening: int = 1
    closing: int = 1
    least: float = 0.02
    fill: bool = False

    def __post_init__(self) -> None:
        """Raise BadSections where a value makes no sense."""
        if self.threshold is not None and not 0 <= self.threshold <= 254:
            raise BadSections(f"a threshold of {self.threshold}: it must be 0 to 254")
        if not (0 <= self.opening <= 20 and 0 <= self.closing <= 20):
            raise BadSections("opening and closing must be 0 to 20 cubes")
        if not 0 <= self.least <= 1:
            raise BadSections(f"a least part of {self.least:g}: it must be 0 to 1")


def segment(voxels: Voxels, wish: Wish = Wish()) -> tuple[Mask, int]:
    """The object (z, y, x) and the threshold used. Raises BadSections where nothing is left of it."""
    threshold = otsu(voxels) if wish.threshold is None else wish.threshold
    mask: Mask = voxels > threshold
    if wish.opening:
        mask = _outside(mask, wish.opening, opening=True)
    if wish.closing:
        mask = _outside(mask, wish.closing, opening=False)
    if wish.fill:
        mask = np.asarray(ndimage.binary_fill_holes(mask), np.bool_)
    labels, count = ndimage.label(mask)
    if not count:
        raise BadSections(
            f"nothing is brighter than {threshold}; give another --threshold, or a smaller --opening"
        )
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray((sizes >= wish.least * sizes.max())[labels] & mask, np.bool_), threshold


def otsu(voxels: Voxels) -> int:
    """The threshold that parts the values into two classes most unlike each other; above it is the bright one."""
    counts = np.bincount(voxels.ravel(), minlength=256).astype(np.float64)
    levels = np.arange(256)
    low, high = np.cumsum(counts)[:-1], counts.sum() - np.cumsum(counts)[:-1]
    total = np.cumsum(counts * levels)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = low * high * (total[:-1] / low - (total[-1] - total[:-1]) / high) ** 2
    if not np.isfinite(between).any() or np.nanmax(between) <= 0:
        raise BadSections(f"all sections are of one brightness ({int(voxels.flat[0])}): there is no object")
    return int(np.nanargmax(between))


def _outside(mask: Mask, radius: int, opening: bool) -> Mask:
    """Opening or closing by a ball: distances instead of a large element. The object may go on beyond the volume."""
    padded = np.pad(mask, radius + 1, mode="edge")
    for grow in (not opening, opening):
        inside = padded if not grow else ~padded
        kept = (
            ndimage.distance_transform_edt(inside) > radius if inside.any() and not inside.all() else inside
        )
        padded = ~kept if grow else kept
    inner = (slice(radius + 1, -radius - 1),) * 3
    return np.asarray(padded[inner], np.bool_)
