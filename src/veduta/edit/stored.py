"""Edits put into the pixels of a file as they are stored.

Only what an edit changed is brought from sRGB to the picture's own colors: everything else stays what it was, to the
bit, in 16 bits and wide colors too.
"""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from veduta.image import icc
from veduta.image.photo import Pixels
from veduta.image.samples import sixteen
from veduta.image.stored import Stored


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
    depth: Stored = sixteen(new) if stored.dtype == np.uint16 else new
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
