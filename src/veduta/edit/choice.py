"""Which shots may speak at each place: those that agree with the most credible one there.

A plain median fails where people cover half of the shots or more. Here each shot is backed, at each place of a small
copy, by the shots that look the same there; people that were seen count next to nothing; and neighbors are
asked as well, so that a whole region follows one source (interactive digital photomontage, Agarwala et al. 2004,
without its labelling by hand).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.vote import median
from veduta.image.photo import Pixels

# The choice is made on copies of this longer side.
SIDE = 640
# Shots that are compared with all others; of more, evenly spaced ones.
CANDIDATES = 32
# What a shot still counts where it shows a person.
PERSON = 0.06
# Neighbors are asked in windows of these parts of the longer side, with these weights.
# The widest only decide between shots that are equal nearby.
WINDOWS = ((0.006, 1.0), (0.03, 0.6), (0.12, 0.25), (0.3, 0.06), (0.7, 0.02))
# Differences up to this say nothing, in levels.
TOLERANCE = 10

Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """`allowed` is, for each shot, 255 where it may speak and 0 elsewhere; `label` the shot backed most; `picture`
    what that shot shows; `backers` how many shots, those with people aside, look the same.
    """

    allowed: list[Mask]
    label: NDArray[np.uint16]
    picture: Pixels
    backers: NDArray[np.float32]


def choose(shots: Sequence[Pixels], seen: Sequence[Mask], people: Sequence[Mask] | None = None) -> Choice:
    """Which shots may speak where.

    `shots` are RGB uint8 (h, w, 3), laid onto each other and of one exposure; `seen` is 255 where a shot shows the
    place at all; `people` is 0 to 255 for how surely it shows a person there.
    """
    middle = median(shots)
    noise = _noise(shots, middle, seen)
    tolerance = _tolerance(middle, noise)
    planes: list[Any] = [cv2.split(shot) for shot in shots]
    weights: list[Mask] = list(seen)
    if people is not None:
        weights = [
            np.asarray(cv2.multiply(one, cv2.LUT(person, _WORTH), scale=1 / 255), np.uint8)
            for one, person in zip(seen, people, strict=True)
        ]
    candidates = sorted({round(k) for k in np.linspace(0, len(shots) - 1, min(len(shots), CANDIDATES))})
    best = np.full(middle.shape[:2], -1, np.float32)
    label = np.zeros(middle.shape[:2], np.uint16)
    for number in candidates:
        backing: Any = np.zeros(middle.shape[:2], np.float32)
        for other, weight in enumerate(weights):
            if other == number:
                cv2.accumulate(weight, backing)
                continue
            same = _same(planes[number], planes[other], tolerance)
            cv2.accumulate(cv2.bitwise_and(same, weight), backing)
        backing = cv2.multiply(backing, weights[number], dtype=cv2.CV_32F)
        asked = _ask_neighbors(backing)
        better = asked > best
        best[better] = asked[better]
        label[better] = number
    picture = np.zeros_like(shots[0])
    for number in np.unique(label):
        cv2.copyTo(shots[number], (label == number).view(np.uint8), picture)
    parts: Any = cv2.split(picture)
    # Outlines of people in the median make it tolerant there; the chosen picture has none.
    allowed, backers = _allowed(planes, parts, weights, seen, label, _tolerance(picture, noise))
    return Choice(allowed, label, picture, backers)


_WORTH = np.clip(255 * (1 - (1 - PERSON) * np.arange(256) / 255), 0, 255).astype(np.uint8)


def _same(a: Sequence[Mask], b: Sequence[Mask], tolerance: Mask) -> Mask:
    apart = cv2.absdiff(a[0], b[0])
    for one, other in zip(a[1:], b[1:], strict=True):
        cv2.max(apart, cv2.absdiff(one, other), apart)
    return np.asarray(cv2.compare(apart, tolerance, cv2.CMP_LE), np.uint8)


def _noise(shots: Sequence[Pixels], middle: Pixels, seen: Sequence[Mask]) -> float:
    """How far shots lie from their median, typically."""
    noise = 0.0
    for shot, one in zip(shots, seen, strict=True):
        apart = cv2.absdiff(shot, middle)[one > 0]
        noise += float(np.median(apart)) / len(shots) if len(apart) else 0.0
    return noise


def _tolerance(picture: Pixels, noise: float) -> Mask:
    """How far equal things may lie apart: noise, and more at edges, where a small shift changes much."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    kernel = np.ones((3, 3), np.uint8)
    steep = cv2.morphologyEx(gray, cv2.MORPH_GRADIENT, kernel)
    return np.asarray(cv2.addWeighted(steep, 0.3, steep, 0.0, TOLERANCE + 4 * noise), np.uint8)


def _ask_neighbors(backing: NDArray[np.float32]) -> NDArray[np.float32]:
    longer = max(backing.shape)
    out = np.zeros_like(backing)
    for part, weight in WINDOWS:
        side = 2 * max(1, round(longer * part / 2)) + 1
        out += weight * cv2.blur(backing, (side, side), borderType=cv2.BORDER_REFLECT)
    return out


def _allowed(
    planes: Sequence[Sequence[Mask]],
    chosen: Sequence[Mask],
    weights: Sequence[Mask],
    seen: Sequence[Mask],
    label: NDArray[np.uint16],
    tolerance: Mask,
) -> tuple[list[Mask], NDArray[np.float32]]:
    """Shots that agree with the chosen one, a pixel inside of where they do, for edges are mixtures; how many."""
    kernel = np.ones((3, 3), np.uint8)
    wide, out = [], []
    anybody = np.zeros(label.shape, np.uint8)
    # What the chosen shot counts: one with a person may speak only where the chosen one shows a person, too.
    worth = np.take_along_axis(np.stack(weights), label[None].astype(np.intp), 0)[0]
    backers = np.zeros(label.shape, np.float32)
    for number, one in enumerate(seen):
        same = cv2.bitwise_and(_same(planes[number], chosen, tolerance), one)
        same[(weights[number] < 128) & (worth >= 128)] = 0
        cv2.accumulate(cv2.bitwise_and(same, weights[number]), backers)
        # Single pixels that fell out, and single ones that agree by chance.
        same = cv2.medianBlur(same, 3)
        cv2.bitwise_or(same, (label == number).astype(np.uint8) * 255, same)
        wide.append(same)
        narrow = cv2.erode(same, kernel)
        out.append(narrow)
        cv2.bitwise_or(anybody, narrow, anybody)
    nobody = cv2.bitwise_not(anybody)
    allowed = [
        np.asarray(cv2.bitwise_or(n, cv2.bitwise_and(w, nobody)), np.uint8)
        for n, w in zip(out, wide, strict=True)
    ]
    return allowed, backers / np.float32(255)
