"""The memory of a cleaning: one SQLite file beside its results, in which each file of the set is looked at once.

The table is the queue: a row that was not looked at is work still to do, so a run that was killed goes on where it
was, and a later run looks only at files that are new or changed.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput
from veduta.learn.set_folder import SetFile
from veduta.learn.set_measures import CELLS, Measures

VERSION = 4
"""Changes whenever pictures would be measured otherwise: all are looked at again."""
_AT_ONCE = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pictures (
    id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    run INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0, error TEXT, width INTEGER, height INTEGER,
    digest BLOB, measures BLOB, cells BLOB, vector BLOB
);
CREATE INDEX IF NOT EXISTS by_digest ON pictures (digest);
CREATE INDEX IF NOT EXISTS by_done ON pictures (done);
"""


class StateError(BadInput):
    """A memory that cannot be opened, or is of another set."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in one file: an error, or its size, digest, measures, cells, and vector where it was asked for."""

    error: str | None = None
    width: int | None = None
    height: int | None = None
    digest: bytes | None = None
    measures: bytes | None = None
    cells: bytes | None = None
    vector: bytes | None = None


class SetState:
    """The memory; use it in a `with`. One process at a time writes."""

    def __init__(self, path: Path, root: Path) -> None:
        """Open or make the memory of the set in the folder `root`; raises StateError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(path, timeout=5)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.executescript(_SCHEMA)
            told = dict(self._db.execute("SELECT name, value FROM facts"))
        except sqlite3.DatabaseError as error:
            raise StateError(f"{path}: cannot be opened ({error}); delete it to begin anew") from error
        if told.get("version") not in (None, str(VERSION)):
            self._db.execute("UPDATE pictures SET done = 0")
        self.run = int(told.get("run", 0)) + 1
        with self._db:
            self._db.executemany(
                "INSERT OR REPLACE INTO facts VALUES (?, ?)",
                [
                    ("version", str(VERSION)),
                    ("run", str(self.run)),
                    ("root", os.fspath(root).encode("utf-8", "replace").decode()),
                ],
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._db.close()

    def enlist(self, files: Iterable[SetFile]) -> int:
        """Take note of the files that are there now; those gone since are forgotten. Returns how many there are."""
        count = 0
        rows: list[tuple[Any, ...]] = []
        for file in files:
            rows.append((os.fsencode(file.path), file.bytes, file.mtime_ns, self.run))
            count += 1
            if len(rows) == _AT_ONCE:
                self._enlist(rows)
                rows = []
        self._enlist(rows)
        with self._db:
            self._db.execute("DELETE FROM pictures WHERE run != ?", (self.run,))
        return count

    def _enlist(self, rows: list[tuple[Any, ...]]) -> None:
        with self._db:
            self._db.executemany(
                "INSERT INTO pictures (path, bytes, mtime_ns, run) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (path) DO UPDATE SET "
                "done = done AND bytes = excluded.bytes AND mtime_ns = excluded.mtime_ns, "
                "bytes = excluded.bytes, mtime_ns = excluded.mtime_ns, run = excluded.run",
                rows,
            )

    def demand_vectors(self) -> None:
        """Look again at pictures that an earlier run looked at without taking their vector."""
        with self._db:
            self._db.execute("UPDATE pictures SET done = 0 WHERE error IS NULL AND vector IS NULL")

    def open_count(self) -> int:
        """How many files are still to be looked at."""
        return int(self._db.execute("SELECT count(*) FROM pictures WHERE NOT done").fetchone()[0])

    def open_files(self) -> Iterator[tuple[int, str]]:
        """Number and path of the files still to be looked at; others may be written meanwhile."""
        last = 0
        while True:
            rows = self._db.execute(
                "SELECT id, path FROM pictures WHERE NOT done AND id > ? ORDER BY id LIMIT ?",
                (last, _AT_ONCE),
            ).fetchall()
            if not rows:
                return
            for number, path in rows:
                yield number, os.fsdecode(path)
            last = rows[-1][0]

    def put(self, found: Sequence[tuple[int, Looked]]) -> None:
        """Write what was found, for good."""
        with self._db:
            self._db.executemany(
                "UPDATE pictures SET done = 1, error = ?, width = ?, height = ?, digest = ?, measures = ?, cells = ?, "
                "vector = ? WHERE id = ?",
                [(one.error, one.width, one.height, one.digest, one.measures, one.cells, one.vector, number)
                 for number, one in found],
            )  # fmt: skip

    def paths(self) -> Iterator[tuple[int, str]]:
        """Number and path of all files, by path."""
        for number, path in self._db.execute("SELECT id, path FROM pictures ORDER BY path"):
            yield number, os.fsdecode(path)

    def broken(self) -> Iterator[tuple[int, str]]:
        """Number and reason of the files that cannot be read."""
        yield from self._db.execute("SELECT id, error FROM pictures WHERE error IS NOT NULL ORDER BY id")

    def measures(self) -> Iterator[tuple[int, Measures]]:
        """Number and measures of the pictures that can be read."""
        for number, data in self._db.execute(
            "SELECT id, measures FROM pictures WHERE error IS NULL ORDER BY id"
        ):
            yield number, Measures.unpacked(data)

    def sizes(self) -> NDArray[np.int64]:
        """Number, width and height (n, 3) of the pictures that can be read."""
        return self._table("SELECT id, width, height FROM pictures WHERE error IS NULL ORDER BY id", 3)

    def copies(self) -> Iterator[list[int]]:
        """Numbers of files with the same bytes, group by group."""
        several = "SELECT digest FROM pictures WHERE digest IS NOT NULL GROUP BY digest HAVING count(*) > 1"
        group: list[int] = []
        before = None
        for number, digest in self._db.execute(
            f"SELECT id, digest FROM pictures WHERE digest IN ({several}) ORDER BY digest, id"
        ):
            if digest != before and group:
                yield group
                group = []
            group.append(number)
            before = digest
        if group:
            yield group

    def first_copies(self) -> NDArray[np.int64]:
        """Numbers (n,) of the pictures that can be read, one of each content."""
        return self._table("SELECT min(id) FROM pictures WHERE error IS NULL GROUP BY digest ORDER BY 1", 1)[
            :, 0
        ]

    def cells(self, numbers: Sequence[int]) -> NDArray[np.uint8]:
        """The cells (n, CELLS, CELLS) of pictures, in the order of their numbers."""
        return self._arrays("cells", numbers, np.uint8).reshape(-1, CELLS, CELLS)

    def vectors(self, numbers: Sequence[int]) -> NDArray[np.float32]:
        """The vectors (n, d) of pictures, in the order of their numbers."""
        return self._arrays("vector", numbers, np.float16).reshape(len(numbers), -1).astype(np.float32)

    def with_vectors(self) -> NDArray[np.int64]:
        """Numbers (n,) of the pictures that have a vector."""
        return self._table("SELECT id FROM pictures WHERE vector IS NOT NULL ORDER BY id", 1)[:, 0]

    def _arrays(self, column: str, numbers: Sequence[int], kind: Any) -> NDArray[Any]:
        found: dict[int, bytes] = {}
        for start in range(0, len(numbers), _AT_ONCE):
            part = [int(number) for number in numbers[start : start + _AT_ONCE]]
            marks = ",".join("?" * len(part))
            found.update(self._db.execute(f"SELECT id, {column} FROM pictures WHERE id IN ({marks})", part))
        return np.frombuffer(b"".join(found[int(number)] for number in numbers), kind)

    def _table(self, query: str, columns: int) -> NDArray[np.int64]:
        flat = np.fromiter((value for row in self._db.execute(query) for value in row), np.int64)
        return flat.reshape(-1, columns)
