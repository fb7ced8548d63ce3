"""Take the position out of a copy of a photo, without touching its pixels.

Nothing moves: in each TIFF block (that is what EXIF is, in JPEG, HEIC, AVIF, WebP and PNG, and what TIFF
and most RAW files are) the directory of GPS tags and all its values are overwritten with zeros; in XMP and
film metadata positions are overwritten with spaces of the same length. Only the checksums of PNG are
computed anew.
"""

from __future__ import annotations

import re
import struct
import zlib

GPS_POINTER = 0x8825
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_TIFF = re.compile(rb"II\*\x00|MM\x00\*|IIRO|IIU\x00")
_XMP = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>|<rdf:RDF.*?</rdf:RDF>", re.DOTALL)
_XMP_GPS = re.compile(
    rb"""(?:exif|drone-dji):(?:GPS|Gps)\w*\s*=\s*(?P<q>["'])(?P<a>.*?)(?P=q)"""
    rb"""|<(?P<tag>(?:exif|drone-dji):(?:GPS|Gps)\w*)[^>]*>(?P<b>.*?)</(?P=tag)>""",
    re.DOTALL,
)
_ISO_6709 = re.compile(rb"[+-]\d{2}(?:\.\d{2,})[+-]\d{3}(?:\.\d{2,})(?:[+-]\d+(?:\.\d+)?)?(?:CRS[\w:]+)?/")
_PNG = b"\x89PNG\r\n\x1a\n"


def strip_location(data: bytes) -> bytes:
    """The same file without position; bytes that hold none come back as they are."""
    if data.startswith(_PNG):
        return _strip_png(data)
    out = bytearray(data)
    _blank_all(out)
    return bytes(out)


def _blank_all(out: bytearray) -> None:
    for start in _tiff_starts(out):
        _blank_gps(out, start)
    _blank_xmp(out)
    for found in list(_ISO_6709.finditer(out)):
        _fill(out, found.start(), found.end(), b" ")


def _tiff_starts(data: bytearray) -> list[int]:
    """Where TIFF blocks may begin: at the start of the file, and wherever a header stands that leads to a
    directory.
    """
    return [found.start() for found in _TIFF.finditer(data)]


def _blank_gps(out: bytearray, start: int) -> None:
    order = "<" if out[start : start + 1] == b"I" else ">"
    if start + 8 > len(out):
        return
    (first,) = struct.unpack_from(f"{order}I", out, start + 4)
    for tag, kind, count, value in _directory(out, start, order, first):
        if tag == GPS_POINTER and kind in (4, 13) and count == 1:
            _blank_directory(out, start, order, struct.unpack_from(f"{order}I", out, value)[0])


def _directory(out: bytearray, start: int, order: str, offset: int) -> list[tuple[int, int, int, int]]:
    """Entries (tag, type, count, position of the four value bytes) of a directory; none if it is not one."""
    at = start + offset
    if offset < 8 or at + 2 > len(out):
        return []
    (entries,) = struct.unpack_from(f"{order}H", out, at)
    if not 0 < entries <= 1000 or at + 2 + 12 * entries > len(out):
        return []
    found = []
    for index in range(entries):
        where = at + 2 + 12 * index
        tag, kind, count = struct.unpack_from(f"{order}HHI", out, where)
        found.append((tag, kind, count, where + 8))
    return found


def _blank_directory(out: bytearray, start: int, order: str, offset: int) -> None:
    for _, kind, count, value in _directory(out, start, order, offset):
        size = _TYPE_BYTES.get(kind, 0) * count
        if size > 4:
            (pointer,) = struct.unpack_from(f"{order}I", out, value)
            if pointer >= 8 and start + pointer + size <= len(out) and size <= 65536:
                _fill(out, start + pointer, start + pointer + size, b"\0")
        # A count of none and a value of none: readers find no tag that they know.
        _fill(out, value - 8, value + 4, b"\0")


def _blank_xmp(out: bytearray) -> None:
    for packet in list(_XMP.finditer(out)):
        for found in _XMP_GPS.finditer(bytes(out[packet.start() : packet.end()])):
            group = "a" if found.group("a") is not None else "b"
            _fill(out, packet.start() + found.start(group), packet.start() + found.end(group), b" ")


def _fill(out: bytearray, start: int, end: int, byte: bytes) -> None:
    out[start:end] = byte * (end - start)


def _strip_png(data: bytes) -> bytes:
    """Each chunk of metadata by itself; compressed text that could hold XMP or EXIF is left out."""
    out, at = bytearray(_PNG), len(_PNG)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], bytearray(data[at + 8 : at + 8 + length])
        at += 12 + length
        packed = kind == b"zTXt" or (kind == b"iTXt" and b"\0\1" in body[:82])
        raw_profile = kind == b"tEXt" and body.startswith(b"Raw profile type")
        if packed or raw_profile:
            continue
        if kind in (b"eXIf", b"iTXt", b"tEXt"):
            _blank_all(body)
        out += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return bytes(out)
