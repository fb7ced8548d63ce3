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
from veduta.image import icc, limits, profiles
from veduta.image.avif import HDR, PRIMARIES_P3
from veduta.image.photo import Pixels, at_most
from veduta.image.samples import Samples, from_bits, unmultiplied

_THREADS = 2  # for the tiles of one picture; several pictures are decoded at once anyway


def _open(data: bytes, path: Path, deep: bool = False) -> Any:
    """The primary picture, its header read and its size checked; `deep`: with all its bits, not 8 of them."""
    import pi_heif  # here: not everyone has photos of this kind

    pi_heif.options.DECODE_THREADS = _THREADS
    pi_heif.options.AUX_IMAGES = False
    pi_heif.options.DEPTH_IMAGES = False
    pi_heif.options.THUMBNAILS = False
    try:
        pictures = pi_heif.open_heif(data, convert_hdr_to_8bit=not deep, hdr_to_16bit=False)
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
    pixels: Any = _decoded(picture, path)
    if pixels.ndim == 2:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    if pixels.shape[2] == 4:
        pixels = _on_white(pixels, picture.mode == "RGBa")
    height, width = pixels.shape[:2]
    pixels = np.ascontiguousarray(pixels[:, :, :3])
    if max_side is not None:
        pixels = at_most(pixels, max_side)
    profile = picture.info.get("icc_profile")
    if profile:
        pixels = icc.to_srgb(pixels, profile)
    elif _told(picture, "color_primaries") == PRIMARIES_P3:
        pixels = icc.display_p3()(pixels)
    return pixels, (width, height)


def depth(data: bytes, path: Path) -> tuple[int, bool]:
    """Bits of each color, and whether there is transparency, from the header; raises UnreadableImage."""
    picture = _open(data, path, deep=True)
    return int(picture.info.get("bit_depth") or 8), bool(picture.has_alpha)


def read_stored(data: bytes, path: Path) -> tuple[Samples, bytes | None, bool]:
    """The upright pixels in their own colors (h, w, 1, 3 or 4), their profile, and whether they are coded for HDR.

    uint16, where the file has more than 8 bits. Raises UnreadableImage.
    """
    picture = _open(data, path, deep=True)
    pixels = _decoded(picture, path)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.dtype == np.uint16:
        pixels = from_bits(pixels, int(picture.info["bit_depth"]))
    if pixels.shape[2] == 4 and picture.premultiplied_alpha:
        pixels = unmultiplied(pixels)
    profile = picture.info.get("icc_profile")
    if not profile and _told(picture, "color_primaries") == PRIMARIES_P3:
        profile = profiles.display_p3()
    hdr = _told(picture, "transfer_characteristics") in HDR
    return np.ascontiguousarray(pixels), profile or None, hdr


def _decoded(picture: Any, path: Path) -> Samples:
    width, height = picture.size
    with limits.one_giant_at_a_time(width * height):
        try:
            pixels = np.array(picture)  # a copy: the memory behind the view goes with the picture
        except Exception as error:  # as above
            raise UnreadableImage(path, f"damaged HEIF file: {_plain(error)}") from error
    return pixels[:, : picture.size[0]]


def _told(picture: Any, fact: str) -> Any:
    """A fact about colors that are told without a profile."""
    return (picture.info.get("nclx_profile") or {}).get(fact)


def _on_white(pixels: Pixels, premultiplied: bool) -> Pixels:
    alpha = pixels[:, :, 3:].astype(np.uint16)
    color = pixels[:, :, :3].astype(np.uint16)
    if not premultiplied:
        color = (color * alpha + 127) // 255
    laid: Pixels = np.minimum(color + (255 - alpha), 255).astype(np.uint8)
    return laid


def _plain(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
