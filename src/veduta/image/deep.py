"""Photo files with all the depth that they have: 16 bits of each color from PNG, TIFF, HEIC and AVIF, else 8."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from veduta.image import decode, heif, icc, rasters
from veduta.image.profiles import announced
from veduta.image.samples import Samples
from veduta.image.source import read_bytes
from veduta.image.stored import bits, read_stored


def read(path: Path | str) -> NDArray[Any]:
    """The upright sRGB pixels, uint8 or uint16 (h, w, 3), transparency laid on white; raises UnreadableImage.

    Files of 16 bits whose color profile is more than curves and a matrix come in 8 bits, in which it is applied.
    """
    found = sixteen(path)
    return decode.read(path) if found is None else found


def sixteen(path: Path | str) -> NDArray[np.uint16] | None:
    """The same of a file that has 16 bits; None of one that has not, or whose profile cannot be applied in 16 bits."""
    path = Path(path)
    kind = decode.kind_of(path)
    if kind not in ("png", "tiff", "avif", "heif"):
        return None
    found = _stored(path, kind, deep=True)
    if found is None or found[0].dtype != np.uint16:
        return None
    pixels = _in_srgb(*found)
    if pixels is None:
        return None
    if pixels.shape[2] == 4:
        share = pixels[..., 3:].astype(np.float64) / 65535
        pixels = np.rint(pixels[..., :3] * share + 65535 * (1 - share)).astype(np.uint16)
    return np.ascontiguousarray(pixels)


def layers(path: Path | str) -> tuple[Samples, Samples] | None:
    """sRGB colors (h, w, 3) and transparency (h, w) of a file that has such, both uint8 or uint16; None of others.

    Colors of what is not seen are those of the file. Raises UnreadableImage.
    """
    path = Path(path)
    kind = decode.kind_of(path)
    if kind in ("jpeg", "raw", "video", "bmp"):
        return None
    found = _stored(path, kind, deep=False)
    pixels = None if found is None or found[0].shape[2] not in (2, 4) else _in_srgb(*found)
    if pixels is None:
        return None
    return np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3])


def _stored(path: Path, kind: str, deep: bool) -> tuple[Samples, Any] | None:
    """Stored pixels and their profile; None where they cannot be had, or are not `deep` where that is asked for."""
    data = read_bytes(path)
    if kind == "heif":
        if deep and heif.depth(data, path)[0] <= 8:
            return None
        return heif.read_stored(data, path)[:2]
    with rasters.open_picture(data, kind, path) as picture:
        if deep and bits(data, kind, picture) != 16:
            return None
        try:
            found = read_stored(data, kind, picture)
        except Exception:  # whatever the damage leads to: the usual way tells it
            return None
        profile = picture.info.get("icc_profile") or announced(data, kind)
    return None if found is None else (found, profile)


def _in_srgb(pixels: Samples, profile: Any) -> Samples | None:
    """Stored pixels in sRGB (h, w, 3), or 4 with transparency; None where the profile cannot be applied."""
    count = 1 if pixels.shape[2] < 3 else 3
    colors = np.ascontiguousarray(pixels[..., :count])
    if not _like_srgb(profile):
        if pixels.dtype == np.uint8 and count == 3:
            colors = icc.to_srgb(colors, profile)
        elif pixels.dtype == np.uint8:
            gray = icc.by_littlecms(Image.fromarray(colors[..., 0]), profile)
            colors = colors if gray is None else np.asarray(gray)
        else:
            converted = icc.deep_to_srgb(colors, profile)
            if converted is None:
                return None
            colors = converted
    if colors.shape[2] == 1:
        colors = np.repeat(colors, 3, axis=2)
    return np.concatenate([colors, pixels[..., count:]], axis=2)


def _like_srgb(profile: Any) -> bool:
    """Whether a profile changes no color that can be seen."""
    if not isinstance(profile, bytes) or not profile:
        return True
    if icc.space(profile) == "GRAY":
        return False
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    colors = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(6, 36, 3)
    return bool((np.abs(icc.to_srgb(colors.copy(), profile).astype(int) - colors) <= 1).all())
