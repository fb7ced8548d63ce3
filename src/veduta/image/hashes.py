"""Two fingerprints: of the bytes (is it the same file?) and of the look (is it the same picture?).

The look is 64 bits: the picture is averaged down to 6 x 6 cells of brightness; a bit tells which of two
neighbors is brighter, for 30 pairs side by side and 30 pairs one above the other; 4 more tell which quarters
are brighter than the whole. Mirroring or turning the picture only moves and flips bits, so all eight variants
follow from one hash.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels
from veduta.image.source import Source

_PIECE = 1 << 20
_CELLS = 6


def content_hash(path: Path | str) -> str:
    """BLAKE2b-256 of the whole file, as 64 hexadecimal digits; raises UnreadableImage."""
    digest = hashlib.blake2b(digest_size=32)
    with Source(path) as source:
        offset = 0
        while piece := source.at(offset, _PIECE):
            digest.update(piece)
            offset += len(piece)
    return digest.hexdigest()


def perceptual_hash(pixels: Pixels) -> int:
    """64 bits of the look of upright RGB pixels (H, W, 3): near for the same picture, far for another
    (`distance`).
    """
    cells = _cells(pixels)
    return _pack(_bits(cells))


def perceptual_variants(source: int | Pixels) -> tuple[int, ...]:
    """The hashes of a picture in EXIF's eight orientations: as it is, mirrored, turned... ; from pixels or
    from a hash.
    """
    value = source if isinstance(source, int) else perceptual_hash(source)
    bits = _unpack(value)
    return tuple(_pack(bits[moved] ^ flipped) for moved, flipped in _moves())


def distance(first: int, second: int) -> int:
    """Number of bits in which two hashes differ: 0 to 64; up to about 10 is the same picture."""
    return (first ^ second).bit_count()


def _cells(pixels: Pixels) -> NDArray[np.float64]:
    small: NDArray[Any] = pixels
    if max(pixels.shape[:2]) > 512:
        small = cv2.resize(pixels, (384, 384), interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.resize(gray, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA).astype(np.float64)


def _bits(cells: NDArray[np.float64]) -> NDArray[np.bool_]:
    half = _CELLS // 2
    quarters = np.array([[cells[y : y + half, x : x + half].mean() for x in (0, half)] for y in (0, half)])
    return np.concatenate(
        [
            (cells[:, 1:] > cells[:, :-1]).ravel(),
            (cells[1:] > cells[:-1]).ravel(),
            (quarters > cells.mean()).ravel(),
        ]
    )


def _pack(bits: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _unpack(value: int) -> NDArray[np.bool_]:
    return np.unpackbits(np.frombuffer(value.to_bytes(8, "big"), np.uint8)).astype(bool)


@functools.cache
def _moves() -> tuple[tuple[NDArray[np.int64], NDArray[np.bool_]], ...]:
    """For each orientation: from which bit each bit comes, and whether it is flipped on the way.

    Found by experiment on pictures of which a single cell is known, instead of by eight sets of formulas.
    """
    turns: tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], ...] = (
        lambda c: c,
        lambda c: c[:, ::-1],
        lambda c: c[::-1, ::-1],
        lambda c: c[::-1],
        lambda c: c.T,
        lambda c: c.T[:, ::-1],
        lambda c: c.T[::-1, ::-1],
        lambda c: c.T[::-1],
    )
    rng = np.random.default_rng(0)
    trials = [rng.permutation(_CELLS * _CELLS).reshape(_CELLS, _CELLS).astype(float) for _ in range(64)]
    before = np.stack([_bits(t) for t in trials])
    found = []
    for turn in turns:
        after = np.stack([_bits(turn(t)) for t in trials])
        same = (after[:, :, None] == before[:, None, :]).all(axis=0)
        opposite = (after[:, :, None] != before[:, None, :]).all(axis=0)
        found.append((np.argmax(same | opposite, axis=1), opposite.any(axis=1) & ~same.any(axis=1)))
    return tuple(found)
