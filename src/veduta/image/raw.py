"""Camera RAW files: the embedded preview where it is large enough, else the sensor's own pixels."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import rawpy

from veduta.errors import UnreadableImage
from veduta.image.photo import Pixels


def read_raw(path: Path, data: bytes, max_side: int | None) -> tuple[Pixels, tuple[int, int]]:
    """Upright sRGB pixels and the full upright size of a RAW file; raises UnreadableImage."""
    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            sizes = raw.sizes
            full = (
                (sizes.iwidth, sizes.iheight) if sizes.flip not in (5, 6) else (sizes.iheight, sizes.iwidth)
            )
            preview = _preview(raw, max_side)
            if preview is not None:
                return preview, full
            half = max_side is not None and max(full) // 2 >= max_side
            pixels: Pixels = raw.postprocess(use_camera_wb=True, half_size=half, output_bps=8)
            if not half:
                full = (pixels.shape[1], pixels.shape[0])
            return np.ascontiguousarray(pixels), full
    except rawpy.LibRawError as error:
        raise UnreadableImage(path, f"damaged or unknown RAW file: {error}") from error


def _preview(raw: rawpy.RawPy, max_side: int | None) -> Pixels | None:
    """The embedded JPEG, turned upright, if it has `max_side` pixels; None otherwise."""
    if max_side is None:
        return None
    try:
        thumb = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        return None
    if thumb.format != rawpy.ThumbFormat.JPEG:
        return None
    pixels = cv2.imdecode(
        np.frombuffer(thumb.data, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    )
    if pixels is None or max(pixels.shape[:2]) < max_side:
        return None
    turn = {3: cv2.ROTATE_180, 5: cv2.ROTATE_90_COUNTERCLOCKWISE, 6: cv2.ROTATE_90_CLOCKWISE}.get(
        raw.sizes.flip
    )
    turned: Pixels = pixels if turn is None else np.ascontiguousarray(cv2.rotate(pixels, turn))
    return turned
