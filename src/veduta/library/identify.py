"""Files to photos: new, changed, moved, returned and removed files, told apart by size, time and content
hash.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Event
from typing import TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from veduta.errors import VedutaError
from veduta.image import decode, hashes, video
from veduta.image.formats import PHOTO_SUFFIXES, VIDEO_SUFFIXES
from veduta.image.metadata import Metadata, read_metadata
from veduta.library import named_regions, text_index
from veduta.library.catalog import Catalog
from veduta.library.companions import SIDECAR, accompanied, is_sidecar, photos_of, stems
from veduta.library.describe import describe
from veduta.library.problems import problem, solved
from veduta.library.schema import FileRow, Folder, PhotoRow, now
from veduta.library.survey import Lost, Survey, arrivals, bad_files, known_files
from veduta.library.suspects import Journal
from veduta.library.walk import Seen, listing
from veduta.progress import Progress

SUFFIXES = frozenset({*PHOTO_SUFFIXES, *VIDEO_SUFFIXES, SIDECAR})
_BATCH = 128
T = TypeVar("T")


@dataclass(slots=True)
class _Examined:
    seen: Seen
    hash: str = ""
    width: int = 0
    height: int = 0
    media: str = "photo"
    metadata: Metadata | None = None
    reason: str | None = None


def identify(
    catalog: Catalog,
    folder: Folder,
    found: Survey,
    journal: Journal,
    progress: Progress,
    workers: int,
    stop: Event,
) -> None:
    """Bring the rows of files and photos to what was found in `folder`.

    Files of unchanged size and time are not read. Raises CatalogError when the catalog cannot be written.
    """
    with catalog.write() as session:
        settle(session, _mark(session, found))
    progress.begin("identifying", found.arrived)
    companions: list[tuple[Seen, Sequence[str]]] = []
    with ThreadPoolExecutor(workers, "identify") as pool:
        for batch in batches(_new(catalog, folder, found.busy, companions), _BATCH):
            if stop.is_set():
                break
            journal.begin(seen.path for seen in batch)
            examined = list(pool.map(lambda seen: _examine(seen, catalog), batch))
            with catalog.write() as session:
                settle(session, {i for one in examined for i in _enter(session, folder.id, one)})
            journal.end(seen.path for seen in batch)
            progress.advance(len(batch))
            _enter_companions(catalog, folder, companions, progress)
    if not stop.is_set():
        _enter_companions(catalog, folder, companions, progress)
        for place, lost in found.lost.items():
            _lose_companions(catalog, folder, place, lost)
    progress.end()


def _new(
    catalog: Catalog, folder: Folder, busy: Sequence[str], companions: list[tuple[Seen, Sequence[str]]]
) -> Iterator[Seen]:
    """The new and changed photos of some folders, one folder after the other; `companions` gets what
    accompanies photos when those of its folder have been given out.
    """
    with catalog.session() as session:
        bad = bad_files(session)
    for place in busy:
        found = listing(place, folder.path, SUFFIXES, folder.excludes)
        photos = stems(seen.path for seen in found.files)
        with catalog.session() as session:
            known = known_files(session, [seen.path for seen in found.files])
        beside = []
        for seen in arrivals(found, known, bad):
            mains = accompanied(seen.path, photos)
            if mains:
                beside.append((seen, mains))
            else:
                yield seen
        companions += beside


def _mark(session: Session, found: Survey) -> set[int]:
    """Mark removed files missing and returned ones present; the photos concerned."""
    touched: set[int] = set()
    for ids, moment in ((found.gone, now()), (found.returned, None)):
        for part in batches(ids, 500):
            session.execute(update(FileRow).where(FileRow.id.in_(part)).values(missing_since=moment))
            touched |= set(session.scalars(select(FileRow.photo_id).where(FileRow.id.in_(part))))
    return touched


def settle(session: Session, photo_ids: Iterable[int]) -> None:
    """Mark photos missing that no present file holds, and the others present; both are indexed for the
    search.
    """
    session.flush()
    for part in batches(sorted(set(photo_ids)), 500):
        present = set(
            session.scalars(
                select(FileRow.photo_id).where(
                    FileRow.photo_id.in_(part), FileRow.missing_since.is_(None), FileRow.role == "original"
                )
            )
        )
        session.execute(update(PhotoRow).where(PhotoRow.id.in_(present)).values(missing_since=None))
        session.execute(
            update(PhotoRow)
            .where(PhotoRow.id.in_(set(part) - present), PhotoRow.missing_since.is_(None))
            .values(missing_since=now())
        )
        text_index.update(session, part)


def _examine(seen: Seen, catalog: Catalog) -> _Examined:
    """Read a file: its hash and, if no photo has it, size and metadata; or the reason why it cannot be."""
    path = Path(seen.path)
    out = _Examined(seen)
    try:
        out.hash = hashes.content_hash(path)
        with catalog.session() as session:
            if session.scalar(select(PhotoRow.id).where(PhotoRow.hash == out.hash)) is not None:
                return out
        if path.suffix.lower() in VIDEO_SUFFIXES:
            out.media = "video"
            probed = video.probe(path)
            out.width, out.height = probed.width, probed.height
        else:
            out.width, out.height = decode.size(path)
        out.metadata = read_metadata(path)
    except VedutaError as error:
        out.reason = getattr(error, "reason", None) or str(error)
    except OSError as error:
        out.reason = error.strerror or str(error)
    # What a strange file provokes in a reader concerns that file alone.
    except Exception as error:
        out.reason = f"cannot be read ({type(error).__name__}: {error})"
    return out


def _enter(session: Session, folder_id: int, one: _Examined) -> list[int]:
    """Enter an examined file; the ids of the photos whose presence may have changed."""
    seen = one.seen
    row = session.scalar(select(FileRow).where(FileRow.path == seen.path))
    if one.reason is not None:
        if row is not None:
            row.missing_since = row.missing_since or now()
        if os.path.lexists(seen.path):
            problem(session, seen.path, one.reason, seen)
        return [row.photo_id] if row is not None else []
    solved(session, seen.path)
    photo = session.scalar(select(PhotoRow).where(PhotoRow.hash == one.hash))
    if photo is None:
        if one.metadata is None:  # its twin, known when it was read, has been removed since
            return []
        photo = PhotoRow(
            hash=one.hash,
            width=one.width,
            height=one.height,
            format=os.path.splitext(seen.path)[1].lower().lstrip("."),  # noqa: PTH122
            media=one.media,
            bytes=seen.bytes,
            missing_since=None,
            user_edited={},
        )
        session.add(photo)
        session.flush()
        describe(session, photo, one.metadata)
    before = row.photo_id if row is not None else photo.id
    if row is None:
        row = _moved(session, photo.id) or FileRow(photo_id=photo.id)
        session.add(row)
    row.photo_id, row.folder_id, row.path = photo.id, folder_id, seen.path
    row.bytes, row.mtime_ns, row.missing_since, row.role = seen.bytes, seen.mtime_ns, None, "original"
    session.flush()
    return [before, photo.id]


def _moved(session: Session, photo_id: int) -> FileRow | None:
    """The row of a file of this photo that is no longer where it was: the new file is that one, moved."""
    return session.scalar(
        select(FileRow)
        .where(FileRow.photo_id == photo_id, FileRow.missing_since.is_not(None), FileRow.role == "original")
        .order_by(FileRow.path)
        .limit(1)
    )


def _enter_companions(
    catalog: Catalog, folder: Folder, companions: list[tuple[Seen, Sequence[str]]], progress: Progress
) -> None:
    """Enter what accompanies photos that are in the catalog by now, and read those photos' metadata again."""
    for pairs in batches(companions, _BATCH):
        with catalog.write() as session:
            photos = {i for seen, mains in pairs for i in _enter_companion(session, folder.id, seen, mains)}
            _reread(session, photos)
        progress.advance(len(pairs))
    companions.clear()


def _lose_companions(catalog: Catalog, folder: Folder, place: str, lost: Sequence[Lost]) -> None:
    """Mark what accompanied photos of one folder missing, and read those photos' metadata again."""
    found = listing(place, folder.path, SUFFIXES, folder.excludes)
    photos = stems(seen.path for seen in found.files)
    for part in batches(lost, _BATCH):
        with catalog.write() as session:
            gone = FileRow.id.in_([one.id for one in part])
            session.execute(update(FileRow).where(gone).values(missing_since=now()))
            mains = [main for one in part for main in photos_of(one.path, photos)]
            known = known_files(session, mains).values()
            _reread(session, {one.photo_id for one in part} | {row.photo_id for row in known})


def _enter_companion(session: Session, folder_id: int, seen: Seen, mains: Sequence[str]) -> set[int]:
    """Enter a sidecar or a film beside its photo; the photos whose metadata it may have changed."""
    rows = session.execute(select(FileRow.path, FileRow.photo_id).where(FileRow.path.in_(mains)))
    photos = dict(rows.all())
    if not photos:
        return set()
    row = session.scalar(select(FileRow).where(FileRow.path == seen.path)) or FileRow(path=seen.path)
    row.photo_id, row.folder_id = photos[min(photos)], folder_id
    row.bytes, row.mtime_ns, row.missing_since, row.role = seen.bytes, seen.mtime_ns, None, "companion"
    session.add(row)
    return set(photos.values()) if is_sidecar(seen.path) else set()


def _reread(session: Session, photo_ids: set[int]) -> None:
    """Read the metadata of photos again whose sidecar is new, changed or gone."""
    for photo in session.scalars(select(PhotoRow).where(PhotoRow.id.in_(photo_ids))).all():
        path = session.scalar(
            select(func.min(FileRow.path)).where(
                FileRow.photo_id == photo.id, FileRow.role == "original", FileRow.missing_since.is_(None)
            )
        )
        if path is None:
            continue
        try:
            metadata = read_metadata(Path(path))
        except Exception:  # unreadable just now, whatever the reason: what is known stays
            continue
        describe(session, photo, metadata)
    named_regions.obey(session, photo_ids)
    text_index.update(session, photo_ids)


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items, `size` at a time."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
