"""Finds lines of text with PP-OCRv6: a glance first, higher resolution only where it shows small text that can be read.

Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", 2020 (arXiv 1911.08947).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from veduta.image.photo import Photo, Pixels
from veduta.nets.engine import Network
from veduta.nets.packs.text import TEXT_DETECTOR
from veduta.nets.store import default_store
from veduta.see.text_regions import Floats, ProbabilityMap, Region, hints, regions

MEMO = "text map"

GLANCE = 736
TILE = 736
# (height, width) that the network is compiled for: square (tiles too), 4:3 either way, small. Each costs 130 MB.
SHAPES = ((736, 736), (576, 736), (736, 576), (320, 320))
MOST_ENLARGED = 3.0

# Tiles share this much with each neighbor; the outer half of it is left to that neighbor, who sees it in
# context.
OVERLAP = 96
# Lines thinner than this in the glance are looked at again, enlarged until the thin ones have `COMFORTABLE`
# pixels.
SMALL = 26
COMFORTABLE = 32
LEAST_GAIN = 1.2
# A line is longer than high. This many are tried: if none can be read, the photo has no text worth a closer look.
LINE_LIKE = 1.2
MOST_TRIED = 3
LONG = 4.0
# Traces with this mean probability need not be tried.
PLAIN = 0.4
# With as many sure lines there is more text everywhere.
SURE = 0.7
MANY = 4
# Pictures that go through the network before their maps are stored compactly.
AT_ONCE = 4


Legible = Callable[[Photo, Sequence[Region]], bool]


@dataclass
class TextMap:
    """The probabilities of text over a photo, and the map's size relative to the photo's (across, down)."""

    values: ProbabilityMap
    scale: tuple[float, float]


class TextDetector:
    """The text detector over the micro-batch's photos."""

    def __init__(self, network: Network | None = None) -> None:
        self._network = network or Network.open(TEXT_DETECTOR, pixels=True, batch=1)

    def detect(self, photos: Sequence[Photo], legible: Legible) -> list[list[Region]]:
        """The lines of each photo, in pixels of `Photo.pixels` and in no particular order.

        `legible` says whether any of some regions of a photo can be read.
        """
        return [regions(seen.values, seen.scale) for seen in self.maps(photos, legible)]

    def maps(self, photos: Sequence[Photo], legible: Legible) -> list[TextMap]:
        """Where each photo has text; photos already looked at are not looked at again."""
        fresh = [photo for photo in photos if MEMO not in photo.memo]
        glances = self.probabilities([_glance(photo) for photo in fresh])
        for photo, glance in zip(fresh, glances, strict=True):
            height, width = photo.pixels.shape[:2]
            seen = TextMap(glance, (glance.shape[1] / width, glance.shape[0] / height))
            photo.memo[MEMO] = self._closer(photo, seen, legible)
        return [photo.memo[MEMO] for photo in photos]

    def probabilities(self, pictures: Sequence[Pixels]) -> list[ProbabilityMap]:
        """The probability of text at each pixel of each picture, of at most GLANCE pixels a side, in 255ths."""
        results: list[ProbabilityMap] = [np.empty((0, 0), np.uint8)] * len(pictures)
        groups: dict[tuple[int, int], list[int]] = {}
        for index, pixels in enumerate(pictures):
            groups.setdefault(_shape(pixels), []).append(index)
        for (height, width), indices in groups.items():
            for start in range(0, len(indices), AT_ONCE):
                some = indices[start : start + AT_ONCE]
                batch = np.zeros((len(some), height, width, 3), np.uint8)
                for row, index in enumerate(some):
                    pixels = pictures[index]
                    batch[row, : pixels.shape[0], : pixels.shape[1]] = pixels
                values = self._network.run(batch)[0]
                for row, index in enumerate(some):
                    seen_height, seen_width = pictures[index].shape[:2]
                    results[index] = (values[row, 0, :seen_height, :seen_width] * 255).astype(np.uint8)
        return results

    def _closer(self, photo: Photo, glance: TextMap, legible: Legible) -> TextMap:
        """A map that is sharper where there is small text; `glance` itself if there is none or nothing to gain."""
        height, width = photo.pixels.shape[:2]
        known = max(glance.scale)
        if known * LEAST_GAIN > 1:
            return glance
        small = [hint for hint in hints(glance.values, glance.scale) if hint.thickness * known < SMALL]
        sure = [region for region in regions(glance.values, glance.scale) if region.score >= SURE]
        lines = [hint for hint in small if hint.elongation >= LINE_LIKE]
        if not lines:
            return glance
        # Networks that find text find traces of it in leaves and windows too, but nobody can read it there. A photo
        # of mere texture thus pays for reading a few places, not for a closer look at all of it.
        lines.sort(key=lambda line: -line.score * min(line.elongation, LONG))
        if lines[0].score < PLAIN and not legible(photo, lines[:MOST_TRIED]):
            return glance
        wanted = COMFORTABLE / float(np.percentile([hint.thickness * known for hint in small], 20))
        scale = min(1.0, known * max(wanted, LEAST_GAIN))
        picture = photo.pixels
        if scale < 1:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        tall, wide = picture.shape[:2]
        values = np.asarray(cv2.resize(glance.values, (wide, tall), interpolation=cv2.INTER_LINEAR), np.uint8)
        boxes = [(0, 0, width, height)] if len(sure) >= MANY else [hint.box for hint in (*small, *sure)]
        places = _tiles(np.array(boxes, np.float32) * scale, wide, tall)
        tiles = self.probabilities([picture[y : y + TILE, x : x + TILE] for x, y in places])
        for (x, y), tile in zip(places, tiles, strict=True):
            _paste(values, tile, x, y)
        return TextMap(values, (wide / width, tall / height))


_opening = threading.Lock()


@cache
def _shared(store: Path) -> TextDetector:
    return TextDetector()


def shared_detector() -> TextDetector:
    """The detector of this process: each form of its network takes much memory."""
    with _opening:
        return _shared(default_store().directory)


def _shape(pixels: Pixels) -> tuple[int, int]:
    height, width = pixels.shape[:2]
    fitting = [shape for shape in SHAPES if shape[0] >= height and shape[1] >= width]
    return min(fitting, key=lambda shape: shape[0] * shape[1])


def _glance(photo: Photo) -> Pixels:
    height, width = photo.pixels.shape[:2]
    longer = max(height, width)
    if longer >= GLANCE:
        return photo.at_side(GLANCE)
    scale = min(MOST_ENLARGED, GLANCE / longer)
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    return np.asarray(cv2.resize(photo.pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _starts(length: int) -> list[int]:
    """Where tiles begin so that they cover `length`, evenly spread and sharing at least OVERLAP."""
    if length <= TILE:
        return [0]
    count = int(np.ceil((length - OVERLAP) / (TILE - OVERLAP)))
    return [round(i * (length - TILE) / (count - 1)) for i in range(count)]


def _tiles(boxes: Floats, width: int, height: int) -> list[tuple[int, int]]:
    """The corners (x, y) of those tiles that show any of the boxes (n, 4), those that show most first."""
    inner = OVERLAP // 2
    tiles = []
    for y in _starts(height):
        for x in _starts(width):
            shown = np.sum(
                (boxes[:, 0] < x + TILE - inner * (x + TILE < width))
                & (boxes[:, 2] > x + inner * (x > 0))
                & (boxes[:, 1] < y + TILE - inner * (y + TILE < height))
                & (boxes[:, 3] > y + inner * (y > 0))
            )
            if shown:
                tiles.append((-int(shown), y, x))
    return [(x, y) for _, y, x in sorted(tiles)]


def _paste(values: ProbabilityMap, tile: ProbabilityMap, x: int, y: int) -> None:
    """Put a tile in its place, without the margins in which it lacks context."""
    height, width = values.shape
    high, wide = tile.shape
    margin = OVERLAP // 2
    left, top = margin * (x > 0), margin * (y > 0)
    right, bottom = wide - margin * (x + wide < width), high - margin * (y + high < height)
    values[y + top : y + bottom, x + left : x + right] = tile[top:bottom, left:right]
