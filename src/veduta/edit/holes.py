"""The holes of a mask: parts that lie near each other are filled together, each on a crop of its own."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Box = tuple[int, int, int, int]

# Parts are told apart on a picture of at most this many pixels a side: a mask of 100 megapixels needs no more memory.
GLANCE = 1024
# Parts nearer to each other than this, relative to the longer side of the photo, are one hole.
NEAR = 0.012
# Around a hole this much of its size is looked at, and never less than this part of the photo's longer side.
AROUND, LEAST_AROUND = 1.5, 0.04
# Holes are filled at once where their common crop has at most this share of the area of both, and a side hardly longer.
SAME, WIDER = 0.7, 1.25


@dataclass(frozen=True, eq=False)
class Hole:
    """One hole: its box, the box of its crop, both (left, top, right, bottom), and its mask in the crop.

    `others` marks the pixels of the crop that belong to any hole: nothing may be taken from there.
    """

    box: Box
    crop: Box
    mask: Bools
    others: Bools

    @property
    def rows(self) -> slice:
        """Rows of the crop in the photo."""
        return slice(self.crop[1], self.crop[3])

    @property
    def columns(self) -> slice:
        """Columns of the crop in the photo."""
        return slice(self.crop[0], self.crop[2])


def find(mask: Bools) -> list[Hole]:
    """The holes of a mask (height, width), from top to bottom; none where it is empty."""
    height, width = mask.shape
    step = max(1, -(-max(height, width) // GLANCE))
    small = shrink(mask, step)
    reach = max(1, round(NEAR * max(small.shape)))
    near = cv2.dilate(small.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    count, labels = cv2.connectedComponents(near, connectivity=8)
    labels[~small] = 0
    groups: list[tuple[list[int], Box]] = []
    for label in range(1, count):
        part = labels == label
        rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        if len(rows):
            left, top = int(columns[0]) * step, int(rows[0]) * step
            right, bottom = (int(columns[-1]) + 1) * step, (int(rows[-1]) + 1) * step
            groups.append(([label], (left, top, min(width, right), min(height, bottom))))
    found = []
    for members, box in _joined(groups, width, height):
        crop = _around(box, width, height)
        part = np.isin(labels, members)
        cells = part[crop[1] // step : -(-crop[3] // step), crop[0] // step : -(-crop[2] // step)]
        others = mask[crop[1] : crop[3], crop[0] : crop[2]]
        own = np.repeat(np.repeat(cells, step, axis=0), step, axis=1)
        own = own[crop[1] % step :, crop[0] % step :][: others.shape[0], : others.shape[1]]
        found.append(Hole(box, crop, own & others, others))
    return found


def _joined(groups: list[tuple[list[int], Box]], width: int, height: int) -> list[tuple[list[int], Box]]:
    """Groups of parts whose crops show nearly the same: one filling costs less than one for each."""
    done: list[tuple[list[int], Box]] = []
    for members, box in groups:
        joined = True
        while joined:
            joined = False
            for index, (others, other) in enumerate(done):
                both = (*np.minimum(box[:2], other[:2]).tolist(), *np.maximum(box[2:], other[2:]).tolist())
                crops = [_around(b, width, height) for b in (box, other, both)]
                areas = [(right - left) * (bottom - top) for left, top, right, bottom in crops]
                sides = [max(right - left, bottom - top) for left, top, right, bottom in crops]
                if areas[2] <= SAME * (areas[0] + areas[1]) and sides[2] <= WIDER * max(sides[:2]):
                    members, box = others + members, both
                    del done[index]
                    joined = True
                    break
        done.append((members, box))
    return done


def shrink(mask: Bools, step: int) -> Bools:
    """A mask at 1/`step` of its size: a cell is on where any of its pixels is."""
    if step == 1:
        return mask
    height, width = mask.shape
    rows = np.logical_or.reduceat(mask, np.arange(0, height, step), axis=0)
    small: Bools = np.logical_or.reduceat(rows, np.arange(0, width, step), axis=1)
    return small


def _around(box: Box, width: int, height: int) -> Box:
    left, top, right, bottom = box
    margin = max(
        16, round(AROUND * max(right - left, bottom - top)), round(LEAST_AROUND * max(width, height))
    )
    return (
        max(0, left - margin),
        max(0, top - margin),
        min(width, right + margin),
        min(height, bottom + margin),
    )
