"""The names by which photos of one catalog are known: looked up exactly, by synonym, in part, or
misspelled.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veduta.library import words
from veduta.library.catalog import Catalog
from veduta.library.schema import Term
from veduta.library.text_index import NAMED

SEEN = (*NAMED, *(f"{kind}+" for kind in NAMED))
PLACES = ("city", "region", "country")
INFERRED = ("city+", "region+", "country+")
"""Where the landmark in a photo stands that does not know where it was taken."""
FIELDS = (*SEEN, *PLACES, *INFERRED, "camera", "lens", "keyword", "is")
_IN_PART = ("landmark", "keyword", *PLACES, *INFERRED)
_WEAK_ALONE = frozenset(
    "new old saint san santa el la le los las de of north south east west city port st".split()  # noqa: SIM905
)
SYNONYM = 0.95
BROADER = 0.97


@dataclass(frozen=True, slots=True)
class Known:
    """A term under which a word or name was found; `factor` lowers what is found less directly."""

    term: int
    field: str
    word: str
    factor: float = 1.0


@dataclass
class Lexicon:
    """All names of a catalog; grows with it, never shrinks."""

    last: int = 0
    by_key: defaultdict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    by_part: defaultdict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    spellings: dict[str, dict[str, None]] = field(default_factory=dict)  # field -> plain names

    def add(self, term: int, name_field: str, word: str) -> None:
        """Take in one term."""
        known = Known(term, name_field, word, BROADER if name_field.endswith("+") else 1.0)
        stems = words.stems(word)
        self.by_key[" ".join(stems)].append(known)
        self.spellings.setdefault(name_field, {})[word] = None
        if name_field in _IN_PART and len(stems) > 1:
            for part in set(stems) - _WEAK_ALONE:
                self.by_part[part].append(known)

    def find(self, text: str, fields: Sequence[str] = FIELDS) -> list[Known]:
        """Terms that a word or name stands for: its own, its synonyms' and longer names with it."""
        found = [known for known in self.by_key.get(words.key(text), ()) if known.field in fields]
        for other in words.synonyms(text):
            for known in self.by_key.get(words.key(other), ()):
                if known.field in fields and known.field not in ("keyword", *PLACES, *INFERRED):
                    near = Known(known.term, known.field, known.word, known.factor * SYNONYM)
                    found.append(near)
        stems = words.stems(text)
        if stems:
            found += [
                Known(known.term, known.field, known.word, 0.9)
                for known in self.by_part.get(stems[-1], ())
                if known.field in fields and set(stems) <= set(words.stems(known.word))
            ]
        best: dict[int, Known] = {}
        for known in found:
            if known.term not in best or best[known.term].factor < known.factor:
                best[known.term] = known
        return list(best.values())

    def has(self, text: str) -> bool:
        """Whether a word or name, or a synonym of it, is one of the names."""
        return words.key(text) in self.by_key or any(
            words.key(other) in self.by_key for other in words.synonyms(text)
        )

    def names(self, fields: Iterable[str]) -> list[str]:
        """All names of some fields, plain."""
        return list(dict.fromkeys(name for f in fields for name in self.spellings.get(f, ())))


_kept: WeakKeyDictionary[Catalog, Lexicon] = WeakKeyDictionary()
_lock = threading.Lock()


def lexicon(catalog: Catalog, session: Session) -> Lexicon:
    """The names of a catalog as of now; only new terms are read."""
    with _lock:
        kept = _kept.setdefault(catalog, Lexicon())
        newest = session.scalar(select(func.max(Term.id))) or 0
        if newest > kept.last:
            rows = session.execute(
                select(Term.id, Term.field, Term.word)
                .where(Term.field.in_(FIELDS), Term.id > kept.last, Term.id <= newest)
                .order_by(Term.id)
            )
            for term, name_field, word in rows:
                kept.add(term, name_field, word)
            kept.last = newest
        return kept


def respell(text: str, names: Sequence[str], shortest: int = 4) -> str | None:
    """The one of `names` that `text` is a misspelling of; None when none is near.

    One slip in a word of up to seven letters, two in longer ones (optimal string alignment: letters missing,
    added, wrong or swapped). Words with fewer letters than `shortest` are left alone.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    wanted = words.plain(text)
    if len(wanted) < shortest or any(c.isdigit() for c in wanted):
        return None
    slips = 1 if len(wanted) < 8 else 2
    near = process.extract(wanted, names, scorer=OSA.distance, score_cutoff=slips, limit=5)
    near = [hit for hit in near if len(hit[0]) >= shortest - 1]
    return min(near, key=lambda hit: (hit[1], hit[0][:1] != wanted[:1], hit[2]))[0] if near else None
