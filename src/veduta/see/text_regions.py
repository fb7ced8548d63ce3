"""From a map of text probabilities to lines of text (the second half of differentiable binarization)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
# Probabilities in 255ths: a quarter of the memory of floats, and finer than any threshold needs.
ProbabilityMap = NDArray[np.uint8]

# A pixel is text; a line is sure enough.
PIXEL_THRESHOLD = 0.3
LINE_THRESHOLD = 0.5
# The network is trained on shrunken lines; they grow again by this many times area / circumference.
GROWTH = 1.6
# In pixels of the map.
THINNEST = 3
# Small text leaves only faint, thin traces in a glance: they do for a closer look, not for a line.
HINT_THRESHOLD = 0.15
THINNEST_HINT = 1
# Somewhere in the trace of a word the network is nearly sure, however small the word; in a texture it is not.
HINT_PEAK = 0.3
MOST_LINES = 1000


@dataclass(frozen=True)
class Region:
    """A place where a line of text is.

    `corners` (4, 2) run clockwise from the top left, the long sides being the first and the third for text
    that runs across, in pixels of the picture; `score` is the mean probability of text, in [0, 1].
    """

    corners: Floats
    score: float

    @property
    def width(self) -> float:
        """Length of the upper edge."""
        return float(np.hypot(*(self.corners[1] - self.corners[0])))

    @property
    def height(self) -> float:
        """Length of the left edge."""
        return float(np.hypot(*(self.corners[3] - self.corners[0])))

    @property
    def thickness(self) -> float:
        """The smaller of width and height."""
        return min(self.width, self.height)

    @property
    def elongation(self) -> float:
        """The longer edge over the shorter one."""
        return max(self.width, self.height) / max(self.thickness, 1e-6)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        (left, top), (right, bottom) = self.corners.min(axis=0), self.corners.max(axis=0)
        return float(left), float(top), float(right), float(bottom)


def regions(
    probabilities: ProbabilityMap, scale: tuple[float, float], least: float = LINE_THRESHOLD
) -> list[Region]:
    """The lines in a map that has `scale` (across, down) pixels for each pixel of the picture.

    Those with a mean probability below `least` are left out.
    """
    found = []
    for center, size, angle, contour in _rectangles(probabilities, PIXEL_THRESHOLD, THINNEST):
        score = _score(probabilities, contour)
        if score < least:
            continue
        corners = _grown(center, size, angle, probabilities.shape) / np.asarray(scale)
        found.append(Region(_clockwise(corners.astype(np.float32)), score))
    return found


def hints(probabilities: ProbabilityMap, scale: tuple[float, float]) -> list[Region]:
    """Where text may be, sure or not, as `regions`: faint and thin traces that are probable text somewhere."""
    found = []
    for center, size, angle, contour in _rectangles(probabilities, HINT_THRESHOLD, THINNEST_HINT):
        left, top, width, height = cv2.boundingRect(contour)
        if probabilities[top : top + height, left : left + width].max() >= HINT_PEAK * 255:
            corners = _grown(center, size, angle, probabilities.shape) / np.asarray(scale)
            found.append(Region(_clockwise(corners.astype(np.float32)), _score(probabilities, contour)))
    return found


def _grown(
    center: tuple[float, float], size: tuple[float, float], angle: float, shape: tuple[int, ...]
) -> Floats:
    # Growing a rectangle by a distance and enclosing it again adds twice that distance to each side.
    grown = GROWTH * size[0] * size[1] / (2 * (size[0] + size[1]))
    corners = cv2.boxPoints((center, (size[0] + 2 * grown, size[1] + 2 * grown), angle))
    return np.asarray(np.clip(corners, 0, (shape[1], shape[0])), np.float32)


def widened(corners: Floats, share: float) -> Floats:
    """Corners (4, 2), clockwise, moved outward on each side by a share of the left edge's length."""
    if share == 0:
        return corners
    down = (corners[3] - corners[0] + corners[2] - corners[1]) / 2
    across = (corners[1] - corners[0] + corners[2] - corners[3]) / 2
    across *= np.linalg.norm(down) / max(float(np.linalg.norm(across)), 1e-6)
    moves = np.stack([-down - across, across - down, down + across, down - across])
    return np.asarray(corners + share * moves, np.float32)


def _rectangles(
    probabilities: ProbabilityMap, threshold: float, thinnest: float
) -> Iterator[tuple[tuple[float, float], tuple[float, float], float, NDArray[np.int32]]]:
    """Center, size and angle of the smallest rectangle around each patch of text, and its contour."""
    mask = (probabilities > threshold * 255).astype(np.uint8)
    mask = np.asarray(cv2.dilate(mask, np.ones((2, 2), np.uint8)), np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    if len(contours) > MOST_LINES:
        contours = sorted(contours, key=cv2.contourArea, reverse=True)[:MOST_LINES]
    for contour in contours:
        (x, y), (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) >= thinnest:
            yield (x, y), (width, height), angle, np.asarray(contour, np.int32)


def _score(probabilities: ProbabilityMap, contour: NDArray[np.int32]) -> float:
    """The mean probability within the smallest rectangle around a contour."""
    corners = cv2.boxPoints(cv2.minAreaRect(contour))
    height, width = probabilities.shape
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, (width - 1, height - 1))
    right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int), 0, (width - 1, height - 1))
    mask = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillPoly(mask, [(corners - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(probabilities[top : bottom + 1, left : right + 1], mask)[0]) / 255


def _clockwise(corners: Floats) -> Floats:
    """Order the corners of a rectangle: top left, top right, bottom right, bottom left."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    top_left, bottom_left = left[np.argsort(left[:, 1], kind="stable")]
    top_right, bottom_right = right[np.argsort(right[:, 1], kind="stable")]
    return np.stack([top_left, top_right, bottom_right, bottom_left])
