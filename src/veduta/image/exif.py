"""EXIF of any format: time taken, position, camera, exposure. Source: CIPA DC-008 (Exif 3.0)."""

from __future__ import annotations

import contextlib
import io
import math
import re
import struct
from datetime import datetime, timedelta
from typing import Any

from PIL import Image

from veduta.image.formats import RAW_SUFFIXES, sniff
from veduta.image.jpeg import read_header
from veduta.image.source import Memory

_BROKEN = (
    ValueError,
    TypeError,
    SyntaxError,
    OSError,
    KeyError,
    IndexError,
    struct.error,
    ZeroDivisionError,
    EOFError,
)
_DATE = re.compile(r"(\d{4})[:\-/](\d{2})[:\-/](\d{2})[ T](\d{2}):(\d{2}):(\d{2})")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})$")


def blocks(data: bytes, suffix: str = "") -> tuple[Image.Exif, bytes]:
    """The EXIF and the XMP packet of a file's bytes; empty where there are none or they are damaged."""
    kind = sniff(data[:512])
    if kind == "tiff" and suffix in RAW_SUFFIXES:
        kind = "raw"
    exif, xmp = Image.Exif(), b""
    with contextlib.suppress(*_BROKEN):
        if kind == "jpeg":
            header = read_header(Memory(data))
            if header is not None:
                xmp = b"".join(header.xmp[:1])
                if header.exif:
                    exif.load(b"Exif\x00\x00" + header.exif.removeprefix(b"Exif\x00\x00"))
        elif kind == "raw" and data[:2] in (b"II", b"MM"):
            exif.load(b"Exif\x00\x00" + data)
        elif kind not in {"video", "raw"}:
            if kind == "heif":
                from veduta.image.decode import register_heif

                register_heif()
            with Image.open(io.BytesIO(data)) as image:
                exif = image.getexif()
                found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
                xmp = found.encode("utf-8") if isinstance(found, str) else bytes(found)
    return exif, xmp


def directory(exif: Image.Exif, tag: int) -> dict[int, Any]:
    """A sub-directory as a dict; empty when absent or damaged."""
    with contextlib.suppress(*_BROKEN):
        return dict(exif.get_ifd(tag))
    return {}


def text(value: Any) -> str | None:
    """A tag's text without padding; None when empty."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    cleaned = "".join(c for c in value.split("\x00")[0] if c.isprintable()).strip()
    return cleaned[:500] or None


def number(value: Any) -> float | None:
    """A finite number from a rational, an integer or the first of several; None otherwise."""
    if isinstance(value, (tuple, list)):
        value = value[0] if value else None
    try:
        found = float(value)
    except _BROKEN:
        return None
    return found if math.isfinite(found) else None


def moment(value: Any) -> datetime | None:
    """A date and time; None for the zeros and blanks that cameras write when they do not know."""
    match = _DATE.search(text(value) or "")
    if match is None:
        return None
    try:
        found = datetime(*(int(part) for part in match.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None
    return found if found.year >= 1826 else None


def offset_minutes(value: Any) -> int | None:
    """Minutes east of UTC from "+02:00"; None when absent or impossible."""
    match = _OFFSET.match(text(value) or "")
    if match is None:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    return None if minutes > 15 * 60 or int(match[3]) > 59 else (minutes if match[1] == "+" else -minutes)


def gps_moment(gps: dict[int, Any]) -> datetime | None:
    """UTC from GPSDateStamp and GPSTimeStamp."""
    date, clock = text(gps.get(29)), gps.get(7)
    if date is None or not isinstance(clock, (tuple, list)) or len(clock) != 3:
        return None
    parts = [number(part) for part in clock]
    pieces = re.fullmatch(r"(\d{4})[:\-](\d{2})[:\-](\d{2})", date)
    if pieces is None or any(part is None for part in parts):
        return None
    hours, minutes, seconds = (part or 0.0 for part in parts)
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 61):
        return None
    try:
        day = datetime(int(pieces[1]), int(pieces[2]), int(pieces[3]))
        return day + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except (ValueError, OverflowError):
        return None


def offset_from_gps(taken: datetime, utc: datetime) -> int | None:
    """Minutes east of UTC from the local and the GPS clock, to 15 minutes; None when they do not fit together."""
    minutes = (taken - utc).total_seconds() / 60
    rounded = round(minutes / 15) * 15
    return int(rounded) if abs(minutes - rounded) <= 3 and -720 <= rounded <= 840 else None


def coordinates(gps: dict[int, Any]) -> tuple[float, float] | None:
    """Latitude and longitude in degrees; None when absent, out of range, or the 0, 0 of a receiver without a fix."""
    latitude, longitude = _degrees(gps.get(2), gps.get(1), "S"), _degrees(gps.get(4), gps.get(3), "W")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return None if latitude == 0 and longitude == 0 else (latitude, longitude)


def _degrees(value: Any, reference: Any, negative: str) -> float | None:
    if not isinstance(value, (tuple, list)):
        value = (value,)
    parts = [number(part) for part in value]
    if not parts or len(parts) > 3 or any(part is None for part in parts):
        return None
    degrees = sum((part or 0.0) / 60**power for power, part in enumerate(parts))
    return -degrees if (text(reference) or "").upper().startswith(negative) else degrees


def orientation(block: bytes) -> int:
    """Orientation 1-8 of an EXIF block; 1 when absent or damaged."""
    found = Image.Exif()
    with contextlib.suppress(*_BROKEN):
        found.load(b"Exif\x00\x00" + block.removeprefix(b"Exif\x00\x00"))
        value = found.get(0x0112)
        return value if isinstance(value, int) and 1 <= value <= 8 else 1
    return 1
