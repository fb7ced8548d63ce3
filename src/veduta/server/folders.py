"""Folders of the library: added, watched, left out, taken out."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from veduta.errors import NotFound
from veduta.library import text_index
from veduta.library.catalog import Catalog
from veduta.library.schema import FileRow, Folder, PhotoRow, Problem, now
from veduta.server.choices import chosen
from veduta.server.context import Context
from veduta.server.models.folder import FolderChoices, FolderNew, FolderOut, FolderPatch
from veduta.server.problem import Refused

MOST_CHOICES = 1000


def listed(catalog: Catalog) -> list[FolderOut]:
    """Return the folders of the library, by path."""
    with catalog.session() as session:
        query = (
            select(FileRow.folder_id, func.count(FileRow.photo_id.distinct()).label("photos"))
            .where(FileRow.missing_since.is_(None))
            .group_by(FileRow.folder_id)
        )
        counts = {row.folder_id: row.photos for row in session.execute(query)}
        rows = session.scalars(select(Folder).order_by(Folder.path)).all()
    return [_out(row, counts.get(row.id, 0)) for row in rows]


def _out(row: Folder, photos: int) -> FolderOut:
    return FolderOut(
        id=row.id,
        path=row.path,
        added_at=row.added_at,
        watch=row.watch,
        excludes=row.excludes,
        missing=row.missing,
        photos=photos,
    )


def _get(catalog: Catalog, folder_id: int) -> FolderOut:
    for folder in listed(catalog):
        if folder.id == folder_id:
            return folder
    raise NotFound(f"there is no folder {folder_id}")


def add(here: Context, new: FolderNew) -> FolderOut:
    """Add a folder and begin to read its photos; one that is there already is read again."""
    path = os.path.abspath(Path(_checked(new.path)))  # noqa: PTH100
    if not os.path.isdir(path):  # noqa: PTH112
        raise NotFound(f"{path}: there is no such folder on the machine that serves the library")
    if not os.access(path, os.R_OK | os.X_OK):
        raise Refused(
            409, f"{path}: the folder may not be read: allow it, or serve the library as another user"
        )
    library = str(here.catalog.directory)
    if path == library or path.startswith(library + os.sep):
        raise Refused(409, f"{path}: lies in the library itself")
    choices = chosen(here.catalog)
    with here.catalog.write() as session:
        row = session.scalar(select(Folder).where(Folder.path == path))
        if row is None:
            row = Folder(path=path, excludes=[])
            session.add(row)
        row.excludes = sorted({*row.excludes, *new.excludes, *choices.excludes})
        row.watch = row.watch or new.watch or choices.watch
        session.flush()
        folder_id = row.id
    here.worker.scan([path])
    here.worker.rewatch()
    return _get(here.catalog, folder_id)


def _checked(path: str) -> str:
    if "\0" in path:
        raise Refused(422, "wrong input: a path has no zero bytes")
    try:
        expanded = str(Path(path).expanduser())
    except RuntimeError as error:
        raise NotFound(f"{path}: {error}") from error
    if not os.path.isabs(expanded):  # noqa: PTH117
        raise Refused(422, "wrong input: give the whole path of the folder, such as /home/anna/Pictures")
    return expanded


def change(here: Context, folder_id: int, patch: FolderPatch) -> FolderOut:
    """Change what is left out of a folder, or whether it is watched."""
    with here.catalog.write() as session:
        row = session.get(Folder, folder_id)
        if row is None:
            raise NotFound(f"there is no folder {folder_id}")
        path = row.path
        if patch.watch is not None:
            row.watch = patch.watch
        if patch.excludes is not None:
            row.excludes = sorted(set(patch.excludes))
    if patch.watch is not None:
        here.worker.rewatch()
    if patch.excludes is not None:
        here.worker.scan([path])
    return _get(here.catalog, folder_id)


def remove(here: Context, folder_id: int) -> int:
    """Take a folder out of the library; returns how many photos have no file left.

    Those are marked as missing: what the user said about them comes back if the folder is added again.
    """
    with here.catalog.write() as session:
        row = session.get(Folder, folder_id)
        if row is None:
            raise NotFound(f"there is no folder {folder_id}")
        inside = row.path.rstrip("/") + "/"
        photos = set(session.scalars(select(FileRow.photo_id).where(FileRow.folder_id == folder_id)))
        session.execute(update(FileRow).where(FileRow.folder_id == folder_id).values(missing_since=now()))
        lost = _lost(session, photos)
        for start in range(0, len(lost), 500):
            part = PhotoRow.id.in_(lost[start : start + 500])
            session.execute(update(PhotoRow).where(part).values(missing_since=now()))
        session.execute(delete(FileRow).where(FileRow.folder_id == folder_id))
        gone = [
            p for p, f in session.execute(select(Problem.id, Problem.path)) if (f + "/").startswith(inside)
        ]
        for start in range(0, len(gone), 500):
            session.execute(delete(Problem).where(Problem.id.in_(gone[start : start + 500])))
        session.delete(row)
        session.flush()
        text_index.update(session, lost)
    here.worker.rewatch()
    return len(lost)


def _lost(session: Session, photos: set[int]) -> list[int]:
    """Those of `photos` that have no file any more."""
    there = exists().where(
        FileRow.photo_id == PhotoRow.id, FileRow.missing_since.is_(None), FileRow.role == "original"
    )
    found: list[int] = []
    every = sorted(photos)
    for start in range(0, len(every), 500):
        found += session.scalars(
            select(PhotoRow.id).where(PhotoRow.id.in_(every[start : start + 500]), ~there)
        )
    return found


def choices(path: str) -> FolderChoices:
    """Return the folders inside `path` (empty: the home folder), without hidden ones."""
    folder = Path(_checked(path)) if path.strip() else Path.home()
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                (e.path for e in entries if not e.name.startswith(".") and e.is_dir()), key=str.casefold
            )
    except OSError as error:
        raise NotFound(f"{folder}: {error.strerror}") from error
    parent = None if folder.parent == folder else str(folder.parent)
    return FolderChoices(path=str(folder), parent=parent, folders=names[:MOST_CHOICES])
