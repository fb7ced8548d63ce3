"""One call from a file to upright sRGB pixels; JPEGs are decoded at reduced scale."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np

from veduta.errors import UnreadableImage
from veduta.image import color, exif, icc, jpeg, limits, orientation, rasters
from veduta.image.formats import RAW_SUFFIXES, sniff
from veduta.image.photo import Photo, Pixels
from veduta.image.source import read_bytes

_heif = threading.Lock()
_heif_ready = False


def read(path: Path | str, max_side: int | None = None) -> Pixels:
    """Read a picture as upright sRGB uint8 (H, W, 3), its longer side at most `max_side`.

    Raises UnreadableImage.
    """
    return load(path, max_side).pixels


def load(path: Path | str, max_side: int | None = None) -> Photo:
    """Read a picture with the size that it has in full; raises UnreadableImage."""
    path = Path(path)
    kind = kind_of(path)
    if kind == "video":
        from veduta.image.video import first_frame

        pixels = first_frame(path)
        height, width = pixels.shape[:2]
    else:
        data = read_bytes(path)
        if kind == "jpeg":
            pixels, (width, height) = _jpeg(data, max_side, path)
        elif kind == "raw":
            from veduta.image.raw import read_raw

            pixels, (width, height) = read_raw(path, data, max_side)
        else:
            if kind == "heif":
                register_heif()
            pixels, (width, height) = rasters.read(data, kind, max_side, path)
    return Photo(_bounded(pixels, max_side), width, height, path)


def size(path: Path | str) -> tuple[int, int]:
    """Width and height of the upright picture, from its header where the format allows; raises UnreadableImage."""
    path = Path(path)
    kind = kind_of(path)
    if kind in {"video", "raw"}:
        photo = load(path)
        return photo.width, photo.height
    data = read_bytes(path)
    if kind == "jpeg":
        header = _header(data, path)
        return orientation.upright_size(header.width, header.height, _turn(header))
    if kind == "heif":
        register_heif()
    with rasters.open_picture(data, kind, path) as picture:
        return rasters.upright_size(picture)


def kind_of(path: Path) -> str:
    """The format by content; TIFF files of cameras are told from others by their names."""
    from veduta.image.source import Source

    with Source(path) as source:
        kind = sniff(source.at(0, 512))
    return "raw" if kind == "tiff" and path.suffix.lower() in RAW_SUFFIXES else kind


def register_heif() -> None:
    """Teach Pillow HEIC, once."""
    global _heif_ready
    with _heif:
        if not _heif_ready:
            import pi_heif

            pi_heif.register_heif_opener()
            _heif_ready = True


def _header(data: bytes, path: Path) -> jpeg.JpegHeader:
    from veduta.image.source import Memory

    header = jpeg.read_header(Memory(data))
    if header is None:
        raise UnreadableImage(path, "truncated before its frame header, or damaged")
    return header


def _turn(header: jpeg.JpegHeader) -> int:
    return exif.orientation(header.exif) if header.exif else 1


def _jpeg(data: bytes, max_side: int | None, path: Path) -> tuple[Pixels, tuple[int, int]]:
    header = _header(data, path)
    limits.check_pixels(path, header.width, header.height)
    full = orientation.upright_size(header.width, header.height, _turn(header))
    with limits.one_giant_at_a_time(header.width * header.height):
        if header.components == 4 or header.bits != 8:
            try:
                picture = jpeg.decode_by_pillow(data, max_side)
                pixels = color.to_rgb(picture, header.icc, max_side)
            except (OSError, ValueError, SyntaxError) as error:
                raise UnreadableImage(path, f"damaged JPEG: {error}") from error
        else:
            pixels, _ = jpeg.decode(data, header, max_side, path)
            pixels = icc.to_srgb(_bounded(pixels, max_side), header.icc)
    return orientation.upright(_bounded(pixels, max_side), _turn(header)), full


def _bounded(pixels: Pixels, max_side: int | None) -> Pixels:
    longer = max(pixels.shape[:2])
    if max_side is None or longer <= max_side:
        return pixels
    ratio = max_side / longer
    target = (max(1, round(pixels.shape[1] * ratio)), max(1, round(pixels.shape[0] * ratio)))
    resized: Pixels = cv2.resize(pixels, target, interpolation=cv2.INTER_AREA)
    return resized


def decode_bytes(data: bytes) -> Pixels:
    """Pixels of an uploaded picture held in memory: upright sRGB; raises UnreadableImage."""
    kind = sniff(data[:512])
    if kind == "heif":
        register_heif()
    name = Path("upload")
    if kind == "jpeg":
        return _jpeg(data, None, name)[0]
    if kind in {"video", "raw"}:
        raise UnreadableImage(name, "not a picture in a format that is known here")
    return np.ascontiguousarray(rasters.read(data, kind, None, name)[0])


__all__ = ["decode_bytes", "kind_of", "load", "read", "register_heif", "size"]
