"""Hashes of photos: of the bytes (the same file) and of the look (the same picture, saved again)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np

from veduta.errors import UnreadableImage
from veduta.image.photo import Pixels

_CHUNK = 1 << 20


def content_hash(path: Path | str) -> str:
    """BLAKE2b-256 of the whole file, hexadecimal; raises UnreadableImage."""
    digest = hashlib.blake2b(digest_size=32)
    try:
        with Path(path).open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise UnreadableImage(path, f"cannot be read: {error.strerror or error}") from error
    return digest.hexdigest()


def perceptual_hash(pixels: Pixels) -> int:
    """64 bits: whether brightness rises from each cell of a 9 x 8 grid to the next on its right (a gradient hash)."""
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels
    small = cv2.resize(gray, (9, 8), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = (small[:, 1:] > small[:, :-1]).ravel()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def perceptual_variants(pixels: Pixels) -> tuple[int, ...]:
    """Hashes of the picture turned by 0, 90, 180, 270 degrees, then of the mirrored picture turned likewise."""
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels
    small: Pixels = cv2.resize(gray, (72, 72), interpolation=cv2.INTER_AREA)
    turned = [np.ascontiguousarray(np.rot90(side, k)) for side in (small, small[:, ::-1]) for k in range(4)]
    return tuple(perceptual_hash(one) for one in turned)


def distance(first: int, second: int) -> int:
    """Number of bits in which two perceptual hashes differ, 0 to 64."""
    return (first ^ second).bit_count()
