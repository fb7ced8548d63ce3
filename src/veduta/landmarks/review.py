"""What a person looks at in a bank: its landmarks, first those that need a look, and their photos, page by page."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from veduta.landmarks.bank import Bank, BankError, BankPhoto
from veduta.landmarks.census import FEW

FEWEST, MOST = 3, 5
"""References of a landmark that are advised."""
Side = Literal["kept", "dropped"]
_COUNTS = """
SELECT l.id, l.name, l.city, l.country, count(p.id), coalesce(sum(p.state = 'pending'), 0),
  coalesce(sum(p.state = 'kept'), 0), coalesce(sum(p.state = 'dropped'), 0),
  coalesce(sum(p.state = 'dropped' AND p.judge = 'clean'), 0),
  coalesce(sum(p.reference AND p.judge = 'person'), 0), coalesce(sum(p.reference AND p.judge != 'person'), 0)
FROM landmarks l LEFT JOIN photos p ON p.landmark = l.id
"""
# References first, then the surest; of the dropped ones those that only just fell out, doubles and broken files last.
_ORDERS: dict[Side, str] = {
    "kept": "reference AND judge = 'person' DESC, reference DESC, score DESC, path",
    "dropped": "judge != 'clean', score DESC, path",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a landmark stands after cleaning.

    `references` were given by a person, `suggested` ones are used where there are none. `suspicious` ones lost more
    than half of the photos that cleaning judged. A landmark with `remarks` needs a look.
    """

    id: str
    name: str
    city: str
    country: str
    photos: int
    pending: int
    kept: int
    dropped: int
    references: int
    suggested: int
    suspicious: bool
    remarks: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The form in which the command line tells it."""
        return {**asdict(self), "remarks": list(self.remarks)}


def advice(references: int) -> str:
    """What to tell a person who gave so many references; empty where nothing is to be said."""
    if 0 < references < FEWEST:
        return f"only {references} given: {FEWEST} to {MOST} references tell more surely what belongs here"
    if references > MOST:
        return f"{references} given: {FEWEST} to {MOST} references are enough"
    return ""


def standings(bank: Bank, name: str = "") -> list[Standing]:
    """The landmarks whose name, city or country holds all words of `name`, first those that need a look."""
    words = _plain(name).split()
    found = (
        one
        for one in map(_standing, bank.rows(f"{_COUNTS} GROUP BY l.id"))
        if all(word in _plain(f"{one.name} {one.city} {one.country} {one.id}") for word in words)
    )
    return sorted(found, key=lambda one: (not one.suspicious, not one.remarks, _plain(one.name), one.id))


def standing(bank: Bank, landmark: str) -> Standing:
    """How one landmark stands; raises BankError where the bank has none of that id."""
    row = next(bank.rows(f"{_COUNTS} WHERE l.id = ? GROUP BY l.id", (landmark,)), None)
    if row is None:
        raise BankError(f"{bank.folder}: holds no landmark {landmark!r}")
    return _standing(row)


def photos_of(bank: Bank, landmark: str, side: Side, limit: int = -1, offset: int = 0) -> Iterator[BankPhoto]:
    """The kept or the dropped photos of a landmark, those first that a person should look at; all, or a page."""
    order = f"ORDER BY {_ORDERS[side]} LIMIT ? OFFSET ?"
    return bank.chosen(f"landmark = ? AND state = ? {order}", (landmark, side, limit, offset))


def _standing(row: tuple[Any, ...]) -> Standing:
    label, name, city, country, photos, pending, kept, dropped, cleaned, references, suggested = row
    suspicious = kept < cleaned
    told: list[str] = []
    if suspicious:
        told.append("lost more than half of its photos: do its references show it?")
    if not photos:
        told.append("no photos")
    elif kept < FEW and not pending:
        told.append(f"only {kept} photos kept" if kept != 1 else "only one photo kept")
    if 0 < references < FEWEST:
        told.append(advice(references))
    counts = (photos, pending, kept, dropped, references, suggested)
    return Standing(label, name, city, country, *counts, suspicious, tuple(told))


def _plain(text: str) -> str:
    """Text as it is compared: case and accents do not count."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c)).replace("_", " ")
