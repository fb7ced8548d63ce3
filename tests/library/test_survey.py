"""What has changed in a folder is found without reading files, and without keeping what has not changed."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import insert, select

from tests.library.light import Light, write_picture
from veduta.library import identify
from veduta.library.add import add_photos
from veduta.library.catalog import Catalog
from veduta.library.schema import FileRow, Folder, PhotoRow
from veduta.library.survey import Survey, survey
from veduta.library.walk import Listing, Seen, walk


def look(catalog: Catalog, root: Path) -> Survey:
    with catalog.session() as session:
        row = session.scalars(select(Folder)).one()
    return survey(
        catalog, row, walk(str(root), identify.SUFFIXES, skip=[str(catalog.directory)]), lambda: None
    )


def test_an_unchanged_folder_has_nothing_to_do(filled: Catalog, folder: Path) -> None:
    found = look(filled, folder)
    assert found.files == 13
    assert (found.arrived, found.busy, found.returned, found.gone, found.lost) == (0, [], [], [], {})
    (folder / "0" / "stray.xmp").write_text("about nothing")
    assert look(filled, folder).arrived == 0


def test_changes_are_told_by_folder(filled: Catalog, folder: Path) -> None:
    write_picture(folder / "1" / "new.jpg", 70)
    write_picture(folder / "empty.jpg", 71)
    (folder / "1" / "p001.xmp").write_text((folder / "0" / "p003.jpg.xmp").read_text())
    (folder / "0" / "p003.jpg.xmp").unlink()
    (folder / "2" / "p005.jpg").unlink()
    (folder / "liar.png").unlink()
    found = look(filled, folder)
    assert (found.arrived, found.busy) == (3, [str(folder), str(folder / "1")])
    assert len(found.gone) == 1
    assert [Path(one.path).name for one in found.lost[str(folder / "0")]] == ["p003.jpg.xmp"]
    assert {Path(path).name for path in found.unseen_problems} == {"liar.png"}


def rating(catalog: Catalog, name: str) -> int | None:
    with catalog.session() as session:
        return session.scalars(select(PhotoRow.rating).join(FileRow).where(FileRow.path.endswith(name))).one()


def test_a_photo_that_moved_without_its_sidecar_loses_what_that_said(filled: Catalog, folder: Path) -> None:
    assert rating(filled, "p003.jpg") == 4
    (folder / "0" / "p003.jpg").rename(folder / "2" / "moved.jpg")
    (folder / "0" / "p003.jpg.xmp").unlink()
    add_photos(filled, [folder], [Light()])
    assert rating(filled, "moved.jpg") is None


@pytest.mark.parametrize("change", ["come", "gone"])
def test_a_sidecar_is_not_forgotten_when_the_work_stops_half_way(
    filled: Catalog, folder: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sidecar, other = folder / "0" / "p003.jpg.xmp", folder / "1" / "p001.jpg.xmp"
    if change == "come":
        other.write_text(sidecar.read_text())
    else:
        sidecar.unlink()

    def fall(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(identify, "describe", fall)
        with pytest.raises(KeyboardInterrupt):
            add_photos(filled, [folder], [Light()])
    add_photos(filled, [folder], [Light()], stop=Event())
    assert rating(filled, "p001.jpg" if change == "come" else "p003.jpg") == (4 if change == "come" else None)


def test_memory_stays_flat_however_many_files_are_unchanged(catalog: Catalog) -> None:
    each, folders = 500, 60
    held: list[int] = []

    def listings() -> Iterator[Listing]:
        for number in range(folders):
            names = [f"/photos/{number:04}/IMG_{i:05}.jpg" for i in range(each)]
            yield Listing(f"/photos/{number:04}", [Seen(name, 1000, 1) for name in names])
            if number % 10 == 9 and tracemalloc.is_tracing():
                gc.collect()  # what waits for the collector is not held
                held.append(tracemalloc.get_traced_memory()[0])

    with catalog.write() as session:
        folder = Folder(path="/photos")
        photo = PhotoRow(hash="one", width=1, height=1, format="jpg", bytes=1000)
        session.add_all([folder, photo])
        session.flush()
        row = {"photo_id": photo.id, "folder_id": folder.id, "bytes": 1000, "mtime_ns": 1, "role": "original"}
        for listing in listings():
            session.execute(insert(FileRow), [{**row, "path": seen.path} for seen in listing.files])

    tracemalloc.start()
    found = survey(catalog, folder, listings(), lambda: None)
    tracemalloc.stop()
    assert (found.files, found.arrived, found.gone) == (folders * each, 0, [])
    assert max(held) - held[0] < (folders - 10) * each * 20, "a path alone takes five times more"
