"""A picture file's values as they are stored, out of the file and into a copy of it, with no change of their own.

For what works on the very values: a message in their lowest bits, a mark. Metadata and color profile go along.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from veduta.edit.picture_file import (
    SUFFIXES,
    NotWritten,
    WouldOverwrite,
    Written,
    another_format,
    check_still,
    coding,
    encode,
    kind_for,
    opened,
    same_file,
    without_location,
)
from veduta.edit.picture_kept import Kept, keep
from veduta.errors import BadInput
from veduta.files import write_bytes
from veduta.image import decode, heif, profiles, raw
from veduta.image.formats import NAMES
from veduta.image.source import read_bytes
from veduta.image.stored import Stored, read_stored

# Formats that give back the values that were put in.
LOSSLESS: dict[str, dict[str, Any]] = {
    "png": {},
    "tiff": {"compression": "tiff_adobe_deflate"},
    "webp": {"lossless": True, "exact": True, "quality": 60, "method": 4},
    "bmp": {},
}


@dataclass(frozen=True, slots=True)
class Values:
    """The stored values of a picture, upright, (h, w, 1 to 4) uint8 or uint16, and the color profile they are in."""

    stored: Stored
    profile: bytes | None


def read_values(path: Path) -> Values:
    """The values of a picture file; of one of other colors (CMYK...) its sRGB pixels, of camera raw those developed.

    Raises UnreadableImage, AnimatedPicture.
    """
    check_still(path)
    kind, data = decode.kind_of(path), read_bytes(path)
    if kind == "heif":
        return Values(*heif.read_stored(data, path)[:2])
    if kind == "raw":
        return Values(raw.develop(data, path, deep=True), profiles.display_p3())
    picture = opened(data, kind, path)
    if picture is None:
        return Values(decode.read(path), None)
    with picture:
        stored = read_stored(data, kind, picture)
        profile = picture.info.get("icc_profile")
        profile = profile or (profiles.announced(data, kind) if kind == "avif" else None)
    if stored is None:
        return Values(decode.read(path), None)
    return Values(stored, profile if isinstance(profile, bytes) and profile else None)


class LossyFormat(BadInput):
    """A format that does not keep every bit, where that is needed."""


def refuse_lossy(target: Path) -> None:
    """Raise LossyFormat where a file of this name would not keep every bit."""
    if target.suffix.lower() not in {suffix for kind in LOSSLESS for suffix in SUFFIXES[kind]}:
        raise LossyFormat(f"{target.name}: such a file does not keep every bit; name it .png, .tif or .webp")


def save_values(
    source: Path,
    values: Values,
    target: Path,
    lossless: bool,
    metadata: Callable[[Kept], Kept] | None = None,
    location: bool = True,
) -> Written:
    """Write values, a change of those of the photo `source`, to `target`, atomically, with its metadata.

    The format is that of the target's suffix; `lossless` ones only, where that is asked for. `metadata` may change
    what is kept; without `location` the copy does not tell where the photo was taken. Raises WouldOverwrite,
    NotWritten, UnreadableImage.
    """
    if same_file(source, target):
        raise WouldOverwrite(f"{target}: would write over the original; choose another name or folder")
    kind, wanted = decode.kind_of(source), kind_for(source, target)
    if lossless:
        refuse_lossy(target)
    if lossless and values.stored.dtype.itemsize == 2 and wanted not in ("png", "tiff"):
        raise NotWritten(f"{target.name}: {NAMES[wanted]} has no 16 bits a color; name it .png or .tif")
    data = read_bytes(source)
    picture = opened(data, kind, source)
    try:
        kept = keep(picture, data, kind, source, (values.stored.shape[1], values.stored.shape[0]))
        kept = kept if metadata is None else metadata(kept)
        how = {**LOSSLESS[wanted]} if lossless else coding(data, picture, kind, wanted)
    finally:
        if picture is not None:
            picture.close()
    notes = [*kept.notes, *another_format(kind, wanted)]
    encoded = encode(wanted, values.stored, values.profile, kept, how, notes, target)
    write_bytes(target, encoded if location else without_location(encoded, source, target))
    return Written(target, wanted, tuple(notes))
