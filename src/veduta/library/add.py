"""Add photos: walk, identify, decode once, look, write. Run again at any time: only what is left is done."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from veduta.errors import CatalogError
from veduta.image.thumbnails import SIDES
from veduta.library import lineup, people, text_index, trips
from veduta.library.catalog import Catalog
from veduta.library.folders import register
from veduta.library.identify import SUFFIXES, batches, identify
from veduta.library.pipeline import Pipeline, Todo
from veduta.library.problems import forget_all, problem
from veduta.library.record import THUMBNAILS, Analysis, record
from veduta.library.schema import FileRow, Folder, PhotoRow, Work
from veduta.library.status import Status, pending, status
from veduta.library.survey import renew_problems, survey
from veduta.library.suspects import Journal, convict
from veduta.library.walk import Seen, walk
from veduta.progress import Progress, Silent
from veduta.see.recognizer import Recognizer
from veduta.settings import settings

_PAGE = 512
_CANNOT_WRITE = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO
}  # fmt: skip
_PHOTOS_IN_MEMORY = 8


@dataclass(frozen=True)
class Options:
    """How to add: glob patterns to leave out, whether to try again what failed, how long to wait for
    another add.
    """

    excludes: tuple[str, ...] = ()
    retry: bool = False
    watch: bool = False
    wait: float | None = None
    waiting: Callable[[], None] | None = None


def add_photos(
    catalog: Catalog,
    folders: Sequence[Path | str] = (),
    recognizers: Sequence[Recognizer] | None = None,
    progress: Progress | None = None,
    options: Options | None = None,
    stop: Event | None = None,
    on_pipeline: Callable[[Pipeline], None] | None = None,
) -> Status:
    """Add the photos in `folders` (none: look again at those of the library), analyze all that is still to
    do, and find the trips.

    `recognizers` None: those that are left on in the library (see `choices`). `stop` ends the work early,
    with everything done so far kept. Raises NotFound for a folder that does not exist, Unopened at the end
    when some recognizers could not be opened, CatalogError when the catalog cannot be written or another
    process adds photos for longer than `options.wait`.
    """
    options, progress, stop = options or Options(), progress or Silent(), stop or Event()
    missing: dict[str, str] = {}
    with catalog.writing(options.wait, options.waiting), _explaining(catalog):
        journal = Journal(catalog.directory / "reading.json")
        try:
            if options.retry:
                forget_all(catalog)
            if options.retry or not (catalog.directory / "thumbs").is_dir():
                _forget_lost_thumbnails(catalog)
            _try_suspects(catalog, journal, progress)
            for folder in _register(catalog, folders, options):
                if not stop.is_set():
                    _look_through(catalog, folder, journal, progress, stop)
            if not stop.is_set():
                missing = analyze(catalog, recognizers, journal, progress, stop, on_pipeline)
            if not stop.is_set():
                people.assign_new(catalog)
                trips.refresh(catalog)
        finally:
            journal.clear()  # whatever ended this, no file brought the process down
    if missing:
        raise lineup.Unopened(missing)
    return status(catalog)


@contextmanager
def _explaining(catalog: Catalog) -> Iterator[None]:
    """Photos that cannot be read are listed; what is left is the library that cannot be written."""
    try:
        yield
    except OSError as error:
        if error.errno not in _CANNOT_WRITE:
            raise
        raise CatalogError(
            f"{catalog.directory}: the library cannot be written ({error.strerror or error}): free some "
            "space or allow writing, and add again; nothing is lost"
        ) from error


def worker_count() -> int:
    """Threads that decode and analyze: as many as there are cores, or as the settings say."""
    if settings().threads:
        return settings().threads
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _register(catalog: Catalog, folders: Sequence[Path | str], options: Options) -> list[Folder]:
    """The rows of folders, made for new ones."""
    with catalog.write() as session:
        if not folders:
            return list(session.scalars(select(Folder).order_by(Folder.path)))
        return [register(session, path, options.excludes, options.watch) for path in folders]


def _look_through(
    catalog: Catalog, folder: Folder, journal: Journal, progress: Progress, stop: Event
) -> None:
    progress.begin(f"looking through {folder.path}")
    listings = walk(folder.path, SUFFIXES, folder.excludes, [str(catalog.directory)])
    found = survey(catalog, folder, listings, progress.advance)
    progress.end()
    with catalog.write() as session:
        missing = folder.path in found.unread or (not found.files and _has_photos(session, folder))
        row = session.get_one(Folder, folder.id)
        row.missing = missing
        if missing:
            reason = (
                "the folder is missing or empty: is its drive plugged in? Its photos are kept as they are"
            )
            problem(session, folder.path, reason, kind="folder")
            return
        renew_problems(session, folder.path, found)
    identify(catalog, folder, found, journal, progress, worker_count(), stop)


def _has_photos(session: Session, folder: Folder) -> bool:
    present = select(FileRow.id).where(FileRow.folder_id == folder.id, FileRow.missing_since.is_(None))
    return session.scalar(present.limit(1)) is not None


def _try_suspects(catalog: Catalog, journal: Journal, progress: Progress) -> None:
    suspected = journal.left()
    if not suspected:
        return
    progress.begin("trying the files that were being read when the last run died", len(suspected))
    guilty = convict(suspected)
    with catalog.write() as session:
        for path, reason in guilty.items():
            _leave_alone(session, path, reason)
    progress.end()
    journal.clear()


def _leave_alone(session: Session, path: str, reason: str) -> None:
    row = session.scalar(select(FileRow).where(FileRow.path == path))
    if row is None:
        facts = Path(path).stat()
        problem(session, path, reason, Seen(path, facts.st_size, facts.st_mtime_ns))
    else:
        record(session, [Analysis(row.photo_id, [path], unreadable={path: reason})])


def _forget_lost_thumbnails(catalog: Catalog) -> None:
    """Forget that thumbnails were made which are no longer there, so that they are made again."""
    with catalog.write() as session:
        made = select(PhotoRow.id, PhotoRow.hash).join(Work).where(Work.recognizer == THUMBNAILS)
        lacking = [
            photo_id
            for photo_id, known in session.execute(made)
            if not all(catalog.thumbnail(known, side).is_file() for side in SIDES)
        ]
        for part in batches(lacking, 500):
            session.execute(delete(Work).where(Work.recognizer == THUMBNAILS, Work.photo_id.in_(part)))


def analyze(
    catalog: Catalog,
    recognizers: Sequence[Recognizer] | None,
    journal: Journal,
    progress: Progress,
    stop: Event,
    on_pipeline: Callable[[Pipeline], None] | None = None,
) -> dict[str, str]:
    """Show every photo to every recognizer that has not seen it at its present version; why some could not
    be opened, by name.
    """
    wanted = lineup.enabled(catalog) if recognizers is None else []
    program = lineup.fingerprint(wanted) if recognizers is None else None
    if program is not None:
        with catalog.session() as session:
            if lineup.idle(session, program):
                return {}
    missing: dict[str, str] = {}
    if recognizers is None:
        recognizers, missing = lineup.open_each(wanted)
    names = lineup.versions(recognizers)
    everyone = {**names, **dict.fromkeys(missing, lineup.UNKNOWN)}
    with catalog.write() as session:
        if lineup.keep(session, everyone, program):
            _forget_failures_of_others(session, everyone)
        total = session.scalar(select(func.count()).select_from(PhotoRow).where(pending(names)))
    if total:
        _run(catalog, recognizers, names, total, journal, progress, stop, on_pipeline)
    return missing


def _run(
    catalog: Catalog,
    recognizers: Sequence[Recognizer],
    names: Mapping[str, str],
    total: int,
    journal: Journal,
    progress: Progress,
    stop: Event,
    on_pipeline: Callable[[Pipeline], None] | None,
) -> None:
    workers = worker_count()
    pipeline = Pipeline(catalog, recognizers, journal, workers, stop)
    if on_pipeline is not None:
        on_pipeline(pipeline)
    progress.begin("analyzing", total)
    size = max(1, min(8, _PHOTOS_IN_MEMORY // workers))

    def write(analyses: list[Analysis], count: int) -> None:
        with catalog.write() as session:
            with_faces = record(session, analyses)
            text_index.update(session, [analysis.photo_id for analysis in analyses])
        if with_faces:
            people.assign_new(catalog)
        progress.advance(count)

    pipeline.run(_todos(catalog, names, size), write)
    progress.end()


def _forget_failures_of_others(session: Session, names: Mapping[str, str]) -> None:
    """Failures of recognizers that are no longer there concern nobody."""
    others = select(Work.photo_id).where(Work.state == "failed", Work.recognizer.not_in(names))
    photos = list(session.scalars(others.distinct()))
    session.execute(delete(Work).where(Work.state == "failed", Work.recognizer.not_in(names)))
    for part in batches(photos, 500):
        record(session, [Analysis(photo_id, []) for photo_id in part])


def _todos(catalog: Catalog, names: Mapping[str, str], size: int) -> Iterator[list[Todo]]:
    """Photos with something left to do, `size` at a time, in the order they came."""
    last = 0
    while True:
        with catalog.session() as session:
            page = _page(session, names, last)
        if not page:
            return
        last = page[-1].photo_id
        yield from batches((todo for todo in page if todo.paths), size)


def _page(session: Session, names: Mapping[str, str], last: int) -> list[Todo]:
    photos = session.execute(
        select(PhotoRow.id, PhotoRow.hash, PhotoRow.media, PhotoRow.latitude, PhotoRow.longitude)
        .where(PhotoRow.id > last, pending(names))
        .order_by(PhotoRow.id)
        .limit(_PAGE)
    ).all()
    ids = [photo.id for photo in photos]
    done: dict[int, set[str]] = {}
    for photo_id, name, version in session.execute(
        select(Work.photo_id, Work.recognizer, Work.version).where(Work.photo_id.in_(ids))
    ):
        if names.get(name) == version:
            done.setdefault(photo_id, set()).add(name)
    paths: dict[int, list[str]] = {}
    for photo_id, path in session.execute(
        select(FileRow.photo_id, FileRow.path)
        .where(FileRow.photo_id.in_(ids), FileRow.role == "original", FileRow.missing_since.is_(None))
        .order_by(FileRow.path)
    ):
        paths.setdefault(photo_id, []).append(path)
    return [
        Todo(
            photo.id,
            photo.hash,
            photo.media,
            tuple(paths.get(photo.id, ())),
            frozenset(names) - done.get(photo.id, set()),
            None if photo.latitude is None or photo.longitude is None else (photo.latitude, photo.longitude),
        )
        for photo in photos
    ]
