"""The object in a volume, by classical segmentation: a threshold, then morphology.

Sources: N. Otsu, "A threshold selection method from gray-level histograms", 1979; J. Serra, "Image analysis and
mathematical morphology", 1982.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from veduta.space.sections import BadSections
from veduta.space.volume import Voxels

Mask = NDArray[np.bool_]

BLOCK = 128  # cubes at a side, for which distances are told at once


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
        mask = _filled(mask)
    labels, count = _labeled(mask)
    if not count:
        raise BadSections(
            f"nothing is brighter than {threshold}; give another --threshold, or a smaller --opening"
        )
    sizes = np.sum([np.bincount(layer.ravel(), minlength=count + 1) for layer in labels], axis=0)
    sizes[0] = 0
    kept = sizes >= max(1, wish.least * sizes.max())
    for layer, label in zip(mask, labels, strict=True):
        layer[:] = kept[label]
    return mask, threshold


def otsu(voxels: Voxels) -> int:
    """The threshold that parts the values into two classes most unlike each other; above it is the bright one."""
    return otsu_of(np.sum([np.bincount(layer.ravel(), minlength=256) for layer in voxels], axis=0))


def otsu_of(values: ArrayLike) -> int:
    """The same from a histogram of 256. Raises BadSections where all is of one brightness."""
    counts = np.asarray(values, np.float64)
    levels = np.arange(256)
    low, high = np.cumsum(counts)[:-1], counts.sum() - np.cumsum(counts)[:-1]
    total = np.cumsum(counts * levels)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = low * high * (total[:-1] / low - (total[-1] - total[:-1]) / high) ** 2
    if not np.isfinite(between).any() or np.nanmax(between) <= 0:
        raise BadSections(f"all sections are of one brightness ({int(counts.argmax())}): there is no object")
    return int(np.nanargmax(between))


def check(counts: ArrayLike, wish: Wish) -> None:
    """Raise BadSections where a histogram of 256 tells beforehand that there will be no object."""
    if wish.threshold is None:
        otsu_of(counts)
    elif not np.asarray(counts)[wish.threshold + 1 :].any():
        raise BadSections(f"nothing is brighter than {wish.threshold}; give another --threshold")


def _labeled(mask: Mask) -> tuple[NDArray[np.int32], int]:
    """Parts that hang together, by faces, each with a number of its own."""
    labels = np.empty(mask.shape, np.int32)
    return labels, int(ndimage.label(mask, output=labels))


def _filled(mask: Mask) -> Mask:
    """With what is enclosed: ground from which no way leads to the border."""
    labels, count = _labeled(~mask)
    outside = np.zeros(count + 1, np.bool_)
    for axis in range(3):
        for end in (0, -1):
            outside[np.take(labels, end, axis).ravel()] = True
    outside[0] = False
    return np.stack([~outside[layer] for layer in labels])


def _outside(mask: Mask, radius: int, opening: bool) -> Mask:
    """Opening or closing by a ball: distances instead of a large element. The object may go on beyond the volume.

    It is done block by block, each with all around it that counts, so that distances take little memory.
    """
    out, rim = np.empty_like(mask), 2 * radius + 2
    for place in product(*(range(0, side, BLOCK) for side in mask.shape)):
        ends = [min(start + BLOCK, side) for start, side in zip(place, mask.shape, strict=True)]
        inner = tuple(slice(start, end) for start, end in zip(place, ends, strict=True))
        outer = tuple(
            slice(max(0, start - rim), min(side, end + rim))
            for start, end, side in zip(place, ends, mask.shape, strict=True)
        )
        beyond = [
            (rim - (start - part.start), rim - (part.stop - end))
            for start, end, part in zip(place, ends, outer, strict=True)
        ]
        block = np.pad(mask[outer], beyond, mode="edge")
        for grow in (not opening, opening):
            inside = ~block if grow else block
            if inside.any() and not inside.all():
                inside = ndimage.distance_transform_edt(inside) > radius
            block = ~inside if grow else inside
        out[inner] = block[(slice(rim, -rim),) * 3]
    return out
