"""Whom a photo is about: those who are large, near the middle, sharp and turned to the camera stay."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from veduta.edit.regions import Region
from veduta.image.photo import Photo

# Weights of size, place, sharpness and face; they add up to 1.
SIZE, PLACE, SHARPNESS, FACE = 0.4, 0.2, 0.15, 0.25
# From this on somebody is what the photo is about, and nobody who has less than this part of the best.
LEAST = 0.5
AGAINST_BEST = 0.75
# A share of the photo's height that a protagonist takes: half of it and more is as good as all.
TALL = 0.5


def prominence(region: Region, photo: Photo) -> float:
    """How much the photo is about this person, from 0 to 1."""
    x, y, width, height = region.box
    tall = min(1.0, max(height / photo.height, width / photo.width) / TALL)
    aside = abs(x + width / 2 - photo.width / 2) / (photo.width / 2)
    low = abs(y + height / 2 - photo.height / 2) / (photo.height / 2)
    place = float(np.clip(1 - aside**2 - 0.3 * low**2, 0, 1))
    # A face far away may belong to anybody who looks up.
    face = _facing(region) * min(1.0, 2 * tall)
    return SIZE * tall + PLACE * place + SHARPNESS * _sharpness(region, photo) + FACE * face


def protagonists(people: Sequence[Region], photo: Photo) -> list[int]:
    """The numbers of the people, in `people`, whom the photo is about: none in a photo of a place or a crowd."""
    told = [prominence(region, photo) for region in people]
    best = max(told, default=0.0)
    return [index for index, value in enumerate(told) if value >= max(LEAST, AGAINST_BEST * best)]


def _facing(region: Region) -> float:
    """1 where a face is seen clearly enough to know somebody by, else 0."""
    return 0.0 if region.vector is None else 1.0


def _sharpness(region: Region, photo: Photo) -> float:
    """How fine the detail on the person is against that of the whole photo."""
    across = photo.pixels.shape[1] / photo.width
    x, y, width, height = (v * across for v in region.box)
    gray = photo.memo.get("gray")
    if gray is None:
        gray = photo.memo["gray"] = cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY)
    part = gray[max(0, int(y)) : int(y + height) + 1, max(0, int(x)) : int(x + width) + 1]
    if min(part.shape) < 8:
        return 0.0
    mine = float(np.abs(cv2.Laplacian(part, cv2.CV_32F)).mean())
    all_of_it = float(np.abs(cv2.Laplacian(gray, cv2.CV_32F)).mean())
    return float(np.clip(mine / max(all_of_it, 1.0), 0, 1))
