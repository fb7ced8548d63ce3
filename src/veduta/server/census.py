"""Numbers of a library, and its problems."""

from __future__ import annotations

from dataclasses import asdict

from veduta import __version__
from veduta.library import problems as library_problems
from veduta.library.catalog import Catalog
from veduta.library.facts import facts
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
    counted = here.memory.answer("facts", lambda: facts(here.catalog))
    return StatusOut.model_validate(
        {
            "photos": counts.photos,
            "done": counts.done,
            "pending": counts.pending,
            "failed": counts.failed,
            "problems": [StatusProblem(path=p, reason=r) for p, r in counts.problems[:SHOWN_PROBLEMS]],
            "library": LibraryFacts(version=__version__, **asdict(counted)),
            "missing_models": here.worker.missing(),
            "state": here.worker.state(),
        }
    )


def problems(catalog: Catalog, limit: int, offset: int) -> ProblemPage:
    """Return some problems, by path."""
    rows, total = library_problems.problems(catalog, limit, offset)
    return ProblemPage(problems=[ProblemFile.model_validate(row) for row in rows], total=total)


def retry(here: Context, what: Retry) -> int:
    """Forget problems, so that the next look through the folders tries them again, and begin one."""
    if what.all:
        count = library_problems.forget_all(here.catalog)
    else:
        paths = [] if what.path is None else [what.path]
        count = library_problems.forget(here.catalog, what.ids, paths)
    if count:
        here.worker.scan()
    return count
