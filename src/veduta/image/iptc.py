"""IPTC: titles, captions and keywords as photo desks wrote them before XMP. Source: IPTC-IIM 4.2."""

from __future__ import annotations

from dataclasses import dataclass

_IPTC, _EXIF, _XMP = 1028, 1058, 1060
_UTF8 = b"\x1b%G"


@dataclass(frozen=True, slots=True)
class Iptc:
    """The fields that Veduta uses."""

    title: str | None = None
    description: str | None = None
    keywords: tuple[str, ...] = ()


def resources(block: bytes) -> dict[int, bytes]:
    """The resources of a Photoshop block ("8BIM" records) by number; stops where the block is damaged."""
    found: dict[int, bytes] = {}
    position = 0
    while block[position : position + 4] in (b"8BIM", b"8B64", b"MeSa", b"PHUT", b"AgHg", b"DCSR"):
        number = int.from_bytes(block[position + 4 : position + 6], "big")
        if position + 6 >= len(block):
            break
        name = block[position + 6] + 1
        start = position + 6 + name + name % 2
        size = int.from_bytes(block[start : start + 4], "big")
        found.setdefault(number, block[start + 4 : start + 4 + size])
        position = start + 4 + size + size % 2
    return found


def of_photoshop(block: bytes) -> Iptc | None:
    """The IPTC record inside a Photoshop block; None when there is none."""
    record = resources(block).get(_IPTC)
    return read(record) if record else None


def read(record: bytes) -> Iptc:
    """Title, caption and keywords of a record of data sets (0x1C, record, set, length, value)."""
    sets: dict[tuple[int, int], list[bytes]] = {}
    position = 0
    while position + 5 <= len(record) and record[position] == 0x1C:
        size = int.from_bytes(record[position + 3 : position + 5], "big")
        if size >= 0x8000:
            break
        value = record[position + 5 : position + 5 + size]
        sets.setdefault((record[position + 1], record[position + 2]), []).append(value)
        position += 5 + size
    utf8 = sets.get((1, 90), [b""])[0] == _UTF8

    def texts(number: int) -> list[str]:
        found = [_text(v, utf8) for v in sets.get((2, number), [])]
        return [t for t in found if t]

    title = texts(5) or texts(105)
    caption = texts(120)
    return Iptc(
        title[0] if title else None,
        caption[0] if caption else None,
        tuple(dict.fromkeys(texts(25))),
    )


def _text(value: bytes, utf8: bool) -> str:
    try:
        found = value.decode("utf-8")
    except UnicodeDecodeError:
        found = value.decode("utf-8" if utf8 else "cp1252", "replace")
    return "".join(c for c in found if c.isprintable() or c in "\n\t").strip()
