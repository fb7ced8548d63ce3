"""Finding photos by words, people, places, dates and more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from veduta.library import lexicon, words
from veduta.library.catalog import Catalog
from veduta.library.match import Match
from veduta.library.matching import Matcher
from veduta.library.postings import Postings, postings
from veduta.library.query import FIELDS, Filter, Word, leaves, parse, write
from veduta.library.reasons import why
from veduta.library.schema import Album, FileRow, Person

_STEPS = 1000  # scores that differ by less than a thousandth are alike: the newer photo comes first
_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Hit:
    """A photo that was found; `score` is in (0, 1], `why` says what matched, for people to read."""

    photo_id: int
    path: str
    score: float
    why: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Applied:
    """A part of a search as it was understood; `field` is "words" for free words."""

    text: str
    field: str
    value: str
    negated: bool


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A page of hits, best first, of `total`; `corrected` is the search spelled right, where it was not."""

    hits: list[Hit]
    total: int
    filters: list[Applied] = field(default_factory=list)
    corrected: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """How a search could go on: `text` as to be written, what it is, and how many photos it finds."""

    text: str
    kind: str
    count: int


def search(catalog: Catalog, query: str, limit: int = 50, offset: int = 0) -> SearchResult:
    """Photos that match `query`, best first, then newest first.

    Raises QueryError when it cannot be understood.
    """
    tree = parse(query)
    with catalog.session() as session:
        matcher = Matcher(catalog, session)
        found = matcher.match(tree)
        ids, scores, total = ranked(matcher.postings, found, offset + limit)
        ids, scores = ids[offset:], scores[offset:]
        reasons = why(session, ids.tolist(), matcher.leaves)
        paths = first_paths(session, ids.tolist())
    hits = [
        Hit(photo_id, paths[photo_id], round(score, 3), reasons[photo_id])
        for photo_id, score in zip(ids.tolist(), scores.tolist(), strict=True)
        if photo_id in paths
    ]
    corrected = query if matcher.corrections else None
    for wrong, right in matcher.corrections.items():
        corrected = corrected.replace(wrong, right) if corrected else None
    return SearchResult(hits, total, [_applied(leaf, negated) for leaf, negated in leaves(tree)], corrected)


def matching(catalog: Catalog, query: str, limit: int | None = None) -> NDArray[np.int64]:
    """Ids of the photos that match `query`, best first."""
    tree = parse(query)
    with catalog.session() as session:
        matcher = Matcher(catalog, session)
        return ranked(matcher.postings, matcher.match(tree), limit)[0]


def ranked(
    kept: Postings, found: Match, limit: int | None
) -> tuple[NDArray[np.int64], NDArray[np.float32], int]:
    """The first `limit` photo ids of a match (best, then newest first), their scores, and how many match."""
    ids = np.flatnonzero(found.mask)
    if len(ids) and ids[0] == 0:
        ids = ids[1:]
    total = len(ids)
    scores = np.ones(total, np.float32) if found.scores is None else found.scores[ids]
    steps = np.round(np.minimum(scores, 1) * _STEPS).astype(np.int64)
    # Score, then day, then id in one number of 63 bits.
    days = np.minimum(kept.days[ids], (1 << 25) - 1)
    order_key = -(((steps << 25) | days) << 28 | ids)
    if limit is not None and limit < total // 2:
        best = np.argpartition(order_key, limit)[:limit] if limit else np.empty(0, np.int64)
        order = best[np.argsort(order_key[best])]
    else:
        order = np.argsort(order_key)[:limit]
    return ids[order], scores[order], total


def first_paths(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Where each photo is: its first file that is present, else its first file."""
    found: dict[int, tuple[bool, int, str]] = {}
    for start in range(0, len(ids), _BATCH):
        rows = session.execute(
            select(FileRow.photo_id, FileRow.missing_since, FileRow.id, FileRow.path).where(
                FileRow.photo_id.in_(ids[start : start + _BATCH]), FileRow.role == "original"
            )
        )
        for photo_id, missing, number, path in rows:
            rank = (missing is not None, number, path)
            if photo_id not in found or rank < found[photo_id]:
                found[photo_id] = rank
    return {photo_id: path for photo_id, (_, _, path) in found.items()}


def _applied(leaf: object, negated: bool) -> Applied:
    if isinstance(leaf, Filter):
        operator = "" if leaf.operator == "=" else leaf.operator
        return Applied(write(leaf), leaf.field, operator + leaf.value, negated)
    if isinstance(leaf, Word):
        return Applied(leaf.text, "words", leaf.text, negated)
    text = getattr(leaf, "text", "")
    return Applied(f'"{text}"', "phrase", text, negated)


def suggest(catalog: Catalog, text: str, limit: int = 10) -> list[Suggestion]:
    """Ways to go on with the last word of a search that is being typed, most photos first."""
    head, _, last = text.rpartition(" ")
    name, colon, value = last.partition(":")
    wanted = words.plain(value if colon else last)
    if not wanted:
        return []
    before = f"{head} " if head else ""
    asked = name.casefold() if colon else None
    found: list[Suggestion] = []
    with catalog.session() as session:
        kept, known = postings(catalog, session), lexicon.lexicon(catalog, session)
        for kind, column in (("person", Person.name), ("album", Album.name)):
            if asked in (None, kind):
                names = [n for n in session.scalars(select(column)) if n and _begins(words.plain(n), wanted)]
                found += [Suggestion(f"{before}{_filter(kind, n)}", kind, 0) for n in names]
        fields = (*lexicon.PLACES, *lexicon.INFERRED, *lexicon.SEEN, "camera", "keyword")
        wide = {"place": (*lexicon.PLACES, *lexicon.INFERRED, "landmark")}.get(
            asked or "", (asked, f"{asked}+")
        )
        fits: dict[str, Suggestion] = {}
        for spelled in fields if asked is None else [f for f in fields if f in wide]:
            for word in known.names([spelled]):
                if not _begins(word, wanted):
                    continue
                terms = known.find(word, (spelled,))
                count = sum(kept.count(k.term) for k in terms if k.word == word)
                kind = spelled.rstrip("+")
                line = f"{before}{_filter(kind, word)}"
                if count and (line not in fits or fits[line].count < count):
                    fits[line] = Suggestion(line, kind, count)
        found += sorted(fits.values(), key=lambda s: (-s.count, s.text))
        if asked is None:
            found += [Suggestion(f"{before}{f}:", "filter", 0) for f in FIELDS if f.startswith(wanted)]
    return found[:limit]


def _begins(name: str, start: str) -> bool:
    return name.startswith(start) or f" {start}" in name


def _filter(kind: str, value: str) -> str:
    return write(Filter(kind, value))
