"""Names that files give to faces: what somebody wrote into a photo with another program becomes people here.

A region is matched with the face that it overlaps most, and its name is taken as said by the photo's owner.
What the user says in Veduta counts for more: a name given here, a face assigned or rejected here, someone
hidden or forgotten here stays so. Each region is weighed once, when its face is found first, so that nothing
that is said later is undone by looking through the folders again; a region that the file has changed is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from veduta.image.metadata import FaceRegion
from veduta.library import journal, person_names
from veduta.library.belonging import absorb, changed, give
from veduta.library.schema import Face, FaceConstraint, ForgottenFace, NamedRegion, Person, PhotoRow
from veduta.see.box import overlap

SAME_FACE = 0.3
"""Overlap (intersection over union) from which a region is about a face; programs draw wider or tighter."""
_BATCH = 500


def keep(session: Session, photo: PhotoRow, regions: Sequence[FaceRegion]) -> None:
    """Keep the regions of a photo as its file has them now; what those said that are gone is taken back."""
    wanted = {(" ".join(r.name.split()), r.x, r.y, r.w, r.h) for r in regions if r.name.strip()}
    before = session.scalars(select(NamedRegion).where(NamedRegion.photo_id == photo.id)).all()
    if not wanted and not before:
        return
    for region in before:
        known = (region.name, region.x, region.y, region.w, region.h)
        if known in wanted:
            wanted.remove(known)
        else:
            _take_back(session, photo, region)
    forgotten = session.scalars(select(ForgottenFace).where(ForgottenFace.photo_id == photo.id)).all()
    for name, x, y, w, h in sorted(wanted):
        region = NamedRegion(photo_id=photo.id, name=name, x=x, y=y, w=w, h=h)
        place = _place(photo, region)
        if not any(overlap(place, [f.x, f.y, f.w, f.h]) >= SAME_FACE for f in forgotten):
            session.add(region)
    session.flush()


def obey(session: Session, photo_ids: Iterable[int]) -> set[int]:
    """Give the faces of some photos to the people that their regions name; the faces that got a person."""
    ids = sorted(set(photo_ids))
    given: set[int] = set()
    for start in range(0, len(ids), _BATCH):
        part = NamedRegion.photo_id.in_(ids[start : start + _BATCH])
        for photo_id in session.scalars(select(NamedRegion.photo_id).where(part).distinct()).all():
            given |= _obey_photo(session, session.get_one(PhotoRow, photo_id))
    return given


def forget(session: Session, person: Person, faces: Sequence[Face]) -> None:
    """Erase what files said about a person whose faces these are, and the name wherever a file gives it."""
    named = func.lower(NamedRegion.name) == (person.name or "").lower()
    session.execute(delete(NamedRegion).where(or_(NamedRegion.person_id == person.id, named)))
    for face in faces:
        for region in session.scalars(select(NamedRegion).where(NamedRegion.photo_id == face.photo_id)):
            photo = session.get_one(PhotoRow, region.photo_id)
            if overlap(_place(photo, region), journal.box(face)) >= SAME_FACE:
                session.delete(region)


def _place(photo: PhotoRow, region: NamedRegion) -> list[float]:
    """A region's box in pixels of the upright photo."""
    across, down = photo.width, photo.height
    return [region.x * across, region.y * down, region.w * across, region.h * down]


def _obey_photo(session: Session, photo: PhotoRow) -> set[int]:
    regions = session.scalars(
        select(NamedRegion).where(NamedRegion.photo_id == photo.id).order_by(NamedRegion.id)
    ).all()
    faces = session.scalars(select(Face).where(Face.photo_id == photo.id).order_by(Face.finding_id)).all()
    said = session.scalars(select(FaceConstraint).where(FaceConstraint.photo_a == photo.id)).all()
    given = set()
    for region, face in _pairs(photo, regions, faces):
        about = [word for word in said if _is_about(word, face)]
        if any(word.kind == "person" for word in about):
            person = None
        elif region.seen:
            # The same face, found again by another version of the recognizer.
            person = region.person_id if face.person_id is None else None
        else:
            person = _weigh(session, region, face)
        region.seen = True
        if person is None or any(w.kind == "not_person" and w.person_id == person for w in about):
            continue
        region.person_id = person
        before = face.person_id
        give(session, person, [face.finding_id], confirmed=True)
        changed(session, person, *([before] if before not in (None, person) else []))
        given.add(face.finding_id)
    session.flush()
    return given


def _pairs(
    photo: PhotoRow, regions: Sequence[NamedRegion], faces: Sequence[Face]
) -> list[tuple[NamedRegion, Face]]:
    """Each region with its face, the best matches first; a face is named once."""
    overlaps = [
        (overlap(_place(photo, region), journal.box(face)), i, j)
        for i, region in enumerate(regions)
        for j, face in enumerate(faces)
    ]
    pairs, used, taken = [], set(), set()
    for shared, i, j in sorted(overlaps, key=lambda one: (-one[0], one[1], one[2])):
        if shared >= SAME_FACE and i not in used and j not in taken:
            pairs.append((regions[i], faces[j]))
            used.add(i)
            taken.add(j)
    return pairs


def _is_about(word: FaceConstraint, face: Face) -> bool:
    return word.face_a == face.finding_id or overlap(word.box_a, journal.box(face)) > journal.SAME_PLACE


def _weigh(session: Session, region: NamedRegion, face: Face) -> int | None:
    """Whose face it is when the region's word is added to what is known; None: what is known stays."""
    bearer = person_names.bearer(session, region.name)
    heap = None if face.person_id is None else session.get(Person, face.person_id)
    if heap is not None and (heap.hidden or (heap.name is not None and heap.named_by == "user")):
        return bearer if bearer == heap.id else None
    if heap is not None and heap.name is None:
        if bearer is None:
            heap.name, heap.named_by = region.name, "file"
            person_names.changed(session)
            return heap.id
        if not _kept_apart(session, heap.id, bearer):
            absorb(session, bearer, heap.id)
        return bearer
    if bearer is None:
        new = Person(name=region.name, named_by="file")
        session.add(new)
        session.flush()
        person_names.changed(session)
        return new.id
    return bearer


def _kept_apart(session: Session, a: int, b: int) -> bool:
    """Whether the user has said anything about the faces of a nameless heap, or that a face of `b` is not in
    it.
    """
    faces = select(Face.finding_id).where(Face.person_id == a)
    confirmed = select(Face.finding_id).where(Face.person_id == a, Face.confirmed.is_(True))
    said = select(FaceConstraint.id).where(
        or_(
            FaceConstraint.person_id == a,
            (FaceConstraint.person_id == b) & FaceConstraint.face_a.in_(faces),
            (FaceConstraint.kind == "cannot")
            & (FaceConstraint.face_a.in_(faces) | FaceConstraint.face_b.in_(faces)),
        )
    )
    return any(session.scalar(query.limit(1)) is not None for query in (confirmed, said))


def _take_back(session: Session, photo: PhotoRow, region: NamedRegion) -> None:
    """Undo what a region said that the file has no more, except where the user has said the same.

    A name that no file gives any more goes; the faces stay together, for their likeness or for a new name.
    """
    place, person = _place(photo, region), None
    if region.person_id is not None:
        person = session.get(Person, region.person_id)
    session.delete(region)
    session.flush()
    if person is None:
        return
    others = select(NamedRegion.id).where(NamedRegion.person_id == person.id, NamedRegion.name == person.name)
    nameless = person.named_by == "file" and session.scalar(others.limit(1)) is None
    if nameless:
        person.name, person.named_by = None, "user"
        person_names.changed(session)
    faces = session.scalars(select(Face).where(Face.person_id == person.id).limit(2)).all()
    alone = len(faces) == 1
    said = session.scalars(select(FaceConstraint).where(FaceConstraint.photo_a == photo.id)).all()
    for face in session.scalars(
        select(Face).where(Face.photo_id == photo.id, Face.person_id == person.id)
    ).all():
        if overlap(place, journal.box(face)) < SAME_FACE:
            continue
        if any(word.kind == "person" and _is_about(word, face) for word in said):
            continue
        face.confirmed = False
        if alone or not nameless:
            face.person_id, face.compared = None, False
    session.flush()
    changed(session, person.id)
