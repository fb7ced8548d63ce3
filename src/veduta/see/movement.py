"""What moves before a camera that stands still: for flows of things that no detector knows, as cars from above.

The background is a mixture of a few colors for each pixel (Zivkovic, "Improved adaptive Gaussian mixture model for
background subtraction", ICPR 2004); what does not fit it for a while, and is no shadow, moves.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels
from veduta.see.finding import Box
from veduta.see.individuals import Seen

# What `--what` says for it.
MOVING = "moving"
# Frames are compared at this longer side.
SIDE = 480
# Looks that the background remembers, and how far a pixel must be from it, in squared spreads.
HISTORY, FAR = 400, 30.0
# The first looks learn the background quickly.
SETTLING, QUICK = 5, 0.3
# Parts nearer to each other than this share of the longer side are one thing; smaller ones than LEAST of it are leaves.
REACH, LEAST = 0.025, 0.03
# When so much of the picture moves, it is the camera, or the light: the background is learned anew.
MOST = 0.6
LIKELY = 0.9
# By which factors the exposure of a whole frame may change, beside that the light at a place, and its color in
# gray levels.
EXPOSURE = (0.3, 3.0)
DARKER, BRIGHTER, TINT = 0.6, 1.4, 14.0


class Movement:
    """Finds what moves in the frames of one video, one after the other."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._background = cv2.createBackgroundSubtractorMOG2(HISTORY, FAR, True)
        self._looks = 0

    def look(self, pixels: Pixels, width: int, height: int) -> list[Seen]:
        """What moves in a frame, boxes in pixels of the full picture of `width` and `height`."""
        scale = min(1.0, SIDE / max(pixels.shape[:2]))
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        smaller = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        small = np.asarray(cv2.GaussianBlur(smaller, (0, 0), 1.0), np.uint8)
        rate = QUICK if self._looks < SETTLING else -1.0
        said = self._background.apply(small, learningRate=rate)
        self._looks += 1
        if self._looks <= SETTLING:
            return []
        moving = np.asarray(said, np.uint8) == 255  # 127 is shadow
        moving &= ~self._lit(small)
        if moving.mean() > MOST:
            self._begin()
            return []
        grow = np.array([width / size[0], height / size[1]] * 2)
        return [Seen(_box(np.array(box) * grow), LIKELY) for box in _things(moving)]

    def _lit(self, small: Pixels) -> NDArray[np.bool_]:
        """Where a frame is the background, only darker or brighter: shadows, and exposure when something passes."""
        known = np.asarray(self._background.getBackgroundImage(), np.float32) + 4.0
        seen = small.astype(np.float32) + 4.0
        gain = (seen * known).sum(axis=2) / (known * known).sum(axis=2)
        rest = np.abs(seen - gain[..., None] * known).max(axis=2)
        gain /= np.clip(np.median(gain), *EXPOSURE)
        return np.asarray((gain > DARKER) & (gain < BRIGHTER) & (rest < TINT))


def _things(moving: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """Boxes (x, y, width, height) of the things in a mask."""
    longer = max(moving.shape)
    clean = cv2.morphologyEx(moving.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    reach = 2 * max(1, round(REACH * longer / 2)) + 1
    # Glass and roofs have the color of the road: what lies within a thing's outline belongs to it.
    near = cv2.morphologyEx(
        clean, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    )
    outlines, _ = cv2.findContours(near, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [(int(x), int(y), int(w), int(h)) for x, y, w, h in map(cv2.boundingRect, outlines)]
    least = LEAST * longer
    large = [box for box in boxes if max(box[2:]) >= least and box[2] * box[3] >= 0.4 * least**2]
    return _joined(large)


def _joined(boxes: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    """The boxes, those that lie mostly within larger ones taken into them."""
    kept: list[tuple[int, int, int, int]] = []
    for x, y, width, height in sorted(boxes, key=lambda box: -box[2] * box[3]):
        for number, (a, b, wide, tall) in enumerate(kept):
            across = min(x + width, a + wide) - max(x, a)
            down = min(y + height, b + tall) - max(y, b)
            if across > 0 and down > 0 and across * down > 0.5 * width * height:
                left, top = min(a, x), min(b, y)
                right, bottom = max(a + wide, x + width), max(b + tall, y + height)
                kept[number] = (left, top, right - left, bottom - top)
                break
        else:
            kept.append((x, y, width, height))
    return kept


def _box(values: NDArray[np.float64]) -> Box:
    x, y, width, height = (float(v) for v in values)
    return (x, y, width, height)
