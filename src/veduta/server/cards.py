"""Cards of photos: rows of the catalog as the grid shows them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from veduta.library.schema import FileRow, PhotoRow
from veduta.server.models.photo import PhotoCard

# One query for a page: the file shown is one that is there, else the first.
FILE = (
    select(FileRow.path)
    .where(FileRow.photo_id == PhotoRow.id, FileRow.role == "original")
    .order_by(FileRow.missing_since.is_not(None), FileRow.id)
    .limit(1)
    .correlate(PhotoRow)
    .scalar_subquery()
)


def cards_of() -> Select[*tuple[Any, ...]]:
    """Return the query of the columns that `card` reads."""
    return select(
        PhotoRow.id,
        PhotoRow.hash,
        PhotoRow.width,
        PhotoRow.height,
        PhotoRow.taken,
        PhotoRow.media,
        PhotoRow.favorite,
        PhotoRow.hidden,
        PhotoRow.missing_since,
        PhotoRow.rating,
        PhotoRow.color,
        FILE.label("path"),
    )


def card(row: Row[*tuple[Any, ...]]) -> PhotoCard:
    """Return the card of a row of `cards_of`."""
    return PhotoCard(**card_fields(row))


def card_fields(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """Return the fields of a card."""
    taken: datetime.datetime | None = row.taken
    path = row.path or ""
    return {
        "id": row.id,
        "path": path,
        "name": PurePath(path).name,
        "width": row.width,
        "height": row.height,
        "taken": taken,
        "day": None if taken is None else taken.date(),
        "media": row.media,
        "favorite": row.favorite,
        "hidden": row.hidden,
        "missing": row.missing_since is not None,
        "rating": row.rating,
        "thumb": thumbnail_url(row.id, row.hash),
        "preview": thumbnail_url(row.id, row.hash, 1440),
        "blur": row.color,
    }


def cards(session: Session, ids: Iterable[int]) -> dict[int, PhotoCard]:
    """Return the cards of photos by number; unknown ones are left out."""
    wanted: Sequence[int] = list(dict.fromkeys(ids))
    found: dict[int, PhotoCard] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        for row in session.execute(cards_of().where(PhotoRow.id.in_(part))):
            found[row.id] = card(row)
    return found


def covers(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Return the URLs of photos' thumbnails by number."""
    wanted = list({i for i in ids if i is not None})
    found: dict[int, str] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        for row in session.execute(select(PhotoRow.id, PhotoRow.hash).where(PhotoRow.id.in_(part))):
            found[row.id] = thumbnail_url(row.id, row.hash)
    return found


def thumbnail_url(photo_id: int, photo_hash: str, side: int = 320) -> str:
    """Return where a thumbnail is served.

    The hash lets browsers keep it forever, and apart from those of other libraries.
    """
    return f"/api/photos/{photo_id}/thumbnail/{side}?v={photo_hash[:12]}"


def crop_url(face_id: int) -> str:
    """Return where the picture of a face is served."""
    return f"/api/faces/{face_id}/crop"
