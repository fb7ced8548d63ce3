"""Folders of the library: registered, watched, left out, taken out. Their files are never touched."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from veduta.errors import NotFound
from veduta.library import text_index
from veduta.library.catalog import Catalog
from veduta.library.choices import chosen
from veduta.library.schema import FileRow, Folder, PhotoRow, Problem, now

_BATCH = 500


@dataclass(frozen=True, slots=True)
class FolderSummary:
    """A folder with the number of photos that it holds now."""

    id: int
    path: str
    added_at: datetime
    watch: bool
    excludes: list[str]
    missing: bool
    photos: int


def folders(catalog: Catalog) -> list[FolderSummary]:
    """The folders of the library, by path."""
    with catalog.session() as session:
        query = (
            select(FileRow.folder_id, func.count(FileRow.photo_id.distinct()))
            .where(FileRow.missing_since.is_(None))
            .group_by(FileRow.folder_id)
        )
        counts = dict(session.execute(query).all())
        rows = session.scalars(select(Folder).order_by(Folder.path)).all()
    return [
        FolderSummary(
            row.id, row.path, row.added_at, row.watch, row.excludes, row.missing, counts.get(row.id, 0)
        )
        for row in rows
    ]


def register(
    session: Session, given: Path | str, excludes: Iterable[str] = (), watch: bool = False
) -> Folder:
    """The row of a folder; a new one begins with the choices of the library. Raises NotFound."""
    path = os.path.abspath(Path(given).expanduser())  # noqa: PTH100
    row = session.scalar(select(Folder).where(Folder.path == path))
    if row is None:
        if not os.path.isdir(path):  # noqa: PTH112
            raise NotFound(f"{path}: there is no such folder")
        choices = chosen(session)
        row = Folder(path=path, excludes=choices.excludes, watch=choices.watch)
        session.add(row)
    row.excludes = sorted({*row.excludes, *excludes})
    row.watch = row.watch or watch
    session.flush()
    return row


def change(
    catalog: Catalog, folder_id: int, watch: bool | None = None, excludes: Iterable[str] | None = None
) -> None:
    """Change whether a folder is watched, or what is left out of it (None: stays). Raises NotFound."""
    with catalog.write() as session:
        row = _get(session, folder_id)
        if watch is not None:
            row.watch = watch
        if excludes is not None:
            row.excludes = sorted(set(excludes))


def remove(catalog: Catalog, folder_id: int) -> int:
    """Take a folder out of the library; how many photos lose their last file. Raises NotFound.

    Those are marked as missing: what the user said about them comes back if the folder is added again.
    """
    with catalog.write() as session:
        row = _get(session, folder_id)
        photos = set(session.scalars(select(FileRow.photo_id).where(FileRow.folder_id == folder_id)))
        session.execute(update(FileRow).where(FileRow.folder_id == folder_id).values(missing_since=now()))
        lost = _lost(session, photos)
        for start in range(0, len(lost), _BATCH):
            part = PhotoRow.id.in_(lost[start : start + _BATCH])
            session.execute(update(PhotoRow).where(part).values(missing_since=now()))
        session.execute(delete(FileRow).where(FileRow.folder_id == folder_id))
        inside = row.path.rstrip("/") + "/"
        problems = session.execute(select(Problem.id, Problem.path)).all()
        gone = [number for number, path in problems if (path + "/").startswith(inside)]
        for start in range(0, len(gone), _BATCH):
            session.execute(delete(Problem).where(Problem.id.in_(gone[start : start + _BATCH])))
        session.delete(row)
        session.flush()
        text_index.update(session, lost)
    return len(lost)


def _get(session: Session, folder_id: int) -> Folder:
    row = session.get(Folder, folder_id)
    if row is None:
        raise NotFound(f"there is no folder {folder_id}")
    return row


def _lost(session: Session, photos: set[int]) -> list[int]:
    """Those of `photos` that have lost their last file just now."""
    there = exists().where(
        FileRow.photo_id == PhotoRow.id, FileRow.missing_since.is_(None), FileRow.role == "original"
    )
    found: list[int] = []
    every = sorted(photos)
    for start in range(0, len(every), _BATCH):
        part = PhotoRow.id.in_(every[start : start + _BATCH])
        found += session.scalars(select(PhotoRow.id).where(part, PhotoRow.missing_since.is_(None), ~there))
    return found
