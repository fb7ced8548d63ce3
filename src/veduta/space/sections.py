"""The pictures of a stack of sections: found in a folder, in the order of their numbers, gray, of one size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput
from veduta.image.photo import Pixels
from veduta.space.pose import Plane

FEWEST, MOST_PIXELS = 3, 2_000_000_000


class BadSections(BadInput):
    """Pictures that are no stack of sections, or a wish that does not fit them."""


@dataclass(frozen=True, eq=False)
class Sections:
    """Gray pictures (n, h, w), uint8, the object bright: `inverted` where it was dark on a bright ground."""

    paths: tuple[Path, ...]
    gray: NDArray[np.uint8]
    inverted: bool

    def planes(self) -> list[Plane]:
        """Each as float32, its ground taken off."""
        out = []
        for one in self.gray:
            ground = float(np.median(_border(one)))
            out.append(np.asarray(np.maximum(one.astype(np.float32) - np.float32(ground), 0), np.float32))
        return out


def read_sections(folder: Path, inverted: bool | None = None) -> Sections:
    """The pictures of a folder in natural order ("s2" before "s10"); smaller ones are centered on their ground.

    `inverted`: whether the object is darker than its ground; None: told by the borders. Raises BadSections and
    UnreadableImage.
    """
    from veduta.image import deep
    from veduta.image.formats import PHOTO_SUFFIXES

    if not folder.is_dir():
        raise BadSections(f"{folder}: no such folder of sections")
    paths = [path for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES and path.is_file()]
    paths = sorted((path for path in paths if not path.name.startswith(".")), key=_natural)
    if len(paths) < FEWEST:
        raise BadSections(f"{folder}: {len(paths)} pictures; a stack needs at least {FEWEST} sections")
    grays: list[NDArray[Any]] = []
    for path in paths:
        grays.append(np.asarray(cv2.cvtColor(deep.read(path), cv2.COLOR_RGB2GRAY)))
        if sum(one.size for one in grays) > MOST_PIXELS:
            raise BadSections(f"{folder}: more than {MOST_PIXELS:,} pixels; give smaller copies")
    grays = _eight_bits(grays)
    height, width = (max(one.shape[axis] for one in grays) for axis in (0, 1))
    if 4 * min(min(one.shape) for one in grays) < max(height, width) or min(height, width) < 16:
        raise BadSections(f"{folder}: sections of {_sizes(grays)}; they should be of about one size")
    if inverted is None:
        inside = [np.median(_middle(one)) - np.median(_border(one)) for one in grays]
        inverted = bool(np.median(inside) < 0)
    return Sections(
        tuple(paths), np.stack([_fitted(one, height, width, inverted) for one in grays]), inverted
    )


def _eight_bits(grays: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Pictures of 16 bits in 8, all by one scale: cameras of 12 bits fill but a sixteenth of what 16 hold."""
    if all(one.dtype == np.uint8 for one in grays):
        return grays
    deep = [one if one.dtype == np.uint16 else one.astype(np.uint16) * np.uint16(257) for one in grays]
    low = min(float(np.percentile(one[::4, ::4], 0.1)) for one in deep)
    high = max(float(np.percentile(one[::4, ::4], 99.9)) for one in deep)
    scale = 255 / max(high - low, 1)
    return [cv2.convertScaleAbs(np.maximum(one - low, 0), alpha=scale) for one in deep]


def _natural(path: Path) -> list[tuple[int, int | str]]:
    """Numbers in names by their values."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts]


def _sizes(grays: list[Pixels]) -> str:
    smallest, largest = (way(grays, key=lambda one: one.size).shape for way in (min, max))
    return f"{smallest[1]} x {smallest[0]} to {largest[1]} x {largest[0]} pixels"


def _fitted(one: Pixels, height: int, width: int, inverted: bool) -> Pixels:
    down, across = height - one.shape[0], width - one.shape[1]
    if down or across:
        ground = int(np.median(_border(one)))
        sides = (down // 2, down - down // 2, across // 2, across - across // 2)
        one = np.asarray(cv2.copyMakeBorder(one, *sides, cv2.BORDER_CONSTANT, value=ground), np.uint8)
    return np.asarray(255 - one, np.uint8) if inverted else one


def _border(one: Pixels) -> Pixels:
    return np.concatenate([one[0], one[-1], one[:, 0], one[:, -1]])


def _middle(one: Pixels) -> Pixels:
    height, width = one.shape
    return one[height // 4 : height - height // 4, width // 4 : width - width // 4].ravel()
