"""What the user says about photos: kept in the catalog, and kept when the photos are read again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from veduta.library import text_index
from veduta.library.catalog import Catalog
from veduta.library.schema import Keyword, PhotoRow

_BATCH = 500


class Change(TypedDict, total=False):
    """What to change; what is not named stays, None takes away. `keywords` are all that the photo has then,
    `more_keywords` and `fewer_keywords` are given and taken besides those that it has.
    """

    favorite: bool | None
    hidden: bool | None
    rating: int | None
    title: str | None
    description: str | None
    keywords: Sequence[str] | None
    more_keywords: Sequence[str]
    fewer_keywords: Sequence[str]


def change(catalog: Catalog, ids: Sequence[int], wanted: Change) -> int:
    """Change photos and what they are found by, in one transaction; how many there were."""
    every = sorted(set(ids))
    changed = 0
    with catalog.write() as session:
        for start in range(0, len(every), _BATCH):
            part = PhotoRow.id.in_(every[start : start + _BATCH])
            photos = session.scalars(select(PhotoRow).where(part)).all()
            for photo in photos:
                _change(session, photo, wanted)
            session.flush()
            text_index.update(session, [photo.id for photo in photos])
            changed += len(photos)
    return changed


def _change(session: Session, photo: PhotoRow, wanted: Change) -> None:
    own = dict(photo.user_edited or {})
    if "favorite" in wanted:
        photo.favorite = bool(wanted["favorite"])
    if "hidden" in wanted:
        photo.hidden = bool(wanted["hidden"])
    if "rating" in wanted:
        own["rating"] = photo.rating = wanted["rating"]
    if "title" in wanted:
        own["title"] = photo.title = wanted["title"] or None
    if "description" in wanted:
        own["description"] = photo.description = wanted["description"] or None
    if {"keywords", "more_keywords", "fewer_keywords"} & wanted.keys():
        _set_keywords(session, photo.id, wanted, own)
    if own != photo.user_edited:
        photo.user_edited = own


def _set_keywords(session: Session, photo_id: int, wanted: Change, own: dict[str, Any]) -> None:
    old = set(session.scalars(select(Keyword.word).where(Keyword.photo_id == photo_id)))
    new = set(wanted["keywords"] or ()) if "keywords" in wanted else set(old)
    new = (new | set(wanted.get("more_keywords", ()))) - set(wanted.get("fewer_keywords", ()))
    session.execute(delete(Keyword).where(Keyword.photo_id == photo_id, Keyword.word.in_(old - new)))
    session.add_all(Keyword(photo_id=photo_id, word=word, source="user") for word in sorted(new - old))
    # The file may say a removed word again each time it is read.
    removed = (set(own.get("removed_keywords", ())) | (old - new)) - new
    if removed:
        own["removed_keywords"] = sorted(removed)
    else:
        own.pop("removed_keywords", None)
