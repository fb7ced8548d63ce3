"""Searching: the library's answers as the interface shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from starlette.concurrency import run_in_threadpool

from veduta.library.catalog import Catalog
from veduta.library.schema import PhotoRow
from veduta.server.cards import cards
from veduta.server.models.search import Hit, QueryFilter, SearchPage, SimilarPage, Suggestion, Suggestions


class Found(Protocol):
    """A hit of any search of the library."""

    @property
    def photo_id(self) -> int:
        """Which photo."""

    @property
    def score(self) -> float:
        """How well it fits."""

    @property
    def why(self) -> Sequence[str]:
        """What matched."""


def _hits(catalog: Catalog, found: Iterable[Found]) -> list[Hit]:
    every = list(found)
    with catalog.session() as session:
        shown = cards(session, [hit.photo_id for hit in every])
    return [
        Hit(photo=shown[hit.photo_id], score=hit.score, why=list(hit.why))
        for hit in every
        if hit.photo_id in shown
    ]


def search(catalog: Catalog, query: str, limit: int, offset: int) -> SearchPage:
    """Find photos by words; raises QueryError."""
    from veduta.library.search import search as find

    found = find(catalog, query, limit, offset)
    return SearchPage(
        hits=_hits(catalog, found.hits),
        total=found.total,
        filters=[QueryFilter.model_validate(part) for part in found.filters],
        corrected=found.corrected,
    )


def suggest(catalog: Catalog, text: str, limit: int) -> Suggestions:
    """Suggest how a query may go on."""
    from veduta.library.search import suggest as propose

    return Suggestions(
        suggestions=[
            Suggestion(text=s.text, label=s.text, kind=s.kind, count=s.count or None)
            for s in propose(catalog, text, limit)
        ]
    )


def similar(catalog: Catalog, photo_id: int, limit: int) -> SimilarPage:
    """Find photos that look like one of the library; raises NotFound."""
    from veduta.errors import NotFound
    from veduta.library.similar import similar as find

    with catalog.session() as session:
        if session.get(PhotoRow, photo_id) is None:
            raise NotFound(f"there is no photo {photo_id}")
    hits = _hits(catalog, find(catalog, photo_id, limit))
    return SimilarPage(hits=hits, total=len(hits))


async def similar_to_file(catalog: Catalog, path: Path, limit: int) -> SimilarPage:
    """Find photos that look like a file; raises UnreadableImage."""
    from veduta.library.similar import similar as find

    hits = _hits(catalog, await run_in_threadpool(find, catalog, path, limit))
    return SimilarPage(hits=hits, total=len(hits))
