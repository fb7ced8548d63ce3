"""Watch mode: folders are looked through again when something in them has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

from sqlalchemy import select

from veduta.library.add import Options, add_photos
from veduta.library.catalog import Catalog
from veduta.library.schema import Folder
from veduta.library.status import Status, status
from veduta.progress import Progress
from veduta.see.recognizer import Recognizer

SETTLE_MS = 2000
"""A change is acted on when nothing more has changed for this long: files are copied in pieces."""


def watched(catalog: Catalog) -> list[str]:
    """The folders of the library that are to be watched and are there."""
    with catalog.session() as session:
        paths = session.scalars(select(Folder.path).where(Folder.watch).order_by(Folder.path)).all()
    return [path for path in paths if Path(path).is_dir()]


def watch(
    catalog: Catalog,
    progress: Progress | None = None,
    recognizers: Sequence[Recognizer] | None = None,
    stop: Event | None = None,
    on_change: Callable[[Status], None] | None = None,
    settle_ms: int = SETTLE_MS,
) -> Status:
    """Add what comes to the watched folders until `stop` is set; the status at the end."""
    from watchfiles import watch as changes

    stop = stop or Event()
    folders = watched(catalog)
    if folders:
        for changed in changes(
            *folders, step=settle_ms, debounce=10 * settle_ms, stop_event=stop, rust_timeout=1000
        ):
            touched = [
                folder
                for folder in folders
                if any(path == folder or path.startswith(folder.rstrip("/") + "/") for _, path in changed)
            ]
            result = add_photos(catalog, touched, recognizers, progress, Options(watch=True), stop)
            if on_change is not None:
                on_change(result)
    return status(catalog)
