"""What may stay of metadata when a photo is made public: how it was taken, never where, by whom or with which piece."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PIL import ExifTags, Image

from veduta.edit.picture_kept import Kept

# Everything else goes: position, maker notes, serial numbers, names of owners and artists, comments, unique numbers,
# previews, and XMP and IPTC altogether, for they hold names and places of faces.
KEPT = (
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.Orientation,
    ExifTags.Base.XResolution,
    ExifTags.Base.YResolution,
    ExifTags.Base.ResolutionUnit,
    ExifTags.Base.DateTime,
)
KEPT_INSIDE = (
    ExifTags.Base.ExposureTime,
    ExifTags.Base.FNumber,
    ExifTags.Base.ExposureProgram,
    ExifTags.Base.ISOSpeedRatings,
    ExifTags.Base.DateTimeOriginal,
    ExifTags.Base.OffsetTimeOriginal,
    ExifTags.Base.ExposureBiasValue,
    ExifTags.Base.MeteringMode,
    ExifTags.Base.Flash,
    ExifTags.Base.FocalLength,
    ExifTags.Base.FocalLengthIn35mmFilm,
    ExifTags.Base.WhiteBalance,
    ExifTags.Base.LensModel,
)


def public(kept: Kept) -> Kept:
    """Of what a copy keeps of its original's metadata, what tells nothing about anybody."""
    exif = None
    if kept.exif is not None:
        inside = kept.exif.get_ifd(ExifTags.IFD.Exif)
        exif = Image.Exif()
        for tag in KEPT:
            if tag in kept.exif:
                exif[tag] = kept.exif[tag]
        camera: dict[int, Any] = {int(tag): inside[tag] for tag in KEPT_INSIDE if tag in inside}
        if camera:
            exif.get_ifd(ExifTags.IFD.Exif).update(camera)
            exif[ExifTags.IFD.Exif] = camera
    return replace(kept, exif=exif, xmp=None, iptc=None, comment=None)
