"""Copies of photos: whole, named apart, with sidecars, without position."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from tests.image.test_strip import with_position
from tests.library.light import Light
from veduta.errors import NotFound
from veduta.image.metadata import read_metadata
from veduta.library.add import add_photos
from veduta.library.catalog import Catalog
from veduta.library.export import LocationLeftError, NoSidecarsError, export
from veduta.library.schema import FileRow, Keyword, PhotoRow


def ids(catalog: Catalog, *names: str) -> list[int]:
    """Numbers of photos by the names of their files."""
    with catalog.session() as session:
        rows = session.execute(select(FileRow.path, FileRow.photo_id).where(FileRow.role == "original")).all()
    numbers = {Path(path).name: photo_id for path, photo_id in rows}
    return [numbers[name] for name in names]


def test_copies_are_whole_and_keep_their_times(filled: Catalog, folder: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = export(filled, ids(filled, "p001.jpg", "wide.png"), tmp_path / "out")
    assert [Path(one.copy or "").name for one in done] == ["p001.jpg", "wide.png"]
    for one in done:
        source, copy = Path(one.path), Path(one.copy or "")
        assert copy.read_bytes() == source.read_bytes()
        assert copy.stat().st_mtime_ns == source.stat().st_mtime_ns
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_equal_names_are_numbered_and_nothing_is_overwritten(filled: Catalog, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "p001.jpg").write_text("mine")
    one = ids(filled, "p001.jpg")
    names = [Path(e.copy or "").name for e in export(filled, one * 2, out)]
    assert names == ["p001 (2).jpg", "p001 (3).jpg"]
    assert (out / "p001.jpg").read_text() == "mine"


def test_sidecars_hold_what_the_library_knows(filled: Catalog, tmp_path: Path) -> None:
    (photo_id,) = ids(filled, "p002.jpg")
    with filled.write() as session:
        photo = session.get_one(PhotoRow, photo_id)
        photo.title, photo.rating = "A hill", 5
        session.add(Keyword(photo_id=photo_id, word="green", source="user"))
    export(filled, [photo_id], tmp_path / "out", sidecars=True)
    told = read_metadata(tmp_path / "out" / "p002.jpg")
    assert (told.title, told.rating, told.keywords) == ("A hill", 5, ("green",))


def test_without_location(catalog: Catalog, folder: Path, tmp_path: Path) -> None:
    (folder / "paris.jpg").write_bytes(with_position("JPEG"))
    add_photos(catalog, [folder], [Light()])
    chosen = ids(catalog, "paris.jpg")
    with catalog.session() as session:
        assert session.get_one(PhotoRow, chosen[0]).place is not None
    (kept,) = export(catalog, chosen, tmp_path / "with")
    (gone,) = export(catalog, chosen, tmp_path / "without", sidecars=True, location=False)
    assert read_metadata(kept.copy or "").latitude is not None
    assert read_metadata(gone.copy or "").latitude is None
    assert b"GPSLatitude" not in (tmp_path / "without" / "paris.jpg.xmp").read_bytes()


def test_a_position_that_stays_is_not_exported(
    catalog: Catalog, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "paris.jpg").write_bytes(with_position("JPEG"))
    add_photos(catalog, [folder], [Light()])
    monkeypatch.setattr("veduta.library.export.strip_location", lambda data: data)
    (told,) = export(catalog, ids(catalog, "paris.jpg"), tmp_path / "out", location=False)
    assert told.copy is None
    assert "position cannot be taken out" in (told.reason or "")
    assert list((tmp_path / "out").iterdir()) == []
    assert issubclass(LocationLeftError, Exception)


def test_what_cannot_be_copied_is_told(filled: Catalog, folder: Path, tmp_path: Path) -> None:
    chosen = ids(filled, "p001.jpg", "p002.jpg")
    (folder / "1" / "p001.jpg").unlink()
    with (folder / "2" / "p002.jpg").open("ab") as file:
        file.write(b"more")
    gone, changed = export(filled, chosen, tmp_path / "out")
    assert (gone.copy, gone.reason) == (None, "the file is not there")
    assert changed.copy is None
    assert "has changed since it was added" in (changed.reason or "")
    with pytest.raises(NotFound):
        export(filled, [12345], tmp_path / "out")


def test_anonymized_copies(
    filled: Catalog, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is hidden is hidden in each copy, and also photos that show nothing are copied without their metadata."""
    from tests.edit.test_redaction import Told
    from veduta.edit.regions import Eyes
    from veduta.see.finding import Finding

    found = Finding("face", "face", 0.9, "faces", "1", box=(10.0, 10.0, 20.0, 25.0))
    monkeypatch.setattr("veduta.edit.regions.shared_eyes", lambda: Eyes({"faces": Told("faces", [found])}))
    chosen = ids(filled, "p001.jpg", "wide.png")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = export(filled, chosen, tmp_path / "out", anonymize=["faces"])
    assert [one.reason for one in done] == [None, None]
    for one in done:
        copy = Path(one.copy or "")
        assert copy.read_bytes() != Path(one.path).read_bytes()
        told = read_metadata(copy)
        assert told.latitude is None and not told.face_regions and not told.keywords
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    with pytest.raises(NoSidecarsError, match="names"):
        export(filled, chosen, tmp_path / "out", sidecars=True, anonymize=["faces"])
