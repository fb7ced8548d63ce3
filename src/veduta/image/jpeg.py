"""JPEG: its header, and decoding at the smallest scale that serves (libjpeg-turbo through simplejpeg).

A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size for less than the price of the whole: the inverse
transform of each 8 x 8 block yields 4 x 4, 2 x 2 or 1 pixel. (3/8, 5/8... exist but have no vector code:
dearer than the whole.)
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
from PIL import Image

from veduta.errors import UnreadableImage
from veduta.image.photo import Pixels
from veduta.image.source import Bytes

# A scaled decode that is up to this much smaller than asked for is taken as it is: 4032 / 2 = 2016 serves for
# 2048.
NEAR_ENOUGH = 0.96

# Each scan of a progressive JPEG walks over the whole picture; real files have about ten.
_MOST_SCANS = 100

_FRAMES = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))
_EXIF = b"Exif\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_MORE = b"http://ns.adobe.com/xmp/extension/\0"
_ICC = b"ICC_PROFILE\0"
_PHOTOSHOP = b"Photoshop 3.0\0"


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What stands before the picture data: stored size (before rotation), coding, and embedded blocks."""

    width: int
    height: int
    components: int
    bits: int
    progressive: bool
    exif: bytes | None
    xmp: tuple[bytes, ...]
    icc: bytes | None
    photoshop: bytes | None


def read_header(data: Bytes) -> JpegHeader | None:
    """Walk over the segments up to the first scan; None when there is no frame header."""
    frame: tuple[int, int, int, int, int] | None = None
    exif: bytes | None = None
    xmp: list[bytes] = []
    more: list[bytes] = []
    icc: dict[int, bytes] = {}
    photoshop: list[bytes] = []
    position = 2
    while True:
        head = data.at(position, 4)
        if len(head) < 4:
            break
        if head[0] != 0xFF or head[1] in (0x00, 0xFF):
            position += 1  # fill bytes, or junk between segments
            if position > 1 << 26:
                break
            continue
        marker = head[1]
        if 0xD0 <= marker <= 0xD8 or marker == 0x01:
            position += 2
            continue
        if marker in (0xD9, 0xDA):
            break
        length = int.from_bytes(head[2:4], "big")
        if length < 2:
            position += 2
            continue
        if marker in _FRAMES:
            body = data.at(position + 4, 6)
            if len(body) == 6:
                height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
                frame = (width, height, body[5], body[0], marker)
        elif marker in (0xE1, 0xE2, 0xED):
            body = data.at(position + 4, length - 2)
            if marker == 0xE1 and body.startswith(_EXIF) and exif is None:
                exif = body[6:]
            elif marker == 0xE1 and body.startswith(_XMP):
                xmp.append(body[len(_XMP) :])
            elif marker == 0xE1 and body.startswith(_XMP_MORE):
                more.append(body[len(_XMP_MORE) :])
            elif marker == 0xE2 and body.startswith(_ICC) and len(body) > 14:
                icc[body[12]] = body[14:]
            elif marker == 0xED and body.startswith(_PHOTOSHOP):
                photoshop.append(body[len(_PHOTOSHOP) :])
        position += 2 + length
    if frame is None:
        return None
    width, height, components, bits, marker = frame
    return JpegHeader(
        width,
        height,
        components,
        bits,
        marker in (0xC2, 0xC6, 0xCA, 0xCE),
        exif,
        (*xmp, *_joined(more)),
        b"".join(icc[k] for k in sorted(icc)) or None,
        b"".join(photoshop) or None,
    )


def _joined(pieces: list[bytes]) -> tuple[bytes, ...]:
    """Extended XMP, put together again from its pieces: 32 bytes name, 4 length, 4 offset, then the text."""
    whole: dict[bytes, list[tuple[int, bytes]]] = {}
    for piece in pieces:
        if len(piece) > 40:
            whole.setdefault(piece[:32], []).append((int.from_bytes(piece[36:40], "big"), piece[40:]))
    return tuple(b"".join(text for _, text in sorted(parts)) for parts in whole.values())


def scaled_side(side: int, max_side: int | None) -> int:
    """The longer side that a scaled decode gives for a picture of `side`, at least about `max_side`."""
    return -(-side * _eighths(side, max_side) // 8)


def _eighths(side: int, max_side: int | None) -> int:
    if max_side is None:
        return 8
    return next((n for n in (1, 2, 4) if side * n / 8 >= NEAR_ENOUGH * max_side), 8)


def decode(data: bytes, header: JpegHeader, max_side: int | None, path: Path) -> tuple[Pixels, str | None]:
    """Pixels as stored (not rotated, own colors), at a scale that fits `max_side`, and a note on damage.

    Raises UnreadableImage: truncated (told how far the scan came), or damaged beyond decoding. Damage inside
    the scan that the decoder can step over is only noted.
    """
    if header.progressive and (scans := data.count(b"\xff\xda")) > _MOST_SCANS:
        raise UnreadableImage(path, f"progressive JPEG of {scans} scans: made to exhaust its reader")
    eighths = _eighths(max(header.width, header.height), max_side)
    size: dict[str, Any] = {}
    if eighths < 8:
        size = {
            "min_width": -(-header.width * eighths // 8),
            "min_height": -(-header.height * eighths // 8),
        }
    try:
        return simplejpeg.decode_jpeg(data, "RGB", **size), None
    except ValueError as error:
        warning = str(error)
    if "Premature end of JPEG" in warning:
        return _unfinished(data, header, size, path)
    try:
        return simplejpeg.decode_jpeg(data, "RGB", strict=False, **size), f"damaged: {_plain(warning)}"
    except ValueError as error:
        return _by_pillow(data, max_side, path, _plain(str(error)))


def _by_pillow(data: bytes, max_side: int | None, path: Path, why: str) -> tuple[Pixels, str | None]:
    """A file whose header libjpeg-turbo's own interface refuses: Pillow steps over more of them."""
    try:
        with decode_by_pillow(data, max_side) as picture:
            return np.array(picture.convert("RGB")), f"damaged: {why}"
    except Exception as error:  # Pillow's readers raise whatever the damage leads to
        raise UnreadableImage(path, f"damaged JPEG: {why}") from error


def _unfinished(data: bytes, header: JpegHeader, size: dict[str, Any], path: Path) -> tuple[Pixels, str]:
    """A file that ends too early: fine if only its end marker is missing, unreadable otherwise."""
    if data.endswith(b"\xff"):
        raise UnreadableImage(path, "truncated: cut off inside its end marker")
    try:
        return simplejpeg.decode_jpeg(data + b"\xff\xd9", "RGB", **size), "the end marker is missing"
    except ValueError:
        pass
    raise UnreadableImage(path, _how_far(data, header))


def _how_far(data: bytes, header: JpegHeader) -> str:
    """How much of a truncated picture came."""
    if header.progressive:
        scans = max(1, data.count(b"\xff\xda"))
        return f"truncated in scan {scans} of a progressive JPEG"
    try:
        small = simplejpeg.decode_jpeg(data, "GRAY", strict=False, min_width=1, min_height=1)[:, :, 0]
    except ValueError:
        return "truncated before the first row of pixels"
    # What never came is filled with the last block's mean: the rows below the last one that is not flat.
    changed = np.flatnonzero((small != small[-1, -1]).any(axis=1))
    share = 0.0 if len(changed) == 0 else (changed[-1] + 1) / len(small)
    return f"truncated after {math.floor(100 * min(share, 0.99))} % of the scan"


def decode_by_pillow(data: bytes, max_side: int | None) -> Image.Image:
    """A JPEG that libjpeg-turbo's own interface does not turn into RGB (CMYK): through Pillow, at reduced
    scale.
    """
    picture = Image.open(io.BytesIO(data), formats=["JPEG"])
    if max_side is not None:
        side = scaled_side(max(picture.size), max_side)
        scale = side / max(picture.size)
        picture.draft(picture.mode, (round(picture.width * scale), round(picture.height * scale)))
    picture.load()
    return picture


def _plain(message: str) -> str:
    """libjpeg's own words, fit for a sentence."""
    return message.removeprefix("Corrupt JPEG data: ").strip().rstrip(".") or "the decoder gave no reason"
