"""Whether words stand one after another in what a photo is found by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from veduta.library import words
from veduta.library.schema import FileRow, FindingRow, Keyword, PhotoRow
from veduta.library.text_index import LOWEST

MOST = 20_000
"""With more candidates than this only the newest are read; for a single word, all count as they are."""
_BATCH = 900


def keep(session: Session, field: str, phrase: Sequence[str], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of the photos `ids`, which have all words, those that have them together and just so in a field."""
    if len(ids) > MOST:
        if len(phrase) == 1:
            return ids
        ids = ids[-MOST:]
    kept: set[int] = set()
    for start in range(0, len(ids), _BATCH):
        part = [int(i) for i in ids[start : start + _BATCH]]
        kept.update(photo_id for photo_id, text in texts(session, field, part) if holds(text, phrase))
    return np.array(sorted(kept), np.int64)


def holds(text: str, phrase: Sequence[str]) -> bool:
    """Whether the words of a phrase stand one after another in a text."""
    found = list(words.tokens(text))
    size = len(phrase)
    return any(found[i : i + size] == list(phrase) for i in range(len(found) - size + 1)) or (
        size == 1 and phrase[0] in words.characters(text)
    )


def texts(session: Session, field: str, ids: Sequence[int]) -> Iterator[tuple[int, str]]:
    """The texts of some photos, as (photo id, text): lines read, titles and keywords, or names of files."""
    if field == "text":
        rows = session.execute(
            select(FindingRow.photo_id, FindingRow.text)
            .where(
                FindingRow.photo_id.in_(ids),
                FindingRow.kind.in_(("text", "plate")),
                FindingRow.score >= LOWEST["text"],
            )
            .order_by(FindingRow.id)
        )
        yield from _joined(rows)
    elif field == "title":
        for photo_id, title, description in session.execute(
            select(PhotoRow.id, PhotoRow.title, PhotoRow.description).where(PhotoRow.id.in_(ids))
        ):
            yield from ((photo_id, text) for text in (title, description) if text)
        yield from session.execute(select(Keyword.photo_id, Keyword.word).where(Keyword.photo_id.in_(ids)))
    else:
        for photo_id, path in session.execute(
            select(FileRow.photo_id, FileRow.path).where(FileRow.photo_id.in_(ids))
        ):
            pure = PurePath(path)
            yield from ((photo_id, part) for part in (pure.stem, *pure.parts[-3:-1]))


def _joined(rows: Iterable[tuple[int, str | None]]) -> Iterator[tuple[int, str]]:
    """All lines of a photo in a row: a phrase may run over the end of a line."""
    lines: dict[int, list[str]] = {}
    for photo_id, text in rows:
        lines.setdefault(photo_id, []).append(text or "")
    for photo_id, found in lines.items():
        yield photo_id, " ".join(found)
