"""What is known about a photo besides its pixels: EXIF, IPTC and XMP in the file, and its sidecar."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from veduta.image import blocks, exif, film, formats, moment, orientation, raw, sidecar, xmp
from veduta.image.blocks import Blocks
from veduta.image.exif import Exif
from veduta.image.film import Film
from veduta.image.moment import Moment
from veduta.image.sidecar import FaceRegion
from veduta.image.source import Source
from veduta.image.xmp import Xmp

T = TypeVar("T")

__all__ = ["FaceRegion", "Metadata", "read_metadata", "write_sidecar"]


@dataclass(frozen=True, slots=True)
class Metadata:
    """Everything is None, or empty, when it is not known; nothing is guessed.

    `taken` is what the clock showed where the photo was taken, `taken_offset` its distance from UTC in
    minutes (from EXIF's offset, or from comparing with the satellites' time), `taken_source` which field
    told. Position in degrees, WGS 84, altitude in meters; exposure in seconds, focal lengths in mm. `rating`
    is 0 to 5 stars, -1 rejected. Face regions are relative to the upright photo.
    """

    taken: datetime.datetime | None = None
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
    """Read a photo's or video's metadata, its sidecar included; the pixels are not decoded.

    Where two sources speak, the sidecar wins over the file, and in the file XMP over IPTC over EXIF for what
    people write (title, keywords, rating...), EXIF over XMP for what the camera writes (time, position). A
    damaged block counts as absent. Raises UnreadableImage when the file itself cannot be read.
    """
    path = Path(path)
    with Source(path) as source:
        kind = formats.sniff(source.at(0, 512))
        if kind == "tiff" and path.suffix.lower() in formats.RAW_SUFFIXES:
            kind = "raw"
        found = Blocks() if kind == "video" else blocks.find(source, kind)
        if kind == "tiff" and raw.is_raw(source):
            kind = "raw"
        clip = film.read(source) if kind == "video" else None
    beside = sidecar.read(path)
    inside = [x for x in map(xmp.parse, found.xmp) if x is not None]
    if clip is not None:
        return _of_video(clip, beside)
    return _merge(found, inside, beside)


def write_sidecar(path: Path | str, metadata: Metadata, size: tuple[int, int] | None = None) -> Path:
    """Write what is known into the sidecar `path` (given a photo, into its sidecar); returns the sidecar's path.

    Fields of `metadata` that are None or empty are left as they stand in the sidecar (`sidecar.write`
    erases), and so is all else in it. `size` is that of the upright photo, for programs that check what the
    face regions refer to. Atomic; the photo is not touched. Raises BrokenSidecarError, ValueError and OSError as
    `sidecar.write` does.
    """
    path = Path(path)
    beside = path if path.suffix.lower() == ".xmp" else sidecar.find(path) or sidecar.named(path)
    fields: sidecar.Fields = {}
    if metadata.rating is not None:
        fields["rating"] = metadata.rating
    if metadata.title:
        fields["title"] = metadata.title
    if metadata.description:
        fields["description"] = metadata.description
    if metadata.keywords:
        fields["keywords"] = metadata.keywords
    if metadata.face_regions:
        fields["face_regions"] = metadata.face_regions
    if metadata.taken is not None:
        fields["taken"], fields["taken_offset"] = metadata.taken, metadata.taken_offset
    if metadata.latitude is not None:
        fields["latitude"], fields["longitude"] = metadata.latitude, metadata.longitude
    sidecar.write(beside, size, metadata.orientation, **fields)
    return beside


def _merge(found: Blocks, inside: Sequence[Xmp], beside: Xmp | None) -> Metadata:
    camera = found.exif or Exif()
    own = found.iptc
    said = [*([beside] if beside else []), *inside]
    taken, source = _taken(camera, inside, beside)
    latitude, longitude, altitude = _position(camera, inside, beside)
    written = _first([x.keywords for x in said])
    names = [exif.camera_name(*x.camera) for x in said if x.camera[1]]
    return Metadata(
        taken=taken.local if taken else None,
        taken_offset=taken.offset if taken else None,
        taken_source=source,
        latitude=latitude,
        longitude=longitude,
        altitude=altitude,
        camera=_first([camera.camera, *names]),
        lens=camera.lens,
        aperture=camera.aperture,
        exposure=camera.exposure,
        iso=camera.iso,
        focal_length=camera.focal_length,
        focal_length_35mm=camera.focal_length_35mm,
        orientation=camera.orientation,
        title=_first([*(x.title for x in said), own.title if own else None, camera.title]),
        description=_first(
            [exif.meaningful(d) for d in (*(x.description for x in said), own.description if own else None)]
            + [camera.description]
        ),
        rating=_first([*(x.rating for x in said), camera.rating]),
        keywords=written if written is not None else (own.keywords if own else ()) or camera.keywords,
        face_regions=_faces(said, camera.orientation, found.stored_size),
    )


def _of_video(clip: Film, beside: Xmp | None) -> Metadata:
    said = beside or Xmp()
    taken = said.taken or clip.created or said.created
    latitude, longitude = said.latitude, said.longitude
    altitude = said.altitude
    if latitude is None:
        latitude, longitude, altitude = clip.latitude, clip.longitude, clip.altitude
    return Metadata(
        taken=taken.local if taken else None,
        taken_offset=taken.offset if taken else None,
        taken_source=None if taken is None else clip.created_source if taken is clip.created else "sidecar",
        latitude=latitude,
        longitude=longitude,
        altitude=altitude,
        camera=exif.camera_name(clip.make, clip.model),
        title=said.title,
        description=said.description,
        rating=said.rating,
        keywords=said.keywords or (),
    )


def _first(values: Sequence[T | None]) -> T | None:
    return next((v for v in values if v is not None), None)


def _taken(camera: Exif, inside: Sequence[Xmp], beside: Xmp | None) -> tuple[Moment | None, str | None]:
    """The moment, and which field told it; the offset from the satellites' time where no field tells it."""
    candidates = [
        (beside.taken if beside else None, "sidecar"),
        (camera.original, "exif original"),
        (camera.digitized, "exif digitized"),
        *((x.taken, "xmp") for x in inside),
        (camera.modified, "exif modified"),
        *((x.created, "xmp") for x in inside),
        (beside.created if beside else None, "sidecar"),
    ]
    for found, source in candidates:
        if found is None:
            continue
        # A date without offset may borrow it only from the satellites' clock, read at the moment of exposure.
        if found.offset is None and camera.utc is not None and source != "exif modified":
            found = Moment(found.local, moment.offset_from_utc(found.local, camera.utc))
        return found, source
    if camera.utc is not None:
        return Moment(camera.utc, 0), "gps"
    return None, None


def _position(
    camera: Exif, inside: Sequence[Xmp], beside: Xmp | None
) -> tuple[float | None, float | None, float | None]:
    for told in (beside, camera, *inside):
        if told is not None and told.latitude is not None:
            return told.latitude, told.longitude, told.altitude
    return None, None, camera.altitude


def _faces(said: Sequence[Xmp], turned: int, stored: tuple[int, int] | None) -> tuple[FaceRegion, ...]:
    """The regions of the first packet that has any, in the upright photo."""
    for told in said:
        if told.regions is None:
            continue
        turn = turned
        # Some programs write regions of the upright photo; the size that they tell gives them away.
        if orientation.turns(turn) and stored and told.region_size and told.region_size != stored:
            width, height = told.region_size
            if (width < height) == (stored[1] < stored[0]) and stored[0] != stored[1]:
                turn = 1
        return tuple(
            FaceRegion(r.name, *orientation.upright_box((r.x, r.y, r.w, r.h), turn)) for r in told.regions
        )
    return ()
