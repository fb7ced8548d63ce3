"""Faces that files name become people, and what the user says in Veduta counts for more."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.library.handmade import Handmade, face, identities
from veduta.image.metadata import FaceRegion, Metadata
from veduta.library import named_regions, people
from veduta.library.add import add_photos
from veduta.library.catalog import Catalog
from veduta.library.describe import describe
from veduta.library.schema import Face, NamedRegion, PhotoRow
from veduta.library.search import search

VECTORS = identities(3, 6, spread=0.15)
# The handmade faces lie at (10, 10), 50 x 50, in photos of 400 x 300: programs draw somewhat wider.
WIDE = (4 / 400, 4 / 300, 64 / 400, 64 / 300)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Handmade]:
    made = Handmade(tmp_path)
    yield made
    made.catalog.close()


def write(made: Handmade, photo: int, *named: tuple[str, tuple[float, float, float, float]]) -> None:
    """What the photo's file says now, read as an import does."""
    regions = tuple(FaceRegion(name, *box) for name, box in named)
    with made.catalog.write() as session:
        describe(session, session.get_one(PhotoRow, photo), Metadata(face_regions=regions))
        named_regions.obey(session, [photo])
    people.assign_new(made.catalog)


def whose(made: Handmade) -> dict[int, str | None]:
    """The name of the person in each photo; "?" for someone without a name."""
    names = {p.id: p.name or "?" for p in people.people(made.catalog, hidden=True)}
    with made.catalog.session() as session:
        rows = session.execute(select(Face.photo_id, Face.person_id)).all()
    return {photo: None if person is None else names[person] for photo, person in rows}


def face_in(made: Handmade, photo: int) -> tuple[int, int]:
    """The number of a photo's face, and of its person."""
    with made.catalog.session() as session:
        found = session.scalars(select(Face).where(Face.photo_id == photo)).one()
        return found.finding_id, found.person_id or 0


def heap(made: Handmade, identity: int, count: int) -> list[int]:
    found = [made.photo(f"{identity}-{i}", [face(VECTORS[identity, i])]) for i in range(count)]
    people.assign_new(made.catalog)
    return found


def test_a_name_in_one_file_names_all_faces_that_are_alike(made: Handmade) -> None:
    named = made.photo("named")
    write(made, named, ("Anna  Rossi", WIDE))
    made.see_again(named, [face(VECTORS[0, 5])])  # the face is found after the file was read
    photos = heap(made, 0, 3)
    assert whose(made) == dict.fromkeys([named, *photos], "Anna Rossi")
    assert {hit.photo_id for hit in search(made.catalog, "person:anna").hits} == {named, *photos}
    with made.catalog.session() as session:
        confirmed = set(session.scalars(select(Face.photo_id).where(Face.confirmed.is_(True))))
    assert confirmed == {named}


def test_a_name_that_comes_later_names_the_heap_or_joins_it_to_who_bears_it(made: Handmade) -> None:
    annas, berthas = heap(made, 0, 3), heap(made, 1, 3)
    write(made, annas[0], ("Anna", WIDE))
    write(made, berthas[0], ("Bertha", WIDE))
    assert whose(made) == dict.fromkeys(annas, "Anna") | dict.fromkeys(berthas, "Bertha")
    others = heap(made, 2, 3)
    write(made, others[1], ("anna", WIDE))  # a strange heap: but the file's owner knows
    assert {whose(made)[photo] for photo in others} == {"Anna"}
    assert len(people.people(made.catalog)) == 2


def test_reading_again_changes_nothing(made: Handmade) -> None:
    annas = heap(made, 0, 3)
    write(made, annas[0], ("Anna", WIDE))
    before, person = whose(made), face_in(made, annas[0])[1]
    write(made, annas[0], ("Anna", WIDE))
    assert whose(made) == before and face_in(made, annas[0])[1] == person
    people.name(made.catalog, person, "Anna Rossi")
    write(made, annas[0], ("Anna", WIDE))
    assert set(whose(made).values()) == {"Anna Rossi"}
    made.see_again(annas[0], [face(VECTORS[2, 0], x=14.0, version="2")])
    people.assign_new(made.catalog)
    assert face_in(made, annas[0])[1] == person


def test_what_the_user_said_counts_for_more(made: Handmade) -> None:
    annas = heap(made, 0, 4)
    first, person = face_in(made, annas[0])
    people.name(made.catalog, person, "Annie")
    write(made, annas[0], ("Anna", WIDE))
    assert set(whose(made).values()) == {"Annie"}, "a name given here stays"
    chosen = people.assign(made.catalog, first, None, "Clara")
    write(made, annas[0], ("Bertha", WIDE))
    assert face_in(made, annas[0]) == (first, chosen), "a face assigned here stays"
    berthas = heap(made, 1, 3)
    write(made, berthas[0], ("Bertha", WIDE))
    rejected, bertha = face_in(made, berthas[0])
    people.not_person(made.catalog, rejected)
    write(made, berthas[0], ("Bertha", (0.02, 0.02, 0.14, 0.2)))
    assert face_in(made, berthas[0])[1] != bertha, "a face rejected here stays so"


def test_a_heap_that_the_user_has_made_is_not_joined_to_another(made: Handmade) -> None:
    annas, others = heap(made, 0, 3), heap(made, 1, 4)
    write(made, annas[0], ("Anna", WIDE))
    anna, mixed = face_in(made, annas[0])[1], face_in(made, others[0])[1]
    split = people.split(made.catalog, mixed, [face_in(made, photo)[0] for photo in others[:2]])
    write(made, others[2], ("Anna", WIDE))
    found = {photo: face_in(made, photo)[1] for photo in others}
    assert found[others[0]] == found[others[1]] == split
    assert found[others[2]] == anna
    assert found[others[3]] == mixed


def test_people_who_are_hidden_or_forgotten_stay_so(made: Handmade) -> None:
    annas, berthas = heap(made, 0, 3), heap(made, 1, 3)
    hidden = face_in(made, annas[0])[1]
    people.hide(made.catalog, hidden)
    write(made, annas[0], ("Anna", WIDE))
    assert whose(made)[annas[0]] == "?"
    write(made, berthas[0], ("Bertha", WIDE))
    people.forget(made.catalog, face_in(made, berthas[0])[1])
    write(made, berthas[0], ("Bertha", (0.02, 0.02, 0.14, 0.2)))
    made.see_again(berthas[0], [face(VECTORS[1, 0], version="2")])
    people.assign_new(made.catalog)
    with made.catalog.session() as session:
        assert session.scalars(select(NamedRegion.name)).all() == ["Anna"]
        assert session.scalars(select(Face).where(Face.photo_id == berthas[0])).all() == []
    made.catalog.close()
    for file in made.catalog.directory.rglob("*"):
        assert not file.is_file() or b"Bertha" not in file.read_bytes(), file.name


def test_names_that_the_file_changes_or_loses(made: Handmade) -> None:
    annas = heap(made, 0, 4)
    for photo in annas[:2]:
        write(made, photo, ("Anna", WIDE))
    for photo in annas[:2]:  # one photo after the other, as files are read
        write(made, photo, ("Anna Rossi", WIDE))
    assert set(whose(made).values()) == {"Anna Rossi"}
    assert len(people.people(made.catalog)) == 1
    for photo in annas[:2]:
        write(made, photo)
    assert set(whose(made).values()) == {"?"}, "the heap stays, for its likeness"
    stranger = made.photo("alone", [face(VECTORS[2, 0])])
    write(made, stranger, ("Clara", WIDE))
    assert whose(made)[stranger] == "Clara"
    write(made, stranger)
    assert whose(made)[stranger] is None


def test_two_faces_and_two_names(made: Handmade) -> None:
    photo = made.photo("two", [face(VECTORS[0, 0]), face(VECTORS[1, 0], x=60.0)])
    beside = (54 / 400, *WIDE[1:])
    write(made, photo, ("Bertha", beside), ("Anna", WIDE), ("Nobody", (0.8, 0.8, 0.1, 0.1)), ("", WIDE))
    names = {p.id: p.name for p in people.people(made.catalog)}
    with made.catalog.session() as session:
        rows = session.scalars(select(Face).order_by(Face.x)).all()
        assert [names[row.person_id or 0] for row in rows] == ["Anna", "Bertha"]
        assert session.scalars(select(NamedRegion.name).where(NamedRegion.seen.is_(False))).all() == [
            "Nobody"
        ]


SIDECAR = """<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
    xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#">
   <mwg-rs:Regions rdf:parseType="Resource">
    <mwg-rs:AppliedToDimensions stDim:w="250" stDim:h="250" stDim:unit="pixel"/>
    <mwg-rs:RegionList><rdf:Bag><rdf:li>
     <rdf:Description mwg-rs:Name="Colin P." mwg-rs:Type="Face">
      <mwg-rs:Area stArea:x="0.5" stArea:y="0.5" stArea:w="0.42" stArea:h="0.5" stArea:unit="normalized"/>
     </rdf:Description>
    </rdf:li></rdf:Bag></mwg-rs:RegionList>
   </mwg-rs:Regions>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>"""


@pytest.mark.eval
def test_a_sidecar_of_another_program_names_real_faces(eval_dir: Path, store: object, tmp_path: Path) -> None:
    from veduta.see.faces import FaceRecognizer

    folder = tmp_path / "photos"
    folder.mkdir()
    names = [f"colin_powell_{n:04}.jpg" for n in range(1, 5)] + ["arnold_schwarzenegger_0001.jpg"]
    for name in names:
        shutil.copy(eval_dir / "faces" / "lfw10" / name, folder / name)
    (folder / "colin_powell_0001.jpg.xmp").write_text(SIDECAR, "utf-8")
    recognizer = FaceRecognizer()
    with Catalog.open(tmp_path / "library") as catalog:

        def known() -> dict[str, list[str]]:
            found = people.people(catalog)
            paths = people.photos(catalog, [one.id for one in found])
            return {one.name or "?": [Path(path).name for path in paths[one.id]] for one in found}

        add_photos(catalog, [folder], [recognizer])
        assert known() == {"Colin P.": names[:4]}
        add_photos(catalog, [folder], [recognizer])
        assert known() == {"Colin P.": names[:4]}
        people.name(catalog, people.people(catalog)[0].id, "General Powell")
        (folder / "colin_powell_0002.jpg.xmp").write_text(SIDECAR, "utf-8")
        add_photos(catalog, [folder], [recognizer])
        assert known() == {"General Powell": names[:4]}, "a name given in Veduta stays"
