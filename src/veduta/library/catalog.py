"""The catalog: the database of a library, opened, kept up to date and handed out in sessions."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from veduta.errors import CatalogError
from veduta.library import schema_versions  # noqa: F401 - its tables belong to every catalog
from veduta.library.lock import locked
from veduta.library.schema import REVISION
from veduta.settings import settings

NAME = "catalog.db"
BUSY_SECONDS = 60


def _on_connect(connection: Any, _record: Any) -> None:
    # Transactions are begun by _on_begin; the driver must not begin its own.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "foreign_keys = ON",
        "journal_mode = WAL",  # readers go on while one writes; has no effect on a read-only catalog
        "synchronous = NORMAL",
        "cache_size = -65536",
        "temp_store = MEMORY",
        "mmap_size = 1073741824",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    # A writer takes the lock at its start: a reader that turns into a writer half-way cannot wait its turn.
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _as_plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be kept as JSON")


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_as_plain)


def _make_engine(url: str, readable_only: bool = False) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, json_serializer=_to_json)
    options: dict[str, Any] = {}
    if readable_only:
        # Where nobody can write nothing changes: the database can be read without its companions.
        file = Path(make_url(url).database or "")
        pending = file.with_name(f"{file.name}-wal")
        whole = not pending.exists() or not pending.stat().st_size
        target = f"{file.as_uri()}?mode=ro{'&immutable=1' if whole else ''}"
        options["creator"] = lambda: sqlite3.connect(target, uri=True, check_same_thread=False)
    engine = create_engine(url, pool_size=8, max_overflow=24, json_serializer=_to_json, **options)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


class Catalog:
    """The database of the library in `directory`.

    `session()` reads; `write()` reads and writes in one transaction: committed at its end, or undone.
    """

    def __init__(self, directory: Path, engine: Engine) -> None:
        self.directory = directory
        self.engine = engine
        self._reader = sessionmaker(engine, expire_on_commit=False)
        self._writer = sessionmaker(engine.execution_options(write=True), expire_on_commit=False)

    @classmethod
    def open(
        cls, directory: Path | str | None = None, create: bool = True, url: str | None = None
    ) -> Catalog:
        """Open the library in `directory` (default: the user's), creating or upgrading its catalog as needed.

        `url` puts the database elsewhere (PostgreSQL); thumbnails stay in `directory`. Raises CatalogError
        when there is none and `create` is false, when it is newer than this program, damaged, or cannot be
        written.
        """
        directory = Path(directory or settings().library_directory).expanduser().absolute()
        url = url or settings().database
        file = directory / NAME
        if not create and url is None and not file.is_file():
            raise CatalogError(f"{directory}: there is no library here (make one with `veduta add DIR`)")
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CatalogError(f"{directory}: the library cannot be made ({error.strerror})") from error
        readable_only = url is None and file.is_file() and not os.access(directory, os.W_OK)
        engine = _make_engine(url or f"sqlite:///{file}", readable_only)
        catalog = cls(directory, engine)
        try:
            with catalog._explained():
                catalog._bring_up_to_date(file if url is None else None)
        except CatalogError:
            engine.dispose()
            raise
        return catalog

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session for reading; sees one moment of the catalog."""
        with self._explained(), self._reader() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are committed together at the end, or not at all."""
        with self._explained(), self._writer.begin() as session:
            yield session

    @contextmanager
    def writing(self, wait: float | None = None, waiting: Any = None) -> Iterator[None]:
        """Be the one process that adds photos to this library; `wait` seconds at most (None: for ever)."""
        with locked(self.directory / "writer.lock", wait, waiting):
            yield

    def thumbnail(self, photo_hash: str, side: int) -> Path:
        """Where the thumbnail of a photo is kept."""
        return self.directory / "thumbs" / photo_hash[:2] / f"{photo_hash}_{side}.webp"

    def revision(self) -> str | None:
        """The revision of the tables; None when there are none yet."""
        with self.engine.connect() as connection:
            if not self.engine.dialect.has_table(connection, "alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()

    def _bring_up_to_date(self, file: Path | None) -> None:
        if self.revision() == REVISION:
            return
        # Alembic is slow to import: only when there is something to do.
        from veduta.library.migrations import upgrade

        with locked(self.directory / "upgrade.lock"):
            found = self.revision()
            if found == REVISION:
                return
            if found is not None and file is not None:
                copy = file.with_name(f"catalog-{found}.backup.db")
                if not copy.exists():
                    copy_database(file, copy)
            upgrade(self.engine, found, self.directory)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise _explain(self.directory, error) from error


def _explain(directory: Path, error: DBAPIError) -> Exception:
    """A CatalogError for what a user can do something about; other database errors stay what they are."""
    reason = str(error.orig)
    known = {
        "disk is full": "the disk is full: free some space and start again, nothing is lost",
        "disk I/O error": "the disk cannot be written (full, or failing): nothing is lost, start again later",
        "readonly database": "the library is read-only: allow writing, or choose another with --library",
        "unable to open": "the catalog cannot be opened: allow reading and writing in this folder",
        "not a database": "catalog.db is not a catalog: restore a backup with `veduta restore`",
        "malformed": "the catalog is damaged: restore a backup with `veduta restore`",
        "is locked": "another process keeps the catalog locked: try again when it is done",
    }
    for sign, advice in known.items():
        if sign in reason and isinstance(error, OperationalError | DBAPIError):
            return CatalogError(f"{directory}: {advice}")
    return error


def copy_database(source: Path, target: Path) -> None:
    """A consistent copy of a SQLite database that may be in use, written whole or not at all."""
    from veduta.files import replacing

    with (
        replacing(target) as temporary,
        closing(sqlite3.connect(source, timeout=BUSY_SECONDS)) as old,
        closing(sqlite3.connect(temporary)) as new,
    ):
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")
