"""Directories of tags in TIFF structure: the form of EXIF blocks, TIFF files and most camera raw files.

Source: TIFF 6.0 (Adobe, 1992) section 2, BigTIFF, Exif 3.0 (CIPA DC-008).
"""

from __future__ import annotations

import struct

from veduta.image.source import Bytes

Value = bytes | tuple[int, ...] | tuple[float, ...] | tuple[tuple[int, int], ...]
Directory = dict[int, Value]

_MOST_ENTRIES = 4096
_MOST_BYTES = (
    1 << 24
)  # of one value; an XMP packet may be large, thumbnails and maker notes are not wanted whole
_LETTERS = {3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_VERSIONS = {42, 43, 0x55, 0x4F52, 0x5352}  # TIFF, BigTIFF, Panasonic, Olympus


class Tiff:
    """A TIFF structure that begins at `base` of `data`; raises ValueError where there is none.

    Damaged entries are left out; nothing is read outside `data`, and loops of directories end.
    """

    def __init__(self, data: Bytes, base: int = 0) -> None:
        self._data = data
        self._base = base
        head = data.at(base, 16)
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        if order is None or len(head) < 8:
            raise ValueError("no TIFF header")
        self.order = order
        version = struct.unpack(order + "H", head[2:4])[0]
        if version not in _VERSIONS:
            raise ValueError(f"TIFF version {version} is not known")
        self._big = version == 43
        if self._big and len(head) < 16:
            raise ValueError("the TIFF header is cut off")
        self.first: int = struct.unpack(order + "Q", head[8:16])[0] if self._big else self._int(head[4:8])
        self._seen: set[int] = set()

    def _int(self, raw: bytes) -> int:
        return int.from_bytes(raw, "little" if self.order == "<" else "big")

    def directory(self, offset: int, wanted: frozenset[int] | None = None) -> tuple[Directory, int]:
        """The tags (only `wanted`, if given) of the directory at `offset` and the offset of the next one (0:
        none).
        """
        if offset <= 0 or offset in self._seen:
            return {}, 0
        self._seen.add(offset)
        count_size, entry_size, inline = (8, 20, 8) if self._big else (2, 12, 4)
        count = self._int(self._data.at(self._base + offset, count_size))
        if not 0 < count <= _MOST_ENTRIES:
            return {}, 0
        block = self._data.at(self._base + offset + count_size, count * entry_size + inline)
        tags: Directory = {}
        for start in range(0, min(count * entry_size, len(block) - entry_size + 1), entry_size):
            tag, kind = struct.unpack_from(self.order + "HH", block, start)
            if wanted is not None and tag not in wanted:
                continue
            number = self._int(block[start + 4 : start + 4 + inline])
            value = self._value(kind, number, block[start + 4 + inline : start + entry_size])
            if value is not None and tag not in tags:
                tags[tag] = value
        after = block[count * entry_size : count * entry_size + inline]
        return tags, self._int(after) if len(after) == inline else 0

    def _value(self, kind: int, count: int, field: bytes) -> Value | None:
        size = _SIZES.get(kind)
        if size is None or count <= 0 or count * size > _MOST_BYTES:
            return None
        length = count * size
        raw = field[:length] if length <= len(field) else self._data.at(self._base + self._int(field), length)
        if kind in (1, 2, 7):
            return raw or None  # a text cut off by the end of the block is still worth reading
        if len(raw) < length:
            return None
        if kind in (5, 10):
            flat = struct.unpack(f"{self.order}{2 * count}{'I' if kind == 5 else 'i'}", raw)
            return tuple(zip(flat[::2], flat[1::2], strict=True))
        return struct.unpack(f"{self.order}{count}{_LETTERS[kind]}", raw)


def integer(value: Value | None) -> int | None:
    """The first whole number of a value; None when it is something else."""
    if isinstance(value, bytes):
        return value[0] if len(value) == 1 else None
    if value and isinstance(value[0], int):
        return value[0]
    real = real_number(value)
    return int(real) if real is not None and real == int(real) else None


def integers(value: Value | None) -> tuple[int, ...]:
    """All whole numbers of a value."""
    if value is None or isinstance(value, bytes):
        return tuple(value or ())
    return tuple(v for v in value if isinstance(v, int))


def real_number(value: Value | None) -> float | None:
    """The first number of a value; None when there is none or its denominator is 0."""
    reals = real_numbers(value)
    return reals[0] if reals else None


def real_numbers(value: Value | None) -> tuple[float, ...] | None:
    """All numbers of a value; None when it has none, or one of them is no finite number."""
    if value is None or isinstance(value, bytes):
        return None
    out = []
    for item in value:
        if isinstance(item, tuple):
            if item[1] == 0:
                return None
            out.append(item[0] / item[1])
        elif item != item or item in (float("inf"), float("-inf")):
            return None
        else:
            out.append(float(item))
    return tuple(out) or None


def text(value: Value | None, encoding: str | None = None) -> str | None:
    """A value as text up to its first zero byte, stripped; None when empty. UTF-8, else Windows' Latin-1."""
    if not isinstance(value, bytes):
        return None
    if encoding is not None:
        found = value.decode(encoding, "replace").split("\0")[0]
    else:
        raw = value.split(b"\0")[0]
        try:
            found = raw.decode("utf-8")
        except UnicodeDecodeError:
            found = raw.decode("cp1252", "replace")
    found = "".join(c for c in found if c.isprintable() or c in "\n\t").strip()
    return found or None
