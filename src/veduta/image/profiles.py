"""Color profiles made here, for colors that a file announces without embedding a profile.

Source: ICC.1:2022 (profile format 4.4), sections 7 to 10.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Sequence

import numpy as np

from veduta.image import avif, exif, icc, jpeg
from veduta.image.source import Memory

_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_ADOBE_CURVE = (563 / 256,)
_WHITE = (0.9642, 1.0, 0.8249)  # D50, of the connection space
# D65 to D50 by Bradford's method, told beside primaries that are adapted already.
_ADAPTED = (1.0478, 0.0229, -0.0502, 0.0295, 0.9905, -0.0171, -0.0092, 0.0150, 0.7521)


@functools.cache
def display_p3() -> bytes:
    """A profile of Display P3."""
    return _made("Display P3", icc.DISPLAY_P3, 3, _SRGB_CURVE)


@functools.cache
def adobe_rgb() -> bytes:
    """A profile of the colors of Adobe RGB (1998)."""
    return _made("Compatible with Adobe RGB (1998)", icc.ADOBE_RGB, 0, _ADOBE_CURVE)


def announced(data: bytes, kind: str) -> bytes | None:
    """The profile of wide colors that a file names without embedding it: cameras in EXIF, AVIF by a number."""
    if kind == "avif":
        return display_p3() if avif.told(data).primaries == avif.PRIMARIES_P3 else None
    header = jpeg.read_header(Memory(data)) if kind == "jpeg" else None
    if header is None or header.exif is None or header.components != 3:
        return None
    facts = exif.read_block(header.exif)
    return adobe_rgb() if facts is not None and facts.adobe_rgb else None


def _made(name: str, primaries: icc.Reals, kind: int, curve: Sequence[float]) -> bytes:
    """A profile of three primaries (columns XYZ, D50) and one parametric curve for all."""
    bent = b"para" + struct.pack(">IHH", 0, kind, 0) + _fixed(*curve)
    tags = {
        b"desc": _text(name),
        b"cprt": _text("No copyright; use freely"),
        b"wtpt": b"XYZ " + bytes(4) + _fixed(*_WHITE),
        b"chad": b"sf32" + bytes(4) + _fixed(*_ADAPTED),
    }
    for letter, column in zip((b"r", b"g", b"b"), np.asarray(primaries).T.tolist(), strict=True):
        tags[letter + b"XYZ"] = b"XYZ " + bytes(4) + _fixed(*column)
    # The curve is stored once; all three tags lead to it.
    table, body, start = b"", b"", 128 + 4 + 12 * (len(tags) + 3)
    for tag, value in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(value))
        body += value.ljust(-(-len(value) // 4) * 4, b"\0")
    for letter in (b"r", b"g", b"b"):
        table += letter + b"TRC" + struct.pack(">II", start + len(body), len(bent))
    body += bent
    head = struct.pack(">I", start + len(body)) + bytes(4) + struct.pack(">I", 0x04400000)
    head += b"mntrRGB XYZ " + struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp"
    head = head.ljust(68, b"\0") + _fixed(*_WHITE)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags) + 3) + table + body


def _text(words: str) -> bytes:
    """A text in one language."""
    coded = words.encode("utf-16-be")
    return b"mluc" + struct.pack(">III", 0, 1, 12) + b"enUS" + struct.pack(">II", len(coded), 28) + coded


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)
