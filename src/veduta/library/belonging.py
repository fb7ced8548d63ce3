"""Whose faces are, in the catalog: given, taken, made one, erased."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from veduta.library import journal
from veduta.library.schema import (
    Face,
    FaceConstraint,
    FindingRow,
    NamedRegion,
    Person,
    PersonSum,
    VectorRow,
)

_BATCH = 5000


def give(session: Session, person: int, faces: Sequence[int], confirmed: bool | None = None) -> None:
    """Make faces a person's."""
    values = {"person_id": person, "compared": True}
    if confirmed is not None:
        values["confirmed"] = confirmed
    for start in range(0, len(faces), _BATCH):
        part = faces[start : start + _BATCH]
        session.execute(update(Face).where(Face.finding_id.in_(part)).values(**values))


def absorb(session: Session, keeper: int, other: int) -> None:
    """Make person `other` a part of `keeper`; what was said about either holds for both."""
    session.execute(update(Face).where(Face.person_id == other).values(person_id=keeper))
    journal.person_became(session, other, keeper)
    regions = update(NamedRegion).where(NamedRegion.person_id == other)
    session.execute(regions.values(person_id=keeper))
    session.execute(delete(PersonSum).where(PersonSum.person_id.in_((keeper, other))))
    session.execute(delete(Person).where(Person.id == other))


def choose_cover(session: Session, person: int) -> None:
    """Choose the best face as a person's cover, where there is none: sharp, large and certain."""
    row = session.get(Person, person)
    if row is None or row.cover_finding_id is not None:
        return
    worth = func.coalesce(Face.quality, 0.5) * Face.score
    row.cover_finding_id = session.scalar(
        select(Face.finding_id)
        .where(Face.person_id == person)
        .order_by(worth.desc(), (Face.w * Face.h).desc(), Face.finding_id)
        .limit(1)
    )


def changed(session: Session, *person_ids: int) -> None:
    """Forget the sums of people whose faces changed, and those who have no face left and no name."""
    session.execute(delete(PersonSum).where(PersonSum.person_id.in_(person_ids)))
    for person in person_ids:
        row = session.get(Person, person)
        left = session.scalar(select(func.count()).select_from(Face).where(Face.person_id == person))
        if row is not None and left == 0 and row.name is None:
            journaled = select(FaceConstraint.id).where(FaceConstraint.person_id == person).limit(1)
            if session.scalar(journaled) is None:
                session.delete(row)
            continue
        if row is not None and row.cover_finding_id is not None:
            cover = session.get(Face, row.cover_finding_id)
            if cover is None or cover.person_id != person:
                row.cover_finding_id = None
        session.flush()
        choose_cover(session, person)


def erase(session: Session, faces: Sequence[int]) -> None:
    """Delete faces with their findings and vectors, and overwrite where they stood in the database."""
    if not faces:
        return
    overwrite_deleted(session)
    for start in range(0, len(faces), _BATCH):
        part = faces[start : start + _BATCH]
        session.execute(delete(VectorRow).where(VectorRow.finding_id.in_(part)))
        session.execute(delete(Face).where(Face.finding_id.in_(part)))
        session.execute(delete(FindingRow).where(FindingRow.id.in_(part)))
    session.expire_all()


def overwrite_deleted(session: Session) -> None:
    """From now on, what this session deletes is overwritten with zeros in the database file."""
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("PRAGMA secure_delete = ON")
