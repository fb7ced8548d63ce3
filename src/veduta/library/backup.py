"""Backup: the catalog and the pictures that versions begin with, as one file which proves itself when restored."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from veduta.errors import CatalogError
from veduta.files import replacing
from veduta.library.catalog import NAME, Catalog, copy_database
from veduta.library.schema import now
from veduta.library.versions import FOLDER

MANIFEST = "manifest.json"
# The first format held no pictures.
FORMAT, FORMATS = 2, (1, 2)


@dataclass(frozen=True, slots=True)
class Proof:
    """What is in a catalog: its revision, and for each table the number of rows and a hash of all of them.

    `pictures` are files that versions begin with (stacks, panoramas, enlarged photos): bytes and a hash of each.
    """

    revision: str
    tables: dict[str, tuple[int, str]]
    pictures: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def photos(self) -> int:
        """Number of photos."""
        return self.tables.get("photos", (0, ""))[0]

    def as_json(self) -> dict[str, Any]:
        """The form that stands in a backup."""
        return {
            "format": FORMAT,
            "revision": self.revision,
            "tables": {name: {"rows": rows, "hash": digest} for name, (rows, digest) in self.tables.items()},
            "pictures": {name: {"bytes": size, "hash": one} for name, (size, one) in self.pictures.items()},
        }

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Proof:
        """The inverse of `as_json`; raises KeyError, TypeError or ValueError for anything else."""
        if plain["format"] not in FORMATS:
            raise ValueError(f"format {plain['format']}, this program knows up to {FORMAT}")
        tables = {str(name): (int(t["rows"]), str(t["hash"])) for name, t in plain["tables"].items()}
        pictures = {
            str(name): (int(p["bytes"]), str(p["hash"])) for name, p in plain.get("pictures", {}).items()
        }
        if strangers := [name for name in pictures if Path(name).name != name]:
            raise ValueError(f"{strangers[0]} is no name of a picture")
        return cls(str(plain["revision"]), tables, pictures)


def prove(database: Path) -> Proof:
    """Count and hash every row of a SQLite catalog."""
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        if [row[0] for row in connection.execute("PRAGMA integrity_check")] != ["ok"]:
            raise CatalogError(f"{database}: the database is damaged")
        names = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                " ORDER BY name"
            )
        ]
        tables = {name: _hash_rows(connection, name) for name in names}
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return Proof(revision, tables)


def _hash_rows(connection: sqlite3.Connection, table: str) -> tuple[int, str]:
    digest, rows = hashlib.blake2b(digest_size=32), 0
    for row in _rows(connection, table):
        digest.update(repr(row).encode("utf-8", "surrogatepass"))
        rows += 1
    return rows, digest.hexdigest()


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    try:
        yield from connection.execute(f'SELECT rowid, * FROM "{table}" ORDER BY rowid')
    except sqlite3.OperationalError:  # a table without row numbers
        yield from sorted(connection.execute(f'SELECT * FROM "{table}"'), key=repr)


def backup(catalog: Catalog, target: Path) -> Proof:
    """Write the catalog as it is at this moment to one file; photos can be added meanwhile.

    Thumbnails and originals are not in it: the ones are made again, the others are yours. Raises
    CatalogError when the catalog is not SQLite. A picture that somebody took away is left out.
    """
    source = catalog.directory / NAME
    if catalog.engine.dialect.name != "sqlite":
        raise CatalogError(
            f"{catalog.directory}: back up its {catalog.engine.dialect.name} database with its own tools"
        )
    try:
        with (
            TemporaryDirectory(prefix="backup-", dir=catalog.directory) as folder,
            replacing(target) as temporary,
        ):
            copy = Path(folder) / NAME
            copy_database(source, copy)
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                kept = [name for name in _bases(copy) if (catalog.directory / FOLDER / name).is_file()]
                pictures = {name: _put(archive, catalog.directory, name) for name in kept}
                proof = replace(prove(copy), pictures=pictures)
                facts = {**proof.as_json(), "made": now().isoformat()}
                archive.writestr(MANIFEST, json.dumps(facts, indent=1))
                archive.write(copy, NAME)
    except (OSError, sqlite3.Error) as error:
        raise CatalogError(f"{target}: the backup cannot be written: {error}") from error
    return proof


def _bases(database: Path) -> list[str]:
    """Names of the pictures that versions begin with, in order."""
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        query = "SELECT DISTINCT base FROM versions WHERE base IS NOT NULL ORDER BY base"
        return [str(base) for (base,) in connection.execute(query)]


def _put(archive: zipfile.ZipFile, directory: Path, name: str) -> tuple[int, str]:
    """Write one picture into the backup: its bytes and hash."""
    place = f"{FOLDER}/{name}"
    entry = zipfile.ZipInfo.from_file(directory / FOLDER / name, place, strict_timestamps=False)
    with (directory / FOLDER / name).open("rb") as source, archive.open(entry, "w") as out:
        return _copied(source, out)


def _copied(source: IO[bytes], out: IO[bytes]) -> tuple[int, str]:
    digest, size = hashlib.blake2b(digest_size=32), 0
    while block := source.read(1 << 20):
        digest.update(block)
        size += out.write(block)
    return size, digest.hexdigest()


def restore(file: Path, directory: Path) -> Proof:
    """Make a library in `directory` from a backup; raises CatalogError unless every count and hash is as it
    was.

    An existing catalog is never overwritten.
    """
    target = directory / NAME
    if target.exists():
        raise CatalogError(f"{directory}: there is a library here already; restore into another folder")
    try:
        with zipfile.ZipFile(file) as archive, replacing(target) as temporary:
            told = Proof.from_json(json.loads(archive.read(MANIFEST)))
            with archive.open(NAME) as source, temporary.open("wb") as out:
                while block := source.read(1 << 20):
                    out.write(block)
            found = prove(temporary)
            _compare(file, told, found)
            found = replace(found, pictures=_pictures(file, archive, told, directory))
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, sqlite3.Error, EOFError) as error:
        raise CatalogError(f"{file}: not a whole backup: {error}") from error
    except OSError as error:
        raise CatalogError(f"{error.filename or file}: {error.strerror or error}") from error
    return found


def _pictures(
    file: Path, archive: zipfile.ZipFile, told: Proof, directory: Path
) -> dict[str, tuple[int, str]]:
    """Write the pictures of a backup into a library, before its catalog is there."""
    for name, expected in told.pictures.items():
        with archive.open(f"{FOLDER}/{name}") as source, replacing(directory / FOLDER / name) as temporary:
            with temporary.open("wb") as out:
                actual = _copied(source, out)
            if actual != expected:
                raise CatalogError(f"{file}: the backup is damaged: picture {name} has other contents")
    return dict(told.pictures)


def _compare(file: Path, told: Proof, found: Proof) -> None:
    for name in sorted({*told.tables, *found.tables}):
        expected, actual = told.tables.get(name, (0, "")), found.tables.get(name, (0, ""))
        if expected != actual:
            what = (
                f"{actual[0]} rows instead of {expected[0]}" if expected[0] != actual[0] else "other contents"
            )
            raise CatalogError(f"{file}: the backup is damaged: table {name} has {what}")
