"""What a file says about its photo (time, place, camera, title, keywords, faces) into the photo's row."""

from __future__ import annotations

import math
from datetime import datetime

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from veduta.image.metadata import Metadata
from veduta.library import named_regions, places
from veduta.library.schema import Keyword, PhotoRow

_FIELDS = (
    "taken_offset",
    "taken_source",
    "altitude",
    "camera",
    "lens",
    "aperture",
    "exposure",
    "iso",
    "focal_length",
    "focal_length_35mm",
    "title",
    "description",
    "rating",
)


def describe(session: Session, photo: PhotoRow, metadata: Metadata) -> None:
    """Set the fields of `photo` from its file's metadata; those that the user has set stay as they are."""
    own = photo.user_edited or {}
    for name in _FIELDS:
        if name not in own:
            setattr(photo, name, _finite(getattr(metadata, name)))
    if "taken" not in own:
        set_taken(photo, metadata.taken)
    if "latitude" not in own:
        latitude, longitude = metadata.latitude, metadata.longitude
        if latitude is None or longitude is None or not math.isfinite(latitude + longitude):
            latitude = longitude = None
        if (latitude, longitude) != (photo.latitude, photo.longitude):
            photo.latitude, photo.longitude, photo.place_id = latitude, longitude, None
        photo.position_source = None if latitude is None else "file"
    session.flush()
    if photo.latitude is not None and photo.place_id is None:
        places.locate(session, photo)
    _set_keywords(session, photo, metadata.keywords)
    named_regions.keep(session, photo, metadata.face_regions)


def set_taken(photo: PhotoRow, taken: datetime | None) -> None:
    """Set when a photo was taken, and the day and the day of the year with it."""
    photo.taken = taken
    photo.day = None if taken is None else taken.year * 10_000 + taken.month * 100 + taken.day
    photo.month_day = None if taken is None else taken.month * 100 + taken.day


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _set_keywords(session: Session, photo: PhotoRow, words: tuple[str, ...]) -> None:
    session.execute(delete(Keyword).where(Keyword.photo_id == photo.id, Keyword.source == "file"))
    kept = {word for (word,) in session.query(Keyword.word).where(Keyword.photo_id == photo.id)}
    removed = set((photo.user_edited or {}).get("removed_keywords", ()))
    new = sorted({word.strip() for word in words} - kept - removed - {""})
    if new:
        rows = [{"photo_id": photo.id, "word": word, "source": "file"} for word in new]
        session.execute(insert(Keyword), rows)
