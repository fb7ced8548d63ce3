"""What the container of an MP4 or QuickTime film tells: when, where and with what it was taken.

Source: ISO/IEC 14496-12 (mvhd, tkhd), QuickTime File Format (user data, metadata keys).
"""

from __future__ import annotations

import datetime
import math
import re
from dataclasses import dataclass

from veduta.image import isobmff, moment
from veduta.image.exif import valid_position
from veduta.image.isobmff import Box
from veduta.image.moment import Moment
from veduta.image.source import Bytes

_EPOCH = datetime.datetime(1904, 1, 1)
_PLACE = re.compile(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?.*", re.DOTALL)
_KEYS = "com.apple.quicktime."


@dataclass(frozen=True, slots=True)
class Film:
    """Facts from the container; None where it does not tell. Duration in seconds, rotation in degrees
    clockwise.
    """

    duration: float | None = None
    rotation: int = 0
    created: Moment | None = None
    created_source: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    make: str | None = None
    model: str | None = None
    identifier: str | None = None


def read(data: Bytes) -> Film:
    """The facts of a film; an empty `Film` for containers of another family or damaged ones."""
    movie = isobmff.find(data, b"moov")
    if movie is None:
        return Film()
    duration, clock = _header(data, movie)
    keys = _keys(data, movie)
    created = moment.parse(keys.get("creationdate"))
    latitude, longitude, altitude = _place(
        keys.get("location.ISO6709") or _user_text(data, movie, b"\xa9xyz")
    )
    return Film(
        duration=duration,
        rotation=_rotation(data, movie),
        created=created or (Moment(clock, 0) if clock else None),
        created_source="video local" if created else "video" if clock else None,
        latitude=latitude,
        longitude=longitude,
        altitude=altitude,
        make=keys.get("make"),
        model=keys.get("model"),
        identifier=keys.get("content.identifier"),
    )


def _header(data: Bytes, movie: Box) -> tuple[float | None, datetime.datetime | None]:
    """Seconds, and the moment of recording (UTC by the standard)."""
    box = isobmff.find(data, b"mvhd", start=movie.start, end=movie.end)
    head = data.at(box.start, 32) if box else b""
    if len(head) < 32:
        return None, None
    wide = head[0] == 1
    created = int.from_bytes(head[4:12] if wide else head[4:8], "big")
    scale = int.from_bytes(head[20:24] if wide else head[12:16], "big")
    length = int.from_bytes(head[24:32] if wide else head[16:20], "big")
    unknown = length in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    duration = length / scale if scale and not unknown and length / scale < 1e7 else None
    clock = _EPOCH + datetime.timedelta(seconds=created) if 0 < created < 2**33 else None
    # Devices whose clock was never set count from zero; some by the epoch of 1970 instead of 1904.
    return duration, clock if clock is not None and 1990 <= clock.year < 2150 else None


def _rotation(data: Bytes, movie: Box) -> int:
    """Of the first track that has a picture."""
    for track in isobmff.boxes(data, movie.start, movie.end):
        head = (
            isobmff.find(data, b"tkhd", start=track.start, end=track.end) if track.kind == b"trak" else None
        )
        if head is None:
            continue
        body = isobmff.content(data, head)
        start = 52 if body[:1] == b"\1" else 40
        if len(body) < start + 44 or not any(body[start + 36 : start + 44]):
            continue
        a, b = (int.from_bytes(body[start + i : start + i + 4], "big", signed=True) for i in (0, 4))
        return round(math.degrees(math.atan2(b, a)) / 90) * 90 % 360
    return 0


def _keys(data: Bytes, movie: Box) -> dict[str, str]:
    """QuickTime's metadata: a list of names, and values that point into it."""
    meta = isobmff.find(data, b"meta", start=movie.start, end=movie.end)
    if meta is None:
        return {}
    start = meta.start
    if data.at(start + 4, 4) != b"hdlr":
        start += 4  # written as a full box, as in MP4
    names = isobmff.find(data, b"keys", start=start, end=meta.end)
    values = isobmff.find(data, b"ilst", start=start, end=meta.end)
    if names is None or values is None:
        return {}
    known = [
        isobmff.content(data, b)[:200].decode("utf-8", "replace")
        for b in isobmff.boxes(data, names.start + 8, names.end)
    ]
    found: dict[str, str] = {}
    for item in isobmff.boxes(data, values.start, values.end):
        number = int.from_bytes(item.kind, "big")
        value = isobmff.find(data, b"data", start=item.start, end=item.end)
        if value is None or not 1 <= number <= len(known):
            continue
        body = isobmff.content(data, value)
        if body[:4] == b"\0\0\0\1" and len(body) < 4096:
            text = body[8:].decode("utf-8", "replace").strip("\0 ")
            found.setdefault(known[number - 1].removeprefix(_KEYS), text)
    return found


def _user_text(data: Bytes, movie: Box, kind: bytes) -> str | None:
    box = isobmff.find(data, b"udta", kind, start=movie.start, end=movie.end)
    body = data.at(box.start, min(256, box.end - box.start)) if box else b""
    return body[4:].decode("utf-8", "replace") if len(body) > 4 else None


def _place(text: str | None) -> tuple[float | None, float | None, float | None]:
    """Latitude, longitude and altitude of ISO 6709: "+48.8584+002.2945+035.2/"."""
    found = _PLACE.fullmatch(text) if text else None
    if found is None:
        return None, None, None
    latitude, longitude = valid_position(float(found[1]), float(found[2]))
    return latitude, longitude, float(found[3]) if found[3] and latitude is not None else None
