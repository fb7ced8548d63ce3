"""What each photo is found by: its document, written in the transaction that changes the photo.

A document is a list of (term, weight) pairs; a term is a word or name in a field. Fields: `label`, `scene`,
`object`, `landmark` hold names as recognizers say them, the same with "+" what those are kinds of; `city`,
`region`, `country`, `camera`, `lens`, `keyword` hold whole names, the first three with "+" what is inferred from
a landmark; `attraction` holds keys of albums; `text` (read in the photo; `pair` marks
which words follow each other), `title` (title, description, keywords), `file` (names of file and folders)
and `gear` (words of camera and lens) hold stems; `is`, `people`, `rating` hold facts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import PurePath
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.orm import Session

from veduta.library import attractions, words
from veduta.library.schema import Document, FileRow, FindingRow, Keyword, PhotoRow, Place, Preference, Term

PAIR = np.dtype([("term", "<u4"), ("weight", "u1")])
NAMED = ("label", "scene", "object", "landmark")
"""Fields of names that recognizers say; with "+" added, fields of what those are kinds of."""
LOWEST = {"label": 0.1, "scene": 0.1, "object": 0.2, "landmark": 0.2, "text": 0.3, "plate": 0.3}
"""Findings below these scores are not worth finding a photo by."""
FEWEST_WORDS = 4
"""A photo in which so many words can be read is one with text."""
SEQUENCE = "search_sequence"
"""Key of the preference that counts changes of documents."""
_BATCH = 400
_RAW = {"dng", "cr2", "cr3", "nef", "arw", "raf", "orf", "rw2", "raw"}

Weights = dict[tuple[str, str], float]


def update(session: Session, photo_ids: Iterable[int]) -> None:
    """Write the documents of some photos anew from what the catalog says about them now.

    Call it in the transaction that changes anything by which a photo is found.
    """
    ids = sorted(set(photo_ids))
    session.flush()
    for start in range(0, len(ids), _BATCH):
        _update(session, ids[start : start + _BATCH])


def _update(session: Session, ids: Sequence[int]) -> None:
    found = dict(_documents(session, ids))
    numbers = term_ids(session, {term for _, _, weights in found.values() for term in weights})
    seq = sequence(session) + 1
    session.merge(Preference(key=SEQUENCE, value=seq))
    session.execute(delete(Document).where(Document.photo_id.in_(ids)))
    rows = [
        {
            "photo_id": photo_id,
            "seq": seq,
            "day": day,
            "shown": shown,
            "terms": pack((numbers[term], weight) for term, weight in weights.items()),
        }
        for photo_id, (day, shown, weights) in found.items()
    ]
    if rows:
        session.execute(insert(Document), rows)


def sequence(session: Session) -> int:
    """The number of the last change of documents; never used twice, even when photos are deleted."""
    return int(session.scalar(select(Preference.value).where(Preference.key == SEQUENCE)) or 0)


def pack(pairs: Iterable[tuple[int, float]]) -> bytes:
    """A document's terms as they are stored; weights in (0, 1] become 1 to 255."""
    packed = np.array([(term, max(1, round(min(1.0, w) * 255))) for term, w in pairs], dtype=PAIR)
    packed.sort(order="term")
    return packed.tobytes()


def unpack(data: bytes) -> NDArray[np.void]:
    """The (term, weight) pairs of a document."""
    return np.frombuffer(data, dtype=PAIR)


def term_ids(session: Session, terms: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Numbers of (field, word) pairs; those that are new are written."""
    wanted = sorted(set(terms))
    known: dict[tuple[str, str], int] = {}
    for start in range(0, len(wanted), _BATCH):
        part = wanted[start : start + _BATCH]
        known |= _known(session, part)
        new = [{"field": field, "word": word} for field, word in part if (field, word) not in known]
        if new:
            session.execute(insert(Term), new)
            known |= _known(session, [(row["field"], row["word"]) for row in new])
    return known


def _known(session: Session, terms: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    rows = session.execute(
        select(Term.field, Term.word, Term.id).where(tuple_(Term.field, Term.word).in_(terms))
    )
    return {(field, word): number for field, word, number in rows}


def _documents(session: Session, ids: Sequence[int]) -> Iterator[tuple[int, tuple[int, bool, Weights]]]:
    weights: defaultdict[int, Weights] = defaultdict(dict)
    _add_findings(session, ids, weights)
    _add_inferred(session, ids, weights)
    _add_files(session, ids, weights)
    for photo_id, word in session.execute(
        select(Keyword.photo_id, Keyword.word).where(Keyword.photo_id.in_(ids))
    ):
        _put(weights[photo_id], "keyword", [words.plain(word)])
        _put(weights[photo_id], "title", words.stems(word))
    rows = session.execute(
        select(
            PhotoRow.id, PhotoRow.day, PhotoRow.hidden, PhotoRow.missing_since, PhotoRow.favorite,
            PhotoRow.media, PhotoRow.format, PhotoRow.latitude, PhotoRow.rating, PhotoRow.people_count,
            PhotoRow.title, PhotoRow.description, PhotoRow.camera, PhotoRow.lens,
            Place.city, Place.region, Place.country,
        )
        .outerjoin(Place, Place.id == PhotoRow.place_id)
        .where(PhotoRow.id.in_(ids))
    )  # fmt: skip
    for row in rows:
        _add_facts(row, weights[row.id])
        yield row.id, (row.day or 0, not row.hidden and row.missing_since is None, weights[row.id])


def _add_facts(row: Any, into: Weights) -> None:
    flags = {
        "favorite": row.favorite,
        "hidden": row.hidden,
        "missing": row.missing_since is not None,
        "video": row.media == "video",
        "photo": row.media != "video",
        "raw": row.format.casefold() in _RAW,
        "located": row.latitude is not None,
    }
    _put(into, "is", [flag for flag, holds in flags.items() if holds])
    _put(into, "people", [str(min(row.people_count, 999))])
    if row.rating is not None:
        _put(into, "rating", [str(row.rating)])
    for text in (row.title, row.description):
        _put(into, "title", words.stems(text or ""))
    for field, name in (("camera", row.camera), ("lens", row.lens)):
        if name:
            _put(into, field, [words.plain(name)])
            _put(into, "gear", words.stems(name))
    for field, name in (("city", row.city), ("region", row.region), ("country", row.country)):
        if name:
            _put(into, field, [words.plain(name)])


def _add_files(session: Session, ids: Sequence[int], weights: dict[int, Weights]) -> None:
    rows = session.execute(select(FileRow.photo_id, FileRow.path).where(FileRow.photo_id.in_(ids)))
    for photo_id, path in rows:
        pure = PurePath(path)
        for part in (pure.stem, *pure.parts[-3:-1]):
            _put(weights[photo_id], "file", words.stems(part))


def _add_inferred(session: Session, ids: Sequence[int], weights: dict[int, Weights]) -> None:
    """Where landmarks stand, for photos that do not know where they were taken."""
    for photo_id, one in attractions.inferred(session, ids, every=True).items():
        for field, name in (("city+", one.city), ("region+", one.region), ("country+", one.country)):
            _put(weights[photo_id], field, [words.plain(name).replace("_", " ")], one.score)


def _add_findings(session: Session, ids: Sequence[int], weights: dict[int, Weights]) -> None:
    columns = (FindingRow.photo_id, FindingRow.kind, FindingRow.name, FindingRow.score, FindingRow.text)
    read: Counter[int] = Counter()
    lines: defaultdict[int, list[str]] = defaultdict(list)
    statement = select(*columns, FindingRow.extra).where(FindingRow.photo_id.in_(ids))
    rows = session.execute(statement.order_by(FindingRow.id))
    for photo_id, kind, name, score, text, extra in rows:
        into = weights[photo_id]
        if kind in ("text", "plate") and score >= LOWEST[kind]:
            terms = text_terms(text or "")
            _put(into, "text", terms, score)
            if kind == "text":
                read[photo_id] += len(terms)
            lines[photo_id].append(text or "")
        elif kind == "quality" and name in ("screenshot", "document") and score >= 0.5:
            _put(into, "is", [name], score)
        elif kind == "person" and score >= LOWEST["object"]:
            _put(into, "object", ["person"], score)
        elif kind in NAMED and score >= LOWEST[kind]:
            _put(into, kind, [named(name)], score)
            if kind == "landmark":
                one = attractions.attraction(photo_id, name, score, extra)
                _put(into, "attraction", [attractions.key(one.name, one.city)], score)
                continue  # the Great Wall of China is no kind of China
            for broad in words.broader(name, parents(extra)):
                # Softmax labels exclude each other: a terrier or a spaniel, their sum is a dog.
                before = into.get((f"{kind}+", broad), 0.0) if kind == "label" else 0.0
                _put(into, f"{kind}+", [broad], min(1.0, before + score))
    for photo_id, found in lines.items():
        _put(weights[photo_id], "pair", pairs(words.stems(" ".join(found))))
    for photo_id, count in read.items():
        if count >= FEWEST_WORDS:
            _put(weights[photo_id], "is", ["text"])


def named(name: str) -> str:
    """A recognizer's name as a term."""
    return words.plain(name).replace("_", " ")


def parents(extra: Any) -> tuple[str, ...]:
    """What a finding's `extra` says that it is a kind of."""
    found = extra.get("parents", ()) if isinstance(extra, dict) else ()
    return tuple(str(parent) for parent in found)


def text_terms(text: str) -> list[str]:
    """The terms by which a text that was read in a photo is found."""
    return [*words.stems(text), *sorted(words.characters(text))]


def pairs(stems: Sequence[str]) -> list[str]:
    """For each two stems in a row, one of 262,144 marks: few photos have all marks of a phrase but not the
    phrase.
    """
    return [f"{crc32(f'{a} {b}'.encode()) & 0x3FFFF:05x}" for a, b in pairwise(stems)]


def _put(into: Weights, field: str, found: Iterable[str], weight: float = 1.0) -> None:
    for word in found:
        if word and len(word) <= 200:
            term = (field, word)
            into[term] = max(weight, into.get(term, 0.0))
