"""Every format that Pillow opens, from bytes in memory."""

from __future__ import annotations

import ctypes
import functools
import io
import logging
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, _imaging

from veduta.errors import UnreadableImage
from veduta.image import color, limits, orientation
from veduta.image.photo import Pixels
from veduta.image.profiles import announced
from veduta.settings import settings

_ORIENTATION = 0x0112
_BITS, _COMPRESSION, _CHANNELS, _PLANES = 258, 259, 277, 284  # of TIFF

# Pillow tells its troubles twice, as exceptions and to this logger; without a handler the latter reach the terminal.
logging.getLogger("PIL").addHandler(logging.NullHandler())

# Decoders written in Python: right for icons and textures, hours for a header that lies.
_SLOW = {"BLP", "FTEX", "QOI", "MSP", "XBM", "XPM", "FITS", "SUN", "DDS", "VTF"}
_MOST_PIXELS_SLOW = 16_000_000

_PLUGINS = {
    "jpeg": ("JPEG", "MPO"),
    "png": ("PNG",),
    "webp": ("WEBP",),
    "avif": ("AVIF",),
    "tiff": ("TIFF",),
    "bmp": ("BMP", "DIB"),
    "gif": ("GIF",),
    "jpeg2000": ("JPEG2000",),
    "psd": ("PSD",),
}

# Not pictures but programs, containers or stubs: EPS would start Ghostscript on whatever the file says.
_REFUSED = {"EPS", "WMF", "FPX", "MIC", "BUFR", "GRIB", "HDF5", "MPEG", "PDF"}


@functools.cache
def _quiet_libtiff() -> None:
    """Keep the libtiff inside Pillow from printing its complaints: what matters of them arrives as an
    exception.
    """
    try:
        library = ctypes.CDLL(_imaging.__file__)
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            setter = getattr(library, name)
            setter.argtypes = [ctypes.c_void_p]
            setter.restype = ctypes.c_void_p
            setter(None)
    except (AttributeError, OSError):
        return  # linked in another way: it stays talkative, nothing else


@functools.cache
def _others() -> tuple[str, ...]:
    Image.init()
    return tuple(sorted(set(Image.ID) - _REFUSED))


def open_picture(data: bytes, kind: str, path: Path) -> Image.Image:
    """The picture with its header read and its size checked, no pixel decoded; raises UnreadableImage."""
    # Repeated at each use: whoever restores the filters (test runners do) would bring Pillow's warnings back.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    # Pillow's own guard is kept for what lies inside (frames, icons): it raises at twice this number.
    Image.MAX_IMAGE_PIXELS = max(1, settings().max_pixels // 2)
    if kind == "tiff" or kind == "other":
        _quiet_libtiff()
    try:
        picture = Image.open(io.BytesIO(data), formats=_PLUGINS.get(kind) or _others())
    except Exception as error:  # Pillow's readers raise whatever the damage leads to
        raise UnreadableImage(path, _why(error)) from error
    limits.check_pixels(path, *picture.size)
    if picture.format in _SLOW and picture.width * picture.height > _MOST_PIXELS_SLOW:
        raise UnreadableImage(
            path, f"{picture.width} x {picture.height} pixels: too large for {picture.format}"
        )
    if kind == "tiff" and in_planes(picture) and getattr(picture, "tag_v2", {}).get(_COMPRESSION, 1) == 1:
        # Pillow would read other colors without a word; compressed ones it reads by libtiff, as they are.
        raise UnreadableImage(path, "its colors of 16 bits lie one after the other; save it interleaved")
    return picture


def in_planes(picture: Image.Image) -> bool:
    """Whether a TIFF stores one color after the other in more than 8 bits, which OpenCV does not put together."""
    tags = getattr(picture, "tag_v2", {})
    return (
        tags.get(_PLANES) == 2 and tags.get(_CHANNELS, 1) > 1 and max(np.atleast_1d(tags.get(_BITS, 8))) > 8
    )


def stored_orientation(picture: Image.Image) -> int:
    """The EXIF orientation (AVIF: the container's) that is still to be applied; 1 when the tag is damaged."""
    try:
        value = picture.getexif().get(_ORIENTATION)
    except Exception:  # a damaged EXIF block is no reason to refuse the pixels
        return 1
    return orientation.valid(value if isinstance(value, int) else None)


def upright_size(picture: Image.Image) -> tuple[int, int]:
    """Width and height of the upright picture, from the header."""
    if picture.format == "TIFF":
        return picture.size  # Pillow turns TIFFs itself while loading and tells the size after it
    return orientation.upright_size(*picture.size, stored_orientation(picture))


def read(data: bytes, kind: str, max_side: int | None, path: Path) -> tuple[Pixels, tuple[int, int]]:
    """Upright sRGB pixels, at least as large as `max_side` asks, and the upright full size.

    Raises UnreadableImage.
    """
    with open_picture(data, kind, path) as picture:
        width, height = picture.size
        if kind == "jpeg2000" and max_side is not None:
            skipped = max(0, (max(width, height) // max_side).bit_length() - 1)
            picture.reduce = min(skipped, 5)  # type: ignore[method-assign,assignment]
        with limits.one_giant_at_a_time(width * height):
            try:
                picture.load()
                profile = picture.info.get("icc_profile") or (
                    announced(data, kind) if kind == "avif" else None
                )
                pixels = color.to_rgb(picture, profile if isinstance(profile, bytes) else None, max_side)
            except MemoryError as error:
                raise UnreadableImage(path, f"not enough memory for {width} x {height} pixels") from error
            except Exception as error:  # as above
                raise UnreadableImage(path, _why(error)) from error
        turn = stored_orientation(picture)
    return orientation.upright(np.ascontiguousarray(pixels), turn), orientation.upright_size(
        width, height, turn
    )


def _why(error: Exception) -> str:
    """Pillow's reason in plain words."""
    message = " ".join(str(error).split())
    if isinstance(error, Image.DecompressionBombError):
        return f"more pixels than the {settings().max_pixels:,} allowed (VEDUTA_MAX_PIXELS)"
    if "cannot identify image file" in message:
        return "not a picture in a format that is known here"
    if "truncated" in message.lower():
        return f"truncated: {message}"
    return f"damaged: {message or type(error).__name__}"
