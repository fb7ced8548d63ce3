"""Files and photos on which something failed, with the reason."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from veduta.library.catalog import Catalog
from veduta.library.schema import Problem, Work, now
from veduta.library.walk import Seen


def problem(
    session: Session,
    path: str,
    reason: str,
    seen: Seen | None = None,
    kind: str = "file",
    photo_id: int | None = None,
    recognizer: str | None = None,
) -> None:
    """Note that `path` failed and why; replaces what was noted before."""
    row = session.scalar(select(Problem).where(Problem.path == path)) or Problem(path=path)
    row.reason, row.kind, row.photo_id, row.recognizer, row.seen_at = (
        reason,
        kind,
        photo_id,
        recognizer,
        now(),
    )
    row.bytes, row.mtime_ns = (seen.bytes, seen.mtime_ns) if seen is not None else (None, None)
    session.add(row)
    session.flush()


def solved(session: Session, path: str) -> None:
    """Forget what was noted about `path`."""
    session.execute(delete(Problem).where(Problem.path == path))


def problems(catalog: Catalog, limit: int | None = None, offset: int = 0) -> tuple[Sequence[Problem], int]:
    """Some problems, by path, and how many there are."""
    with catalog.session() as session:
        rows = session.scalars(select(Problem).order_by(Problem.path).limit(limit).offset(offset)).all()
        return rows, session.scalar(select(func.count()).select_from(Problem)) or 0


def forget_all(catalog: Catalog) -> int:
    """Forget all that failed, so that the next look through the folders tries it again; how many problems."""
    with catalog.write() as session:
        count = session.scalar(select(func.count()).select_from(Problem)) or 0
        session.execute(delete(Problem))
        session.execute(delete(Work).where(Work.state == "failed"))
    return count


def forget(catalog: Catalog, ids: Sequence[int] = (), paths: Sequence[str] = ()) -> int:
    """Forget some problems, so that the next look through the folders tries them again; how many there were."""
    count = 0
    with catalog.write() as session:
        for column, wanted in ((Problem.id, ids), (Problem.path, paths)):
            for start in range(0, len(wanted), 500):
                count += _forget(session, column.in_(wanted[start : start + 500]))
    return count


def _forget(session: Session, named: ColumnElement[bool]) -> int:
    rows = session.execute(select(Problem.id, Problem.photo_id).where(named)).all()
    photos = [row.photo_id for row in rows if row.photo_id is not None]
    session.execute(delete(Problem).where(Problem.id.in_([row.id for row in rows])))
    session.execute(delete(Work).where(Work.state == "failed", Work.photo_id.in_(photos)))
    return len(rows)
