"""Tags put into a finished TIFF file: its directory is written anew at the end; the pixels stay where they are."""

from __future__ import annotations

import io
import struct

from PIL import Image, TiffImagePlugin

_ICC, _XMP = 34675, 700


def with_tags(data: bytes, profile: bytes | None, xmp: bytes | None, exif: Image.Exif | None) -> bytes:
    """The same TIFF file with a color profile, XMP and the tags of an EXIF block."""
    if profile is None and xmp is None and exif is None:
        return data
    with Image.open(io.BytesIO(data), formats=("TIFF",)) as picture:
        told: TiffImagePlugin.ImageFileDirectory_v2 = picture.tag_v2  # type: ignore[attr-defined]
        made = TiffImagePlugin.ImageFileDirectory_v2(ifh=data[:8])
        for tag, value in told.items():
            made.tagtype[tag] = told.tagtype[tag]
            made[tag] = value
    if exif is not None:
        for tag, value in exif.items():
            made[tag] = value
    for tag, block in ((_ICC, profile), (_XMP, xmp)):
        if block is not None:
            made.tagtype[tag] = 7 if tag == _ICC else 1
            made[tag] = block
    end = len(data) + len(data) % 2
    directory = made.tobytes(end)
    order = "<" if data[:2] == b"II" else ">"
    return data[:4] + struct.pack(f"{order}I", end) + data[8:] + b"\0" * (end - len(data)) + directory
