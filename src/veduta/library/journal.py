"""What the user said about faces, kept so that it outlives every new analysis.

Entries name a face by its finding, its photo and its box: when a new analysis finds the face again under
another number, the box tells which it is. Kinds: `person` (the face is this person), `not_person` (it is
not), `must` and `cannot` (two faces are, or are not, one person).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from veduta.library.schema import Face, FaceConstraint
from veduta.see.box import overlap

SAME_PLACE = 0.4
"""Boxes that overlap more than this (intersection over union) in one photo hold the same face."""


@dataclass(slots=True)
class Said:
    """All that the user said, by the present numbers of faces."""

    person: dict[int, int] = field(default_factory=dict)
    not_person: list[tuple[int, int]] = field(default_factory=list)
    must: list[tuple[int, int]] = field(default_factory=list)
    cannot: list[tuple[int, int]] = field(default_factory=list)

    def excludes(self, face: int, person: int) -> bool:
        """Whether the user said that a face is not a person."""
        return (face, person) in self.not_person


def box(face: Face) -> list[float]:
    """The box of a face as entries keep it."""
    return [face.x, face.y, face.w, face.h]


def note(session: Session, kind: str, a: Face, b: Face | None = None, person_id: int | None = None) -> None:
    """Write down what the user said; the newest word on a matter takes the place of older ones."""
    if kind in ("person", "not_person"):
        same = [FaceConstraint.face_a == a.finding_id, FaceConstraint.kind.in_(("person", "not_person"))]
        if kind == "person":
            # A face is one person: what was said about this person is void, and so is any other "is".
            about = or_(FaceConstraint.kind == "person", FaceConstraint.person_id == person_id)
        else:
            about = FaceConstraint.person_id == person_id
        session.execute(delete(FaceConstraint).where(*same, about))
    elif b is not None:
        pair = (a.finding_id, b.finding_id)
        session.execute(
            delete(FaceConstraint).where(
                FaceConstraint.kind.in_(("must", "cannot")),
                FaceConstraint.face_a.in_(pair),
                FaceConstraint.face_b.in_(pair),
            )
        )
    session.add(
        FaceConstraint(
            kind=kind,
            face_a=a.finding_id,
            photo_a=a.photo_id,
            box_a=box(a),
            face_b=None if b is None else b.finding_id,
            photo_b=None if b is None else b.photo_id,
            box_b=None if b is None else box(b),
            person_id=person_id,
        )
    )
    session.flush()


def read(session: Session) -> Said:
    """All entries; those whose face was found again under another number are set right first."""
    said = Said()
    for entry in session.scalars(select(FaceConstraint).order_by(FaceConstraint.id)).all():
        entry.face_a = _present(session, entry.face_a, entry.photo_a, entry.box_a)
        if entry.kind in ("must", "cannot"):
            if entry.photo_b is None or entry.box_b is None:
                continue
            entry.face_b = _present(session, entry.face_b, entry.photo_b, entry.box_b)
            if entry.face_a is not None and entry.face_b is not None:
                pairs = said.must if entry.kind == "must" else said.cannot
                pairs.append((entry.face_a, entry.face_b))
        elif entry.face_a is not None and entry.person_id is not None:
            if entry.kind == "person":
                said.person[entry.face_a] = entry.person_id
            else:
                said.not_person.append((entry.face_a, entry.person_id))
    session.flush()
    return said


def _present(session: Session, number: int | None, photo_id: int, place: Sequence[float]) -> int | None:
    if number is not None:
        found = session.get(Face, number)
        if found is not None and found.photo_id == photo_id:
            return number
    here = session.scalars(select(Face).where(Face.photo_id == photo_id).order_by(Face.finding_id)).all()
    best = max(here, key=lambda face: overlap(box(face), place), default=None)
    return best.finding_id if best is not None and overlap(box(best), place) > SAME_PLACE else None


def person_became(session: Session, old: int, new: int) -> None:
    """Person `old` has been found to be `new`: what was said about one holds for the other."""
    session.execute(update(FaceConstraint).where(FaceConstraint.person_id == old).values(person_id=new))


def agree(session: Session, person_id: int) -> None:
    """Drop what contradicts that all faces of a person are one: the user has just said so."""
    faces = select(Face.finding_id).where(Face.person_id == person_id)
    session.execute(
        delete(FaceConstraint).where(
            FaceConstraint.kind == "not_person",
            FaceConstraint.person_id == person_id,
            FaceConstraint.face_a.in_(faces),
        )
    )
    session.execute(
        delete(FaceConstraint).where(
            FaceConstraint.kind == "cannot",
            FaceConstraint.face_a.in_(faces),
            FaceConstraint.face_b.in_(faces),
        )
    )
