"""Where a number plate may be: windows around lines of text, of one shape and in line with the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from veduta.image.photo import Pixels
from veduta.see.text_regions import Floats, Region

# What the network sees of a window, in pixels.
WIDTH, HEIGHT = 160, 80
# A window is this many times as wide as the line, and at least so many of its heights: part of a plate's text still
# shows the whole plate.
WIDTHS_OF_LINE = 1.9
HEIGHTS_OF_LINE = 8.0
# And around a plate.
WIDTHS_OF_PLATE = 1.7
HEIGHTS_OF_PLATE = 3.4
# Text of one plate is often found in two parts: lines of like height with a gap up to so many heights are also
# tried as one.
GAP = 1.6
LIKE = 1.5
ALIGNED = 0.35


@dataclass(frozen=True)
class Window:
    """A turned rectangle of a picture, twice as wide as high: center and the unit vector along it, width."""

    x: float
    y: float
    along: tuple[float, float]
    width: float

    @property
    def matrix(self) -> Floats:
        """(2, 3): from places in the window, in shares of its width and height from the center, to the picture."""
        cos, sin = self.along
        half = self.width * HEIGHT / WIDTH
        return np.array(
            [[self.width * cos, -half * sin, self.x], [self.width * sin, half * cos, self.y]], np.float32
        )

    def corners(self, inside: Floats) -> Floats:
        """Points (n, 2) of the window, in shares from its center, as points of the picture."""
        return np.asarray(inside @ self.matrix[:, :2].T + self.matrix[:, 2], np.float32)

    def shares(self, points: Floats) -> Floats:
        """The inverse of `corners`."""
        return np.asarray(np.linalg.solve(self.matrix[:, :2], (points - self.matrix[:, 2]).T).T, np.float32)

    def cut(self, pixels: Pixels) -> Pixels:
        """What the window shows, uint8 (HEIGHT, WIDTH, 3); beyond the picture its edge goes on."""
        shrink = self.width / WIDTH
        # Averages where the picture has more pixels than the window shows: a part of it is made smaller first.
        if shrink > 1.5:
            radius = self.width * 0.6
            x0, y0 = max(0, int(self.x - radius)), max(0, int(self.y - radius))
            part = pixels[
                y0 : max(y0 + 1, int(self.y + radius) + 1), x0 : max(x0 + 1, int(self.x + radius) + 1)
            ]
            if part.size == 0:
                return np.zeros((HEIGHT, WIDTH, 3), np.uint8)
            size = (max(1, round(part.shape[1] / shrink)), max(1, round(part.shape[0] / shrink)))
            small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
            scale = np.array([size[0] / part.shape[1], size[1] / part.shape[0]], np.float32)
            corner = np.array([[0, 0, x0], [0, 0, y0]], np.float32)
            return _warp(np.asarray(small, np.uint8), (self.matrix - corner) * scale[:, None])
        return _warp(pixels, self.matrix)


def _warp(pixels: Pixels, matrix: Floats) -> Pixels:
    """Sample (HEIGHT, WIDTH) places of a picture, `matrix` leading from shares of the window to the picture."""
    to_shares = np.array([[1 / WIDTH, 0, 0.5 / WIDTH - 0.5], [0, 1 / HEIGHT, 0.5 / HEIGHT - 0.5], [0, 0, 1]])
    whole = np.asarray(matrix @ to_shares, np.float64)
    whole[:, 2] -= 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    found = cv2.warpAffine(pixels, whole, (WIDTH, HEIGHT), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.uint8)


def around_line(corners: Floats) -> Window:
    """The window around a line of text, given by its corners (4, 2), clockwise."""
    along, width, height = _axis(corners)
    middle = corners.mean(axis=0)
    return Window(
        float(middle[0]), float(middle[1]), along, max(WIDTHS_OF_LINE * width, HEIGHTS_OF_LINE * height, 8.0)
    )


def around_plate(corners: Floats) -> Window:
    """The window around a plate, given by its corners (4, 2), clockwise from the top left as it is read."""
    across = (corners[1] - corners[0] + corners[2] - corners[3]) / 2
    width = max(float(np.linalg.norm(across)), 1e-3)
    height = float(np.linalg.norm(corners[3] - corners[0] + corners[2] - corners[1])) / 2
    middle = corners.mean(axis=0)
    return Window(
        float(middle[0]),
        float(middle[1]),
        (float(across[0]) / width, float(across[1]) / width),
        max(WIDTHS_OF_PLATE * width, HEIGHTS_OF_PLATE * height, 8.0),
    )


def _axis(corners: Floats) -> tuple[tuple[float, float], float, float]:
    """The unit vector along a line of text, from left to right, its length and its height."""
    across = (corners[1] - corners[0] + corners[2] - corners[3]) / 2
    down = (corners[3] - corners[0] + corners[2] - corners[1]) / 2
    if np.linalg.norm(down) > 1.3 * np.linalg.norm(across):  # runs up or down
        across, down = -down if down[0] < 0 else down, across
    width, height = max(float(np.linalg.norm(across)), 1e-3), float(np.linalg.norm(down))
    return (float(across[0]) / width, float(across[1]) / width), width, height


def joined(lines: Sequence[Region]) -> list[Floats]:
    """Corners of pairs of neighboring lines, in line with each other, as one line."""
    axes = [_axis(line.corners) for line in lines]
    middles = np.array([line.corners.mean(axis=0) for line in lines], np.float32).reshape(-1, 2)
    found = []
    for i, (along, width, height) in enumerate(axes):
        direction = np.array(along, np.float32)
        offsets = (middles - middles[i]) @ np.stack([direction, (-direction[1], direction[0])], axis=1)
        for j, (_, wide, high) in enumerate(axes):
            gap = offsets[j, 0] - (width + wide) / 2
            if offsets[j, 0] <= 0 or gap > GAP * max(height, high) or abs(offsets[j, 1]) > ALIGNED * height:
                continue
            if max(height, high) <= LIKE * min(height, high):
                points = np.concatenate([lines[i].corners, lines[j].corners])
                found.append(_rectangle(points, direction))
    return found


def _rectangle(points: Floats, along: Floats) -> Floats:
    """The corners of the smallest rectangle along a direction that holds all points."""
    frame = np.stack([along, np.array((-along[1], along[0]), np.float32)])
    turned = points @ frame.T
    (left, top), (right, bottom) = turned.min(axis=0), turned.max(axis=0)
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    return np.asarray(corners @ frame, np.float32)
