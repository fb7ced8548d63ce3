"""People: grouping as photos come, and what the user says, which is never broken."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.library.handmade import Handmade, face, identities
from veduta.errors import NotFound
from veduta.library import assignment, people
from veduta.library.catalog import Catalog
from veduta.library.schema import Face, FindingRow, ForgottenFace, Person, PersonSum, VectorRow
from veduta.library.search import search


def whose(catalog: Catalog) -> dict[int, int | None]:
    """Photo -> person, for photos with one face."""
    with catalog.session() as session:
        return dict(session.execute(select(Face.photo_id, Face.person_id)).all())


def face_of(catalog: Catalog, photo_id: int) -> int:
    with catalog.session() as session:
        return session.scalars(select(Face.finding_id).where(Face.photo_id == photo_id)).one()


def add(made: Handmade, vectors: np.ndarray, name: str) -> list[int]:
    return [made.photo(f"{name}{i}", [face(vector)]) for i, vector in enumerate(vectors)]


@pytest.mark.parametrize("batch", [1, 4, 100])
def test_faces_are_grouped_however_they_come(tmp_path: Path, batch: int) -> None:
    vectors = identities(6, 5)
    order = np.random.default_rng(batch).permutation(30)
    made = Handmade(tmp_path)
    truth: dict[int, int] = {}
    for number, index in enumerate(order.tolist()):
        truth[made.photo(f"p{index}", [face(vectors[index // 5, index % 5])])] = index // 5
        if number % batch == batch - 1:
            people.assign_new(made.catalog)
    people.assign_new(made.catalog)
    found = whose(made.catalog)
    assert None not in found.values()
    pairs = {(found[photo], identity) for photo, identity in truth.items()}
    assert len(pairs) == 6  # one person for each identity, and the other way round
    assert people.assign_new(made.catalog) == 0
    made.catalog.close()


def test_known_people_keep_their_numbers(tmp_path: Path) -> None:
    vectors = identities(4, 6)
    made = Handmade(tmp_path)
    first = {k: add(made, vectors[k, :3], f"a{k}") for k in range(4)}
    people.assign_new(made.catalog)
    before = whose(made.catalog)
    second = {k: add(made, vectors[k, 3:], f"b{k}") for k in range(4)}
    people.assign_new(made.catalog)
    after = whose(made.catalog)
    assert all(after[photo] == person for photo, person in before.items())
    for k in range(4):
        assert {after[photo] for photo in second[k]} == {before[first[k][0]]}
    made.catalog.close()


def test_strangers_stay_nobody(tmp_path: Path) -> None:
    made = Handmade(tmp_path)
    add(made, identities(20, 1)[:, 0], "s")
    assert people.assign_new(made.catalog) == 0
    assert people.people(made.catalog) == []
    made.catalog.close()


def test_two_faces_in_a_photo_are_two_people_unless_alike_as_twins(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    base = rng.standard_normal(128)

    def beside(amount: float) -> np.ndarray:
        vector = base + amount * rng.standard_normal(128)
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    made = Handmade(tmp_path)
    siblings = made.photo("siblings", [face(beside(0.26)), face(beside(0.26), x=200)])
    people.assign_new(made.catalog)
    with made.catalog.session() as session:
        assert set(session.scalars(select(Face.person_id).where(Face.photo_id == siblings))) == {None}
    for number in range(2):  # the same vectors in two photos are one person
        made.photo(f"alone{number}", [face(beside(0.2))])
    people.assign_new(made.catalog)
    with made.catalog.session() as session:
        alone = set(session.scalars(select(Face.person_id).where(Face.photo_id > siblings)))
    assert len(alone) == 1 and None not in alone
    made.catalog.close()


def test_name_merge_split_hide(tmp_path: Path) -> None:
    vectors = identities(3, 4)
    made = Handmade(tmp_path)
    photos = [add(made, vectors[k], f"p{k}") for k in range(3)]
    catalog = made.catalog
    people.assign_new(catalog)
    a, b, c = (whose(catalog)[group[0]] or 0 for group in photos)
    people.name(catalog, a, "  Anna  Rossi ")
    assert people.people(catalog)[0].name == "Anna Rossi"
    people.merge(catalog, a, [b])
    assert {whose(catalog)[photo] for photo in photos[0] + photos[1]} == {a}
    with pytest.raises(NotFound):
        people.faces(catalog, b)
    new = people.split(catalog, a, [face_of(catalog, photo) for photo in photos[1]])
    assert {whose(catalog)[photo] for photo in photos[1]} == {new}
    assert {whose(catalog)[photo] for photo in photos[0]} == {a}
    people.hide(catalog, c)
    assert c not in [person.id for person in people.people(catalog)]
    assert c in [person.id for person in people.people(catalog, hidden=True)]
    people.name(catalog, a, "")
    assert all(person.name is None for person in people.people(catalog))
    with pytest.raises(NotFound):
        people.split(catalog, c, [face_of(catalog, photos[0][0])])
    with pytest.raises(NotFound):
        people.name(catalog, 12345, "X")
    made.catalog.close()


def test_what_was_split_stays_split_when_more_photos_come(tmp_path: Path) -> None:
    vectors = identities(1, 12, spread=0.15)[0]
    made = Handmade(tmp_path)
    photos = add(made, vectors[:6], "a")
    people.assign_new(made.catalog)
    person = whose(made.catalog)[photos[0]] or 0
    new = people.split(made.catalog, person, [face_of(made.catalog, photo) for photo in photos[3:]])
    add(made, vectors[6:], "b")
    people.assign_new(made.catalog)
    found = whose(made.catalog)
    assert {found[photo] for photo in photos[:3]} == {person}
    assert {found[photo] for photo in photos[3:]} == {new}
    made.catalog.close()


def test_not_this_person_is_not_given_back(tmp_path: Path) -> None:
    vectors = identities(1, 6, spread=0.1)[0]
    made = Handmade(tmp_path)
    photos = add(made, vectors, "a")
    people.assign_new(made.catalog)
    person = whose(made.catalog)[photos[0]]
    people.not_person(made.catalog, face_of(made.catalog, photos[2]))
    people.assign_new(made.catalog)
    assert whose(made.catalog)[photos[2]] != person
    # A new analysis: the same face under another number.
    made.see_again(photos[2], [face(vectors[2], x=12.0)])
    people.assign_new(made.catalog)
    assert whose(made.catalog)[photos[2]] != person
    people.assign(made.catalog, face_of(made.catalog, photos[2]), person)
    assert whose(made.catalog)[photos[2]] == person
    made.catalog.close()


def test_what_the_user_said_outlives_a_new_analysis(tmp_path: Path) -> None:
    vectors = identities(2, 4)
    made = Handmade(tmp_path)
    photos = [*add(made, vectors[0], "a"), *add(made, vectors[1], "b")]
    catalog = made.catalog
    people.assign_new(catalog)
    person = whose(catalog)[photos[0]] or 0
    people.name(catalog, person, "Anna")
    odd = people.assign(catalog, face_of(catalog, photos[3]), None)  # the user knows better
    other = identities(2, 4, seed=9)
    for number, photo in enumerate(photos):  # a new version: other vectors, boxes a little elsewhere
        made.see_again(photo, [face(other[number // 4, number % 4], x=14.0, version="2")])
    people.assign_new(catalog)
    found = whose(catalog)
    assert {found[photo] for photo in photos[:3]} == {person}
    assert found[photos[3]] == odd
    assert people.people(catalog)[0].name == "Anna"
    # The face vanishes in one analysis, and is back in the next.
    made.see_again(photos[3], [])
    with catalog.write() as session:
        for row in session.scalars(select(FindingRow).where(FindingRow.photo_id == photos[3])):
            session.delete(row)
    made.see_again(photos[3], [face(other[0, 3], x=13.0, version="3")])
    people.assign_new(catalog)
    assert whose(catalog)[photos[3]] == odd
    made.catalog.close()


def test_forgotten_faces_are_erased_and_do_not_come_back(tmp_path: Path) -> None:
    vectors = identities(2, 4)
    made = Handmade(tmp_path)
    photos = [*add(made, vectors[0], "a"), *add(made, vectors[1], "b")]
    catalog = made.catalog
    people.assign_new(catalog)
    person = whose(catalog)[photos[0]] or 0
    people.name(catalog, person, "Zyxwvut Forgotten")
    with catalog.session() as session:
        kept = session.scalars(select(VectorRow.data).where(VectorRow.photo_id.in_(photos[:4]))).all()
    secrets = [np.asarray(vector, "<f2").tobytes() for vector in kept] + [b"Zyxwvut"]
    assert people.forget(catalog, person) == 4
    for file in tmp_path.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not any(secret in content for secret in secrets), file.name
    for number, photo in enumerate(photos[:4]):
        made.see_again(photo, [face(vectors[0, number], x=15.0)])
    people.assign_new(catalog)
    with catalog.session() as session:
        for table in (Face, VectorRow, FindingRow):
            left = select(func.count()).select_from(table).where(table.photo_id.in_(photos[:4]))
            assert session.scalar(left) == 0
        assert session.scalar(select(func.count()).select_from(ForgottenFace)) == 4
        assert set(ForgottenFace.__table__.columns.keys()) == {"id", "photo_id", "x", "y", "w", "h", "at"}
        assert session.get(Person, person) is None
    assert len({whose(catalog)[photo] for photo in photos[4:]}) == 1
    made.catalog.close()


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_nothing_the_user_said_is_ever_broken(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Random words of the user between imports and new analyses: the last word on each face holds."""
    vectors = identities(3, 8, spread=0.25).reshape(-1, 128)
    made = Handmade(tmp_path_factory.mktemp("library"))
    catalog = made.catalog
    photos: list[int] = []
    said: dict[int, int] = {}
    said_not: set[tuple[int, int]] = set()
    for step in range(data.draw(st.integers(3, 8))):
        for _ in range(3):
            index = len(photos)
            if index < len(vectors):
                photos.append(made.photo(f"p{index}", [face(vectors[(index * 7) % len(vectors)])]))
        people.assign_new(catalog)
        photo = data.draw(st.sampled_from(photos))
        person = whose(catalog)[photo]
        move = data.draw(st.sampled_from(["assign", "not", "again", "new"]))
        if move == "assign" and people.people(catalog):
            target = data.draw(st.sampled_from([p.id for p in people.people(catalog)]))
            people.assign(catalog, face_of(catalog, photo), target)
            said[photo] = target
            said_not.discard((photo, target))
        elif move == "new":
            said[photo] = people.assign(catalog, face_of(catalog, photo), None)
        elif move == "not" and person is not None:
            people.not_person(catalog, face_of(catalog, photo))
            said_not.add((photo, person))
            said.pop(photo, None)
        elif move == "again":
            made.see_again(photo, [face(vectors[photos.index(photo) * 7 % len(vectors)], x=10.0 + step % 3)])
        people.assign_new(catalog)
        found = whose(catalog)
        assert all(found[photo] == target for photo, target in said.items())
        assert not any(found[photo] == target for photo, target in said_not)
    catalog.close()


def test_sums_of_people_are_those_of_their_faces(tmp_path: Path) -> None:
    vectors = identities(3, 8)
    made = Handmade(tmp_path)
    for part in range(4):
        for k in range(3):
            add(made, vectors[k, 2 * part : 2 * part + 2], f"{part}-{k}-")
        people.assign_new(made.catalog)
    with made.catalog.session() as session:
        for row in session.scalars(select(PersonSum)):
            faces = select(Face.finding_id).where(Face.person_id == row.person_id)
            kept = session.scalars(select(VectorRow.data).where(VectorRow.finding_id.in_(faces))).all()
            assert row.vectors == len(kept) == row.faces
            np.testing.assert_allclose(np.frombuffer(row.data, "<f4"), np.sum(kept, axis=0), atol=1e-2)
    made.catalog.close()


def test_faces_too_small_to_tell_are_in_nobodys_way(tmp_path: Path) -> None:
    vectors = identities(2, 6)
    made = Handmade(tmp_path)
    catalog = made.catalog

    def crowd(name: str, part: slice) -> list[int]:
        """Photos of a person with two faces in the background each, and one of the background alone."""
        small = [face(None, x=100, side=12), face(None, x=150, side=14)]
        photos = [made.photo(f"{name}{i}", [face(v), *small]) for i, v in enumerate(vectors[0, part])]
        return [*photos, made.photo(f"{name} background", small)]

    first = crowd("a", slice(0, 3))
    people.assign_new(catalog)
    second = crowd("b", slice(3, 6))
    others = add(made, vectors[1], "c")
    people.assign_new(catalog)
    found = {one.id: one for one in people.people(catalog)}
    assert sorted(one.faces for one in found.values()) == [6, 6], "small faces are nobody's"
    with catalog.session() as session:
        small = session.scalars(select(Face).where(Face.w < 20).order_by(Face.finding_id)).all()
        assert {(one.person_id, one.compared) for one in small} == {(None, True)}
        anna = session.scalars(select(Face.person_id).where(Face.photo_id == first[0], Face.w > 20)).one()
    # The user may know better, and everything goes on as with any other face.
    assert people.assign(catalog, small[0].finding_id, anna) == anna
    alone = people.assign(catalog, small[1].finding_id, None, "Someone far away")
    assert [one.box[2] for one in people.faces(catalog, alone)] == [14]
    add(made, identities(2, 7)[1, 6:], "d")
    people.assign_new(catalog)
    hits = search(catalog, 'person:"someone far away"').hits
    assert [hit.photo_id for hit in hits] == [small[1].photo_id]
    assert search(catalog, "people:3").total == len(first) + len(second) - 2
    people.merge(catalog, anna, [alone])
    split = people.split(catalog, anna, [small[0].finding_id])
    people.not_person(catalog, small[1].finding_id)
    people.assign_new(catalog)
    assert {one.id: one.faces for one in people.people(catalog)}[anna] == 6
    assert people.forget(catalog, split) == 1
    assert {whose(catalog)[photo] for photo in others} == found.keys() - {anna}
    made.catalog.close()


def test_faces_without_a_vector_are_looked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Handmade(tmp_path)
    asked: list[list[int]] = []
    read = assignment.read_vectors

    def counting(session: Session, faces: Sequence[int], space: str) -> object:
        asked.append(list(faces))
        return read(session, faces, space)

    monkeypatch.setattr(assignment, "read_vectors", counting)
    for number, vector in enumerate(identities(4, 1)[:, 0]):
        made.photo(f"p{number}", [face(vector), face(None, x=100, side=12)])
        people.assign_new(made.catalog)
    assert sorted(number for faces in asked for number in faces) == list(range(1, 9))
    made.catalog.close()


@pytest.mark.eval
def test_real_faces(eval_dir: Path, store: object) -> None:
    from benchmarks import people as benchmark

    figure = next(f for f in benchmark.identities_figures(orders=1) if f.name == "people: pairwise F1")
    assert figure.value >= 0.90
