"""Adding photos: what is new, known, moved, changed, removed, broken; what is analyzed, and what is not
again.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from sqlalchemy import select

from tests.library.light import Light, Moody, write_picture
from veduta.errors import NotFound
from veduta.image import decode
from veduta.library.add import Options, add_photos
from veduta.library.catalog import Catalog
from veduta.library.schema import (
    Face,
    FaceConstraint,
    FileRow,
    FindingRow,
    Keyword,
    Person,
    PhotoRow,
    VectorRow,
    Work,
)


def files(catalog: Catalog) -> dict[str, tuple[str, bool]]:
    """Name of each file -> (hash of its photo, whether it is missing)."""
    with catalog.session() as session:
        rows = session.execute(
            select(FileRow.path, PhotoRow.hash, FileRow.missing_since).join(
                PhotoRow, PhotoRow.id == FileRow.photo_id
            )
        ).all()
    return {Path(path).name: (known, missing is not None) for path, known, missing in rows}


def present(catalog: Catalog) -> set[str]:
    with catalog.session() as session:
        return set(session.scalars(select(PhotoRow.hash).where(PhotoRow.missing_since.is_(None))))


def test_a_folder_becomes_a_library(catalog: Catalog, folder: Path) -> None:
    told = add_photos(catalog, [folder], [Light()])
    assert (told.photos, told.done, told.pending, told.failed) == (8, 8, 0, 3)
    assert [Path(path).name for path, _ in told.problems] == ["cut.jpg", "empty.jpg", "liar.png"]
    assert all(reason for _, reason in told.problems)
    with catalog.session() as session:
        photo = session.scalars(select(PhotoRow).join(FileRow).where(FileRow.path.endswith("p002.jpg"))).one()
        assert (photo.width, photo.height, photo.media, photo.format) == (98, 64, "photo", "jpg")
        assert photo.color is not None
        assert photo.phash is not None
        kinds = set(session.scalars(select(FindingRow.kind).where(FindingRow.photo_id == photo.id)))
        assert kinds == {"label", "face", "text"}
        assert photo.people_count == 1
        vector = session.scalars(select(VectorRow).where(VectorRow.photo_id == photo.id)).one()
        assert vector.space == "light@1"
        assert abs(float(np.linalg.norm(vector.data)) - 1) < 1e-3
        for side in (320, 1440):
            assert decode.size(catalog.thumbnail(photo.hash, side)) == (98, 64)


def test_twins_share_a_photo(catalog: Catalog, folder: Path) -> None:
    add_photos(catalog, [folder], [Light()])
    known = files(catalog)
    assert known["twin.jpg"] == known["p000.jpg"]


def test_nothing_is_done_twice(catalog: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    light = Light()
    first = add_photos(catalog, [folder], [light])
    shown = len(light.shown)
    monkeypatch.setattr("veduta.library.identify.hashes.content_hash", _never)
    monkeypatch.setattr("veduta.library.pipeline.decode.load", _never)
    assert add_photos(catalog, [folder], [light]) == first
    assert add_photos(catalog, [], [light]) == first
    assert len(light.shown) == shown == 8


def _never(*_: object) -> object:
    raise AssertionError("read again")


def test_moved_and_renamed_files_are_known_again(catalog: Catalog, folder: Path) -> None:
    light = Light()
    add_photos(catalog, [folder], [light])
    before = files(catalog)
    (folder / "elsewhere").mkdir()
    (folder / "2" / "p005.jpg").rename(folder / "elsewhere" / "new name.jpg")
    told = add_photos(catalog, [folder], [light])
    after = files(catalog)
    assert after.pop("new name.jpg") == before.pop("p005.jpg")
    assert after == before
    assert told.photos == 8
    assert len(light.shown) == 8


def test_a_renamed_folder_is_known_again(catalog: Catalog, folder: Path) -> None:
    light = Light()
    add_photos(catalog, [folder], [light])
    before = files(catalog)
    (folder / "1").rename(folder / "one")
    add_photos(catalog, [folder], [light])
    assert files(catalog) == before
    assert len(light.shown) == 8


def test_removed_files_are_marked_and_return(catalog: Catalog, folder: Path, tmp_path: Path) -> None:
    light = Light()
    add_photos(catalog, [folder], [light])
    before, kept = files(catalog), present(catalog)
    shutil.move(folder / "2" / "p002.jpg", tmp_path / "away.jpg")
    (folder / "twin.jpg").unlink()
    told = add_photos(catalog, [folder], [light])
    after = files(catalog)
    assert told.photos == 7
    assert after["p002.jpg"] == (before["p002.jpg"][0], True)
    assert after["twin.jpg"][1]
    assert present(catalog) == kept - {before["p002.jpg"][0]}, "a photo with one file left is present"
    shutil.move(tmp_path / "away.jpg", folder / "2" / "p002.jpg")
    assert add_photos(catalog, [folder], [light]).photos == 8
    assert present(catalog) == kept
    assert len(light.shown) == 8


def test_changed_content_is_a_new_photo(catalog: Catalog, folder: Path) -> None:
    light = Light()
    add_photos(catalog, [folder], [light])
    before = files(catalog)
    write_picture(folder / "0" / "p003.jpg", 77)
    told = add_photos(catalog, [folder], [light])
    after = files(catalog)
    assert after["p003.jpg"][0] != before["p003.jpg"][0]
    assert told.photos == 8
    assert before["p003.jpg"][0] not in present(catalog)
    assert len(light.shown) == 9


def test_a_touched_file_is_read_but_stays_the_photo(catalog: Catalog, folder: Path) -> None:
    light = Light()
    add_photos(catalog, [folder], [light])
    os.utime(folder / "1" / "p004.jpg")
    before = files(catalog)
    add_photos(catalog, [folder], [light])
    assert files(catalog) == before
    assert len(light.shown) == 8


def test_files_in_a_folder_that_cannot_be_read_are_not_taken_for_removed(
    catalog: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_photos(catalog, [folder], [Light()])
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path == str(folder / "1"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    told = add_photos(catalog, [folder], [Light()])
    assert told.photos == 8
    assert (str(folder / "1"), "folder cannot be read: Permission denied") in told.problems
    monkeypatch.undo()
    assert str(folder / "1") not in dict(add_photos(catalog, [folder], [Light()]).problems)


def test_bad_files_are_not_tried_again_until_they_change(
    catalog: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_photos(catalog, [folder], [Light()])
    with monkeypatch.context() as patch:
        patch.setattr("veduta.library.identify.hashes.content_hash", _never)
        assert add_photos(catalog, [folder], [Light()]).failed == 3
    write_picture(folder / "cut.jpg", 55)
    (folder / "liar.png").unlink()
    told = add_photos(catalog, [folder], [Light()])
    assert [Path(path).name for path, _ in told.problems] == ["empty.jpg"]
    assert told.photos == 9


def test_a_recognizer_that_fails_on_one_photo_fails_on_that_one_only(catalog: Catalog, folder: Path) -> None:
    told = add_photos(catalog, [folder], [Light(), Moody()])
    assert (told.photos, told.done, told.pending) == (8, 7, 0)
    assert dict(told.problems)[str(folder / "wide.png")] == "moody: RuntimeError: too wide for me"
    with catalog.session() as session:
        states = session.execute(select(Work.recognizer, Work.state).where(Work.state == "failed")).all()
    assert [tuple(state) for state in states] == [("moody", "failed")]
    moody = Moody()
    add_photos(catalog, [folder], [Light(), moody])
    assert moody.shown == [], "failures are not tried again unasked"


def test_failures_are_tried_again_on_request_and_by_a_new_version(catalog: Catalog, folder: Path) -> None:
    class Calm(Light):
        name = "moody"

    add_photos(catalog, [folder], [Light(), Moody()])
    told = add_photos(catalog, [folder], [Light(), Calm()], options=Options(retry=True))
    assert (told.done, told.failed) == (8, 3)
    add_photos(catalog, [folder], [Light(), Moody("2")])
    assert add_photos(catalog, [folder], [Light(), Calm("3")]).failed == 3


def test_failures_of_a_recognizer_that_is_gone_are_forgotten(catalog: Catalog, folder: Path) -> None:
    add_photos(catalog, [folder], [Light(), Moody()])
    told = add_photos(catalog, [folder], [Light()])
    assert (told.done, told.failed) == (8, 3)


def test_a_new_version_reads_only_its_own_findings_again(catalog: Catalog, folder: Path) -> None:
    other = Light()
    other.name = "other"
    add_photos(catalog, [folder], [Light(), other])
    with catalog.session() as session:
        kept = set(session.scalars(select(FindingRow.id).where(FindingRow.recognizer == "other")))
    newer, count = Light("2"), len(other.shown)
    add_photos(catalog, [folder], [newer, other])
    assert (len(newer.shown), len(other.shown)) == (8, count)
    with catalog.session() as session:
        assert set(session.scalars(select(FindingRow.id).where(FindingRow.recognizer == "other"))) == kept
        assert set(session.scalars(select(FindingRow.version).where(FindingRow.recognizer == "light"))) == {
            "2"
        }
        assert set(session.scalars(select(VectorRow.space))) == {"light@2", "other@1"}


def test_a_new_recognizer_makes_its_photos_pending_until_it_has_seen_them(
    catalog: Catalog, folder: Path
) -> None:
    add_photos(catalog, [folder], [Light()])
    stop = Event()

    class Stopping(Light):
        name = "stopping"

        def see(self, photos):  # type: ignore[no-untyped-def]
            stop.set()
            return super().see(photos)

    told = add_photos(catalog, [], [Stopping(), Light()], stop=stop)
    assert told.pending == 8
    assert told.photos == told.done + told.pending
    stop.clear()
    assert add_photos(catalog, [], [Light(), Stopping()]).pending == 0


def test_names_of_people_survive_a_new_analysis(catalog: Catalog, folder: Path) -> None:
    add_photos(catalog, [folder], [Light()])
    with catalog.write() as session:
        face = session.scalars(select(Face)).first()
        assert face is not None
        anna = Person(name="Anna")
        session.add(anna)
        session.flush()
        face.person_id, face.confirmed = anna.id, True
        box = [face.x, face.y, face.w, face.h]
        session.add(
            FaceConstraint(
                kind="person", face_a=face.finding_id, photo_a=face.photo_id, box_a=box, person_id=anna.id
            )
        )
        photo, person = face.photo_id, anna.id
    add_photos(catalog, [folder], [Light("2")])
    with catalog.session() as session:
        again = session.scalars(select(Face).where(Face.photo_id == photo)).one()
        assert (again.person_id, again.confirmed) == (person, True)
        assert session.scalars(select(FaceConstraint.face_a)).all() == [again.finding_id]


def test_what_the_user_set_is_not_overwritten(catalog: Catalog, folder: Path) -> None:
    add_photos(catalog, [folder], [Light()])
    query = select(PhotoRow).join(FileRow).where(FileRow.path.endswith("p003.jpg"))
    with catalog.write() as session:
        photo = session.scalars(query).one()
        assert photo.rating == 4, "from its sidecar"
        photo.rating, photo.user_edited = 2, {"rating": 2}
    sidecar = folder / "0" / "p003.jpg.xmp"
    text = sidecar.read_text()
    sidecar.write_text(
        text.replace('Rating="4"', 'Rating="5" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="Hill"')
    )
    add_photos(catalog, [folder], [Light()])
    with catalog.session() as session:
        assert session.scalars(query).one().rating == 2


def test_sidecars_that_come_change_and_go_are_read(catalog: Catalog, folder: Path) -> None:
    light = Light()
    add_photos(catalog, [folder], [light])
    first, second = folder / "0" / "p003.jpg.xmp", folder / "1" / "p001.xmp"
    second.write_text(first.read_text().replace('Rating="4"', 'Rating="3"'))
    first.write_text(first.read_text().replace('Rating="4"', 'Rating="1"'))
    add_photos(catalog, [folder], [light])
    assert ratings(catalog) == {"p001.jpg": 3, "p003.jpg": 1}
    second.unlink()
    add_photos(catalog, [folder], [light])
    assert ratings(catalog) == {"p003.jpg": 1}
    assert len(light.shown) == 8


def ratings(catalog: Catalog) -> dict[str, int]:
    with catalog.session() as session:
        rows = session.execute(
            select(FileRow.path, PhotoRow.rating)
            .join(PhotoRow, PhotoRow.id == FileRow.photo_id)
            .where(PhotoRow.rating.is_not(None), FileRow.role == "original")
        ).all()
    return {Path(path).name: rating for path, rating in rows}


def test_overlapping_folders_share_their_files(catalog: Catalog, folder: Path) -> None:
    light = Light()
    add_photos(catalog, [folder / "1", folder], [light])
    add_photos(catalog, [folder / "2"], [light])
    (folder / "1" / "p001.jpg").unlink()
    told = add_photos(catalog, [], [light])
    assert told.photos == 7
    assert len(light.shown) == 8


def test_the_library_may_lie_among_the_photos(folder: Path) -> None:
    with Catalog.open(folder / "library") as catalog:
        add_photos(catalog, [folder], [Light()])
        assert add_photos(catalog, [folder], [Light()]).photos == 8


def test_exclusions_are_remembered(catalog: Catalog, folder: Path) -> None:
    told = add_photos(catalog, [folder], [Light()], options=Options(excludes=("1", "*.png")))
    assert "wide.png" not in files(catalog)
    assert add_photos(catalog, [], [Light()]) == told


def test_a_folder_that_does_not_exist(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such folder"):
        add_photos(catalog, [tmp_path / "no"], [Light()])


@pytest.mark.parametrize("lost", ["one", "all"])
def test_lost_thumbnails_are_made_again(catalog: Catalog, folder: Path, lost: str) -> None:
    light = Light()
    add_photos(catalog, [folder], [light])
    if lost == "all":
        shutil.rmtree(catalog.directory / "thumbs")
    else:
        min(catalog.directory.glob("thumbs/*/*.webp")).unlink()
    add_photos(catalog, [], [light], options=Options(retry=lost == "one"))
    assert len(list(catalog.directory.glob("thumbs/*/*.webp"))) == 16
    assert len(light.shown) == 8


def test_a_keyboard_interrupt_keeps_what_is_done(catalog: Catalog, folder: Path) -> None:
    class Interrupted(Light):
        def see(self, photos):  # type: ignore[no-untyped-def]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_photos(catalog, [folder], [Interrupted()])
    assert add_photos(catalog, [folder], [Light()]).done == 8


def test_keywords_of_the_file_come_and_go_those_of_the_user_stay(catalog: Catalog, folder: Path) -> None:
    add_photos(catalog, [folder], [Light()])
    with catalog.write() as session:
        photo = session.scalars(select(PhotoRow).join(FileRow).where(FileRow.path.endswith("p001.jpg"))).one()
        session.add(Keyword(photo_id=photo.id, word="mine", source="user"))
    sidecar = folder / "1" / "p001.jpg.xmp"
    sidecar.write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>hill</rdf:li>'
        "<rdf:li>mine</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    add_photos(catalog, [folder], [Light()])
    assert words(catalog) == {("hill", "file"), ("mine", "user")}
    sidecar.unlink()
    add_photos(catalog, [folder], [Light()])
    assert words(catalog) == {("mine", "user")}


def words(catalog: Catalog) -> set[tuple[str, str]]:
    with catalog.session() as session:
        return {(word, source) for word, source in session.execute(select(Keyword.word, Keyword.source))}
