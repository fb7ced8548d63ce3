"""Any Pillow picture to RGB bytes: palettes, gray, 16 bits, floats, CMYK, Lab, transparency on white."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from veduta.image import icc
from veduta.image.photo import Pixels, at_most


def to_rgb(picture: Image.Image, profile: bytes | None, max_side: int | None) -> Pixels:
    """RGB uint8 (H, W, 3) of a loaded picture, in sRGB if `profile` describes its colors.

    The result is not larger than `max_side`. A much larger picture is averaged down first inside Pillow, so
    that no second copy of all its pixels is made.
    """
    picture = _plain_mode(picture)
    picture = _shrunk(picture, max_side)
    if picture.mode in ("LA", "RGBA", "La", "RGBa"):
        picture = on_white(picture)
    space = icc.space(profile)
    if profile is not None and (picture.mode, space) in (("L", "GRAY"), ("CMYK", "CMYK")):
        picture = icc.by_littlecms(picture, profile) or picture
        profile = None
    pixels: Pixels = np.asarray(picture.convert("RGB") if picture.mode != "RGB" else picture)
    if max_side is not None:
        pixels = at_most(pixels, max_side)
    pixels = icc.to_srgb(pixels, profile)
    return pixels if pixels.flags.writeable else pixels.copy()


def on_white(picture: Image.Image) -> Image.Image:
    """A picture with transparency, laid on white: mode L or RGB."""
    if picture.mode == "La":
        picture = picture.convert("LA")
    elif picture.mode == "RGBa":
        picture = picture.convert("RGBA")
    gray = picture.mode == "LA"
    alpha = picture.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return picture.convert("L" if gray else "RGB")
    ground = Image.new("L" if gray else "RGB", picture.size, 255 if gray else (255, 255, 255))
    ground.paste(picture.convert("L" if gray else "RGB"), mask=alpha)
    return ground


def _plain_mode(picture: Image.Image) -> Image.Image:
    """The picture in one of the modes L, LA, RGB, RGBA, CMYK (or their premultiplied forms)."""
    mode = picture.mode
    transparent = "transparency" in picture.info
    if mode == "P":
        return picture.convert("RGBA" if transparent else "RGB")
    if mode == "PA":
        return picture.convert("RGBA")
    if mode == "1":
        return picture.convert("L")
    if mode in ("I", "F") or mode.startswith(("I;16", "I;32", "F;")):
        made = to_bytes(np.asarray(picture), signed=_signed(picture))
        zero_is_white = mode.startswith("I;16") and getattr(picture, "tag_v2", {}).get(262) == 0
        return Image.fromarray(np.bitwise_not(made) if zero_is_white else made)
    if mode in ("RGB", "L") and transparent:
        return picture.convert("RGBA" if mode == "RGB" else "LA")
    if mode == "LAB":
        return ImageCms.applyTransform(picture, icc.lab_transform()) or picture
    if mode in ("YCbCr", "HSV", "RGBX"):
        return picture.convert("RGB")
    return picture


def _signed(picture: Image.Image) -> bool:
    """Whether a TIFF says that its 16 bits hold a sign (tag SampleFormat)."""
    formats = getattr(picture, "tag_v2", {}).get(339, ())
    depth = getattr(picture, "tag_v2", {}).get(258, ())
    return tuple(np.atleast_1d(formats)) == (2,) and tuple(np.atleast_1d(depth)) == (16,)


def to_bytes(values: NDArray[Any], signed: bool = False) -> NDArray[np.uint8]:
    """Gray values of more than 8 bits as bytes: 16-bit ones by their full range, floating ones as 0 to 1.

    `signed`: 32767 is white. Values outside those ranges are scaled by the largest one, so that a picture of
    unusual range is visible.
    """
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:
        # Rounded division by 257 in integers: 0 -> 0 and 65535 -> 255.
        return ((values.astype(np.uint32) * 255 + 32895) >> 16).astype(np.uint8)
    reals = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    high = float(reals.max(initial=0.0))
    floating = values.dtype.kind == "f"
    ranges = (1.0, 255.0, 65535.0) if floating else (32767.0,) if signed else (255.0, 65535.0)
    for full in ranges:
        if high <= full:
            high = full
            break
    return np.rint(np.clip(reals / high, 0, 1) * 255).astype(np.uint8)


def _shrunk(picture: Image.Image, max_side: int | None) -> Image.Image:
    if max_side is None:
        return picture
    factor = max(picture.size) // max_side
    return picture.reduce(factor) if factor >= 2 else picture
