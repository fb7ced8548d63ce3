"""How far each recognizer is with a library."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from veduta.library import lineup
from veduta.library.catalog import Catalog
from veduta.library.schema import Work
from veduta.library.status import wanted
from veduta.see.recognizer import names


@dataclass(frozen=True, slots=True)
class Standing:
    """A recognizer and how many photos it has seen; `missing` tells what it lacks and how to get it."""

    name: str
    enabled: bool
    ready: bool
    missing: str | None
    done: int
    failed: int
    pending: int


def standings(catalog: Catalog, photos: int) -> list[Standing]:
    """All recognizers there are, in a library of so many photos."""
    enabled, lacking = set(lineup.enabled(catalog)), lineup.lacking()
    with catalog.session() as session:
        versions = wanted(session)
        rows = session.execute(
            select(Work.recognizer, Work.version, Work.state, func.count()).group_by(
                Work.recognizer, Work.version, Work.state
            )
        )
        counts = {(name, version, state): number for name, version, state, number in rows}
    found = []
    for name in names():
        version = versions.get(name, "")
        done, failed = (counts.get((name, version, state), 0) for state in ("done", "failed"))
        pending = max(0, photos - done - failed) if name in enabled else 0
        found.append(
            Standing(name, name in enabled, name not in lacking, lacking.get(name), done, failed, pending)
        )
    return found
