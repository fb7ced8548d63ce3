"""The pixels of a file as they are stored, in their own colors and depth."""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from PIL import Image

from veduta.image import avif, orientation, rasters
from veduta.image.photo import Pixels
from veduta.image.samples import Samples, sixteen, unmultiplied

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
    if kind == "avif":
        return 16 if avif.told(data).bits > 8 and getattr(picture, "n_frames", 1) == 1 else 8
    return 16 if picture.mode.startswith("I;16") else 8


def read_stored(data: bytes, kind: str, picture: Image.Image) -> Stored | None:
    """The stored pixels, upright: (height, width, 1 to 4) uint8 or uint16; None where they are of another kind."""
    if bits(data, kind, picture) == 16:
        if kind != "avif":
            return _deep(data, kind, picture)
        if (fine := _deep_avif(data, picture)) is not None:
            return fine
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
        pixels = unmultiplied(pixels)
    return np.ascontiguousarray(pixels)  # OpenCV turns TIFFs itself, whatever the flags say


def _deep_avif(data: bytes, picture: Image.Image) -> Stored | None:
    """10 or 12 bits of color, with the transparency that Pillow reads in 8."""
    colors: Samples | None = avif.colors(data)
    if colors is None or colors.shape[1::-1] != picture.size:
        return None
    if picture.mode == "RGBA":
        alpha = np.asarray(picture.getchannel("A"), np.uint8)
        colors = np.dstack([colors, sixteen(alpha)])
    return turned(colors, rasters.stored_orientation(picture))


def turned(pixels: Stored, turn: int) -> Stored:
    """Stored pixels set upright, whatever their depth and number of channels."""
    upright = orientation.upright(cast(Pixels, np.ascontiguousarray(pixels)), turn)
    return upright if upright.ndim == 3 else upright[..., None]
