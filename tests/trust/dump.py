"""A catalog as plain text that does not depend on row numbers or on the clock: equal catalogs have equal
dumps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from veduta.library.catalog import Catalog
from veduta.library.schema import (
    Document,
    Face,
    FileRow,
    FindingRow,
    Folder,
    Keyword,
    PhotoRow,
    Place,
    Preference,
    Problem,
    Term,
    VectorRow,
    Work,
)

_CLOCK = {"added_at", "done_at", "seen_at", "created_at", "at"}
_PAIR = np.dtype([("term", "<u4"), ("weight", "u1")])


def dump(catalog: Catalog) -> list[str]:
    """One sorted line for each row of each table, and for each thumbnail."""
    with catalog.session() as session:
        photos = dict(session.execute(select(PhotoRow.id, PhotoRow.hash)).all())
        folders = dict(session.execute(select(Folder.id, Folder.path)).all())
        places = {p.id: (p.country_code, p.region, p.city) for p in session.scalars(select(Place))}
        findings = {f.id: _finding(f, photos) for f in session.scalars(select(FindingRow))}
        names: dict[str, Callable[[Any], Any]] = {
            "photo_id": lambda key: photos.get(key),
            "folder_id": lambda key: folders.get(key),
            "place_id": lambda key: places.get(key),
            "finding_id": lambda key: findings.get(key),
            "missing_since": lambda moment: moment is not None,
            "person_id": lambda key: key is not None,
        }
        lines = [
            repr((table.__tablename__, _plain(row, names)))
            for table in (Folder, PhotoRow, FileRow, Keyword, Problem, Work, VectorRow, Face, Preference)
            for row in session.scalars(select(table))
        ]
        lines += [repr(("findings", finding)) for finding in findings.values()]
        lines += _documents(session, photos)
    thumbnails = catalog.directory / "thumbs"
    lines += [f"thumbnail {path.name} {_digest(path)}" for path in thumbnails.rglob("*.webp")]
    return sorted(lines)


def _plain(row: Any, names: dict[str, Callable[[Any], Any]]) -> dict[str, Any]:
    out = {}
    for column in row.__table__.columns:
        value = getattr(row, column.key)
        if column.key == "id" or column.key in _CLOCK:
            continue
        if column.key in names:
            value = names[column.key](value)
        out[column.key] = value.tobytes().hex() if isinstance(value, np.ndarray) else value
    return out


def _finding(row: FindingRow, photos: dict[int, str]) -> str:
    return repr(_plain(row, {"photo_id": photos.get}))


def _documents(session: Session, photos: dict[int, str]) -> list[str]:
    terms = {term.id: (term.field, term.word) for term in session.scalars(select(Term))}
    lines = []
    for row in session.scalars(select(Document)):
        pairs = sorted((terms[int(p["term"])], int(p["weight"])) for p in np.frombuffer(row.terms, _PAIR))
        lines.append(repr(("document", photos[row.photo_id], row.day, row.shown, pairs)))
    return lines


def _digest(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()


def originals(folder: Path) -> dict[str, tuple[str, int]]:
    """Hash and time of every file below a folder."""
    return {
        str(path): (_digest(path), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
