"""The names of people, looked up whole or in part."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from veduta.library import words
from veduta.library.catalog import Catalog
from veduta.library.schema import Face, Person, Preference

COUNTER = "people_sequence"
"""Key of the preference that counts changes of names."""


@dataclass
class PersonNames:
    """The names of all people who have one, as of one moment."""

    mark: tuple[int, int]
    whole: defaultdict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    part: defaultdict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))

    def find(self, text: str) -> list[tuple[int, str]]:
        """People, as (id, name), whose whole name `text` is; if there is none, those with all its words."""
        plain = words.plain(text)
        if plain in self.whole:
            return self.whole[plain]
        parts = plain.split()
        if not parts:
            return []
        also = [set(self.part.get(word, ())) for word in parts[1:]]
        return [person for person in self.part.get(parts[0], ()) if all(person in other for other in also)]

    def spellings(self) -> list[str]:
        """All names and their parts, plain."""
        return [*self.whole, *self.part]


_kept: WeakKeyDictionary[Catalog, PersonNames] = WeakKeyDictionary()
_lock = threading.Lock()


def changed(session: Session) -> None:
    """Tell that a name was given, changed or taken away; in the transaction that does it."""
    session.merge(Preference(key=COUNTER, value=_count(session) + 1))


def person_names(catalog: Catalog, session: Session) -> PersonNames:
    """The names as of now; read again only when they have changed."""
    named = session.scalar(select(func.count(Person.name))) or 0
    mark = (_count(session), named)
    with _lock:
        kept = _kept.get(catalog)
        if kept is None or kept.mark != mark:
            kept = PersonNames(mark)
            rows = session.execute(
                select(Person.id, Person.name).where(Person.name.is_not(None)).order_by(Person.id)
            )
            for number, name in rows:
                plain = words.plain(name or "")
                kept.whole[plain].append((number, name or ""))
                for part in dict.fromkeys(plain.split()):
                    kept.part[part].append((number, name or ""))
            _kept[catalog] = kept
        return kept


def _count(session: Session) -> int:
    return int(session.scalar(select(Preference.value).where(Preference.key == COUNTER)) or 0)


def bearer(session: Session, name: str) -> int | None:
    """The person of a name, whole but in any case; of several, one with faces, then the eldest."""
    bears = func.lower(Person.name) == " ".join(name.split()).lower()
    has_faces = exists().where(Face.person_id == Person.id)
    return session.scalar(select(Person.id).where(bears).order_by(~has_faces, Person.id).limit(1))
