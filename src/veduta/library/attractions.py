"""Attractions: the landmarks that were recognized in photos, and where they stand.

Where a photo does not know its own position, the landmark in it tells where it was taken. That is inferred, and
said to be: it is never written as the photo's position or place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from veduta.library import words
from veduta.library.schema import FindingRow, PhotoRow

SURE = 0.7
"""A landmark that is less sure than this tells neither an album nor a place: it would be named in about four of a
thousand photos that show none, and few photos show a landmark. A search finds it from its threshold on."""
_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Attraction:
    """A landmark seen in a photo; texts are "" and degrees None where its atlas does not tell."""

    photo_id: int
    name: str
    score: float
    city: str
    region: str
    country: str
    latitude: float | None
    longitude: float | None

    @property
    def where(self) -> str:
        """City and country, for people to read."""
        return ", ".join(part for part in (self.city, self.country) if part)


def attraction(photo_id: int, name: str, score: float, extra: Any) -> Attraction:
    """A landmark from the parts of its finding."""
    known: Mapping[str, Any] = extra if isinstance(extra, dict) else {}
    latitude, longitude = _degrees(known.get("latitude"), 90), _degrees(known.get("longitude"), 180)
    if latitude is None or longitude is None:
        latitude = longitude = None
    city, region, country = (str(known.get(part) or "") for part in ("city", "region", "country"))
    return Attraction(photo_id, name, score, city, region, country, latitude, longitude)


def _degrees(value: Any, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= most else None


def key(name: str, city: str) -> str:
    """What an album of a landmark is known by: landmarks of one name in two cities are two."""
    parts = (words.plain(part).replace("_", " ") for part in (name, city))
    return ", ".join(part for part in parts if part)


def named(session: Session) -> dict[str, Attraction]:
    """The surest finding of each landmark, by its album's key."""
    found: dict[str, Attraction] = {}
    for one in _read(session, _surest_first()):
        found.setdefault(key(one.name, one.city), one)
    return found


def inferred(
    session: Session, photo_ids: Sequence[int] | None = None, every: bool = False
) -> dict[int, Attraction]:
    """For photos (None: all) that do not know their position, the surest landmark that tells where it stands.

    `every`: hidden and missing photos too.
    """
    query = _surest_first(every).where(PhotoRow.latitude.is_(None))
    if photo_ids is None:
        parts = [query]
    else:
        parts = [
            query.where(FindingRow.photo_id.in_(photo_ids[start : start + _BATCH]))
            for start in range(0, len(photo_ids), _BATCH)
        ]
    found: dict[int, Attraction] = {}
    for part in parts:
        for one in _read(session, part):
            if one.latitude is not None or one.where:
                found.setdefault(one.photo_id, one)
    return found


def _surest_first(every: bool = False) -> Select[Any]:
    query = (
        select(FindingRow.photo_id, FindingRow.name, FindingRow.score, FindingRow.extra)
        .join(PhotoRow, PhotoRow.id == FindingRow.photo_id)
        .where(FindingRow.kind == "landmark", FindingRow.score >= SURE)
        .order_by(FindingRow.score.desc(), FindingRow.id)
    )
    return query if every else query.where(PhotoRow.hidden.is_(False), PhotoRow.missing_since.is_(None))


def _read(session: Session, query: Select[Any]) -> list[Attraction]:
    return [attraction(*row) for row in session.execute(query)]
