"""What a file says about its photo: time, position, camera, words. Unknown stays unknown; nothing is invented."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import ExifTags

from veduta.errors import UnreadableImage
from veduta.files import write_bytes
from veduta.image import exif, xmp
from veduta.image.formats import VIDEO_SUFFIXES
from veduta.image.xmp import FaceRegion, Packet

__all__ = ["FaceRegion", "Metadata", "read_metadata", "sidecar_of", "write_sidecar"]

_LONGEST = 256 * 1024 * 1024  # bytes read for metadata; a larger file gives what its first part holds


@dataclass(frozen=True, slots=True)
class Metadata:
    """Facts of a photo. `taken` is local time without a zone, `taken_offset` minutes east of UTC where known.

    Positions are degrees, `altitude` meters above sea level, `exposure` seconds, focal lengths millimeters.
    """

    taken: datetime | None = None
    taken_offset: int | None = None
    taken_source: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    camera: str | None = None
    lens: str | None = None
    aperture: float | None = None
    exposure: float | None = None
    iso: int | None = None
    focal_length: float | None = None
    focal_length_35mm: float | None = None
    orientation: int = 1
    title: str | None = None
    description: str | None = None
    rating: int | None = None
    keywords: tuple[str, ...] = ()
    face_regions: tuple[FaceRegion, ...] = ()


def read_metadata(path: Path | str) -> Metadata:
    """Read EXIF, the XMP in the file and its sidecar, whose words win; raises UnreadableImage."""
    path = Path(path)
    inner, found = Packet(), Metadata()
    if path.suffix.lower() in VIDEO_SUFFIXES:
        found = _of_video(path)
    else:
        try:
            with path.open("rb") as file:
                data = file.read(_LONGEST)
        except OSError as error:
            raise UnreadableImage(path, f"cannot be read: {error.strerror or error}") from error
        block, packet = exif.blocks(data, path.suffix.lower())
        inner, found = xmp.parse(packet) if packet else Packet(), _of_exif(block)
    outer = Packet()
    sidecar = sidecar_of(path)
    if sidecar is not None:
        try:
            outer = xmp.parse(sidecar.read_bytes())
        except OSError:  # the photo itself is fine: an unreadable sidecar says nothing
            outer = Packet()
    values = {name: getattr(found, name) for name in Metadata.__slots__}
    for packet_ in (inner, outer):
        for name in ("title", "description", "rating", "keywords", "face_regions"):
            value = getattr(packet_, name)
            if value not in (None, ()):
                values[name] = value
    return Metadata(**values)


def sidecar_of(path: Path) -> Path | None:
    """The XMP sidecar that exists beside a photo: "IMG.jpg.xmp" before "IMG.xmp"."""
    for candidate in (path.with_name(path.name + ".xmp"), path.with_suffix(".xmp"), path.with_suffix(".XMP")):
        if candidate != path and candidate.is_file():
            return candidate
    return None


def write_sidecar(sidecar: Path, metadata: Metadata, size: tuple[int, int] | None = None) -> None:
    """Write title, description, rating, keywords and faces to `sidecar`; what else stands in it stays."""
    existing = sidecar.read_bytes() if sidecar.is_file() else b""
    packet = Packet(
        metadata.title, metadata.description, metadata.rating, metadata.keywords, metadata.face_regions
    )
    write_bytes(sidecar, xmp.compose(packet, size, existing))


def _of_exif(block: exif.Image.Exif) -> Metadata:
    tags = ExifTags.Base
    detail, gps = exif.directory(block, 0x8769), exif.directory(block, 0x8825)
    taken = source = None
    for value, name in (
        (detail.get(tags.DateTimeOriginal), "exif"),
        (detail.get(tags.DateTimeDigitized), "exif digitized"),
        (block.get(tags.DateTime), "exif modified"),
    ):
        taken = exif.moment(value)
        if taken is not None:
            source = name
            break
    offset = None
    if taken is not None:
        own = {"exif": 0x9011, "exif digitized": 0x9012}.get(source or "", 0x9010)
        offset = exif.offset_minutes(detail.get(own))
        utc = exif.gps_moment(gps)
        if offset is None and utc is not None and source == "exif":
            offset = exif.offset_from_gps(taken, utc)
    place = exif.coordinates(gps)
    altitude = exif.number(gps.get(6))
    if altitude is not None and gps.get(5) in (1, b"\x01"):
        altitude = -altitude
    iso = exif.number(detail.get(tags.ISOSpeedRatings))
    orientation = exif.number(block.get(tags.Orientation))
    rating = exif.number(block.get(0x4746))
    return Metadata(
        taken=taken,
        taken_offset=offset,
        taken_source=source,
        latitude=place[0] if place else None,
        longitude=place[1] if place else None,
        altitude=altitude if altitude is not None and -12_000 < altitude < 100_000 else None,
        camera=_camera(exif.text(block.get(tags.Make)), exif.text(block.get(tags.Model))),
        lens=exif.text(detail.get(tags.LensModel)),
        aperture=_positive(detail.get(tags.FNumber)),
        exposure=_positive(detail.get(tags.ExposureTime)),
        iso=int(iso) if iso is not None and 0 < iso < 10_000_000 else None,
        focal_length=_positive(detail.get(tags.FocalLength)),
        focal_length_35mm=_positive(detail.get(tags.FocalLengthIn35mmFilm)),
        orientation=int(orientation) if orientation is not None and 1 <= orientation <= 8 else 1,
        description=_words(exif.text(block.get(tags.ImageDescription))),
        rating=int(rating) if rating is not None and 1 <= rating <= 5 else None,
    )


def _positive(value: object) -> float | None:
    found = exif.number(value)
    return found if found is not None and 0 < found < 1_000_000 else None


def _camera(make: str | None, model: str | None) -> str | None:
    """Maker and model without saying the maker twice."""
    if model is None or make is None:
        return model or make
    first = make.split()[0].lower()
    return model if model.lower().startswith(first) else f"{make} {model}"


def _words(description: str | None) -> str | None:
    """A description that somebody wrote; the fillers that cameras write are none."""
    fillers = {
        "olympus digital camera",
        "sony dsc",
        "dcim",
        "digital camera",
        "minolta digital camera",
        "default",
    }
    return None if description is None or description.lower() in fillers else description


def _of_video(path: Path) -> Metadata:
    from veduta.image.video import probe

    if not os.access(path, os.R_OK):
        raise UnreadableImage(path, "no permission to read the file")
    found = probe(path)
    return Metadata(
        taken=found.created,
        taken_offset=0 if found.created else None,
        taken_source="video" if found.created else None,
        latitude=found.latitude,
        longitude=found.longitude,
    )
