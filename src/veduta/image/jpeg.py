"""What a JPEG's markers say, read without decoding a pixel."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})


@dataclass(frozen=True, slots=True)
class Header:
    """Size as stored (before orientation), orientation 1-8, ICC profile, and whether the end marker is missing."""

    width: int
    height: int
    components: int
    precision: int
    orientation: int
    profile: bytes
    exif: bytes
    xmp: bytes
    truncated: bool


def read_header(data: bytes) -> Header | None:
    """Walk the markers up to the first scan; None when there is no frame header. Source: ITU-T T.81, annex B."""
    position, frame = 2, None
    orientation, exif, xmp, profile = 1, b"", b"", {}
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            position += 1
            continue
        marker = data[position + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 1 if marker == 0xFF else 2
            continue
        if marker in (0xD9, 0xDA):
            break
        length = struct.unpack_from(">H", data, position + 2)[0]
        body = data[position + 4 : position + 2 + length]
        if marker in _FRAMES and len(body) >= 6:
            precision, height, width, components = struct.unpack_from(">BHHB", body)
            frame = (width, height, components, precision)
        elif marker == 0xE1 and body[:6] == b"Exif\x00\x00" and not exif:
            exif = body[6:]
            orientation = exif_orientation(exif)
        elif marker == 0xE1 and body.startswith(b"http://ns.adobe.com/xap/1.0/\x00"):
            xmp = body[29:]
        elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\x00") and len(body) > 14:
            profile[body[12]] = body[14:]
        position += 2 + length
    if frame is None:
        return None
    width, height, components, precision = frame
    tail = data.rfind(b"\xff\xd9", max(position, 0))
    joined = b"".join(profile[i] for i in sorted(profile))
    return Header(width, height, components, precision, orientation, joined, exif, xmp, tail < 0)


def exif_orientation(tiff: bytes) -> int:
    """Orientation 1-8 in the first directory of an EXIF block (TIFF bytes); 1 when absent or impossible."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return 1
    start = struct.unpack_from(order + "I", tiff, 4)[0]
    if start + 2 > len(tiff):
        return 1
    for index in range(struct.unpack_from(order + "H", tiff, start)[0]):
        entry = start + 2 + index * 12
        if entry + 12 > len(tiff):
            return 1
        tag, kind = struct.unpack_from(order + "HH", tiff, entry)
        if tag == 0x0112 and kind == 3:
            value: int = struct.unpack_from(order + "H", tiff, entry + 8)[0]
            return value if 1 <= value <= 8 else 1
    return 1
