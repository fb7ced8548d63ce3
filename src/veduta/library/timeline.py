"""Photos in the order of time: how many on which day, and pages of them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from veduta.library.catalog import Catalog
from veduta.library.dates import date_of
from veduta.library.postings import Postings, postings
from veduta.library.schema import PhotoRow


@dataclass(frozen=True, slots=True)
class Day:
    """A day (yyyymmdd; None: unknown) and how many photos it has."""

    day: int | None
    count: int


@dataclass(frozen=True, slots=True)
class Period:
    """A year, or a month of it, and how many photos it has."""

    year: int
    month: int | None
    count: int


def days(catalog: Catalog) -> list[Day]:
    """All days with photos, newest first; the photos of unknown time last."""
    with catalog.session() as session:
        return _days(postings(catalog, session))


def _days(kept: Postings) -> list[Day]:
    shown = kept.days[kept.shown]
    if not len(shown):
        return []
    # Days lie close together: counting beats sorting.
    known = shown[shown > 0]
    found: list[Day] = []
    if len(known):
        first = int(known.min())
        if int(known.max()) - first < 30_000_000:
            counts = np.bincount(known - first)
            numbers = np.flatnonzero(counts)[::-1]
            found = [Day(int(n) + first, int(counts[n])) for n in numbers]
        else:
            values, sizes = np.unique(known, return_counts=True)
            found = [Day(int(v), int(n)) for v, n in zip(values[::-1], sizes[::-1], strict=True)]
    unknown = len(shown) - len(known)
    return [*found, Day(None, unknown)] if unknown else found


def years(catalog: Catalog) -> list[Period]:
    """Years with photos, newest first."""
    counts: dict[int, int] = {}
    for day in days(catalog):
        if day.day is not None:
            counts[day.day // 10_000] = counts.get(day.day // 10_000, 0) + day.count
    return [Period(year, None, count) for year, count in counts.items()]


def months(catalog: Catalog, year: int | None = None) -> list[Period]:
    """Months with photos, newest first; of one year when it is given."""
    counts: dict[int, int] = {}
    for day in days(catalog):
        if day.day is not None and year in (None, day.day // 10_000):
            counts[day.day // 100] = counts.get(day.day // 100, 0) + day.count
    return [Period(month // 100, month % 100, count) for month, count in counts.items()]


def page(
    catalog: Catalog, offset: int = 0, limit: int = 200, day: int | None = None
) -> tuple[list[int], int]:
    """Photo ids from `offset` on, newest first, unknown time last, and how many there are; of one day if
    given.

    However deep the page, only the days it touches are read.
    """
    with catalog.session() as session:
        counted = _days(postings(catalog, session))
        if day is not None:
            counted = [one for one in counted if one.day == day]
        total = sum(one.count for one in counted)
        ids: list[int] = []
        start = 0
        touched: list[int] = []
        before = 0  # photos on newer days than those that are touched
        for one in counted:
            inside = start < offset + limit and start + one.count > offset
            if one.day is not None and inside:
                before = before if touched else start
                touched.append(one.day)
            elif one.day is None and inside:
                ids += _between(session, touched, max(0, offset - before), limit)
                rest = PhotoRow.day.is_(None)
                ids += session.scalars(_page(rest, max(0, offset - start), limit - len(ids)))
                return ids, total
            start += one.count
        return _between(session, touched, max(0, offset - before), limit), total


def _between(session: Session, days: list[int], skip: int, limit: int) -> list[int]:
    """Photos of some days in a row, given newest first."""
    if not days:
        return []
    # By the moment, not by the day: one index then serves the range and the order.
    first = datetime.datetime.combine(date_of(days[-1]), datetime.time.min)
    end = datetime.datetime.combine(date_of(days[0]), datetime.time.max)
    return list(session.scalars(_page(PhotoRow.taken.between(first, end), skip, limit)))


def _page(condition: ColumnElement[bool], skip: int, limit: int) -> Select[int]:
    return (
        select(PhotoRow.id)
        .where(condition, PhotoRow.hidden.is_(False), PhotoRow.missing_since.is_(None))
        .order_by(PhotoRow.taken.desc(), PhotoRow.id.desc())
        .offset(skip)
        .limit(limit)
    )
