"""Backups: one file that proves itself."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from veduta.edit.edits import Edits
from veduta.errors import CatalogError
from veduta.library import versions
from veduta.library.backup import backup, prove, restore
from veduta.library.catalog import NAME, Catalog
from veduta.library.schema import Folder, PhotoRow
from veduta.library.status import status


def test_a_restored_catalog_is_the_one_that_was_backed_up(filled: Catalog, tmp_path: Path) -> None:
    proof = backup(filled, tmp_path / "library.backup")
    assert proof.photos == 8
    assert restore(tmp_path / "library.backup", tmp_path / "again") == proof
    with Catalog.open(tmp_path / "again", create=False) as again:
        assert status(again) == status(filled)
    assert sorted(path.name for path in (tmp_path / "again").iterdir()) == [NAME]


def stacked(catalog: Catalog, pixels: bytes = b"pixels of a stack") -> Path:
    """A version that begins with a picture of its own; where that lies."""
    base = versions.folder(catalog) / "whole-stack.jpg"
    base.parent.mkdir(exist_ok=True)
    base.write_bytes(pixels)
    versions.create(catalog, 1, Edits(), base=(base.name, 40, 30))
    return base


def test_pictures_that_versions_begin_with_are_kept(filled: Catalog, tmp_path: Path) -> None:
    base = stacked(filled)
    versions.create(filled, 1, Edits(), base=("taken-away.jpg", 40, 30))
    proof = backup(filled, tmp_path / "b.backup")
    assert list(proof.pictures) == [base.name]
    assert restore(tmp_path / "b.backup", tmp_path / "again") == proof
    again = tmp_path / "again" / "versions"
    assert {path.name: path.read_bytes() for path in again.iterdir()} == {base.name: base.read_bytes()}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("whole-stack.jpg", b"other pixels", "picture whole-stack.jpg has other contents"),
        ("../../outside.jpg", b"pixels of a stack", "no name of a picture"),
    ],
)
def test_damaged_pictures_are_refused(
    filled: Catalog, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    stacked(filled)
    backup(filled, tmp_path / "good.backup")
    with (
        zipfile.ZipFile(tmp_path / "good.backup") as old,
        zipfile.ZipFile(tmp_path / "bad.backup", "w") as new,
    ):
        manifest = json.loads(old.read("manifest.json"))
        manifest["pictures"] = {name: next(iter(manifest["pictures"].values()))}
        new.writestr("manifest.json", json.dumps(manifest))
        new.writestr(NAME, old.read(NAME))
        new.writestr(f"versions/{name}", content)
    with pytest.raises(CatalogError, match=told):
        restore(tmp_path / "bad.backup", tmp_path / "again")
    assert [path for path in tmp_path.rglob("*") if path.suffix == ".jpg" and "again" in path.parts] == []
    assert not (tmp_path / "again" / NAME).exists()


def test_backups_of_the_first_format_are_read(filled: Catalog, tmp_path: Path) -> None:
    backup(filled, tmp_path / "new.backup")
    with (
        zipfile.ZipFile(tmp_path / "new.backup") as new,
        zipfile.ZipFile(tmp_path / "old.backup", "w") as old,
    ):
        manifest = json.loads(new.read("manifest.json"))
        del manifest["pictures"]
        old.writestr("manifest.json", json.dumps({**manifest, "format": 1}))
        old.writestr(NAME, new.read(NAME))
    assert restore(tmp_path / "old.backup", tmp_path / "again").photos == 8


def test_the_proof_tells_every_change(filled: Catalog, tmp_path: Path) -> None:
    before = backup(filled, tmp_path / "a.backup")
    with filled.write() as session:
        session.scalars(select(PhotoRow)).first().title = "changed"  # type: ignore[union-attr]
    after = backup(filled, tmp_path / "b.backup")
    assert [name for name in before.tables if before.tables[name] != after.tables[name]] == ["photos"]


def test_a_backup_made_during_a_transaction_holds_what_was_committed(filled: Catalog, tmp_path: Path) -> None:
    with filled.write() as session:
        session.add(Folder(path="/later"))
        session.flush()
        proof = backup(filled, tmp_path / "b.backup")
    assert proof.tables["folders"][0] == 1


def test_an_existing_library_is_not_overwritten(filled: Catalog, tmp_path: Path) -> None:
    backup(filled, tmp_path / "b.backup")
    with pytest.raises(CatalogError, match="a library here already"):
        restore(tmp_path / "b.backup", filled.directory)


def damaged(source: Path, target: Path, change: str) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        manifest, data = json.loads(old.read("manifest.json")), old.read(NAME)
        if change == "a row is lost":
            path = target.with_suffix(".db")
            path.write_bytes(data)
            with sqlite3.connect(path) as connection:
                connection.execute("DELETE FROM findings WHERE id = (SELECT min(id) FROM findings)")
            connection.close()
            data = path.read_bytes()
        elif change == "bytes are lost":
            data = data[: len(data) // 2]
        elif change == "the manifest is of another format":
            manifest["format"] = 99
        new.writestr("manifest.json", json.dumps(manifest))
        new.writestr(NAME, data)
    return target


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("a row is lost", "table findings has .* rows instead of"),
        ("bytes are lost", "damaged|malformed|not a whole backup"),
        ("the manifest is of another format", "format 99"),
    ],
)
def test_a_damaged_backup_is_refused_and_leaves_nothing(
    filled: Catalog, tmp_path: Path, change: str, told: str
) -> None:
    backup(filled, tmp_path / "good.backup")
    bad = damaged(tmp_path / "good.backup", tmp_path / "bad.backup", change)
    with pytest.raises(CatalogError, match=told):
        restore(bad, tmp_path / "again")
    assert not (tmp_path / "again" / NAME).exists()
    assert list((tmp_path / "again").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(CatalogError, match="not a whole backup"):
        restore(tmp_path / "x", tmp_path / "again")
    with pytest.raises(CatalogError, match="No such file"):
        restore(tmp_path / "none", tmp_path / "again")


def test_proofs_do_not_change_what_they_prove(filled: Catalog, tmp_path: Path) -> None:
    backup(filled, tmp_path / "b.backup")
    restore(tmp_path / "b.backup", tmp_path / "again")
    file = tmp_path / "again" / NAME
    before = file.read_bytes()
    assert prove(file) == prove(file)
    assert file.read_bytes() == before
