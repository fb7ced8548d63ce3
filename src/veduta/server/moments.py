"""Memories and trips as the interface shows them."""

from __future__ import annotations

import datetime

from veduta.library.catalog import Catalog
from veduta.server.cards import cards, covers
from veduta.server.models.place import Memory, TripCard

SHOWN = 24


def memories(catalog: Catalog, day: datetime.date) -> list[Memory]:
    """Return the photos of this day in earlier years, the latest year first."""
    from veduta.library.memories import on_this_day

    found = on_this_day(catalog, day)
    with catalog.session() as session:
        shown = cards(session, [number for memory in found for number in memory.photo_ids[:SHOWN]])
    return [
        Memory(
            title=memory.title,
            day=memory.day,
            years=memory.years_ago,
            count=len(memory.photo_ids),
            photos=[shown[number] for number in memory.photo_ids[:SHOWN] if number in shown],
        )
        for memory in found
    ]


def trips(catalog: Catalog) -> list[TripCard]:
    """Return the journeys found so far, newest first."""
    from veduta.library.trips import trips as found

    every = [trip for trip in found(catalog) if trip.photo_ids]
    with catalog.session() as session:
        urls = covers(session, [trip.photo_ids[len(trip.photo_ids) // 2] for trip in every])
    return [
        TripCard(
            id=trip.id,
            album=f"trip:{trip.id}",
            name=trip.name,
            start=trip.start.date(),
            end=trip.end.date(),
            count=len(trip.photo_ids),
            cover=urls.get(trip.photo_ids[len(trip.photo_ids) // 2]),
        )
        for trip in every
    ]
