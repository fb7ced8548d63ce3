"""What the user changes about photos: kept in the catalog, and kept when the photo is read again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from veduta.library import text_index
from veduta.library.catalog import Catalog
from veduta.library.schema import Keyword, PhotoRow
from veduta.server.models.photo import PhotoPatch


def change(catalog: Catalog, ids: Sequence[int], patch: PhotoPatch) -> int:
    """Change photos and what they are found by, in one transaction; returns how many there were."""
    given: dict[str, Any] = {name: getattr(patch, name) for name in patch.model_fields_set}
    wanted = sorted(set(ids))
    changed = 0
    with catalog.write() as session:
        for start in range(0, len(wanted), 500):
            photos = session.scalars(
                select(PhotoRow).where(PhotoRow.id.in_(wanted[start : start + 500]))
            ).all()
            for photo in photos:
                _change(session, photo, given)
            session.flush()
            text_index.update(session, [photo.id for photo in photos])
            changed += len(photos)
    return changed


def _change(session: Session, photo: PhotoRow, given: dict[str, Any]) -> None:
    own = dict(photo.user_edited or {})
    for name, value in given.items():
        if name in ("favorite", "hidden"):
            setattr(photo, name, bool(value))
        elif name == "keywords":
            _set_keywords(session, photo.id, [] if value is None else value, own)
        else:
            setattr(photo, name, value or None if isinstance(value, str) else value)
            own[name] = getattr(photo, name)
    if own != photo.user_edited:
        photo.user_edited = own


def _set_keywords(session: Session, photo_id: int, words: Sequence[str], own: dict[str, Any]) -> None:
    old = set(session.scalars(select(Keyword.word).where(Keyword.photo_id == photo_id)))
    new = set(words)
    session.execute(delete(Keyword).where(Keyword.photo_id == photo_id, Keyword.word.in_(old - new)))
    session.add_all(Keyword(photo_id=photo_id, word=word, source="user") for word in sorted(new - old))
    # The file may say a removed word again each time it is read.
    removed = (set(own.get("removed_keywords", ())) | (old - new)) - new
    if removed:
        own["removed_keywords"] = sorted(removed)
    else:
        own.pop("removed_keywords", None)
