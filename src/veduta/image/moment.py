"""When a photo was taken: dates as cameras write them, and the distance of local time from UTC."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

_DATE = re.compile(
    r"\s*(\d{4})[:/.\-](\d{1,2})[:/.\-](\d{1,2})"
    r"(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?\s*(Z|[+\-]\d{2}:?\d{2})?)?\s*"
)
_OFFSET = re.compile(r"\s*([+\-])(\d{1,2}):?(\d{2})?\s*")

# Every distance from UTC, in minutes, that some place's clocks have kept since 1970.
KNOWN_OFFSETS = frozenset(
    [h * 60 for h in range(-12, 15)]
    + [-570, -270, -210, -150, 210, 270, 330, 345, 390, 510, 525, 570, 630, 690, 765, 825]
)


@dataclass(frozen=True, slots=True)
class Moment:
    """Date and time as the clock showed it, and its distance from UTC in minutes when known."""

    local: datetime.datetime
    offset: int | None = None


def parse(text: str | None) -> Moment | None:
    """A moment from EXIF's "2024:05:01 12:30:00" or ISO's "2024-05-01T12:30:00.5+02:00"; None unless valid.

    A date without time stands at midnight. Years before 1826, the first photograph, are invalid.
    """
    found = _DATE.fullmatch(text) if text else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(g or 0) for g in found.groups()[:6])
    fraction = int((found[7] or "0")[:6].ljust(6, "0"))
    if year < 1826:
        return None
    try:
        local = datetime.datetime(year, month, day, hour, minute, second, fraction)
    except ValueError:
        return None
    return Moment(local, parse_offset(found[8]))


def parse_offset(text: str | None) -> int | None:
    """Minutes from "+02:00", "-0330" or "Z"; None when it is none or no zone reaches that far."""
    if not text:
        return None
    if text.strip() == "Z":
        return 0
    found = _OFFSET.fullmatch(text)
    if found is None:
        return None
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    if int(found[3] or 0) >= 60 or minutes > 14 * 60:
        return None
    return -minutes if found[1] == "-" else minutes


def offset_from_utc(local: datetime.datetime, utc: datetime.datetime) -> int | None:
    """The zone in which `local` was read when a satellite told `utc`: rounded to 15 minutes.

    None when no place keeps that zone: one of the clocks was wrong, or the satellite's time an old one.
    """
    minutes = round((local - utc).total_seconds() / 900) * 15
    return minutes if minutes in KNOWN_OFFSETS else None
