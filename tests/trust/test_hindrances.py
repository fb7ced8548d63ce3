"""A full disk, a library that may only be read, a drive that is not there, two processes: told clearly,
nothing lost.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, text

from tests.library.light import Light, Moody, fill
from tests.trust.dump import dump, originals
from tests.trust.importing import TOLD, start
from veduta.errors import CatalogError
from veduta.image import thumbnails
from veduta.library.add import Options, add_photos
from veduta.library.catalog import Catalog
from veduta.library.schema import Folder
from veduta.library.status import status
from veduta.library.verify import verify


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return fill(tmp_path / "photos", 12)


@pytest.fixture
def expected(tmp_path: Path, folder: Path) -> list[str]:
    with Catalog.open(tmp_path / "calm") as catalog:
        add_photos(catalog, [folder], [Light(), Moody()])
        return dump(catalog)


def finishes_like(directory: Path, folder: Path, expected: list[str]) -> None:
    with Catalog.open(directory) as catalog:
        add_photos(catalog, [folder], [Light(), Moody()])
        assert dump(catalog) == expected
        assert verify(catalog).ok


def test_a_disk_that_is_full_stops_the_import_with_advice(
    tmp_path: Path, folder: Path, expected: list[str]
) -> None:
    before = originals(folder)
    process = start(tmp_path / "full", folder, "full")
    process.join()
    told = tmp_path / f"full-{TOLD}"
    assert process.exitcode == 1
    assert "nothing is lost" in told.read_text("utf-8")
    finishes_like(tmp_path / "full", folder, expected)
    assert originals(folder) == before


def test_a_database_that_cannot_grow_says_so(tmp_path: Path, folder: Path, expected: list[str]) -> None:
    with Catalog.open(tmp_path / "small") as catalog:
        with catalog.session() as session:
            pages = session.execute(text("PRAGMA page_count")).scalar_one()
        event.listen(catalog.engine, "connect", lambda c, _: c.execute(f"PRAGMA max_page_count = {pages}"))
        catalog.engine.dispose()
        with pytest.raises(CatalogError, match="disk is full"):
            add_photos(catalog, [folder], [Light(), Moody()])
    finishes_like(tmp_path / "small", folder, expected)


def test_thumbnails_that_cannot_be_written_stop_the_import(
    tmp_path: Path, folder: Path, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write, count = thumbnails.write_thumbnails, iter(range(1000))

    def until_full(*arguments: object, **options: object) -> object:
        if next(count) >= 5:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(*arguments, **options)  # type: ignore[arg-type]

    with Catalog.open(tmp_path / "full") as catalog:
        with monkeypatch.context() as patch:
            patch.setattr(thumbnails, "write_thumbnails", until_full)
            with pytest.raises(CatalogError, match=r"No space left on device.*nothing is lost"):
                add_photos(catalog, [folder], [Light(), Moody()])
        assert status(catalog).pending > 0
    finishes_like(tmp_path / "full", folder, expected)


@pytest.fixture
def public_path() -> Iterator[Path]:
    """A folder that every user of the machine may read, as tmp_path is not."""
    path = Path(tempfile.mkdtemp(prefix="veduta-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def test_a_library_that_may_only_be_read_says_so_and_can_be_read(public_path: Path) -> None:
    folder, directory = fill(public_path / "photos", 3), public_path / "library"
    with Catalog.open(directory) as catalog:
        add_photos(catalog, [folder], [Light(), Moody()])
        expected = dump(catalog)
    told = Path(f"{directory}-{TOLD}")
    told.touch()
    told.chmod(0o666)
    directory.chmod(0o555)
    process = start(directory, folder, "nobody")
    process.join()
    directory.chmod(0o755)
    assert process.exitcode == 1
    assert "cannot be written" in told.read_text("utf-8") or "read-only" in told.read_text("utf-8")
    with Catalog.open(directory) as catalog:
        assert dump(catalog) == expected


@pytest.mark.parametrize("left", ["nothing", "an empty mount point"])
def test_an_unplugged_drive_touches_nothing(tmp_path: Path, folder: Path, left: str) -> None:
    away = tmp_path / "away"
    with Catalog.open(tmp_path / "library") as catalog:
        add_photos(catalog, [folder], [Light(), Moody()])
        expected = dump(catalog)
        folder.rename(away)
        if left != "nothing":
            folder.mkdir()
        told = add_photos(catalog, [], [Light(), Moody()])
        assert (
            str(folder),
            "the folder is missing or empty: is its drive plugged in? Its photos are kept as they are",
        ) in (told.problems)
        with catalog.session() as session:
            assert session.query(Folder).one().missing
        unchanged = [line for line in dump(catalog) if str(folder) + "'" not in line]
        assert unchanged == [line for line in expected if str(folder) + "'" not in line]
        if left != "nothing":
            folder.rmdir()
        away.rename(folder)
        add_photos(catalog, [], [Light(), Moody()])
        assert dump(catalog) == expected


def test_two_processes_at_once_take_turns(tmp_path: Path, folder: Path, expected: list[str]) -> None:
    both = [start(tmp_path / "shared", folder) for _ in range(2)]
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    with Catalog.open(tmp_path / "shared") as catalog:
        assert dump(catalog) == expected


def test_the_second_process_gives_up_when_told_not_to_wait(tmp_path: Path, folder: Path) -> None:
    waited = []
    with Catalog.open(tmp_path / "one") as one, Catalog.open(tmp_path / "one") as two, one.writing():
        options = Options(wait=0.1, waiting=lambda: waited.append(True))
        with pytest.raises(CatalogError, match="another process"):
            add_photos(two, [folder], [Light()], options=options)
    assert waited == [True]
