"""The pixels of a file as they are stored, in their own colors and depth, and edits put into them.

Only what an edit changed is brought from sRGB to the picture's own colors: everything else stays what it was, to the
bit, in 16 bits and wide colors too.
"""

from __future__ import annotations

import io
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from veduta.image import icc, orientation, rasters
from veduta.image.photo import Pixels

# Gray, gray with transparency, RGB, RGB with transparency; 8 or 16 bits.
Stored = NDArray[Any]


def bits(data: bytes, kind: str, picture: Image.Image) -> int:
    """Bits of each channel, 8 or 16."""
    if kind == "png":
        return 16 if data[24] == 16 else 8
    if kind == "tiff":
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
    turn = rasters.stored_orientation(picture)
    if kind == "tiff":
        tag = getattr(picture, "tag_v2", {}).get(0x0112, 1)
        turn = orientation.valid(int(tag) if isinstance(tag, int) else 1)
    return turned(pixels, turn)


def turned(pixels: Stored, turn: int) -> Stored:
    """Stored pixels set upright, whatever their depth and number of channels."""
    upright = orientation.upright(cast(Pixels, np.ascontiguousarray(pixels)), turn)
    return upright if upright.ndim == 3 else upright[..., None]


def put(stored: Stored, pixels: Pixels, changed: NDArray[np.bool_], profile: bytes | None) -> Stored:
    """`stored` with the sRGB `pixels` where `changed`, in the colors of `profile`; transparency stays."""
    made = stored.copy()
    if not changed.any():
        return made
    new = to_profile(pixels[changed], profile)
    channels = stored.shape[2]
    colors = 1 if channels < 3 else 3
    if colors == 1:
        gray = cv2.cvtColor(new.reshape(1, -1, 3), cv2.COLOR_RGB2GRAY)
        new = np.asarray(gray, np.uint8).reshape(-1, 1)
    depth: Stored = new.astype(np.uint16) * 257 if stored.dtype == np.uint16 else new
    for channel in range(colors):
        made[..., channel][changed] = depth[:, channel]
    return made


def to_profile(colors: NDArray[np.uint8], profile: bytes | None) -> NDArray[np.uint8]:
    """sRGB colors (n, 3) as `profile` codes them; unchanged without one, or where it cannot be written to."""
    if profile is None or icc.space(profile) != "RGB" or not len(colors):
        return colors
    transform = _from_srgb(profile)
    if transform is None:
        return colors
    # In rows: LittleCMS takes pictures, and a picture of one row may be too long for Pillow.
    out = np.empty_like(colors)
    for start in range(0, len(colors), 65536):
        part = Image.fromarray(np.ascontiguousarray(colors[start : start + 65536])[None])
        out[start : start + 65536] = np.asarray(ImageCms.applyTransform(part, transform))[0]
    return out


def _from_srgb(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    try:
        target = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        source = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        return ImageCms.buildTransform(
            source, target, "RGB", "RGB", renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
