"""Files and photos on which something failed, with the reason."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from veduta.library.schema import Problem, now
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
