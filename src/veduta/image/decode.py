"""One call from a file to upright sRGB pixels; JPEGs are decoded at reduced scale."""

from __future__ import annotations

import io
import stat
import struct
import threading
import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from veduta.errors import UnreadableImage
from veduta.image.color import profile_to_srgb, to_rgb
from veduta.image.formats import sniff
from veduta.image.jpeg import Header, read_header
from veduta.image.photo import Photo, Pixels
from veduta.settings import settings

Image.MAX_IMAGE_PIXELS = None  # our own limit speaks, with a reason
_heif = threading.Lock()
_heif_ready = False

# How EXIF orientation 1-8 is undone: rotation by cv2, then a mirror.
_TURNS = {3: cv2.ROTATE_180, 6: cv2.ROTATE_90_CLOCKWISE, 8: cv2.ROTATE_90_COUNTERCLOCKWISE}


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undo EXIF `orientation` 1-8; other values mean upright."""
    if orientation in _TURNS:
        return np.ascontiguousarray(cv2.rotate(pixels, _TURNS[orientation]))
    if orientation == 2:
        return np.ascontiguousarray(pixels[:, ::-1])
    if orientation == 4:
        return np.ascontiguousarray(pixels[::-1])
    if orientation == 5:
        return np.ascontiguousarray(pixels.transpose(1, 0, 2))
    if orientation == 7:
        return np.ascontiguousarray(pixels[::-1, ::-1].transpose(1, 0, 2))
    return pixels


def read(path: Path | str, max_side: int | None = None) -> Pixels:
    """Read a picture as upright sRGB uint8 (H, W, 3), its longer side at most `max_side`; raises UnreadableImage."""
    return load(path, max_side).pixels


def load(path: Path | str, max_side: int | None = None) -> Photo:
    """Read a picture with the size that it has in full; raises UnreadableImage."""
    path = Path(path)
    data, kind = _bytes(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if kind == "JPEG":
                pixels, (width, height) = _jpeg(path, data, max_side)
            elif kind == "RAW":
                from veduta.image.raw import read_raw

                pixels, (width, height) = read_raw(path, data, max_side)
            elif kind == "VIDEO":
                from veduta.image.video import first_frame

                pixels = first_frame(path)
                height, width = pixels.shape[:2]
            else:
                pixels, (width, height) = _pillow(path, data, kind, max_side)
        except UnreadableImage:
            raise
        except (OSError, ValueError, SyntaxError, TypeError, IndexError, KeyError, EOFError, struct.error) as error:
            raise UnreadableImage(path, _reason(error)) from error
        except (cv2.error, MemoryError, OverflowError, ArithmeticError, AttributeError, RuntimeError) as error:
            raise UnreadableImage(path, _reason(error)) from error
    return Photo(_bounded(pixels, max_side), width, height, path)


def size(path: Path | str) -> tuple[int, int]:
    """Width and height of the upright picture, from its header alone where the format allows."""
    path = Path(path)
    data, kind = _bytes(path)
    if kind == "JPEG":
        header = read_header(data)
        if header is None:
            raise UnreadableImage(path, "not a complete JPEG: no frame header")
        return _turned(header.width, header.height, header.orientation)
    photo = load(path)
    return photo.width, photo.height


def _bytes(path: Path) -> tuple[bytes, str]:
    """The file's bytes and format, after the checks that need no decoder."""
    try:
        info = path.stat()
        if not stat.S_ISREG(info.st_mode):
            raise UnreadableImage(path, "not a regular file")
        if info.st_size == 0:
            raise UnreadableImage(path, "the file is empty")
        limit = settings().max_file_bytes
        with path.open("rb") as file:
            kind = sniff(file.read(64), path.suffix.lower())
            if kind == "VIDEO":
                return b"", kind
            if info.st_size > limit:
                raise UnreadableImage(path, f"{info.st_size:,} bytes, more than the limit of {limit:,}")
            file.seek(0)
            return file.read(), kind
    except PermissionError as error:
        raise UnreadableImage(path, "no permission to read the file") from error
    except FileNotFoundError as error:
        raise UnreadableImage(path, "the file does not exist") from error
    except OSError as error:
        raise UnreadableImage(path, f"cannot be read: {error.strerror or error}") from error


def check_pixels(path: Path, width: int, height: int) -> None:
    """Refuse a picture that is larger than the limit before a decoder allocates anything."""
    limit = settings().max_pixels
    if width <= 0 or height <= 0:
        raise UnreadableImage(path, f"impossible size {width} x {height}")
    if width * height > limit:
        raise UnreadableImage(path, f"{width} x {height} pixels, more than the limit of {limit:,} (VEDUTA_MAX_PIXELS)")


def _turned(width: int, height: int, orientation: int) -> tuple[int, int]:
    return (height, width) if 5 <= orientation <= 8 else (width, height)


def _jpeg(path: Path, data: bytes, max_side: int | None) -> tuple[Pixels, tuple[int, int]]:
    header = read_header(data)
    if header is None:
        raise UnreadableImage(path, "not a complete JPEG: no frame header")
    check_pixels(path, header.width, header.height)
    full = _turned(header.width, header.height, header.orientation)
    if header.truncated:
        raise UnreadableImage(path, "truncated: the picture's data end before its end marker")
    if header.components != 3 or header.precision != 8:
        return _pillow(path, data, "JPEG", max_side)
    flag = cv2.IMREAD_COLOR_RGB
    for factor, reduced in (
        (8, cv2.IMREAD_REDUCED_COLOR_8),
        (4, cv2.IMREAD_REDUCED_COLOR_4),
        (2, cv2.IMREAD_REDUCED_COLOR_2),
    ):
        if max_side is not None and max(header.width, header.height) // factor >= max_side:
            flag = reduced
            break
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), flag | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None:
        return _pillow(path, data, "JPEG", max_side)
    pixels: Pixels = decoded if flag == cv2.IMREAD_COLOR_RGB else cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
    pixels = profile_to_srgb(_bounded(pixels, max_side), _profile(header))
    return upright(pixels, header.orientation), full


def _profile(header: Header) -> bytes | None:
    return header.profile or None


def _pillow(path: Path, data: bytes, kind: str, max_side: int | None) -> tuple[Pixels, tuple[int, int]]:
    if kind in {"HEIF", "AVIF"}:
        _register_heif()
    try:
        with Image.open(io.BytesIO(data)) as image:
            check_pixels(path, *image.size)
            orientation = 1 if kind == "HEIF" else _orientation(image)
            full = _turned(*image.size, orientation)
            if max_side is not None and image.format == "JPEG":
                image.draft(None, (max_side, max_side))
            image.load()
            rgb = to_rgb(image)
    except UnidentifiedImageError as error:
        what = f"damaged {kind}" if kind else "not a picture in a known format"
        raise UnreadableImage(path, what) from error
    return upright(_bounded(np.asarray(rgb), max_side), orientation), full


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except (ValueError, TypeError, SyntaxError, OSError, struct.error, KeyError, ZeroDivisionError):
        return 1


def _bounded(pixels: Pixels, max_side: int | None) -> Pixels:
    longer = max(pixels.shape[:2])
    if max_side is None or longer <= max_side:
        return pixels
    ratio = max_side / longer
    target = (max(1, round(pixels.shape[1] * ratio)), max(1, round(pixels.shape[0] * ratio)))
    resized: Pixels = cv2.resize(pixels, target, interpolation=cv2.INTER_AREA)
    return resized


def _register_heif() -> None:
    global _heif_ready
    with _heif:
        if not _heif_ready:
            import pi_heif

            pi_heif.register_heif_opener()
            _heif_ready = True


def _reason(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "too large for this machine's memory"
    text = str(error).strip().splitlines()
    return f"damaged: {text[0][:160]}" if text and text[0] else f"damaged ({type(error).__name__})"


ImageFile.LOAD_TRUNCATED_IMAGES = False
