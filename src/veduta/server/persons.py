"""People and faces as the interface shows them; what the user says about them goes to the library."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from veduta.errors import NotFound
from veduta.library.catalog import Catalog
from veduta.library.schema import Face, Person, PhotoRow
from veduta.server.cards import crop_url, thumbnail_url
from veduta.server.models.person import (
    FaceAssign,
    FaceOut,
    FacePage,
    PeopleMerge,
    PersonCard,
    PersonPatch,
)
from veduta.server.problem import Refused


def listed(catalog: Catalog, hidden: bool, min_faces: int, only: int | None = None) -> list[PersonCard]:
    """Return people, named ones first, then by number of photos."""
    faces, photos = func.count(Face.finding_id), func.count(Face.photo_id.distinct())
    query = (
        select(Person, faces, photos, func.max(Face.finding_id))
        .join(Face, Face.person_id == Person.id)
        .group_by(Person.id)
        .having(faces >= min_faces)
        .order_by(Person.name.is_(None), photos.desc(), Person.id)
    )
    if not hidden:
        query = query.where(Person.hidden.is_(False))
    if only is not None:
        query = query.where(Person.id == only)
    with catalog.session() as session:
        return [
            PersonCard(
                id=person.id,
                name=person.name,
                faces=number,
                photos=shown,
                hidden=person.hidden,
                cover=crop_url(person.cover_finding_id or last),
            )
            for person, number, shown, last in session.execute(query)
        ]


def get(catalog: Catalog, person_id: int) -> PersonCard:
    """Return one person; raises NotFound."""
    found = listed(catalog, hidden=True, min_faces=1, only=person_id)
    if found:
        return found[0]
    with catalog.session() as session:
        person = session.get(Person, person_id)
    if person is None:
        raise NotFound(f"there is no person {person_id}")
    return PersonCard(id=person.id, name=person.name, faces=0, photos=0, hidden=person.hidden, cover=None)


def faces(catalog: Catalog, person_id: int, limit: int, offset: int) -> FacePage:
    """Return some faces of a person: those that the user confirmed first, then the clearest."""
    get(catalog, person_id)
    mine = Face.person_id == person_id
    query = (
        select(Face, PhotoRow.hash)
        .join(PhotoRow, PhotoRow.id == Face.photo_id)
        .where(mine)
        .order_by(Face.confirmed.desc(), Face.quality.desc().nullslast(), Face.finding_id)
    )
    with catalog.session() as session:
        rows = session.execute(query.limit(limit).offset(offset)).all()
        total = session.scalar(select(func.count()).select_from(Face).where(mine)) or 0
    return FacePage(faces=[_face(face, photo_hash) for face, photo_hash in rows], total=total)


def _face(face: Face, photo_hash: str) -> FaceOut:
    return FaceOut(
        id=face.finding_id,
        photo_id=face.photo_id,
        person_id=face.person_id,
        confirmed=face.confirmed,
        box=(face.x, face.y, face.w, face.h),
        score=face.score,
        quality=face.quality,
        crop=crop_url(face.finding_id),
        thumb=thumbnail_url(face.photo_id, photo_hash),
    )


def one_face(catalog: Catalog, face_id: int) -> FaceOut:
    """Return a face; raises NotFound."""
    with catalog.session() as session:
        row = session.execute(
            select(Face, PhotoRow.hash)
            .join(PhotoRow, PhotoRow.id == Face.photo_id)
            .where(Face.finding_id == face_id)
        ).first()
    if row is None:
        raise NotFound(f"there is no face {face_id}")
    return _face(*row)


def change(catalog: Catalog, person_id: int, patch: PersonPatch) -> PersonCard:
    """Name, rename, hide or show a person; raises NotFound."""
    from veduta.library import people

    get(catalog, person_id)
    if "name" in patch.model_fields_set:
        people.name(catalog, person_id, patch.name)
    if patch.hidden is not None:
        people.hide(catalog, person_id, patch.hidden)
    return get(catalog, person_id)


def merge(catalog: Catalog, wanted: PeopleMerge) -> PersonCard:
    """Make one person of several; raises NotFound."""
    from veduta.library import people

    people.merge(catalog, wanted.into, wanted.ids)
    return get(catalog, wanted.into)


def split(catalog: Catalog, person_id: int, face_ids: Sequence[int]) -> PersonCard:
    """Make a new person of some faces of one; raises NotFound."""
    from veduta.library import people

    return get(catalog, people.split(catalog, person_id, face_ids))


def reject(catalog: Catalog, face_id: int) -> FaceOut:
    """Take a face from the person it was given to; raises NotFound, Refused when it is nobody's."""
    from veduta.library import people

    if one_face(catalog, face_id).person_id is None:
        raise Refused(409, f"face {face_id} is nobody's")
    people.not_person(catalog, face_id)
    return one_face(catalog, face_id)


def assign(catalog: Catalog, face_id: int, wanted: FaceAssign) -> FaceOut:
    """Give a face to a person, known or new; raises NotFound."""
    from veduta.library import people

    people.assign(catalog, face_id, wanted.person_id, wanted.name)
    return one_face(catalog, face_id)


def forget(catalog: Catalog, person_id: int) -> int:
    """Forget a person for good; returns how many faces were erased. Raises NotFound."""
    from veduta.library import people

    return people.forget(catalog, person_id)
