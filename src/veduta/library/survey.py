"""What has changed in a folder since it was looked through last: told by the names, sizes and times of files.

Folders are compared with the catalog one after the other; of a million files only what has changed is kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from veduta.library.catalog import Catalog
from veduta.library.companions import is_sidecar, photos_of, stems
from veduta.library.problems import problem
from veduta.library.schema import FileRow, Folder, Problem
from veduta.library.walk import Listing, Seen

_BATCH = 500
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """A file as the catalog has it."""

    id: int
    photo_id: int
    bytes: int
    mtime_ns: int
    missing: bool
    role: str

    def unchanged(self, seen: Seen) -> bool:
        """Whether a file of this size and time need not be read again."""
        return (self.bytes, self.mtime_ns) == (seen.bytes, seen.mtime_ns)


@dataclass(frozen=True, slots=True)
class Lost:
    """A file that accompanied a photo and is gone."""

    path: str
    id: int
    photo_id: int


@dataclass(slots=True)
class Survey:
    """The number of files in a folder, what could not be looked at, and what has changed: the folders with
    `arrived` files, files that are back or gone, and, by folder, those that accompanied photos and are gone.
    """

    files: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    arrived: int = 0
    busy: list[str] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    lost: dict[str, list[Lost]] = field(default_factory=dict)
    unseen_problems: set[str] = field(default_factory=set)


def survey(
    catalog: Catalog, folder: Folder, listings: Iterable[Listing], on_file: Callable[[], None]
) -> Survey:
    """Compare a walk through a folder with what the catalog knows."""
    found = Survey()
    with catalog.session() as session:
        # One byte for each file that the catalog knows.
        seen = bytearray((session.scalar(select(func.max(FileRow.id))) or 0) + 1)
        found.unseen_problems = set(session.scalars(select(Problem.path)))
        bad = bad_files(session)
    for group in _groups(listings):
        with catalog.session() as session:
            known = known_files(session, [file.path for listing in group for file in listing.files])
        for listing in group:
            found.problems += listing.problems
            found.unread += listing.unread
            for file in listing.files:
                on_file()
                found.files += 1
                found.unseen_problems.discard(file.path)
                row = known.get(file.path)
                if row is not None:
                    seen[row.id] = True
                    if row.missing and row.unchanged(file):
                        found.returned.append(row.id)
            count = len(arrivals(listing, known, bad))
            if count:
                found.arrived += count
                found.busy.append(listing.folder)
    _miss(catalog, folder, seen, found)
    return found


def arrivals(
    listing: Listing, known: dict[str, Known], bad: dict[str, tuple[int | None, int | None]]
) -> list[Seen]:
    """The files of a folder that are to be read: new or changed, not known to be bad, no stray sidecars."""
    photos = None
    found = []
    for file in listing.files:
        row = known.get(file.path)
        if row is not None and row.unchanged(file):
            continue
        if bad.get(file.path) == (file.bytes, file.mtime_ns):
            continue
        if is_sidecar(file.path):
            photos = photos or stems(one.path for one in listing.files)
            if not photos_of(file.path, photos):
                continue
        found.append(file)
    return found


def known_files(session: Session, paths: Sequence[str]) -> dict[str, Known]:
    """What the catalog has of some files, by path, whatever folder they came with."""
    found = {}
    columns = (
        FileRow.path,
        FileRow.id,
        FileRow.photo_id,
        FileRow.bytes,
        FileRow.mtime_ns,
        FileRow.missing_since.is_not(None),
        FileRow.role,
    )
    for start in range(0, len(paths), _BATCH):
        part = FileRow.path.in_(paths[start : start + _BATCH])
        for row in session.execute(select(*columns).where(part)):
            found[row[0]] = Known(*row[1:])
    return found


def bad_files(session: Session) -> dict[str, tuple[int | None, int | None]]:
    """Size and time of the files that could not be read: they are tried again when those change."""
    rows = session.execute(
        select(Problem.path, Problem.bytes, Problem.mtime_ns).where(Problem.kind == "file")
    )
    return {path: (size, mtime) for path, size, mtime in rows}


def _groups(listings: Iterable[Listing]) -> Iterator[list[Listing]]:
    """Folders together until they have enough files for one question to the catalog."""
    group: list[Listing] = []
    count = 0
    for listing in listings:
        group.append(listing)
        count += len(listing.files)
        if count >= _AT_ONCE:
            yield group
            group, count = [], 0
    if group:
        yield group


def _miss(catalog: Catalog, folder: Folder, seen: bytearray, found: Survey) -> None:
    """Note the files of `folder` that were there and are no more."""
    unread = tuple(path.rstrip(os.sep) + os.sep for path in found.unread)
    mine = select(FileRow.id).where(FileRow.folder_id == folder.id, FileRow.missing_since.is_(None))
    last = 0
    while True:
        with catalog.session() as session:
            page = mine.where(FileRow.id > last).order_by(FileRow.id).limit(10 * _AT_ONCE)
            ids = session.scalars(page).all()
            if not ids:
                return
            last = ids[-1]
            unseen = [number for number in ids if number >= len(seen) or not seen[number]]
            for start in range(0, len(unseen), _BATCH):
                part = FileRow.id.in_(unseen[start : start + _BATCH])
                for row in session.scalars(select(FileRow).where(part).order_by(FileRow.id)):
                    if not (row.path + os.sep).startswith(unread):
                        _lose(row, found)


def _lose(row: FileRow, found: Survey) -> None:
    if row.role != "companion":
        found.gone.append(row.id)
        return
    place = os.path.dirname(row.path)  # noqa: PTH120
    found.lost.setdefault(place, []).append(Lost(row.path, row.id, row.photo_id))


def renew_problems(session: Session, root: str, found: Survey) -> None:
    """Drop the problems of files that are gone, and renew those of folders, at and below `root`."""
    prefix = root.rstrip(os.sep) + os.sep
    unread = tuple(path.rstrip(os.sep) + os.sep for path in found.unread)
    rows = session.execute(select(Problem.id, Problem.path, Problem.kind)).all()
    stale = [
        key
        for key, path, kind in rows
        if (path == root or path.startswith(prefix))
        and (kind == "folder" or (path in found.unseen_problems and not (path + os.sep).startswith(unread)))
    ]
    for start in range(0, len(stale), _BATCH):
        session.execute(delete(Problem).where(Problem.id.in_(stale[start : start + _BATCH])))
    for path, reason in found.problems:
        problem(session, path, reason, kind="folder")
