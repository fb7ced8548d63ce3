"""What kind of ground a hole lies on, measured on what surrounds it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from veduta.edit.biharmonic import Bools, Floats

# Up to this depth (pixels at the working scale) a hole is thin: lines and patterns reach through it.
THIN = 8.0
# A ring of this width (pixels) around a hole tells its ground, seen through a blur of this sigma that hides the grain.
RING, BLUR = 12, 2.0
# Even ground: all but a twentieth of the ring changes by less than this (gray levels a pixel).
EVEN = 2.5


@dataclass(frozen=True, eq=False)
class Parts:
    """The hidden pixels by the way they are best filled; together they are all of them."""

    thin: Bools
    even: Bools
    rough: Bools


def divide(values: Floats, hidden: Bools) -> Parts:
    """Tell thin parts, and thick ones on even and on rough ground; `values` (h, w, 3) at the working scale."""
    thick = _thick(hidden)
    even = np.zeros_like(hidden)
    if thick.any():
        change = steepness(values, hidden)
        _, labels = cv2.connectedComponents(thick.astype(np.uint8), connectivity=8)
        for label in range(1, int(labels.max()) + 1):
            part = labels == label
            ring = cv2.dilate(part.astype(np.uint8), np.ones((2 * RING + 1, 2 * RING + 1), np.uint8)) > 0
            around = change[ring & ~hidden]
            around = around[np.isfinite(around)]
            if len(around) and np.percentile(around, 95) < EVEN:
                even |= part
    return Parts(hidden & ~thick, even, thick & ~even)


def _thick(hidden: Bools) -> Bools:
    """The parts of a mask that a disk of radius THIN fits into, with what hangs on to them closely."""
    radius = round(THIN)
    # Beyond the photo's edge there is nothing known: a hole at the edge is as deep as if it went on.
    padded = np.pad(hidden, 2 * radius, mode="edge").astype(np.uint8)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    opened = cv2.dilate(cv2.erode(padded, disk, borderValue=0), disk)
    opened = cv2.dilate(opened, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8))
    thick: Bools = (opened[2 * radius : -2 * radius, 2 * radius : -2 * radius] > 0) & hidden
    return thick


def steepness(values: Floats, hidden: Bools) -> Floats:
    """Change of brightness in gray levels a pixel behind the grain, (h, w); infinite where too little is known."""
    gray = np.asarray(cv2.cvtColor(values, cv2.COLOR_RGB2GRAY), np.float32)
    weight = (~hidden).astype(np.float32)
    total = cv2.GaussianBlur(weight, (0, 0), BLUR)
    calm = cv2.GaussianBlur(gray * weight, (0, 0), BLUR) / np.maximum(total, 1e-3)
    across = cv2.Sobel(calm, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(calm, cv2.CV_32F, 0, 1, scale=0.125)
    change: Floats = np.hypot(across, down)
    change[total < 0.3] = np.inf
    return change
