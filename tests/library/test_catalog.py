"""Opening, upgrading and refusing catalogs; transactions; names and vectors that survive the database."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from veduta.errors import CatalogError
from veduta.library.catalog import NAME, Catalog
from veduta.library.columns import HalfVector, decode_path, encode_path
from veduta.library.migrations import known
from veduta.library.schema import REVISION, Base, Folder


def test_migrations_make_exactly_the_tables_of_the_schema(tmp_path: Path) -> None:
    with Catalog.open(tmp_path) as catalog, catalog.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert catalog.revision() == REVISION


def test_the_revision_in_the_schema_is_the_newest_migration() -> None:
    assert known()[0] == REVISION


def test_an_older_catalog_is_copied_then_upgraded(tmp_path: Path) -> None:
    _first_revision(tmp_path)
    with Catalog.open(tmp_path) as catalog:
        assert catalog.revision() == REVISION
        with catalog.session() as session:
            assert session.query(Folder.path).all() == [("/photos",)]
    with sqlite3.connect(tmp_path / "catalog-0001.backup.db") as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert copy.execute("SELECT path FROM folders").fetchone() == ("/photos",)
    copy.close()


def _first_revision(directory: Path) -> None:
    from alembic import command

    from veduta.library.migrations import configuration

    engine = create_engine(f"sqlite:///{directory / NAME}")
    config = configuration()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text(
                "INSERT INTO folders (path, added_at, watch, excludes, missing)"
                " VALUES ('/photos', '2026-01-01', 0, '[]', 0)"
            )
        )
    engine.dispose()


def test_a_failed_upgrade_leaves_the_catalog_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import veduta.library.migrations as migrations

    _first_revision(tmp_path)
    monkeypatch.setattr(migrations.command, "upgrade", _explode)
    with pytest.raises(RuntimeError):
        Catalog.open(tmp_path)
    monkeypatch.undo()
    with Catalog.open(tmp_path) as catalog, catalog.session() as session:
        assert session.query(Folder.path).all() == [("/photos",)]


def _explode(config: Any, revision: str) -> None:
    config.attributes["connection"].execute(text("DROP TABLE folders"))
    raise RuntimeError("half-way")


def test_a_catalog_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    Catalog.open(tmp_path).close()
    with sqlite3.connect(tmp_path / NAME) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(CatalogError, match=r"newer Veduta.*9999.*upgrade Veduta"):
        Catalog.open(tmp_path)


def test_no_library_is_not_made_when_only_reading(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no library here"):
        Catalog.open(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_something_else_under_the_name_of_the_catalog(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"not a database, but long enough to look at" * 50)
    with pytest.raises(CatalogError, match="not a catalog"):
        Catalog.open(tmp_path)


def test_a_library_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CatalogError, match="cannot be made"):
        Catalog.open(tmp_path / "file" / "library")


def test_an_exception_undoes_the_whole_transaction(tmp_path: Path) -> None:
    with Catalog.open(tmp_path) as catalog:
        with pytest.raises(ValueError, match="no"), catalog.write() as session:
            session.add(Folder(path="/a"))
            session.flush()
            raise ValueError("no")
        with catalog.session() as session:
            assert session.query(Folder).count() == 0


def test_safe_settings_of_the_database(tmp_path: Path) -> None:
    with Catalog.open(tmp_path) as catalog, catalog.session() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert session.execute(text("PRAGMA busy_timeout")).scalar() >= 10_000


def test_opening_again_does_not_load_the_migrations(tmp_path: Path) -> None:
    import subprocess
    import sys

    Catalog.open(tmp_path).close()
    code = (
        "import sys; from veduta.library.catalog import Catalog; Catalog.open(sys.argv[1]).close();"
        "print('alembic' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "False"


@given(st.binary(min_size=1, max_size=40).filter(lambda raw: b"\0" not in raw))
def test_every_file_name_survives(raw: bytes) -> None:
    name = raw.decode("utf-8", "surrogateescape")
    stored = encode_path(name)
    stored.encode("utf-8")
    assert decode_path(stored) == name


@given(st.text(max_size=20), st.text(max_size=20))
def test_encoded_names_keep_prefixes(first: str, second: str) -> None:
    if not any("\ud800" <= c <= "\udfff" for c in first + second):
        assert encode_path(first + second) == encode_path(first) + encode_path(second)


def test_vectors_are_kept_as_half_floats() -> None:
    kind, vector = HalfVector(), np.array([0.6, -0.8, 0.0], np.float32)
    stored = kind.process_bind_param(vector, None)  # type: ignore[arg-type]
    back = kind.process_result_value(stored, None)  # type: ignore[arg-type]
    assert stored is not None
    assert len(stored) == 6
    assert back is not None
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, vector, atol=5e-4)
