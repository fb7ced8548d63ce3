"""EXIF: what the camera wrote about a photo. Source: Exif 3.0 (CIPA DC-008-2023)."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from veduta.image import moment, orientation
from veduta.image.moment import Moment
from veduta.image.source import Bytes, Memory
from veduta.image.tiff import Directory, Tiff, Value, integer, real_number, real_numbers, text

_EXIF_DIRECTORY, _GPS_DIRECTORY, _INTEROP_DIRECTORY = 0x8769, 0x8825, 0xA005

_MAIN = frozenset(
    (
        *(0x010E, 0x010F, 0x0110, 0x0112, 0x0132, 0x02BC, 0x83BB, 0x4746, _EXIF_DIRECTORY, _GPS_DIRECTORY),
        *(0x9C9B, 0x9C9C, 0x9C9E, 0xC614),
    )
)
_CAMERA = frozenset(
    (
        *(0x829A, 0x829D, 0x8827, 0x8833, 0x882A, 0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9201, 0x9202),
        *(0x920A, 0x927C, 0x9286, 0x9290, 0x9291, 0x9292, 0xA001, 0xA405, 0xA432, 0xA433, 0xA434),
        _INTEROP_DIRECTORY,
    )
)

# Texts that cameras put where a description belongs.
_NO_DESCRIPTION = re.compile(
    r"(?i)(olympus digital camera|sony dsc|(konica )?minolta digital camera|digital camera"
    r"|exif_jpeg_picture|jpeg|dcim\\.*|default|untitled|<.*(samsung|digimax).*>|_+|-+|\s*)"
)


@dataclass(frozen=True, slots=True)
class Exif:
    """The fields that Veduta uses; None where absent or damaged."""

    orientation: int = 1
    camera: str | None = None
    lens: str | None = None
    aperture: float | None = None
    exposure: float | None = None
    iso: int | None = None
    focal_length: float | None = None
    focal_length_35mm: float | None = None
    original: Moment | None = None
    digitized: Moment | None = None
    modified: Moment | None = None
    utc: datetime.datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    title: str | None = None
    description: str | None = None
    rating: int | None = None
    keywords: tuple[str, ...] = ()
    adobe_rgb: bool = False
    xmp: bytes | None = None
    iptc: bytes | None = None
    identifier: str | None = None


def read_block(block: bytes) -> Exif | None:
    """An EXIF block that begins with its TIFF header; None when it holds none."""
    return read_tiff(Memory(block))


def read_tiff(data: Bytes, base: int = 0) -> Exif | None:
    """The EXIF of a TIFF structure: a block, a TIFF file or a raw file."""
    try:
        tiff = Tiff(data, base)
    except ValueError:
        return None
    main, _ = tiff.directory(tiff.first, _MAIN | _CAMERA)
    camera, _ = tiff.directory(integer(main.get(_EXIF_DIRECTORY)) or 0, _CAMERA)
    gps, _ = tiff.directory(integer(main.get(_GPS_DIRECTORY)) or 0)
    interop, _ = tiff.directory(integer(camera.get(_INTEROP_DIRECTORY)) or 0)
    return from_directories(main, camera, gps, interop)


def read_directories(main: bytes, camera: bytes, gps: bytes) -> Exif | None:
    """EXIF whose directories stand in three blocks of their own, as in Canon's CR3."""
    parts: list[Directory] = []
    for block in (main, camera, gps):
        try:
            tiff = Tiff(Memory(block))
            parts.append(tiff.directory(tiff.first)[0])
        except ValueError:
            parts.append({})
    return from_directories(parts[0], parts[1], parts[2], {}) if any(parts) else None


def orientation_of(block: bytes | None) -> int:
    """Only the orientation of an EXIF block; 1 when there is none."""
    if block is None:
        return 1
    try:
        tiff = Tiff(Memory(block))
    except ValueError:
        return 1
    return orientation.valid(integer(tiff.directory(tiff.first, frozenset((0x0112,)))[0].get(0x0112)))


def from_directories(main: Directory, camera: Directory, gps: Directory, interop: Directory) -> Exif:
    """The fields out of the main, camera, GPS and interoperability directories."""
    both = {**main, **camera}  # some programs write camera tags into the main directory
    latitude, longitude = _position(gps)
    color_space = integer(both.get(0xA001))
    return Exif(
        orientation=orientation.valid(integer(main.get(0x0112))),
        camera=camera_name(text(main.get(0x010F)), text(main.get(0x0110)) or text(main.get(0xC614))),
        lens=_lens(both),
        aperture=_aperture(both),
        exposure=_exposure(both),
        iso=_iso(both),
        focal_length=_within(real_number(both.get(0x920A)), 0.1, 10_000),
        focal_length_35mm=_within(real_number(both.get(0xA405)), 1, 10_000),
        original=_moment(both, 0x9003, 0x9291, (0x9011, 0x9010)),
        digitized=_moment(both, 0x9004, 0x9292, (0x9012, 0x9010)),
        modified=_moment(both, 0x0132, 0x9290, (0x9010,)),
        utc=_utc(gps),
        latitude=latitude,
        longitude=longitude,
        altitude=_altitude(gps),
        title=_windows_text(main.get(0x9C9B)),
        description=_description(main, both),
        rating=_rating(main),
        keywords=tuple(k.strip() for k in (_windows_text(main.get(0x9C9E)) or "").split(";") if k.strip()),
        adobe_rgb=color_space == 2 or (color_space == 0xFFFF and (text(interop.get(1)) or "") == "R03"),
        xmp=_bytes(main.get(0x02BC)),
        iptc=_bytes(main.get(0x83BB)),
        identifier=_apple_identifier(_bytes(both.get(0x927C))),
    )


def camera_name(make: str | None, model: str | None) -> str | None:
    """Maker and model as one name, the maker said once: "NIKON CORPORATION", "NIKON D70" -> "NIKON D70"."""
    if not model:
        return make or None
    if not make or not re.search(r"\w", make):
        return model
    first = re.split(r"[\s,]+", make.strip())[0]
    return model if first.lower() in model.lower() else f"{_maker(make)} {model}"


def _maker(make: str) -> str:
    """The maker without its legal form."""
    return (
        re.sub(
            r"(?i)[\s,]*\b(corporation|corp|co|ltd|inc|gmbh|company|camera|optical|imaging"
            r"|electronics|digital|techwin|communications|ab|computer|limited)\b\.?",
            "",
            make,
        ).strip(" ,.")
        or make
    )


def _lens(tags: Directory) -> str | None:
    name = text(tags.get(0xA434))
    if name and re.search(r"\w", name):
        return camera_name(text(tags.get(0xA433)), name)
    reals = real_numbers(tags.get(0xA432))
    if reals is None or len(reals) < 2 or not 0 < reals[0] <= reals[1] < 10_000:
        return None
    focal = f"{reals[0]:g}" if reals[0] == reals[1] else f"{reals[0]:g}-{reals[1]:g}"
    return f"{focal} mm f/{reals[2]:g}" if len(reals) > 2 and reals[2] > 0 else f"{focal} mm"


def _aperture(tags: Directory) -> float | None:
    number = _within(real_number(tags.get(0x829D)), 0.3, 128)
    if number is None and (apex := _within(real_number(tags.get(0x9202)), 0.01, 14)) is not None:
        number = round(2 ** (apex / 2), 1)
    return number


def _exposure(tags: Directory) -> float | None:
    seconds = _within(real_number(tags.get(0x829A)), 1e-7, 1e6)
    if seconds is None and (apex := _within(real_number(tags.get(0x9201)), -15, 20)) is not None:
        seconds = 2**-apex
    return seconds


def _iso(tags: Directory) -> int | None:
    iso = integer(tags.get(0x8827))
    if iso in (None, 0, 65535):  # 65535: too large for the old tag, the new one tells
        iso = integer(tags.get(0x8833)) or iso
    return iso if iso is not None and 0 < iso < 50_000_000 else None


def _within(value: float | None, low: float, high: float) -> float | None:
    return value if value is not None and low <= value <= high else None


def _moment(tags: Directory, date: int, fraction: int, zones: Sequence[int]) -> Moment | None:
    found = moment.parse(text(tags.get(date)))
    if found is None:
        return None
    local = found.local
    part = text(tags.get(fraction))
    if part and part.isascii() and part.isdigit():
        local = local.replace(microsecond=int(part[:6].ljust(6, "0")))
    offset = found.offset
    for zone in zones:
        if offset is None:
            offset = moment.parse_offset(text(tags.get(zone)))
    if offset is None and isinstance(hours := tags.get(0x882A), tuple):  # TIFF/EP: whole hours
        hour = integer(hours)
        offset = hour * 60 if hour is not None and -12 <= hour <= 14 else None
    return Moment(local, offset)


def _utc(gps: Directory) -> datetime.datetime | None:
    date = moment.parse(text(gps.get(0x1D)))
    time = real_numbers(gps.get(7))
    if date is None or time is None or len(time) < 3:
        return None
    hour, minute, second = time[:3]
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 61):
        return None
    day = date.local.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return day + datetime.timedelta(hours=hour, minutes=minute, seconds=second)
    except OverflowError:
        return None


def _position(gps: Directory) -> tuple[float | None, float | None]:
    latitude = _angle(gps.get(2), text(gps.get(1)), "N", "S")
    longitude = _angle(gps.get(4), text(gps.get(3)), "E", "W")
    return valid_position(latitude, longitude)


def valid_position(latitude: float | None, longitude: float | None) -> tuple[float | None, float | None]:
    """Both as they are; both None when out of range, no numbers, or the (0, 0) of devices without a fix."""
    if latitude is None or longitude is None or not (math.isfinite(latitude) and math.isfinite(longitude)):
        return None, None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180) or (latitude == 0 and longitude == 0):
        return None, None
    return latitude, longitude


def _angle(value: Value | None, side: str | None, plus: str, minus: str) -> float | None:
    parts = real_numbers(value)
    if parts is None:
        return None
    if any(p < 0 for p in parts[1:]):
        return None
    degrees, minutes, seconds = (*parts, 0.0, 0.0)[:3]
    angle = abs(degrees) + minutes / 60 + seconds / 3600
    letter = (side or plus)[:1].upper()
    if letter not in (plus, minus):
        return None
    return -angle if letter == minus or degrees < 0 else angle


def _altitude(gps: Directory) -> float | None:
    meters = real_number(gps.get(6))
    if meters is None:
        return None
    if integer(gps.get(5)) in (1, 3) and meters > 0:
        meters = -meters
    return _within(meters, -11_000, 50_000)


def _windows_text(value: Value | None) -> str | None:
    """Windows Explorer's texts: UTF-16, little endian."""
    raw = value if isinstance(value, bytes) else None
    return text(raw, "utf-16-le") if raw else None


def _description(main: Directory, tags: Directory) -> str | None:
    for found in (text(main.get(0x010E)), _windows_text(main.get(0x9C9C)), _comment(tags.get(0x9286))):
        if (words := meaningful(found)) is not None:
            return words
    return None


def meaningful(description: str | None) -> str | None:
    """A description; None when it is only what some camera writes into every photo."""
    return None if not description or _NO_DESCRIPTION.fullmatch(description) else description


def _comment(value: Value | None) -> str | None:
    """UserComment: 8 bytes name the encoding."""
    if not isinstance(value, bytes) or len(value) <= 8:
        return None
    code, body = value[:8], value[8:]
    if code.startswith(b"ASCII"):
        return text(body)
    if code.startswith(b"UNICODE"):
        little = body[1:2] == b"\0" or (body[:1] != b"\0" and body[:2] != b"\xfe\xff")
        return (text(body, "utf-16-le" if little else "utf-16-be") or "").lstrip("\ufeff") or None
    return None


def _rating(main: Directory) -> int | None:
    stars = integer(main.get(0x4746))
    return stars if stars is not None and 0 < stars <= 5 else None


def _bytes(value: Value | None) -> bytes | None:
    return value if isinstance(value, bytes) else None


def _apple_identifier(note: bytes | None) -> str | None:
    """The name that a live photo shares with its film, from the notes of an iPhone (a directory without
    header).
    """
    if note is None or not note.startswith(b"Apple iOS\0") or len(note) < 20:
        return None
    # A header like TIFF's, set before the directory, lets the ordinary reader read it.
    block = b"MM\0*" + (14).to_bytes(4, "big") + note[8:]
    tiff = Tiff(Memory(block))
    return text(tiff.directory(14, frozenset((0x11,)))[0].get(0x11))
