"""The people in the photos: named, merged, split, hidden and forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select, text, update
from sqlalchemy.orm import Session

from veduta.errors import NotFound
from veduta.library import journal, named_regions, person_names
from veduta.library.assignment import assign_new, forget_cache
from veduta.library.belonging import absorb, changed, choose_cover, erase, give, overwrite_deleted
from veduta.library.catalog import Catalog
from veduta.library.schema import (
    Face,
    FaceConstraint,
    FileRow,
    ForgottenFace,
    Person,
    PersonSum,
    PhotoRow,
)

__all__ = [
    "FaceSummary", "PersonSummary", "assign", "assign_new", "faces", "forget", "hide", "merge", "name",
    "not_person", "people", "photos", "split",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """A person, with numbers of faces and of photos; `name` is None until the user gives one."""

    id: int
    name: str | None
    faces: int
    photos: int
    hidden: bool
    cover_finding_id: int | None


@dataclass(frozen=True, slots=True)
class FaceSummary:
    """A face of a person; `box` is (x, y, width, height) in pixels of the full upright photo."""

    finding_id: int
    photo_id: int
    box: tuple[float, float, float, float]
    score: float
    confirmed: bool


def people(catalog: Catalog, hidden: bool = False) -> list[PersonSummary]:
    """Everyone with a face in the library: named ones first, then those in most photos."""
    with catalog.session() as session:
        rows = session.execute(
            select(Person, func.count(), func.count(Face.photo_id.distinct()))
            .join(Face, Face.person_id == Person.id)
            .group_by(Person.id)
        )
        found = [
            PersonSummary(row.id, row.name, faces, photos, row.hidden, row.cover_finding_id)
            for row, faces, photos in rows
            if hidden or not row.hidden
        ]
    return sorted(found, key=lambda p: (p.name is None, -p.photos, p.id))


def faces(catalog: Catalog, person_id: int) -> list[FaceSummary]:
    """The faces of a person, best first; raises NotFound."""
    with catalog.session() as session:
        _person(session, person_id)
        rows = session.scalars(
            select(Face)
            .where(Face.person_id == person_id)
            .order_by((func.coalesce(Face.quality, 0.5) * Face.score).desc(), Face.finding_id)
        )
        return [
            FaceSummary(f.finding_id, f.photo_id, (f.x, f.y, f.w, f.h), f.score, f.confirmed) for f in rows
        ]


def photos(catalog: Catalog, person_ids: Sequence[int]) -> dict[int, list[str]]:
    """For each of some people, the paths of the photos they are in, oldest first."""
    found: dict[int, dict[int, str]] = {person: {} for person in person_ids}
    with catalog.session() as session:
        for person in person_ids:
            rows = session.execute(
                select(PhotoRow.id, func.min(FileRow.path))
                .join(FileRow, FileRow.photo_id == PhotoRow.id)
                .where(
                    PhotoRow.id.in_(select(Face.photo_id).where(Face.person_id == person)),
                    FileRow.role == "original",
                )
                .group_by(PhotoRow.id)
                .order_by(PhotoRow.taken, PhotoRow.id)
            )
            found[person] = dict(rows.all())
    return {person: list(paths.values()) for person, paths in found.items()}


def name(catalog: Catalog, person_id: int, called: str | None) -> None:
    """Give a person a name (None or blank: take it away); raises NotFound."""
    with catalog.write() as session:
        person = _person(session, person_id)
        person.name, person.named_by = " ".join((called or "").split()) or None, "user"
        person_names.changed(session)


def hide(catalog: Catalog, person_id: int, hidden: bool = True) -> None:
    """Leave a person out of the list of people, or bring one back; raises NotFound."""
    with catalog.write() as session:
        _person(session, person_id).hidden = hidden


def merge(catalog: Catalog, into: int, others: Sequence[int]) -> None:
    """Say that some people are one; `into` keeps its number, and its name if it has one. Raises NotFound."""
    others = [other for other in dict.fromkeys(others) if other != into]
    with catalog.write() as session:
        keeper = _person(session, into)
        rows = [_person(session, other) for other in others]
        for row in rows:
            mine, theirs = _representative(session, into), _representative(session, row.id)
            if mine is not None and theirs is not None:
                journal.note(session, "must", mine, theirs)
            if keeper.name is None:
                keeper.name, keeper.named_by = row.name, row.named_by
            session.flush()
            absorb(session, into, row.id)
        session.execute(update(Face).where(Face.finding_id == keeper.cover_finding_id).values(confirmed=True))
        journal.agree(session, into)
        person_names.changed(session)
        choose_cover(session, into)


def split(catalog: Catalog, person_id: int, face_ids: Sequence[int]) -> int:
    """Say that some faces of a person are someone else; the new person's number. Raises NotFound."""
    with catalog.write() as session:
        _person(session, person_id)
        chosen = [_face(session, face) for face in dict.fromkeys(face_ids)]
        for face in chosen:
            if face.person_id != person_id:
                raise NotFound(f"face {face.finding_id} is not a face of person {person_id}")
        if not chosen:
            raise NotFound("no face was named to split off")
        new = Person()
        session.add(new)
        session.flush()
        for face in chosen:
            journal.note(session, "person", face, person_id=new.id)
            journal.note(session, "not_person", face, person_id=person_id)
        give(session, new.id, [face.finding_id for face in chosen], confirmed=True)
        changed(session, person_id, new.id)
        return new.id


def not_person(catalog: Catalog, face_id: int) -> None:
    """Say that a face is not the person it was taken for; it may then join another. Raises NotFound."""
    with catalog.write() as session:
        face = _face(session, face_id)
        person = face.person_id
        if person is None:
            raise NotFound(f"face {face_id} is nobody's")
        journal.note(session, "not_person", face, person_id=person)
        session.execute(
            delete(FaceConstraint).where(FaceConstraint.face_a == face_id, FaceConstraint.kind == "person")
        )
        face.person_id, face.confirmed, face.compared = None, False, False
        session.flush()
        changed(session, person)
    assign_new(catalog)


def assign(catalog: Catalog, face_id: int, person_id: int | None, called: str | None = None) -> int:
    """Say whose a face is: a person's by number, or whoever bears a name (None: someone new); the person's
    number. Raises NotFound.
    """
    with catalog.write() as session:
        face = _face(session, face_id)
        if person_id is None and called is not None:
            person_id = person_names.bearer(session, called)
        if person_id is None:
            new = Person(name=" ".join((called or "").split()) or None)
            session.add(new)
            session.flush()
            person_names.changed(session)
            person_id = new.id
        _person(session, person_id)
        before = face.person_id
        journal.note(session, "person", face, person_id=person_id)
        give(session, person_id, [face_id], confirmed=True)
        changed(session, person_id, *([before] if before is not None and before != person_id else []))
        return person_id


def forget(catalog: Catalog, person_id: int) -> int:
    """Forget a person for good: name, faces and vectors are erased; how many faces were. Raises NotFound.

    Only where the faces were is kept, so that a new analysis of these photos does not bring them back. Photos
    added later are not known to show the person: nothing is left to compare with.
    """
    with catalog.write() as session:
        person = _person(session, person_id)
        gone = session.scalars(select(Face).where(Face.person_id == person_id)).all()
        ids = [face.finding_id for face in gone]
        for face in gone:
            session.add(ForgottenFace(photo_id=face.photo_id, x=face.x, y=face.y, w=face.w, h=face.h))
        session.flush()
        overwrite_deleted(session)
        named_regions.forget(session, person, gone)
        session.execute(
            delete(FaceConstraint).where(
                or_(
                    FaceConstraint.person_id == person_id,
                    FaceConstraint.face_a.in_(ids),
                    FaceConstraint.face_b.in_(ids),
                )
            )
        )
        session.execute(delete(PersonSum).where(PersonSum.person_id == person_id))
        erase(session, ids)
        session.execute(delete(Person).where(Person.id == person_id))
        person_names.changed(session)
    forget_cache(catalog)
    _empty_log(catalog)
    return len(ids)


def _empty_log(catalog: Catalog) -> None:
    """Empty the write-ahead log: it still holds the pages as they were before."""
    if catalog.engine.dialect.name == "sqlite":
        with catalog.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def _representative(session: Session, person_id: int) -> Face | None:
    person = _person(session, person_id)
    cover = session.get(Face, person.cover_finding_id) if person.cover_finding_id is not None else None
    if cover is not None and cover.person_id == person_id:
        return cover
    return session.scalars(
        select(Face).where(Face.person_id == person_id).order_by(Face.finding_id).limit(1)
    ).first()


def _person(session: Session, person_id: int) -> Person:
    row = session.get(Person, person_id)
    if row is None:
        raise NotFound(f"there is no person {person_id} (see `veduta people`)")
    return row


def _face(session: Session, face_id: int) -> Face:
    row = session.get(Face, face_id)
    if row is None:
        raise NotFound(f"there is no face {face_id}")
    return row
