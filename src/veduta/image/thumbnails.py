"""Thumbnails: WebP of a bounded side, written atomically."""

from __future__ import annotations

from pathlib import Path

import cv2
from PIL import Image

from veduta.files import replacing
from veduta.image.photo import Pixels

SIDES = (320, 1440)


def write_thumbnail(pixels: Pixels, path: Path, side: int, quality: int = 80) -> None:
    """Write RGB `pixels` as WebP with the longer side at most `side`; never enlarges.

    Method 2 of the encoder: at quality 80 it takes a third of the time of the default method for files 4 % larger.
    """
    height, width = pixels.shape[:2]
    longer = max(height, width)
    if longer > side:
        size = (max(1, round(width * side / longer)), max(1, round(height * side / longer)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    with replacing(path) as temporary:
        Image.fromarray(pixels).save(temporary, "WEBP", quality=quality, method=2)
