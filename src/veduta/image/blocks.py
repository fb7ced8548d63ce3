"""Where each format keeps its metadata: finds the EXIF, XMP and IPTC blocks of a file without decoding it."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from veduta.image import exif, iptc, isobmff, jpeg
from veduta.image.exif import Exif
from veduta.image.iptc import Iptc
from veduta.image.source import Bytes, Memory

_MOST_BYTES = 1 << 24
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF_UUID = b"JpgTiffExif->JP2"


@dataclass(slots=True)
class Blocks:
    """What was found: EXIF already read, XMP packets as they stand, IPTC, and the stored size where it is
    known.
    """

    exif: Exif | None = None
    xmp: list[bytes] = field(default_factory=list)
    iptc: Iptc | None = None
    stored_size: tuple[int, int] | None = None


def find(data: Bytes, kind: str) -> Blocks:
    """The metadata blocks of a file of this format; empty ones where it has none or they are damaged."""
    found = Blocks()
    if kind == "jpeg":
        _jpeg(data, found)
    elif kind == "png":
        _png(data, found)
    elif kind == "webp":
        _webp(data, found)
    elif kind in ("heif", "avif"):
        _heif(data, found)
    elif kind == "tiff":
        found.exif = exif.read_tiff(data)
    elif kind == "raw":
        _raw(data, found)
    elif kind == "jpeg2000":
        _jpeg2000(data, found)
    elif kind == "psd":
        _psd(data, found)
    elif kind == "gif":
        _search(data, found)
    if found.exif is not None:
        if found.exif.xmp is not None:
            found.xmp.append(found.exif.xmp)
        if found.iptc is None and found.exif.iptc is not None:
            found.iptc = iptc.read(found.exif.iptc)
    return found


def _jpeg(data: Bytes, found: Blocks) -> None:
    header = jpeg.read_header(data)
    if header is None:
        return
    found.stored_size = (header.width, header.height)
    found.exif = exif.read_block(header.exif) if header.exif else None
    found.xmp.extend(header.xmp)
    found.iptc = iptc.of_photoshop(header.photoshop) if header.photoshop else None


def _chunks(data: Bytes, start: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Kind, offset and length of the chunks of a PNG (big endian, CRC behind) or RIFF (little, padded)."""
    position = start
    while True:
        head = data.at(position, 8)
        if len(head) < 8:
            return
        if order == "big":
            length, kind, after = int.from_bytes(head[:4], "big"), head[4:], 4
        else:
            length, kind = int.from_bytes(head[4:], "little"), head[:4]
            after = length % 2
        yield kind, position + 8, length
        position += 8 + length + after


def _png(data: Bytes, found: Blocks) -> None:
    head = data.at(16, 8)
    found.stored_size = (int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big"))
    for kind, start, length in _chunks(data, 8, "big"):
        if kind == b"IEND":
            return
        if kind not in (b"eXIf", b"iTXt", b"zTXt", b"tEXt") or length > _MOST_BYTES:
            continue
        body = data.at(start, length)
        if kind == b"eXIf":
            found.exif = exif.read_block(body.removeprefix(b"Exif\0\0")) or found.exif
            continue
        word, text = _png_text(kind, body)
        if word == b"XML:com.adobe.xmp":
            found.xmp.append(text)
        elif word.startswith(b"Raw profile type ") and word.endswith((b"exif", b"APP1")) and not found.exif:
            found.exif = exif.read_block(_from_hex(text).removeprefix(b"Exif\0\0"))


def _png_text(kind: bytes, body: bytes) -> tuple[bytes, bytes]:
    """Keyword and text of a text chunk, inflated (at most 16 MB)."""
    word, _, rest = body.partition(b"\0")
    packed = kind == b"zTXt"
    if packed:
        rest = rest[1:]
    elif kind == b"iTXt":
        packed = rest[:1] == b"\1"
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    if packed:
        with contextlib.suppress(zlib.error):
            return word, zlib.decompressobj().decompress(rest, _MOST_BYTES)
        return word, b""
    return word, rest


def _from_hex(text: bytes) -> bytes:
    """ImageMagick's profile: a name and a length on lines of their own, then hexadecimal digits."""
    lines = text.strip().split(b"\n")
    with contextlib.suppress(ValueError):
        return bytes.fromhex(b"".join(lines[2:]).decode("ascii", "replace"))
    return b""


def _webp(data: Bytes, found: Blocks) -> None:
    for kind, start, length in _chunks(data, 12, "little"):
        if length > _MOST_BYTES:
            continue
        if kind == b"EXIF":
            found.exif = exif.read_block(data.at(start, length).removeprefix(b"Exif\0\0"))
        elif kind == b"XMP ":
            found.xmp.append(data.at(start, length))


def _heif(data: Bytes, found: Blocks) -> None:
    for kind, mime, body in isobmff.metadata_items(data):
        if kind == b"Exif" and found.exif is None:
            # Four bytes tell how much lies between them and the TIFF header ("Exif\0\0", usually).
            found.exif = exif.read_block(body[4 + int.from_bytes(body[:4], "big") :])
        elif mime == b"application/rdf+xml":
            found.xmp.append(body)


def _raw(data: Bytes, found: Blocks) -> None:
    head = data.at(0, 160)
    if head.startswith(b"FUJIFILMCCD-RAW"):
        start, length = int.from_bytes(head[84:88], "big"), int.from_bytes(head[88:92], "big")
        if length <= _MOST_BYTES:
            _jpeg(Memory(data.at(start, length)), found)
            found.stored_size = None
    elif head[4:8] == b"ftyp":
        _cr3(data, found)
    else:
        found.exif = exif.read_tiff(data)


def _cr3(data: Bytes, found: Blocks) -> None:
    movie = isobmff.find(data, b"moov")
    for box in isobmff.boxes(data):
        if box.kind == b"uuid" and data.at(box.start, 16) == _XMP_UUID:
            found.xmp.append(isobmff.content(data, box)[16:])
    if movie is None:
        return
    for box in isobmff.boxes(data, movie.start, movie.end):
        if box.kind == b"uuid" and data.at(box.start, 16) == _CANON:
            parts = {b.kind: isobmff.content(data, b) for b in isobmff.boxes(data, box.start + 16, box.end)}
            found.exif = exif.read_directories(*(parts.get(k, b"") for k in (b"CMT1", b"CMT2", b"CMT4")))


def _jpeg2000(data: Bytes, found: Blocks) -> None:
    for box in isobmff.boxes(data):
        if box.kind == b"uuid":
            body = isobmff.content(data, box)
            if body.startswith(_XMP_UUID):
                found.xmp.append(body[16:])
            elif body.startswith(_EXIF_UUID):
                found.exif = exif.read_block(body[16:].removeprefix(b"Exif\0\0"))


def _psd(data: Bytes, found: Blocks) -> None:
    start = 30 + int.from_bytes(data.at(26, 4), "big")
    length = int.from_bytes(data.at(start, 4), "big")
    if length > _MOST_BYTES:
        return
    parts = iptc.resources(data.at(start + 4, length))
    found.exif = exif.read_block(parts[1058]) if 1058 in parts else None
    found.xmp.extend(parts[n] for n in (1060,) if n in parts)
    found.iptc = iptc.read(parts[1028]) if 1028 in parts else None


def _search(data: Bytes, found: Blocks) -> None:
    """XMP by its opening words, for formats that hide it in odd places; the first megabyte is searched."""
    head = data.at(0, 1 << 20)
    start = head.find(b"<x:xmpmeta")
    end = head.find(b"</x:xmpmeta>", start)
    if 0 <= start < end:
        found.xmp.append(head[start : end + 12])
