"""From probabilities to the masks of single cranes, with what hangs from them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.see.connected import connected
from veduta.see.crane_network import Floats

Mask = NDArray[np.bool_]

# A crane grows from pixels at least SURE over neighbors at least LIKELY.
SURE, LIKELY = 0.8, 0.4
# A crane's mean, which its score is fitted on, is taken over pixels at least this probable.
COUNTED = 0.45
# Parts this near to each other, as a share of the longer side, are one crane: lattices come apart at their braces.
REACH = 0.012
# Least extent of a crane as a share of the longer side, and least pixels at the scale of the look.
LEAST_EXTENT, LEAST_PIXELS = 0.03, 40
# What hangs: at least this probable, at most so wide and so far below (shares of the longer side).
HANGING, HANGING_WIDE, HANGING_FAR = 0.35, 0.03, 0.08


@dataclass(frozen=True, slots=True)
class Crane:
    """One crane: its mask (height, width) at the scale of the look, and the mean probability of its sure pixels."""

    mask: Mask
    mean: float

    @property
    def extent(self) -> int:
        """Longer side of its box in pixels."""
        rows, columns = np.nonzero(self.mask.any(axis=1))[0], np.nonzero(self.mask.any(axis=0))[0]
        return int(max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1)


def cranes(probability: Floats) -> list[Crane]:
    """The cranes in a map of probabilities, largest first."""
    longer = max(probability.shape)
    grown = connected(probability >= LIKELY, probability >= SURE)
    if not grown.any():
        return []
    grown = with_ropes(with_hanging(grown, probability))
    reach = max(3, 2 * round(REACH * longer / 2) + 1)
    near = cv2.morphologyEx(grown.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    count, labels = cv2.connectedComponents(near, connectivity=8)
    found = []
    for number in range(1, count):
        mask = (labels == number) & grown
        likely = probability[mask & (probability >= COUNTED)]
        if len(likely) < LEAST_PIXELS:
            continue
        crane = Crane(mask, float(likely.mean()))
        if crane.extent >= LEAST_EXTENT * longer:
            found.append(crane)
    return sorted(found, key=lambda crane: -int(crane.mask.sum()))


def with_hanging(mask: Mask, probability: Floats) -> Mask:
    """The mask with ropes, hooks and loads that hang below it, and the ropes' missing pieces between.

    A part that was too unsure by itself belongs to a crane when it is narrow and lies straight under it: nothing else
    stays in the air. The gap is closed along the column that joins the two.
    """
    longer = max(mask.shape)
    far, wide = round(HANGING_FAR * longer), max(4, round(HANGING_WIDE * longer))
    weak = (probability >= HANGING) & ~cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(
        bool
    )
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(weak.astype(np.uint8), connectivity=8)
    out = mask.copy()
    for number in np.argsort(boxes[:, cv2.CC_STAT_TOP]):
        left, top, across, _, size = (int(v) for v in boxes[number])
        if number == 0 or across > wide or size < 3:
            continue
        columns = slice(max(0, left - 1), left + across + 1)
        above = np.nonzero(out[max(0, top - far) : top, columns].any(axis=1))[0]
        if not len(above):
            continue
        out |= labels == number
        end = max(0, top - far) + int(above[-1])
        # The gap is as wide as what hangs begins.
        out[end:top] |= labels[top] == number
    return out


def with_ropes(mask: Mask) -> Mask:
    """The mask with a line straight up from each narrow part in the air to the crane above: its rope was not seen."""
    longer = max(mask.shape)
    far, wide = round(HANGING_FAR * longer), max(4, round(HANGING_WIDE * longer))
    _, _, boxes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    out = mask.copy()
    for number in range(1, len(boxes)):
        left, top, across, _, size = (int(v) for v in boxes[number])
        if across > wide or size > wide * far:
            continue
        middle = left + across // 2
        first = max(0, top - far)
        above = np.nonzero(mask[first:top, middle])[0]
        if len(above):
            out[first + int(above[-1]) : top, middle] = True
    return out
