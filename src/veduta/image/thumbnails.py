"""Small WebP pictures for the grid (320) and the viewer (1440), written atomically."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from veduta.files import write_bytes
from veduta.image.photo import Pixels, at_most

SIDES = (320, 1440)
QUALITY = 80

# libwebp's effort, 0 to 6, by measurement: see benchmarks/image.py.
_EFFORT = 2


def encode(pixels: Pixels, quality: int = QUALITY) -> bytes:
    """RGB pixels as WebP, without metadata; deterministic."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", quality=quality, method=_EFFORT)
    return out.getvalue()


def write_thumbnail(pixels: Pixels, path: Path, side: int, quality: int = QUALITY) -> tuple[int, int]:
    """Write `pixels`, scaled to a longer side of at most `side`, to `path`; returns its width and height."""
    small = at_most(pixels, side)
    write_bytes(path, encode(small, quality))
    return small.shape[1], small.shape[0]


def write_thumbnails(pixels: Pixels, paths: Mapping[int, Path], quality: int = QUALITY) -> None:
    """Write several sides (side -> path) from one decode, each scaled from the next larger one."""
    for side in sorted(paths, reverse=True):
        pixels = at_most(pixels, side)
        write_bytes(paths[side], encode(pixels, quality))
