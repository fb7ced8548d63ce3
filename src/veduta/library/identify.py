"""Files to photos: new, changed, moved, returned and removed files, told apart by size, time and content
hash.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Event
from typing import TypeVar

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from veduta.errors import VedutaError
from veduta.image import decode, hashes, video
from veduta.image.formats import PHOTO_SUFFIXES, VIDEO_SUFFIXES
from veduta.image.metadata import Metadata, read_metadata
from veduta.library import named_regions, text_index
from veduta.library.catalog import Catalog
from veduta.library.describe import describe
from veduta.library.problems import problem, solved
from veduta.library.schema import FileRow, Folder, PhotoRow, Problem, now
from veduta.library.suspects import Journal
from veduta.library.walk import Seen, Walk
from veduta.progress import Progress

SIDECAR = ".xmp"
SUFFIXES = frozenset({*PHOTO_SUFFIXES, *VIDEO_SUFFIXES, SIDECAR})
_LIVE_PHOTO, _LIVE_FILM = frozenset({".heic", ".heif", ".jpg", ".jpeg"}), frozenset({".mov", ".mp4"})
_LIVE_SECONDS = 6.0
_BATCH = 128
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    photo_id: int
    folder_id: int
    bytes: int
    mtime_ns: int
    missing: bool
    role: str


@dataclass(slots=True)
class _Examined:
    seen: Seen
    hash: str = ""
    width: int = 0
    height: int = 0
    media: str = "photo"
    metadata: Metadata | None = None
    reason: str | None = None


@dataclass(slots=True)
class _Sorted:
    """What a walk means, against what the catalog knows."""

    new: list[Seen] = field(default_factory=list)
    companions: list[tuple[Seen, tuple[str, ...]]] = field(default_factory=list)  # with their photos' files
    returned: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    reread: set[int] = field(default_factory=set)  # photos whose sidecar has come, changed or gone


def identify(
    catalog: Catalog,
    folder: Folder,
    walked: Walk,
    journal: Journal,
    progress: Progress,
    workers: int,
    stop: Event,
) -> None:
    """Bring the rows of files and photos to what was found in `folder`.

    Files of unchanged size and time are not read. Raises CatalogError when the catalog cannot be written.
    """
    with catalog.session() as session:
        found = _sort(session, folder, walked)
    with catalog.write() as session:
        touched = _mark(session, found)
        settle(session, touched)
    progress.begin("identifying", len(found.new) + len(found.companions))
    with ThreadPoolExecutor(workers, "identify") as pool:
        for batch in batches(found.new, _BATCH):
            if stop.is_set():
                break
            journal.begin(seen.path for seen in batch)
            examined = list(pool.map(lambda seen: _examine(seen, catalog), batch))
            with catalog.write() as session:
                settle(session, {i for one in examined for i in _enter(session, folder.id, one)})
            journal.end(seen.path for seen in batch)
            progress.advance(len(batch))
    for pairs in batches(found.companions, _BATCH):
        with catalog.write() as session:
            for seen, mains in pairs:
                found.reread |= _enter_companion(session, folder.id, seen, mains)
        progress.advance(len(pairs))
    _reread(catalog, found.reread)
    progress.end()


def _sort(session: Session, folder: Folder, walked: Walk) -> _Sorted:
    known = _known(session, folder)
    bad = {
        path: (size, mtime)
        for path, size, mtime in session.execute(
            select(Problem.path, Problem.bytes, Problem.mtime_ns).where(Problem.kind == "file")
        )
    }
    before = {path: row.photo_id for path, row in known.items()}
    stems = _stems(walked.files)
    mains = _companions(walked.files, stems)
    found = _Sorted()
    for seen in walked.files:
        row = known.pop(seen.path, None)
        if row is not None and (row.bytes, row.mtime_ns) == (seen.bytes, seen.mtime_ns):
            if row.missing:
                found.returned.append(row.id)
        elif bad.get(seen.path) == (seen.bytes, seen.mtime_ns):
            continue
        elif seen.path in mains:
            found.companions.append((seen, mains[seen.path]))
        elif not seen.path.lower().endswith(SIDECAR):
            found.new.append(seen)
    unread = tuple(path.rstrip(os.sep) + os.sep for path in walked.unread)
    for path, row in known.items():
        if row.folder_id == folder.id and not row.missing and not (path + os.sep).startswith(unread):
            found.gone.append(row.id)
            if row.role == "companion":
                found.reread |= {before[main] for main in _photos_of(path, stems) if main in before} | {
                    row.photo_id
                }
    return found


def _known(session: Session, folder: Folder) -> dict[str, _Known]:
    """The files known at or below a folder, also those that came with an overlapping one."""
    root = folder.path.rstrip(os.sep) + os.sep
    related = [
        other
        for other, path in session.execute(select(Folder.id, Folder.path))
        if (path.rstrip(os.sep) + os.sep).startswith(root) or root.startswith(path.rstrip(os.sep) + os.sep)
    ]
    rows = session.execute(
        select(
            FileRow.path,
            FileRow.id,
            FileRow.photo_id,
            FileRow.folder_id,
            FileRow.bytes,
            FileRow.mtime_ns,
            FileRow.missing_since.is_not(None),
            FileRow.role,
        ).where(FileRow.folder_id.in_(related))
    )
    return {row[0]: _Known(*row[1:]) for row in rows if row[0].startswith(root)}


def _stems(files: Sequence[Seen]) -> dict[str, list[str]]:
    """Photo files by their paths without suffix."""
    stems: dict[str, list[str]] = {}
    for seen in files:
        stem, suffix = os.path.splitext(seen.path)  # noqa: PTH122
        if suffix.lower() in PHOTO_SUFFIXES:
            stems.setdefault(stem, []).append(seen.path)
    return stems


def _photos_of(path: str, stems: dict[str, list[str]]) -> tuple[str, ...]:
    """The photo files that a sidecar is about: "a.jpg.xmp" about one, "a.xmp" about all called so."""
    stem = os.path.splitext(path)[0]  # noqa: PTH122
    if stem in stems.get(os.path.splitext(stem)[0], ()):  # noqa: PTH122
        return (stem,)
    return tuple(stems.get(stem, ()))


def _companions(files: Sequence[Seen], stems: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """Sidecars and films of live photos, with the files of the photos they belong to."""
    out: dict[str, tuple[str, ...]] = {}
    for seen in files:
        stem, suffix = os.path.splitext(seen.path)  # noqa: PTH122
        photos: tuple[str, ...] = ()
        if suffix.lower() == SIDECAR:
            photos = _photos_of(seen.path, stems)
        elif suffix.lower() in _LIVE_FILM and stem in stems and _short(seen.path):
            stills = (path for path in stems[stem] if os.path.splitext(path)[1].lower() in _LIVE_PHOTO)  # noqa: PTH122
            photos = tuple(stills)[:1]
        if photos:
            out[seen.path] = photos
    return out


def _short(path: str) -> bool:
    try:
        return video.probe(Path(path)).duration <= _LIVE_SECONDS
    except (VedutaError, OSError):
        return False


def _mark(session: Session, found: _Sorted) -> set[int]:
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
    return set(photos.values()) if seen.path.lower().endswith(SIDECAR) else set()


def _reread(catalog: Catalog, photo_ids: set[int]) -> None:
    """Read the metadata of photos again whose sidecar is new, changed or gone."""
    for part in batches(sorted(photo_ids), _BATCH):
        with catalog.write() as session:
            for photo in session.scalars(select(PhotoRow).where(PhotoRow.id.in_(part))):
                path = session.scalar(
                    select(func.min(FileRow.path)).where(
                        FileRow.photo_id == photo.id,
                        FileRow.role == "original",
                        FileRow.missing_since.is_(None),
                    )
                )
                if path is None:
                    continue
                try:
                    describe(session, photo, read_metadata(Path(path)))
                except Exception:  # unreadable just now, whatever the reason: what is known stays
                    continue
            named_regions.obey(session, part)
            text_index.update(session, part)


def forget_unseen_problems(session: Session, root: str, walked: Walk) -> None:
    """Drop the problems of files that are gone, and renew those of folders, at and below `root`."""
    prefix = root.rstrip(os.sep) + os.sep
    present = {seen.path for seen in walked.files}
    unread = tuple(path.rstrip(os.sep) + os.sep for path in walked.unread)
    rows = session.execute(select(Problem.id, Problem.path, Problem.kind)).all()
    stale = [
        key
        for key, path, kind in rows
        if (path == root or path.startswith(prefix))
        and (kind == "folder" or (path not in present and not (path + os.sep).startswith(unread)))
    ]
    for part in batches(stale, 500):
        session.execute(delete(Problem).where(Problem.id.in_(part)))
    for path, reason in walked.problems:
        problem(session, path, reason, kind="folder")


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items, `size` at a time."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
