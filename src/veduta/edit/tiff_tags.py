"""Tags put into a finished TIFF file: its directory is written anew at the end; the pixels stay where they are."""

from __future__ import annotations

import io
import struct

import numpy as np
from PIL import Image, TiffImagePlugin

_ICC, _XMP, _STRIPS = 34675, 700, 273
_CHANNELS, _EXTRA, _TRANSPARENCY = 277, 338, 2  # colors are not multiplied by it


def with_tags(data: bytes, profile: bytes | None, xmp: bytes | None, exif: Image.Exif | None) -> bytes:
    """The same TIFF file with a color profile, XMP and tags of an EXIF block; a fourth channel is called what it is."""
    with Image.open(io.BytesIO(data), formats=("TIFF",)) as picture:
        told: TiffImagePlugin.ImageFileDirectory_v2 = picture.tag_v2  # type: ignore[attr-defined]
        made = TiffImagePlugin.ImageFileDirectory_v2(ifh=data[:8])
        for tag, value in told.items():
            made.tagtype[tag] = told.tagtype[tag]
            made[tag] = value
    if told.get(_CHANNELS, 1) == 4 and _EXTRA not in told:
        made[_EXTRA] = _TRANSPARENCY
    elif profile is None and xmp is None and exif is None:
        return data
    if exif is not None:
        for tag, value in exif.items():
            made[tag] = value
    for tag, block in ((_ICC, profile), (_XMP, xmp)):
        if block is not None:
            made.tagtype[tag] = 7 if tag == _ICC else 1
            made[tag] = block
    end = len(data) + len(data) % 2
    order = "<" if data[:2] == b"II" else ">"
    directory = _at_their_place(made.tobytes(end), np.atleast_1d(told[_STRIPS]).tolist(), end, order)
    return data[:4] + struct.pack(f"{order}I", end) + data[8:] + b"\0" * (end - len(data)) + directory


def _at_their_place(directory: bytes, strips: list[int], end: int, order: str) -> bytes:
    """The directory, which Pillow writes for strips that follow it, with the strips where they are."""
    out = bytearray(directory)
    (count,) = struct.unpack_from(f"{order}H", out, 0)
    for at in range(2, 2 + 12 * count, 12):
        tag, kind, values, place = struct.unpack_from(f"{order}HHII", out, at)
        if tag == _STRIPS:
            form = f"{order}{values}{'H' if kind == 3 else 'I'}"
            start = at + 8 if struct.calcsize(form) <= 4 else place - end
            struct.pack_into(form, out, start, *strips)
    return bytes(out)
