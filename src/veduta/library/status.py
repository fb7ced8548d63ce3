"""How far a library is: photos, what is done, what is still to do, what failed and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from veduta.library.catalog import Catalog
from veduta.library.schema import PhotoRow, Preference, Problem, Work

WANTED = "recognizers"
"""Key of the preference that holds {name: version} of the recognizers the library is analyzed with."""


@dataclass(frozen=True, slots=True)
class Status:
    """Numbers of photos that are present, done and still to do; `failed` counts `problems`, (path, reason)
    each.
    """

    photos: int
    done: int
    pending: int
    failed: int
    problems: list[tuple[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {
            "photos": self.photos,
            "done": self.done,
            "pending": self.pending,
            "failed": self.failed,
            "problems": [{"path": path, "reason": reason} for path, reason in self.problems],
        }


def wanted(session: Session) -> dict[str, str]:
    """The recognizers, and their versions, that the library is analyzed with."""
    kept = session.get(Preference, WANTED)
    return dict(kept.value) if kept is not None else {}


def lacks(name: str, version: str) -> ColumnElement[bool]:
    """A condition: the photo has no verdict of this version of a recognizer."""
    return ~exists().where(
        and_(Work.photo_id == PhotoRow.id, Work.recognizer == name, Work.version == version)
    )


def pending(recognizers: Mapping[str, str]) -> ColumnElement[bool]:
    """A condition: the photo is present and one of the recognizers has not looked at it."""
    return and_(
        PhotoRow.missing_since.is_(None),
        or_(*(lacks(name, version) for name, version in recognizers.items())),
    )


def status(catalog: Catalog) -> Status:
    """Count what is in the catalog, at one moment."""
    with catalog.session() as session:
        recognizers = wanted(session)
        photos = _count(session, PhotoRow.missing_since.is_(None))
        waiting = _waiting(session, recognizers) if recognizers else photos
        failing: ColumnElement[bool] = exists().where(
            and_(Work.photo_id == PhotoRow.id, Work.state == "failed")
        )
        if waiting and recognizers:  # a photo that still waits for one recognizer counts as pending only
            failing = and_(failing, ~pending(recognizers))
        failed = _count(session, and_(PhotoRow.missing_since.is_(None), failing)) if recognizers else 0
        problems = session.execute(select(Problem.path, Problem.reason).order_by(Problem.path)).all()
    return Status(
        photos=photos,
        done=photos - waiting - failed,
        pending=waiting,
        failed=len(problems),
        problems=[(path, reason) for path, reason in problems],
    )


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(PhotoRow).where(condition)) or 0


def _waiting(session: Session, recognizers: Mapping[str, str]) -> int:
    # Counting verdicts reads only an index; who lacks one is looked up only when some do.
    total = session.scalar(select(func.count()).select_from(PhotoRow)) or 0
    for name, version in recognizers.items():
        verdicts = session.scalar(
            select(func.count()).select_from(Work).where(Work.recognizer == name, Work.version == version)
        )
        if verdicts != total:
            return _count(session, pending(recognizers))
    return 0
