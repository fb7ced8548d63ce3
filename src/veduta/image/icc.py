"""Color profiles: from a picture's own colors to sRGB.

Profiles made of a matrix and three curves (Display P3, Adobe RGB, nearly every camera's and phone's) are
applied here: table, matrix product, table, in 16-bit integers; about five times as fast as LittleCMS, which
does the rest. Source: ICC.1:2022 (profile format 4.4), IEC 61966-2-1 (sRGB).
"""

from __future__ import annotations

import functools
import io
import struct

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from veduta.image.photo import Pixels

Reals = NDArray[np.float64]

# Linear RGB to XYZ relative to D50, the ICC connection space (adapted by Bradford's method from D65).
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
ADOBE_RGB = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
DISPLAY_P3 = np.array(
    [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]]
)

_INVISIBLE = 1.6  # steps of 255: a profile that moves no color further is taken for sRGB itself
_MOST_BYTES = 1 << 23
_BAND = 130_000  # pixels at a time: fits a processor's cache


def linear(codes: Reals) -> Reals:
    """Linear light of sRGB codes, both in [0, 1]."""
    return np.where(codes <= 0.04045, codes / 12.92, ((np.maximum(codes, 0) + 0.055) / 1.055) ** 2.4)


def coded(light: Reals) -> Reals:
    """sRGB codes of linear light, both in [0, 1]."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


@functools.cache
def _codes() -> NDArray[np.uint8]:
    return np.rint(coded(np.arange(65536) / 65535) * 255).astype(np.uint8).reshape(1, -1)


class Conversion:
    """From a space of a matrix and three curves to sRGB; `needless` when the difference cannot be seen."""

    def __init__(self, matrix: Reals, curves: Reals) -> None:
        """`matrix`: linear RGB to XYZ (D50), (3, 3); `curves`: linear light of each code, (3, 256)."""
        to_srgb = np.linalg.inv(SRGB) @ matrix
        grid = np.array(np.meshgrid(*[np.arange(0, 256, 51)] * 3)).reshape(3, -1)
        light = np.clip(to_srgb @ np.stack([curves[i][grid[i]] for i in range(3)]), 0, 1)
        self.needless = bool(np.abs(coded(light) * 255 - grid).max() <= _INVISIBLE)
        self._matrix = to_srgb.astype(np.float32)
        table = np.rint(np.clip(curves.T, 0, 1) * 65535).astype(np.uint16)
        self._table = np.ascontiguousarray(table.reshape(1, 256, 3))

    def __call__(self, pixels: Pixels) -> Pixels:
        """sRGB of `pixels` (H, W, 3) uint8, a new array."""
        out = np.empty_like(pixels)
        rows = max(1, _BAND // max(1, pixels.shape[1]))
        for start in range(0, pixels.shape[0], rows):
            light = cv2.transform(cv2.LUT(pixels[start : start + rows], self._table), self._matrix)
            out[start : start + rows] = cv2.LUT(light, _codes())
        return out


@functools.cache
def adobe_rgb() -> Conversion:
    """From Adobe RGB (1998), which cameras announce in EXIF without embedding its profile."""
    return Conversion(ADOBE_RGB, np.stack([(np.arange(256) / 255) ** (563 / 256)] * 3))


@functools.cache
def display_p3() -> Conversion:
    """From Display P3 (its curve is sRGB's), which HEIF and AVIF may announce without a profile."""
    return Conversion(DISPLAY_P3, np.stack([linear(np.arange(256) / 255)] * 3))


def space(profile: bytes | None) -> str:
    """The profile's color space, as in its header ("RGB", "GRAY", "CMYK", "Lab"); empty when it is no
    profile.
    """
    if profile is None or len(profile) < 132 or profile[36:40] != b"acsp":
        return ""
    return profile[16:20].decode("ascii", "replace").strip()


def wide(profile: bytes | None) -> bool:
    """Whether a profile of RGB is made of curves and a matrix whose colors are not those of sRGB."""
    if profile is None or space(profile) != "RGB" or len(profile) > _MOST_BYTES:
        return False
    conversion = _conversion(profile)
    return conversion is not None and not conversion.needless


def to_srgb(pixels: Pixels, profile: bytes | None) -> Pixels:
    """sRGB of RGB `pixels` (H, W, 3) uint8; the same array when there is nothing to convert or the profile is
    broken.
    """
    if profile is None or space(profile) != "RGB" or len(profile) > _MOST_BYTES:
        return pixels
    conversion = _conversion(profile)
    if conversion is not None:
        return pixels if conversion.needless else conversion(pixels)
    converted = by_littlecms(Image.fromarray(pixels), profile)
    return pixels if converted is None else np.array(converted)


def by_littlecms(picture: Image.Image, profile: bytes) -> Image.Image | None:
    """`picture` (mode L, RGB or CMYK, as the profile) in sRGB; None when LittleCMS refuses the profile."""
    transform = _transform(profile, picture.mode)
    if transform is None:
        return None
    try:
        return ImageCms.applyTransform(picture, transform)
    except (ImageCms.PyCMSError, ValueError):
        return None


@functools.lru_cache(maxsize=32)
def _conversion(profile: bytes) -> Conversion | None:
    """The profile as matrix and curves; None when it is made otherwise."""
    found = curves(profile, 256)
    if found is None or len(found) != 3:
        return None
    try:
        tags = _tags(profile)
        matrix = np.stack([_xyz(tags[t]) for t in (b"rXYZ", b"gXYZ", b"bXYZ")], axis=1)
        return Conversion(matrix, found) if np.isfinite(matrix).all() else None
    except (KeyError, ValueError, struct.error, ArithmeticError):
        return None


def deep_to_srgb(pixels: NDArray[np.uint16], profile: bytes) -> NDArray[np.uint16] | None:
    """sRGB of pixels (h, w, 1 or 3) of 16 bits; None where the profile is not made of curves (and a matrix)."""
    found = curves(profile, 65536)
    if found is None or len(found) != pixels.shape[2]:
        return None
    tables = found.astype(np.float32)
    tags = _tags(profile)
    try:
        own = (
            np.stack([_xyz(tags[t]) for t in (b"rXYZ", b"gXYZ", b"bXYZ")], axis=1)
            if len(found) == 3
            else None
        )
    except (KeyError, ValueError, struct.error):
        return None
    out = np.empty_like(pixels)
    rows = max(1, _BAND // max(1, pixels.shape[1]))
    for start in range(0, len(pixels), rows):
        some = pixels[start : start + rows]
        light = np.stack([table[some[..., number]] for number, table in enumerate(tables)], axis=-1)
        if own is not None:
            light = light @ (np.linalg.inv(SRGB) @ own).T
        made = coded(np.clip(light, 0, 1).astype(np.float64))
        out[start : start + rows] = np.rint(made * 65535)
    return out


def curves(profile: bytes, count: int) -> Reals | None:
    """Linear light of `count` codes from 0 to 1, (3, count) of a profile of RGB, (1, count) of one of gray.

    None where the profile is made otherwise.
    """
    try:
        tags = _tags(profile)
        if b"A2B0" in tags or profile[20:24] != b"XYZ ":
            return None
        names = (b"kTRC",) if space(profile) == "GRAY" else (b"rTRC", b"gTRC", b"bTRC")
        found = np.stack([_curve(tags[name], np.arange(count) / (count - 1)) for name in names])
        return found if np.isfinite(found).all() else None
    except (KeyError, ValueError, struct.error, ArithmeticError):
        return None


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        return ImageCms.buildTransform(
            source,
            target,
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@functools.cache
def lab_transform() -> ImageCms.ImageCmsTransform:
    """From CIE L*a*b* (D50), in which some TIFF files are stored."""
    return ImageCms.buildTransform(
        ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
    )


def _tags(profile: bytes) -> dict[bytes, bytes]:
    count = struct.unpack_from(">I", profile, 128)[0]
    tags = {}
    for i in range(min(count, 100)):
        name, offset, size = struct.unpack_from(">4sII", profile, 132 + 12 * i)
        tags[name] = profile[offset : offset + size]
    return tags


def _xyz(tag: bytes) -> Reals:
    return np.array(struct.unpack_from(">3i", tag, 8)) / 65536


def _curve(tag: bytes, codes: Reals) -> Reals:
    """Linear light of codes in [0, 1]."""
    if tag[:4] == b"curv":
        count = struct.unpack_from(">I", tag, 8)[0]
        if count == 0:
            return codes
        if count > 65536:
            raise ValueError("a curve too long")
        points = np.array(struct.unpack_from(f">{count}H", tag, 12))
        if count == 1:
            return np.asarray(codes ** (float(points[0]) / 256))
        return np.interp(codes, np.linspace(0, 1, count), points / 65535)
    if tag[:4] == b"para":
        kind = struct.unpack_from(">H", tag, 8)[0]
        count = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}[kind]
        values: list[float] = [v / 65536 for v in struct.unpack_from(f">{count}i", tag, 12)]
        g, a, b, c, d, e, f = values + [0.0] * (7 - count)
        if kind == 0:
            return np.asarray(codes**g)
        bend = -b / a if kind < 3 else d
        below = {1: 0 * codes, 2: 0 * codes + c, 3: c * codes, 4: c * codes + f}[kind]
        offset = {1: 0.0, 2: c, 3: 0.0, 4: e}[kind]
        power = np.maximum(a * codes + b, 0) ** g + offset
        return np.asarray(np.clip(np.where(codes >= bend, power, below), 0, 1))
    raise ValueError("a curve of unknown kind")
