"""The index of a bank: which photos show which landmark, which of them are kept, and why the others are not.

One SQLite file in the bank's own folder; the photos stay where they are. Rows are streamed, so that millions of photos
need no more memory than one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, cast

from veduta.errors import BadFolder
from veduta.landmarks.landmark import Kind, Landmark

NAME = "bank.sqlite"
VERSION = 1
State = Literal["pending", "kept", "dropped"]
Judge = Literal["", "bank", "clean", "person"]

_SCHEMA = """
CREATE TABLE landmarks (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, city TEXT NOT NULL, region TEXT NOT NULL,
  latitude REAL, longitude REAL, kind TEXT NOT NULL, frequency TEXT NOT NULL,
  source TEXT NOT NULL, listing INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE photos (
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, landmark TEXT NOT NULL, split TEXT NOT NULL,
  source TEXT NOT NULL, listing INTEGER NOT NULL, bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
  hash TEXT, phash INTEGER, width INTEGER, height INTEGER, latitude REAL, longitude REAL,
  state TEXT NOT NULL DEFAULT 'pending', judge TEXT NOT NULL DEFAULT '', why TEXT NOT NULL DEFAULT '',
  score REAL, reference INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX photos_of ON photos (landmark, state);
CREATE INDEX photos_pending ON photos (id) WHERE state = 'pending';
CREATE INDEX photos_alike ON photos (hash);
CREATE TABLE problems (
  source TEXT NOT NULL, what TEXT NOT NULL, reason TEXT NOT NULL,
  UNIQUE (source, what, reason) ON CONFLICT IGNORE
);
"""
_PHOTO = (
    "id, path, landmark, split, hash, phash, width, height, latitude, longitude, "
    "state, judge, why, score, reference"
)


class BankError(BadFolder):
    """A bank, or what it is to be made of, cannot be used."""


@dataclass(frozen=True, slots=True)
class BankPhoto:
    """A photo of a bank.

    `landmark` is "" for photos without a landmark. `hash` is of the bytes, `phash` (64 bits, signed) of the look;
    both, and the upright size, are None until the file was read, and where it cannot be. `judge` tells who decided
    on `state`: the import ("bank"), the cleaning or a person. `position` is latitude and longitude from the file.
    """

    id: int
    path: Path
    landmark: str
    split: str
    hash: str | None
    phash: int | None
    width: int | None
    height: int | None
    position: tuple[float, float] | None
    state: State
    judge: Judge
    why: str
    score: float | None
    reference: bool


class Bank:
    """An open index; use it in a `with`. Several processes may have it open."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self._connection = connection

    @classmethod
    def open(cls, folder: Path | str, create: bool = False) -> Self:
        """Open the bank in `folder`; raises BankError where there is none and `create` is not asked for."""
        folder = Path(folder)
        file = folder / NAME
        if not file.exists() and not create:
            raise BankError(
                f"{folder}: holds no bank; make one with `veduta landmarks bank SOURCE --into {folder}`"
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(file, timeout=60, isolation_level=None)
        except OSError as error:
            raise BankError(f"{folder}: the bank cannot be opened: {error.strerror}") from error
        except sqlite3.Error as error:
            raise BankError(f"{folder}: the bank cannot be opened: {error}") from error
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            connection.close()
            raise BankError(
                f"{file}: not the index of a bank, or damaged ({error}); delete it and make the bank anew"
            ) from error
        if version not in (0, VERSION):
            connection.close()
            raise BankError(
                f"{file}: made by another version of Veduta (format {version}, not {VERSION}); make it anew"
            )
        return cls(folder, connection)

    def close(self) -> None:
        """Close the index."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is written, or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def rows(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Stream the rows of a query."""
        return iter(self._connection.execute(query, values))

    def one(self, query: str, values: Sequence[Any] = ()) -> Any:
        """The first value of the first row of a query; None where there is none."""
        row = self._connection.execute(query, values).fetchone()
        return None if row is None else row[0]

    def landmarks(self) -> Iterator[Landmark]:
        """All landmarks in order of their ids, those without photos included."""
        columns = "id, name, country, city, region, latitude, longitude, kind, frequency"
        for row in self.rows(f"SELECT {columns} FROM landmarks ORDER BY id"):
            label, name, country, city, region, latitude, longitude, kind, frequency = row
            where = (latitude, longitude)
            yield Landmark(label, name, country, city, region, *where, cast(Kind, kind), frequency)

    def photos(self, landmark: str | None = None, kept: bool = True) -> Iterator[BankPhoto]:
        """Photos of one landmark, or of all, in order of landmarks and paths; without `kept` also the dropped ones.

        Photos without a landmark come when asked for as landmark "".
        """
        chosen, values = ("landmark != ''", ()) if landmark is None else ("landmark = ?", (landmark,))
        states = "state = 'kept'" if kept else "state != 'pending'"
        return self.chosen(f"{chosen} AND {states} ORDER BY landmark, path", values)

    def chosen(self, condition: str, values: Sequence[Any] = ()) -> Iterator[BankPhoto]:
        """Stream the photos that a condition of SQL chooses, in the order that it may end with."""
        return map(_photo, self.rows(f"SELECT {_PHOTO} FROM photos WHERE {condition}", values))

    def find(self, path: Path | str) -> BankPhoto | None:
        """The photo at `path`; None where the bank has none there."""
        return next(self.chosen("path = ?", (str(path),)), None)

    def problems(self) -> Iterator[tuple[str, str]]:
        """(what, reason) of everything that the last imports left out."""
        return cast(Iterator[tuple[str, str]], self.rows("SELECT what, reason FROM problems ORDER BY what"))

    def judge(self, judged: Iterable[tuple[int, State, str, float | None]], judge: Judge) -> None:
        """Write verdicts (photo id, state, why, score) in one transaction; those of persons only a person changes.

        It is asked here, because a person may decide while a long cleaning runs.
        """
        with self.writing() as connection:
            connection.executemany(
                "UPDATE photos SET state = ?, judge = ?, why = ?, score = ? "
                "WHERE id = ? AND (judge != 'person' OR ? = 'person')",
                ((state, judge, why, score, photo, judge) for photo, state, why, score in judged),
            )


def _photo(row: Sequence[Any]) -> BankPhoto:
    number, path, landmark, split, digest, phash, width, height, latitude, longitude, *verdict = row
    state, judge, why, score, reference = verdict
    position = None if latitude is None or longitude is None else (latitude, longitude)
    size = (width, height)
    return BankPhoto(
        number, Path(path), landmark, split, digest, phash, *size, position, state, judge, why, score, bool(reference)
    )  # fmt: skip
