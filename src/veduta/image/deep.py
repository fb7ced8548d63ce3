"""Photo files with all the depth that they have: 16 bits of each color from PNG and TIFF, else 8."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from veduta.image import decode, icc, orientation, rasters
from veduta.image.photo import Pixels
from veduta.image.source import read_bytes


def read(path: Path | str) -> NDArray[Any]:
    """The upright sRGB pixels, uint8 or uint16 (h, w, 3), transparency laid on white; raises UnreadableImage.

    Files of 16 bits whose colors are not those of sRGB come in 8 bits, in which their profile is applied.
    """
    path = Path(path)
    kind = decode.kind_of(path)
    if kind in ("png", "tiff"):
        found = _sixteen(read_bytes(path), kind, path)
        if found is not None:
            return found
    return decode.read(path)


def _sixteen(data: bytes, kind: str, path: Path) -> NDArray[np.uint16] | None:
    with rasters.open_picture(data, kind, path) as picture:
        if not _is_deep(data, kind, picture) or not _like_srgb(picture.info.get("icc_profile")):
            return None
        flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
        pixels: Any = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        if pixels is None or pixels.dtype != np.uint16:
            return None
        turn = rasters.stored_orientation(picture)
        if kind == "tiff":
            tag = getattr(picture, "tag_v2", {}).get(0x0112, 1)
            turn = orientation.valid(int(tag) if isinstance(tag, int) else 1)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    elif pixels.shape[2] == 3:
        pixels = pixels[..., ::-1]
    elif pixels.shape[2] == 4:
        share = pixels[..., 3:].astype(np.float64) / 65535
        pixels = np.rint(pixels[..., 2::-1] * share + 65535 * (1 - share)).astype(np.uint16)
    else:
        return None
    return cast("NDArray[np.uint16]", orientation.upright(cast(Pixels, np.ascontiguousarray(pixels)), turn))


def _is_deep(data: bytes, kind: str, picture: Image.Image) -> bool:
    if kind == "png":
        return data[24] == 16
    return int(np.atleast_1d(getattr(picture, "tag_v2", {}).get(258, 8)).max()) == 16


def _like_srgb(profile: Any) -> bool:
    """Whether a profile changes no color that can be seen."""
    if not isinstance(profile, bytes) or not profile:
        return True
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    colors = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(6, 36, 3)
    return bool((np.abs(icc.to_srgb(colors.copy(), profile).astype(int) - colors) <= 1).all())
