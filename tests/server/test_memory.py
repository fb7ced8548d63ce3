"""Remembered answers change when the catalog does."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from veduta.library.catalog import Catalog
from veduta.library.schema import Folder
from veduta.server.memory import Memory


def test_answers_follow_the_catalog(tmp_path: Path) -> None:
    asked = 0

    def count() -> int:
        nonlocal asked
        asked += 1
        with catalog.session() as session:
            return session.scalar(select(func.count()).select_from(Folder)) or 0

    with Catalog.open(tmp_path) as catalog, Catalog.open(tmp_path) as other:
        memory = Memory(catalog)
        assert [memory.answer("n", count) for _ in range(3)] == [0, 0, 0] and asked == 1
        with catalog.write() as session:
            session.add(Folder(path="/a", excludes=[]))
        memory.forget()
        assert memory.answer("n", count) == 1
        with other.write() as session:
            session.add(Folder(path="/b", excludes=[]))
        memory.forget()
        assert memory.answer("n", count) == 2
        assert memory.answer("n", count) == 2 and asked == 3
        memory.close()


def test_other_processes_are_noticed_without_being_told(tmp_path: Path, monkeypatch: object) -> None:
    with Catalog.open(tmp_path) as catalog, Catalog.open(tmp_path) as other:
        memory = Memory(catalog)
        first = memory._version()
        assert memory._version() == first
        with other.write() as session:
            session.add(Folder(path="/b", excludes=[]))
        assert memory._version() != first
        memory.close()
