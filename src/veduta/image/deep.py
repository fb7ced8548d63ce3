"""Photo files with all the depth that they have: 16 bits of each color from PNG, TIFF, HEIC and AVIF, else 8."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.image import decode, heif, icc, rasters
from veduta.image.profiles import announced
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
    data = read_bytes(path)
    profile: Any
    if kind == "heif":
        if heif.depth(data, path)[0] <= 8:
            return None
        pixels, profile, _ = heif.read_stored(data, path)
    else:
        with rasters.open_picture(data, kind, path) as picture:
            if bits(data, kind, picture) != 16:
                return None
            profile = picture.info.get("icc_profile") or announced(data, kind)
            found = read_stored(data, kind, picture)
        if found is None or found.dtype != np.uint16:
            return None
        pixels = found
    if not _like_srgb(profile):
        count = 1 if pixels.shape[2] < 3 else 3
        converted = icc.deep_to_srgb(pixels[..., :count], profile)
        if converted is None:
            return None
        pixels = np.concatenate([converted, pixels[..., count:]], axis=2)
    if pixels.shape[2] in (2, 4):
        share = pixels[..., -1:].astype(np.float64) / 65535
        pixels = np.rint(pixels[..., :-1] * share + 65535 * (1 - share)).astype(np.uint16)
    if pixels.shape[2] == 1:
        pixels = np.repeat(pixels, 3, axis=2)
    return np.ascontiguousarray(pixels)


def _like_srgb(profile: Any) -> bool:
    """Whether a profile changes no color that can be seen."""
    if not isinstance(profile, bytes) or not profile:
        return True
    if icc.space(profile) == "GRAY":
        return False
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    colors = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(6, 36, 3)
    return bool((np.abs(icc.to_srgb(colors.copy(), profile).astype(int) - colors) <= 1).all())
