"""Masks kept for a photo: a name and a region, of the photo as it is without edits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from veduta.errors import BadInput, NotFound
from veduta.library.catalog import Catalog
from veduta.library.schema import PhotoRow
from veduta.library.schema_versions import MaskRow
from veduta.see.mask import decode


class UnfitMask(BadInput):
    """A mask that cannot be kept for a photo."""


@dataclass(frozen=True, slots=True)
class SavedMask:
    """A region of a photo; `runs` is a COCO run-length encoding of the photo's shape, of any size."""

    id: int
    photo_id: int
    name: str
    runs: dict[str, Any]
    width: int
    height: int
    pixels: int
    created: datetime


def of_photo(catalog: Catalog, photo_id: int) -> list[SavedMask]:
    """The masks of a photo, newest first; raises NotFound."""
    with catalog.session() as session:
        _photo(session, photo_id)
        query = select(MaskRow).where(MaskRow.photo_id == photo_id).order_by(MaskRow.id.desc())
        return [_saved(row) for row in session.scalars(query)]


def get(catalog: Catalog, mask_id: int, photo_id: int | None = None) -> SavedMask:
    """A mask, of this photo if one is given; raises NotFound."""
    with catalog.session() as session:
        return _saved(_row(session, mask_id, photo_id))


def full_size(catalog: Catalog, mask: SavedMask) -> NDArray[np.bool_]:
    """A mask at the full size of its photo, bool (height, width)."""
    from veduta.edit.mask_fit import fitted

    with catalog.session() as session:
        photo = _photo(session, mask.photo_id)
        return fitted(mask.runs, photo.width, photo.height)


def keep(catalog: Catalog, photo_id: int, name: str, runs: Mapping[str, Any]) -> SavedMask:
    """Keep a mask; raises NotFound, UnfitMask (empty, no name) and BadEdit (not the photo's shape)."""
    from veduta.edit.mask_fit import fitted

    name = name.strip()
    if not name or len(name) > 200:
        raise UnfitMask(f"a mask's name has 1 to 200 letters, not {len(name)}")
    with catalog.write() as session:
        photo = _photo(session, photo_id)
        if not fitted(runs, photo.width, photo.height).any():
            raise UnfitMask("the mask marks nothing: choose or paint a region first")
        row = MaskRow(photo_id=photo_id, name=name, runs=dict(runs))
        session.add(row)
        session.flush()
        return _saved(row)


def remove(catalog: Catalog, mask_id: int, photo_id: int | None = None) -> None:
    """Take a mask away; raises NotFound."""
    with catalog.write() as session:
        session.delete(_row(session, mask_id, photo_id))


def _saved(row: MaskRow) -> SavedMask:
    mask = decode(row.runs)
    height, width = mask.shape
    return SavedMask(
        row.id, row.photo_id, row.name, dict(row.runs), width, height, int(mask.sum()), row.created_at
    )


def _photo(session: Session, photo_id: int) -> PhotoRow:
    photo = session.get(PhotoRow, photo_id)
    if photo is None:
        raise NotFound(f"there is no photo {photo_id}")
    return photo


def _row(session: Session, mask_id: int, photo_id: int | None) -> MaskRow:
    row = session.get(MaskRow, mask_id)
    if row is None or (photo_id is not None and row.photo_id != photo_id):
        raise NotFound(f"there is no mask {mask_id}" + ("" if photo_id is None else f" of photo {photo_id}"))
    return row
