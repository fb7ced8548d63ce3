"""What a picture file's header tells that decides how a copy of it is written: depth, transparency, loss."""

from __future__ import annotations

import struct
from pathlib import Path

from PIL import Image

from veduta.image import heif, rasters
from veduta.image.decode import kind_of
from veduta.image.source import read_bytes
from veduta.image.stored import bits


def depth(path: Path) -> int:
    """Bits of each color of a photo file, from its header; of camera raw as it is developed. Raises UnreadableImage."""
    kind = kind_of(path)
    if kind in ("raw", "video"):
        return 16 if kind == "raw" else 8
    data = read_bytes(path)
    if kind == "heif":
        return heif.depth(data, path)[0]
    with rasters.open_picture(data, kind, path) as picture:
        return bits(data, kind, picture)


def seen_through(path: Path) -> bool:
    """Whether a picture has transparency, as its header says; raises UnreadableImage."""
    kind = kind_of(path)
    if kind in ("raw", "video"):
        return False
    data = read_bytes(path)
    if kind == "heif":
        return heif.depth(data, path)[1]
    with rasters.open_picture(data, kind, path) as picture:
        return transparent(picture)


def transparent(picture: Image.Image) -> bool:
    """Whether a picture has a channel of transparency, or a color that stands for it."""
    return picture.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in picture.info


def lossless(data: bytes) -> bool:
    """Whether a WebP is without loss: by the chunk of its pixels, which comes behind that of a color profile."""
    at = 12
    while at + 8 <= len(data):
        kind, (length,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        if kind in (b"VP8 ", b"VP8L"):
            return kind == b"VP8L"
        at += 8 + length + length % 2
    return False
