"""Photos that look like a given one: a photo of the library, or any file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from veduta.errors import NotFound
from veduta.library.catalog import Catalog
from veduta.library.schema import FileRow, PhotoRow, VectorRow
from veduta.library.search import Hit, first_paths
from veduta.library.vectors import read, vector_index

if TYPE_CHECKING:
    from veduta.image.photo import Photo, Pixels
    from veduta.see.recognizer import Recognizer

RECOGNIZER = "likeness"
LEAST = 0.2
"""Least cosine of photos that look alike: of photos of different things, one pair in a hundred reaches it."""
SAME = 0.97
_MORE = 3  # hidden and missing photos are found too, and left out afterwards


def similar(catalog: Catalog, photo: int | Path | str, limit: int = 50) -> list[Hit]:
    """Photos that look like `photo`, most similar first, without itself; `score` is the cosine.

    `photo` is the number of a photo of the library, or a file: one of the library's, or any other, which is
    then seen on the fly. Raises NotFound, UnreadableImage, ModelUnavailable.
    """
    if isinstance(photo, int):
        return _like_photo(catalog, photo, limit)
    path = Path(photo).expanduser().absolute()
    with catalog.session() as session:
        known = session.scalar(select(FileRow.photo_id).where(FileRow.path == str(path)))
        seen = known is not None and _space(session, known) is not None
    if known is not None and seen:
        return _like_photo(catalog, known, limit)
    if not path.is_file():
        raise NotFound(f"{path}: there is no such file")
    from veduta.image.decode import load
    from veduta.settings import settings

    return _like_seen(catalog, load(path, settings().analysis_side), limit)


def to_pixels(catalog: Catalog, pixels: Pixels, limit: int = 50) -> list[Hit]:
    """Photos that look like upright sRGB pixels, uint8 (h, w, 3); as `similar`."""
    from veduta.image.photo import Photo

    return _like_seen(catalog, Photo(pixels, pixels.shape[1], pixels.shape[0]), limit)


def _like_photo(catalog: Catalog, photo_id: int, limit: int) -> list[Hit]:
    with catalog.session() as session:
        if session.get(PhotoRow, photo_id) is None:
            raise NotFound(f"there is no photo {photo_id}")
        space = _space(session, photo_id)
        if space is None:
            return []
        _, vectors = read(session, space, [photo_id])
        return _hits(catalog, session, space, vectors[0], limit, without=photo_id)


def _like_seen(catalog: Catalog, photo: Photo, limit: int) -> list[Hit]:
    recognizer = _recognizer()
    findings = recognizer.see([photo])[0]
    vector = next((finding.vector for finding in findings if finding.vector is not None), None)
    if vector is None:
        return []
    with catalog.session() as session:
        return _hits(catalog, session, f"{recognizer.name}@{recognizer.version}", vector, limit)


@lru_cache(maxsize=1)
def _recognizer() -> Recognizer:
    from veduta.see.recognizer import open_recognizer

    return open_recognizer(RECOGNIZER)


def _space(session: Session, photo_id: int) -> str | None:
    """The newest space of likeness in which a photo has a vector."""
    return session.scalar(
        select(VectorRow.space)
        .where(VectorRow.photo_id == photo_id, VectorRow.space.startswith(f"{RECOGNIZER}@"))
        .order_by(VectorRow.id.desc())
        .limit(1)
    )


def _hits(
    catalog: Catalog,
    session: Session,
    space: str,
    vector: NDArray[np.float32],
    limit: int,
    without: int | None = None,
) -> list[Hit]:
    ids, scores = vector_index(catalog, space).nearest(session, vector, _MORE * limit + 1)
    shown = set(
        session.scalars(
            select(PhotoRow.id).where(
                PhotoRow.id.in_(ids.tolist()), PhotoRow.hidden.is_(False), PhotoRow.missing_since.is_(None)
            )
        )
    ) - {without}
    near = [
        (photo_id, min(1.0, score))
        for photo_id, score in zip(ids.tolist(), scores.tolist(), strict=True)
        if photo_id in shown and score >= LEAST
    ][:limit]
    paths = first_paths(session, [photo_id for photo_id, _ in near])
    return [
        Hit(photo_id, paths[photo_id], round(score, 4), [_why(score)])
        for photo_id, score in near
        if photo_id in paths
    ]


def _why(score: float) -> str:
    return f"the same picture ({score:.2f})" if score >= SAME else f"looks alike ({score:.2f})"
