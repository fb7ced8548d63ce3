"""The pixels of a file as they are stored, in their own colors and depth."""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from PIL import Image

from veduta.image import orientation, rasters
from veduta.image.photo import Pixels
from veduta.image.samples import Samples

# Tags of TIFF, and what they may say: whether 0 is white, and whether transparency is multiplied into the colors.
_MEANING, _ZERO_IS_WHITE, _EXTRA, _MULTIPLIED = 262, 0, 338, 1

# Gray, gray with transparency, RGB, RGB with transparency; 8 or 16 bits.
Stored = Samples


def bits(data: bytes, kind: str, picture: Image.Image) -> int:
    """Bits of each channel that can be read, 8 or 16."""
    if kind == "png":
        return 16 if data[24] == 16 else 8
    if kind == "tiff":
        if rasters.in_planes(picture):
            return 8
        told = np.atleast_1d(getattr(picture, "tag_v2", {}).get(258, 8))
        return 16 if int(told.max()) == 16 else 8
    return 16 if picture.mode.startswith("I;16") else 8


def read_stored(data: bytes, kind: str, picture: Image.Image) -> Stored | None:
    """The stored pixels, upright: (height, width, 1 to 4) uint8 or uint16; None where they are of another kind."""
    if bits(data, kind, picture) == 16:
        return _deep(data, kind, picture)
    turn = orientation.valid(rasters.stored_orientation(picture)) if kind != "tiff" else 1
    if picture.mode == "P" or "transparency" in picture.info:
        told = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    elif picture.mode in ("L", "LA", "RGB", "RGBA"):
        told = picture
    elif picture.mode == "1":
        told = picture.convert("L")
    else:
        return None
    pixels = np.asarray(told)
    return turned(pixels if pixels.ndim == 3 else pixels[..., None], turn)


def _deep(data: bytes, kind: str, picture: Image.Image) -> Stored | None:
    """16 bits, which Pillow reads in gray only."""
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    pixels: Any = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None or pixels.dtype != np.uint16:
        return None
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    elif pixels.shape[2] >= 3:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    if kind != "tiff":
        return turned(pixels, rasters.stored_orientation(picture))
    tags = getattr(picture, "tag_v2", {})
    if pixels.shape[2] == 1 and tags.get(_MEANING) == _ZERO_IS_WHITE:
        pixels = np.bitwise_not(pixels)
    if pixels.shape[2] == 4 and tags.get(_EXTRA) in (_MULTIPLIED, (_MULTIPLIED,)):
        alpha = np.maximum(pixels[..., 3:], 1).astype(np.float64)
        colors = np.minimum(np.rint(pixels[..., :3] * (65535 / alpha)), 65535)
        pixels = np.concatenate([colors.astype(np.uint16), pixels[..., 3:]], axis=2)
    return np.ascontiguousarray(pixels)  # OpenCV turns TIFFs itself, whatever the flags say


def turned(pixels: Stored, turn: int) -> Stored:
    """Stored pixels set upright, whatever their depth and number of channels."""
    upright = orientation.upright(cast(Pixels, np.ascontiguousarray(pixels)), turn)
    return upright if upright.ndim == 3 else upright[..., None]
