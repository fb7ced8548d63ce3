"""Verify: rot, edits, removals and unplugged drives are told apart."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import select, update

from tests.library.light import Light, write_picture
from veduta.library.add import add_photos
from veduta.library.catalog import Catalog
from veduta.library.schema import FindingRow, PhotoRow
from veduta.library.verify import verify


def test_a_sound_library(filled: Catalog) -> None:
    report = verify(filled)
    assert report.ok
    assert (report.files, report.sound) == (9, 9)


def test_rot_is_told_apart_from_an_edit(filled: Catalog, folder: Path) -> None:
    rotten, edited, touched = folder / "0" / "p000.jpg", folder / "1" / "p001.jpg", folder / "2" / "p002.jpg"
    facts = rotten.stat()
    data = bytearray(rotten.read_bytes())
    data[len(data) // 2] ^= 1
    rotten.write_bytes(bytes(data))
    os.utime(rotten, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    write_picture(edited, 99)
    os.utime(touched)
    (folder / "0" / "p003.jpg").unlink()
    report = verify(filled)
    assert (report.rotten, report.edited, report.missing) == (
        [str(rotten)],
        [str(edited)],
        [str(folder / "0" / "p003.jpg")],
    )
    assert report.sound == 6
    assert not report.ok


def test_an_unplugged_drive_is_no_damage(filled: Catalog, folder: Path, tmp_path: Path) -> None:
    folder.rename(tmp_path / "away")
    add_photos(filled, [], [Light()])
    report = verify(filled)
    assert report.ok
    assert report.files == 0


def test_lost_and_broken_thumbnails(filled: Catalog) -> None:
    with filled.session() as session:
        first, second = session.scalars(select(PhotoRow.hash).order_by(PhotoRow.hash).limit(2))
    filled.thumbnail(first, 320).unlink()
    filled.thumbnail(second, 1440).write_bytes(b"half")
    assert verify(filled).thumbnails == [
        str(filled.thumbnail(first, 320)),
        str(filled.thumbnail(second, 1440)),
    ]


def test_findings_that_contradict_the_record(filled: Catalog, folder: Path) -> None:
    with filled.write() as session:
        first = session.scalar(select(FindingRow.photo_id).limit(1))
        session.execute(update(FindingRow).where(FindingRow.photo_id == first).values(version="0"))
    assert len(verify(filled).findings) == 1
