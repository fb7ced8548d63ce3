"""Boxes of ISO base media files: HEIF, AVIF, CR3, MP4, QuickTime. Source: ISO/IEC 14496-12, 23008-12."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from veduta.image.source import Bytes

_MOST_BOXES = 10_000
_MOST_BYTES = 1 << 24


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its four-letter kind, and where its content (after the header) begins and ends."""

    kind: bytes
    start: int
    end: int


def boxes(data: Bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes between two offsets, one after another; stops at the first that is damaged or cut off."""
    end = data.size if end is None else min(end, data.size)
    for _ in range(_MOST_BOXES):
        head = data.at(start, 16)
        if len(head) < 8 or start + 8 > end:
            return
        size, kind, header = int.from_bytes(head[:4], "big"), head[4:8], 8
        if size == 1 and len(head) == 16:
            size, header = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:
            size = end - start
        if size < header:
            return
        yield Box(kind, start + header, min(start + size, end))
        start += size
        if start >= end:
            return


def find(data: Bytes, *kinds: bytes, start: int = 0, end: int | None = None) -> Box | None:
    """The box reached by a path of kinds, the first of each; None when there is none."""
    box: Box | None = None
    for kind in kinds:
        box = next((b for b in boxes(data, start, end) if b.kind == kind), None)
        if box is None:
            return None
        start, end = box.start, box.end
    return box


def content(data: Bytes, box: Box) -> bytes:
    """The bytes of a box; empty when it is larger than 16 MB."""
    length = box.end - box.start
    return data.at(box.start, length) if length <= _MOST_BYTES else b""


def metadata_items(data: Bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Type, content type and bytes of each Exif and XMP item of a HEIF or AVIF file."""
    meta = find(data, b"meta")
    if meta is None:
        return
    start = meta.start + 4  # version and flags
    names = find(data, b"iinf", start=start, end=meta.end)
    places = find(data, b"iloc", start=start, end=meta.end)
    if names is None or places is None:
        return
    wanted = dict(_entries(data, names))
    inside = find(data, b"idat", start=start, end=meta.end)
    for number, in_idat, extents in _locations(content(data, places)):
        if number in wanted:
            origin = inside.start if in_idat and inside is not None else 0
            parts = [data.at(origin + o, n or data.size) for o, n in extents if n <= _MOST_BYTES]
            yield (*wanted[number], b"".join(parts))


def _entries(data: Bytes, names: Box) -> Iterator[tuple[int, tuple[bytes, bytes]]]:
    """Number -> (type, content type) of the items that hold metadata."""
    version = data.at(names.start, 1)
    for box in boxes(data, names.start + (6 if version == b"\0" else 8), names.end):
        entry = content(data, box)
        if box.kind != b"infe" or len(entry) < 12 or entry[0] not in (2, 3):
            continue
        wide = 4 if entry[0] == 3 else 2
        number = int.from_bytes(entry[4 : 4 + wide], "big")
        kind = entry[6 + wide : 10 + wide]
        texts = entry[10 + wide :].split(b"\0")
        if kind in (b"Exif", b"mime"):
            yield number, (kind, texts[1] if kind == b"mime" and len(texts) > 1 else b"")


def _locations(table: bytes) -> Iterator[tuple[int, bool, list[tuple[int, int]]]]:
    """Item number, whether offsets count from the `idat` box, and its extents (offset, length)."""
    if len(table) < 8 or table[0] > 2:
        return
    version = table[0]
    sizes = (table[4] >> 4, table[4] & 15, table[5] >> 4, table[5] & 15 if version else 0)
    offset_size, length_size, base_size, index_size = sizes
    wide = 4 if version == 2 else 2
    position = 6

    def take(size: int) -> int:
        nonlocal position
        position += size
        return int.from_bytes(table[position - size : position], "big")

    for _ in range(min(take(wide), _MOST_BOXES)):
        if position >= len(table):
            return
        number = take(wide)
        method = take(2) & 15 if version else 0
        take(2)  # which file: only this one is read
        base = take(base_size)
        extents = []
        for _ in range(min(take(2), _MOST_BOXES)):
            if position >= len(table):
                return
            take(index_size)
            offset = take(offset_size)
            extents.append((base + offset, take(length_size)))
        if method in (0, 1):
            yield number, method == 1, extents
