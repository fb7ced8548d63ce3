"""Any picture mode and color profile to sRGB."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Pixels = NDArray[np.uint8]

_SRGB = ImageCms.createProfile("sRGB")


@lru_cache(maxsize=32)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform from an embedded profile to sRGB; None when it is sRGB already or cannot be used."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        description = ImageCms.getProfileDescription(source).strip().lower()
        if mode == "RGB" and description.startswith("srgb"):
            return None
        return ImageCms.buildTransform(source, _SRGB, mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def profile_to_srgb(pixels: Pixels, profile: bytes | None) -> Pixels:
    """Convert RGB uint8 (H, W, 3) from an ICC profile to sRGB; unusable profiles are ignored, as viewers do."""
    if not profile:
        return pixels
    transform = _transform(profile, "RGB")
    if transform is None:
        return pixels
    converted = ImageCms.applyTransform(Image.fromarray(pixels), transform)
    return pixels if converted is None else np.asarray(converted)


def to_rgb(image: Image.Image) -> Image.Image:
    """A picture of any Pillow mode as RGB: 16 bit scaled, alpha over white, profile applied."""
    profile = image.info.get("icc_profile")
    if image.mode in {"I;16", "I;16B", "I;16L", "I;16N", "I", "F"}:
        image = _deep_gray(image)
        profile = None
    if image.mode == "P" or (image.mode in {"1", "L", "RGB"} and "transparency" in image.info):
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode in {"CMYK", "L"} and profile:
        transform = _transform(bytes(profile), image.mode)
        converted = ImageCms.applyTransform(image, transform) if transform else None
        image, profile = (converted or image), None
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"}:
        image = _over_white(image.convert("RGBA"))
    if image.mode != "RGB":
        image = image.convert("RGB")
    if profile:
        transform = _transform(bytes(profile), "RGB")
        if transform is not None:
            image = ImageCms.applyTransform(image, transform) or image
    return image


def _deep_gray(image: Image.Image) -> Image.Image:
    """Gray of more than 8 bits to 8: 16-bit values by their range, others by the values present."""
    values = np.asarray(image).astype(np.float32)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    top = 65535.0
    if image.mode in {"I", "F"}:
        highest = float(values.max(initial=0.0))
        top = 255.0 if highest <= 255 else 65535.0 if highest <= 65535 else highest
        if image.mode == "F" and highest <= 1.0:
            top = 1.0
    return Image.fromarray(np.clip(values * (255.0 / top) + 0.5, 0, 255).astype(np.uint8))


def _over_white(image: Image.Image) -> Image.Image:
    """A picture with alpha laid over white paper."""
    paper = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(paper, image).convert("RGB")
