"""The grid: which photos, in which order, and how many on which day."""

from __future__ import annotations

import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_

from veduta.errors import NotFound
from veduta.library.schema import Face, PhotoRow
from veduta.library.timeline import days
from veduta.server import albums
from veduta.server.cards import card, cards_of
from veduta.server.context import Context
from veduta.server.models.photo import (
    Neighbors,
    PhotoFilter,
    PhotoPage,
    Timeline,
    TimelineDay,
)

NEWEST_FIRST = (PhotoRow.taken.desc().nullslast(), PhotoRow.id.desc())


EVERYTHING = PhotoFilter().model_dump_json()


def number_of(day: datetime.date) -> int:
    """Return a day as the catalog keeps it, yyyymmdd."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int | None) -> datetime.date | None:
    """Return the day of a number yyyymmdd."""
    return None if number is None else datetime.date(number // 10_000, number // 100 % 100, number % 100)


def conditions(here: Context, chosen: PhotoFilter) -> list[ColumnElement[bool]]:
    """Return what must hold for a photo to be shown."""
    found: list[ColumnElement[bool]] = [PhotoRow.hidden == chosen.hidden]
    missing = PhotoRow.missing_since.is_not(None)
    found.append(missing if chosen.missing else ~missing)
    if chosen.day == "unknown":
        found.append(PhotoRow.day.is_(None))
    elif chosen.day is not None:
        found.append(PhotoRow.day == number_of(chosen.day))
    if chosen.since is not None:
        found.append(PhotoRow.day >= number_of(chosen.since))
    if chosen.until is not None:
        found.append(PhotoRow.day <= number_of(chosen.until))
    if chosen.favorite is not None:
        found.append(PhotoRow.favorite == chosen.favorite)
    if chosen.media is not None:
        found.append(PhotoRow.media == chosen.media)
    if chosen.rating is not None:
        found.append(PhotoRow.rating >= chosen.rating)
    if chosen.place is not None:
        found.append(PhotoRow.place_id == chosen.place)
    if chosen.person is not None:
        found.append(exists().where(Face.photo_id == PhotoRow.id, Face.person_id == chosen.person))
    if chosen.album is not None:
        found.append(albums.condition(here, chosen.album))
    return found


def page(here: Context, chosen: PhotoFilter, limit: int, offset: int) -> PhotoPage:
    """Return some photos of those chosen.

    A far offset would have the database step over everything before it: the counts of days, which are
    remembered, tell on which day to begin.
    """
    wanted = conditions(here, chosen)
    counted = _counts(here, chosen)
    total = sum(count for _, count in counted)
    if offset >= total:
        return PhotoPage(photos=[], total=total)
    first, skipped = _begin(counted, offset)
    if skipped:
        wanted.append(PhotoRow.day.is_(None) if first is None else _from_day(first))
    query = cards_of().where(*wanted).order_by(*NEWEST_FIRST).limit(limit).offset(offset - skipped)
    with here.catalog.session() as session:
        return PhotoPage(photos=[card(row) for row in session.execute(query)], total=total)


def _begin(counted: list[tuple[int | None, int]], offset: int) -> tuple[int | None, int]:
    """The day of the photo at `offset`, and how many photos lie before that day."""
    skipped = 0
    for day, count in counted:
        if skipped + count > offset:
            return day, skipped
        skipped += count
    return None, skipped


def _from_day(first: int) -> ColumnElement[bool]:
    """From the end of a day backwards; in terms of `taken`, whose index gives the order."""
    day = day_of(first) or datetime.date.min
    after = datetime.datetime.combine(day, datetime.time.max)
    return or_(PhotoRow.taken <= after, PhotoRow.taken.is_(None))


def timeline(here: Context, chosen: PhotoFilter) -> Timeline:
    """Return the days of the photos chosen, newest first."""
    counted = _counts(here, chosen)
    return Timeline(
        days=[TimelineDay(day=day_of(day), count=count) for day, count in counted],
        total=sum(count for _, count in counted),
    )


def _counts(here: Context, chosen: PhotoFilter) -> list[tuple[int | None, int]]:
    wanted = conditions(here, chosen)

    def count() -> list[tuple[int | None, int]]:
        query = (
            select(PhotoRow.day, func.count())
            .where(*wanted)
            .group_by(PhotoRow.day)
            .order_by(PhotoRow.day.desc().nullslast())
        )
        with here.catalog.session() as session:
            return [(day, number) for day, number in session.execute(query)]

    key = chosen.model_dump_json(include=set(PhotoFilter.model_fields))
    if key == EVERYTHING:
        return [(one.day, one.count) for one in here.memory.answer("days", lambda: days(here.catalog))]
    return here.memory.answer(("days", key), count)


def neighbors(here: Context, photo_id: int, chosen: PhotoFilter) -> Neighbors:
    """Return the photos beside one among those chosen; the photo itself need not be one of them."""
    wanted = conditions(here, chosen)
    with here.catalog.session() as session:
        row = session.execute(select(PhotoRow.taken).where(PhotoRow.id == photo_id)).first()
        if row is None:
            raise NotFound(f"there is no photo {photo_id}")
        older, newer = _beside(row.taken, photo_id)
        after = session.execute(cards_of().where(*wanted, older).order_by(*NEWEST_FIRST).limit(1)).first()
        backwards = (PhotoRow.taken.asc().nullsfirst(), PhotoRow.id.asc())
        before = session.execute(cards_of().where(*wanted, newer).order_by(*backwards).limit(1)).first()
        return Neighbors(
            previous=None if before is None else card(before), next=None if after is None else card(after)
        )


def _beside(
    taken: datetime.datetime | None, photo_id: int
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Conditions: further down in the grid, and further up."""
    unknown = PhotoRow.taken.is_(None)
    if taken is None:
        return and_(unknown, PhotoRow.id < photo_id), or_(~unknown, PhotoRow.id > photo_id)
    here = tuple_(PhotoRow.taken, PhotoRow.id)
    return or_(unknown, here < (taken, photo_id)), here > (taken, photo_id)
