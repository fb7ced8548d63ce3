"""HEIC and HEIF photos (libheif and libde265 through pi-heif, whose wheels carry no encoder).

The container's own rotation and mirror are applied by libheif; an EXIF orientation beside them is history
only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from veduta.errors import UnreadableImage
from veduta.image import icc, limits
from veduta.image.photo import Pixels, at_most

_PRIMARIES_P3 = 12
_THREADS = 2  # for the tiles of one picture; several pictures are decoded at once anyway


def _open(data: bytes, path: Path) -> Any:
    """The primary picture, its header read and its size checked."""
    import pi_heif  # here: not everyone has photos of this kind

    pi_heif.options.DECODE_THREADS = _THREADS
    pi_heif.options.AUX_IMAGES = False
    pi_heif.options.DEPTH_IMAGES = False
    pi_heif.options.THUMBNAILS = False
    try:
        pictures = pi_heif.open_heif(data)
        picture = pictures[pictures.primary_index]
    except Exception as error:  # libheif's errors arrive under several types
        raise UnreadableImage(path, f"damaged HEIF file: {_plain(error)}") from error
    limits.check_pixels(path, *picture.size)
    return picture


def size(data: bytes, path: Path) -> tuple[int, int]:
    """Width and height of the upright picture, from the header; raises UnreadableImage."""
    width, height = _open(data, path).size
    return width, height


def read(data: bytes, max_side: int | None, path: Path) -> tuple[Pixels, tuple[int, int]]:
    """Upright sRGB pixels, not larger than `max_side`, and the full size; raises UnreadableImage.

    HEVC has no scaled decoding: the picture is decoded whole and scaled before its colors are converted.
    """
    picture = _open(data, path)
    width, height = picture.size
    with limits.one_giant_at_a_time(width * height):
        try:
            pixels = np.array(picture)  # a copy: the memory behind the view goes with the picture
        except Exception as error:  # as above
            raise UnreadableImage(path, f"damaged HEIF file: {_plain(error)}") from error
    if pixels.ndim == 2:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    pixels = pixels[:, : picture.size[0]]
    if pixels.shape[2] == 4:
        pixels = _on_white(pixels, picture.mode == "RGBa")
    height, width = pixels.shape[:2]
    pixels = np.ascontiguousarray(pixels[:, :, :3])
    if max_side is not None:
        pixels = at_most(pixels, max_side)
    profile = picture.info.get("icc_profile")
    if profile:
        pixels = icc.to_srgb(pixels, profile)
    elif (picture.info.get("nclx_profile") or {}).get("color_primaries") == _PRIMARIES_P3:
        pixels = icc.display_p3()(pixels)
    return pixels, (width, height)


def _on_white(pixels: Pixels, premultiplied: bool) -> Pixels:
    alpha = pixels[:, :, 3:].astype(np.uint16)
    color = pixels[:, :, :3].astype(np.uint16)
    if not premultiplied:
        color = (color * alpha + 127) // 255
    laid: Pixels = np.minimum(color + (255 - alpha), 255).astype(np.uint8)
    return laid


def _plain(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
