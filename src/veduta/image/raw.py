"""Camera raw files (LibRaw through rawpy): the camera's own preview where it is large enough, else developed
here.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from veduta.errors import UnreadableImage
from veduta.image import jpeg, limits, orientation, rasters
from veduta.image.photo import Pixels
from veduta.image.quiet import without_chatter
from veduta.image.samples import Samples
from veduta.image.source import Bytes, Memory
from veduta.image.tiff import Directory, Tiff, integer, integers

if TYPE_CHECKING:
    import rawpy

_DNG_VERSION, _SUB_DIRECTORIES, _PHOTOMETRIC = 0xC612, 0x014A, 0x0106
_MOSAIC, _LINEAR_RAW = 32803, 34892

_SRGB_CURVE = (2.4, 12.92)  # power, and slope in the dark

# LibRaw's flip -> EXIF orientation
_FLIPS = {0: 1, 3: 3, 5: 8, 6: 6}


def is_raw(data: Bytes) -> bool:
    """Whether a file of TIFF structure holds sensor data: DNG, NEF, ARW, PEF... under whatever name."""
    try:
        tiff = Tiff(data)
        first, _ = tiff.directory(tiff.first)
        directories: list[Directory] = [first]
        directories += [tiff.directory(o)[0] for o in integers(first.get(_SUB_DIRECTORIES))[:8]]
    except ValueError:
        return False
    if _DNG_VERSION in first:
        return True
    return any(integer(d.get(_PHOTOMETRIC)) in (_MOSAIC, _LINEAR_RAW) for d in directories)


def _open(data: bytes, path: Path) -> rawpy.RawPy:
    import rawpy  # here: not everyone has photos of this kind

    raw = rawpy.RawPy()
    try:
        raw.open_buffer(io.BytesIO(data))
    except rawpy.LibRawError as error:
        raw.close()
        raise UnreadableImage(path, f"damaged raw file: {_plain(error)}") from error
    try:
        limits.check_pixels(path, *_size(raw))
    except UnreadableImage:
        raw.close()
        raise
    return raw


def _size(raw: rawpy.RawPy) -> tuple[int, int]:
    sizes = raw.sizes
    width, height = sizes.width, sizes.height
    if sizes.pixel_aspect and sizes.pixel_aspect != 1:
        width, height = (
            (width, round(height / sizes.pixel_aspect))
            if sizes.pixel_aspect < 1
            else (round(width * sizes.pixel_aspect), height)
        )
    return (height, width) if sizes.flip in (5, 6) else (width, height)


def size(data: bytes, path: Path) -> tuple[int, int]:
    """Width and height of the upright developed photo; raises UnreadableImage."""
    with without_chatter(), _open(data, path) as raw:
        return _size(raw)


def read(data: bytes, max_side: int | None, path: Path) -> tuple[Pixels, tuple[int, int]]:
    """Upright sRGB pixels, at least as large as `max_side` asks, and the upright full size.

    The preview is taken when it serves `max_side` (or, without one, has the full size); else the sensor data
    is developed with the camera's white balance, at half size when that serves. Raises UnreadableImage.
    """
    import rawpy

    with without_chatter(), _open(data, path) as raw:
        width, height = _size(raw)
        longer = max(width, height)
        needed = jpeg.NEAR_ENOUGH * min(max_side or longer, longer)
        preview = _preview(raw, max_side, path)
        if preview is not None and max(preview.shape[:2]) >= needed:
            return preview, (width, height)
        with limits.one_giant_at_a_time(width * height):
            try:
                pixels = raw.postprocess(
                    use_camera_wb=True, half_size=longer / 2 >= needed, output_bps=8, no_auto_bright=False
                )
            except rawpy.LibRawError as error:
                if preview is not None:  # better a small picture than none
                    return preview, (width, height)
                raise UnreadableImage(path, f"damaged raw file: {_plain(error)}") from error
            except MemoryError as error:
                raise UnreadableImage(path, f"not enough memory for {width} x {height} pixels") from error
    return np.ascontiguousarray(pixels), (width, height)


def develop(data: bytes, path: Path, max_side: int | None = None, deep: bool = False) -> Samples:
    """The sensor's data developed evenly, upright: the camera's white balance, no brightening of its own.

    `deep`: uint16 in the primaries of Display P3 with the curve of sRGB; else uint8 sRGB, at half size where that
    serves `max_side`. Raises UnreadableImage.
    """
    import rawpy

    with without_chatter(), _open(data, path) as raw:
        width, height = _size(raw)
        longer = max(width, height)
        needed = jpeg.NEAR_ENOUGH * min(max_side or longer, longer)
        with limits.one_giant_at_a_time(width * height):
            try:
                pixels = raw.postprocess(
                    use_camera_wb=True,
                    half_size=longer / 2 >= needed,
                    output_bps=16 if deep else 8,
                    no_auto_bright=True,
                    gamma=_SRGB_CURVE,
                    output_color=rawpy.ColorSpace.P3D65 if deep else rawpy.ColorSpace.sRGB,
                )
            except rawpy.LibRawError as error:
                raise UnreadableImage(path, f"damaged raw file: {_plain(error)}") from error
            except MemoryError as error:
                raise UnreadableImage(path, f"not enough memory for {width} x {height} pixels") from error
    return np.ascontiguousarray(pixels)


def _preview(raw: rawpy.RawPy, max_side: int | None, path: Path) -> Pixels | None:
    """The upright embedded preview; None when there is none that can be read or it shows another cut-out."""
    import rawpy

    try:
        thumb = raw.extract_thumb()
    except (rawpy.LibRawError, ValueError, MemoryError):
        return None
    flip = _FLIPS.get(raw.sizes.flip, 1)
    content: Any = thumb.data
    form: Any = thumb.format
    if form == rawpy.ThumbFormat.BITMAP:
        pixels = np.ascontiguousarray(content)
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
            return None
        pixels = orientation.upright(pixels, flip)
    elif form == rawpy.ThumbFormat.JPEG:
        header = jpeg.read_header(Memory(content))
        try:
            if header is None or header.components not in (1, 3):
                pixels, _ = rasters.read(content, "jpeg", max_side, path)
            else:
                limits.check_pixels(path, header.width, header.height)
                pixels, _ = jpeg.decode(content, header, max_side, path)
        except UnreadableImage:
            return None
        pixels = orientation.upright(pixels, flip)
    else:
        return None
    width, height = _size(raw)
    return pixels if abs((pixels.shape[1] / pixels.shape[0]) / (width / height) - 1) < 0.1 else None


def _plain(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    message = said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)
    return " ".join(message.split()).rstrip(".") or type(error).__name__
