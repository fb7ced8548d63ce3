"""Photos of this day in earlier years."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from sqlalchemy import func, select

from veduta.library.catalog import Catalog
from veduta.library.schema import PhotoRow, Place

FEWEST = 1


@dataclass(frozen=True, slots=True)
class Memory:
    """One day of an earlier year: a title for people, and its photos, best first."""

    years_ago: int
    day: datetime.date
    title: str
    photo_ids: list[int]


def on_this_day(catalog: Catalog, day: datetime.date, limit: int = 50) -> list[Memory]:
    """What was photographed on this day of the year in earlier years, the latest first.

    Screenshots and other papers are no memories: photos with a camera's name come first, favorites before
    all. On 28 February of other years, 29 February counts too.
    """
    dates = [day.month * 100 + day.day]
    leap = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
    if dates == [228] and not leap:
        dates.append(229)
    with catalog.session() as session:
        rows = session.execute(
            select(PhotoRow.id, PhotoRow.day, Place.city)
            .outerjoin(Place, Place.id == PhotoRow.place_id)
            .where(
                PhotoRow.month_day.in_(dates),
                PhotoRow.day < day.year * 10_000,
                PhotoRow.hidden.is_(False),
                PhotoRow.missing_since.is_(None),
            )
            .order_by(
                PhotoRow.day.desc(),
                PhotoRow.favorite.desc(),
                func.coalesce(PhotoRow.rating, 0).desc(),
                PhotoRow.camera.is_(None),
                PhotoRow.taken,
                PhotoRow.id,
            )
        ).all()
    by_year: dict[int, list[tuple[int, int, str | None]]] = {}
    for photo_id, taken, city in rows:
        by_year.setdefault((taken or 0) // 10_000, []).append((photo_id, taken or 0, city))
    return [_memory(day.year - year, found, limit) for year, found in by_year.items() if len(found) >= FEWEST]


def _memory(years: int, found: list[tuple[int, int, str | None]], limit: int) -> Memory:
    cities = [city for _, _, city in found if city]
    title = "1 year ago" if years == 1 else f"{years} years ago"
    if cities:
        title += f" in {max(sorted(set(cities)), key=cities.count)}"
    taken = found[0][1]
    date = datetime.date(taken // 10_000, taken // 100 % 100, taken % 100)
    return Memory(years, date, title, [photo_id for photo_id, _, _ in found[:limit]])
