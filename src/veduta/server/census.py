"""Numbers of a library, and its problems."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, exists, func, select

from veduta import __version__
from veduta.library.catalog import Catalog
from veduta.library.schema import Face, Folder, Person, PhotoRow, Problem, Work
from veduta.server.context import Context
from veduta.server.models.activity import (
    LibraryFacts,
    ProblemFile,
    ProblemPage,
    Retry,
    StatusOut,
    StatusProblem,
)

SHOWN_PROBLEMS = 100


def status(here: Context) -> StatusOut:
    """Return how far the library is and what it holds."""
    counts = here.worker.counts()
    return StatusOut.model_validate(
        {
            "photos": counts.photos,
            "done": counts.done,
            "pending": counts.pending,
            "failed": counts.failed,
            "problems": [StatusProblem(path=p, reason=r) for p, r in counts.problems[:SHOWN_PROBLEMS]],
            "library": here.memory.answer("facts", lambda: facts(here.catalog)),
            "missing_models": here.worker.missing(),
            "state": here.worker.state(),
        }
    )


def facts(catalog: Catalog) -> LibraryFacts:
    """Return what a library holds and where it lies."""
    present = PhotoRow.missing_since.is_(None)
    with catalog.session() as session:

        def count(*wanted: ColumnElement[bool]) -> int:
            return session.scalar(select(func.count()).select_from(PhotoRow).where(present, *wanted)) or 0

        with_faces = exists().where(Face.person_id == Person.id)
        people = select(func.count()).select_from(Person).where(with_faces)
        return LibraryFacts(
            directory=str(catalog.directory),
            version=__version__,
            folders=session.scalar(select(func.count()).select_from(Folder)) or 0,
            videos=count(PhotoRow.media == "video"),
            people=session.scalar(people) or 0,
            named_people=session.scalar(people.where(Person.name.is_not(None))) or 0,
            places=session.scalar(select(func.count(PhotoRow.place_id.distinct())).where(present)) or 0,
            favorites=count(PhotoRow.favorite.is_(True)),
            bytes=session.scalar(select(func.sum(PhotoRow.bytes)).where(present)) or 0,
        )


def problems(catalog: Catalog, limit: int, offset: int) -> ProblemPage:
    """Return some problems, by path."""
    with catalog.session() as session:
        rows = session.scalars(select(Problem).order_by(Problem.path).limit(limit).offset(offset)).all()
        total = session.scalar(select(func.count()).select_from(Problem)) or 0
    return ProblemPage(problems=[ProblemFile.model_validate(row) for row in rows], total=total)


def retry(here: Context, what: Retry) -> int:
    """Forget problems, so that the next look through the folders tries them again, and begin one."""
    wanted: list[ColumnElement[bool]] = []
    if not what.all:
        named = Problem.id.in_(what.ids[:50_000])
        wanted.append(named if what.path is None else named | (Problem.path == what.path))
    with here.catalog.write() as session:
        rows = session.execute(select(Problem.id, Problem.photo_id).where(*wanted)).all()
        ids = [row.id for row in rows]
        photos = [row.photo_id for row in rows if row.photo_id is not None]
        for start in range(0, len(ids), 500):
            session.execute(delete(Problem).where(Problem.id.in_(ids[start : start + 500])))
        failed = Work.state == "failed"
        if what.all:
            session.execute(delete(Work).where(failed))
        for start in range(0, len(photos), 500):
            session.execute(delete(Work).where(failed, Work.photo_id.in_(photos[start : start + 500])))
    if ids:
        here.worker.scan()
    return len(ids)
