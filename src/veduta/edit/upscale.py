"""Pictures two or four times as large: by Lanczos' filter, or by a network that invents details.

Sources: K. Turkowski, "Filters for common resampling tasks", 1990; X. Wang et al., "Real-ESRGAN", 2021.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.transparency import resampled
from veduta.errors import BadInput
from veduta.image.photo import Pixels
from veduta.image.stored import Stored
from veduta.nets.engine import Network, thread_count
from veduta.nets.packs.enlarge import REAL_ESRGAN_X4
from veduta.nets.store import ModelStore, default_store
from veduta.progress import Progress, Silent

FACTORS = (2, 4)
METHODS = ("lanczos", "network")
MOST_PIXELS = 400_000_000
NETWORK_FACTOR = 4
# Pixels of the small picture: what a tile is for, what it sees beyond that on each side, and over how many of these
# neighboring tiles fade into each other.
CORE, BEYOND, FADE = 192, 16, 4


class CannotEnlarge(BadInput):
    """A picture that cannot be enlarged as asked."""


def check(by: int, method: str, width: int, height: int) -> None:
    """Raise CannotEnlarge where a wish makes no sense for a picture of `width` x `height`."""
    if by not in FACTORS:
        raise CannotEnlarge(f"{by} times as large: expected {' or '.join(map(str, FACTORS))}")
    if method not in METHODS:
        raise CannotEnlarge(f"method {method!r}: expected {' or '.join(METHODS)}")
    if width * height * by * by > MOST_PIXELS:
        raise CannotEnlarge(
            f"{width * by} x {height * by} pixels would be too many: {MOST_PIXELS // 1_000_000} megapixels at most"
        )


def by_lanczos(values: Stored, by: int) -> Stored:
    """The picture (h, w, 1 to 4), 8 or 16 bits, through Lanczos' filter of 8 x 8; transparency is weighed."""
    height, width, channels = values.shape
    check(by, "lanczos", width, height)
    size = (width * by, height * by)
    if channels in (1, 3):
        larger: Any = cv2.resize(values, size, interpolation=cv2.INTER_LANCZOS4)
        return np.asarray(larger, values.dtype).reshape(*size[::-1], channels)
    return resampled(
        values,
        lambda plane: cv2.resize(plane, size, interpolation=cv2.INTER_LANCZOS4),
        lambda plane: cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR),
    )


def by_network(
    pixels: Pixels,
    by: int,
    progress: Progress | None = None,
    network: Network | None = None,
    core: int = CORE,
    beyond: int = BEYOND,
) -> Pixels:
    """sRGB pixels (h, w, 3) enlarged by Real-ESRGAN, tile by tile: what it shows may never have been there.

    The progress is told of each tile and may raise to stop. Raises ModelUnavailable, CannotEnlarge.
    """
    height, width = pixels.shape[:2]
    check(by, "network", width, height)
    network = network or opened()
    progress = progress or Silent()
    (rows, tall), (columns, wide) = places(height, core, beyond), places(width, core, beyond)
    tiles = [(y, x) for y in rows for x in columns]
    out = np.empty((height * by, width * by, 3), np.uint8)
    together = max(1, thread_count() // 2)  # as many as the engine runs side by side
    progress.begin("enlarging", len(tiles))
    for first in range(0, len(tiles), together):
        some = tiles[first : first + together]
        batch = np.stack([pixels[y : y + tall, x : x + wide] for y, x in some])
        for (y, x), made in zip(some, network.run(batch)[0], strict=True):
            down, across = _Side(rows, y, tall, by), _Side(columns, x, wide, by)
            _lay(out, _codes(made, by)[: down.end, : across.end], y * by, x * by, down, across)
            progress.advance()
    progress.end()
    return out


def opened(store: ModelStore | None = None) -> Network:
    """The network, ready to run; raises ModelUnavailable."""
    return _open(store or default_store())


@lru_cache(maxsize=1)
def _open(store: ModelStore) -> Network:
    return Network.open(REAL_ESRGAN_X4, store, pixels=True)


def places(length: int, core: int, beyond: int) -> tuple[list[int], int]:
    """Where tiles of one length begin that cover a side, neighbors sharing twice `beyond` or more; their length."""
    count = max(1, -(-(length - 2 * beyond) // core))
    if count == 1:
        return [0], length
    tile = -(-(length - 2 * beyond) // count) + 2 * beyond
    return [round(number * (length - tile) / (count - 1)) for number in range(count)], tile


def _codes(made: NDArray[np.float32], by: int) -> NDArray[np.float32]:
    """The network's output (3, 4 h, 4 w) as codes (by h, by w, 3)."""
    picture = np.clip(made.transpose(1, 2, 0), 0, 1) * np.float32(255)
    if by < NETWORK_FACTOR:
        size = (picture.shape[1] * by // NETWORK_FACTOR, picture.shape[0] * by // NETWORK_FACTOR)
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    return picture


class _Side:
    """How a tile counts along one side: fading in in the middle of what it shares, up to where the next one is in."""

    def __init__(self, starts: list[int], start: int, length: int, by: int) -> None:
        number = starts.index(start)
        self.share = np.ones(length * by, np.float32)
        self.end = length * by
        if number:
            shared = (starts[number - 1] + length - start) * by
            at = (np.arange(length * by) + 0.5 - shared / 2) / min(FADE * by, shared)
            self.share[:] = np.clip(at + 0.5, 0, 1)
        if number + 1 < len(starts):
            shared = (start + length - starts[number + 1]) * by
            self.end -= (shared - min(FADE * by, shared)) // 2
        self.share = self.share[: self.end]


def _lay(out: Pixels, tile: NDArray[np.float32], y: int, x: int, down: _Side, across: _Side) -> None:
    """Put a tile to its place, fading over from what is there above and to the left."""
    share = np.outer(down.share, across.share)[..., None]
    place = out[y : y + tile.shape[0], x : x + tile.shape[1]]
    place[:] = np.rint(place * (1 - share) + tile * share)
