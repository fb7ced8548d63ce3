"""`veduta timeline`, `trips` and `memories`: photos by when they were taken."""

from __future__ import annotations

import datetime
from typing import Annotated

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import emit


def timeline(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Count photos by day, newest first; those of unknown time last. See a day with `veduta search on:DAY`."""
    from veduta.library.catalog import Catalog
    from veduta.library.timeline import days

    with Catalog.open(library, create=False) as catalog:
        counted = days(catalog)
    for one in counted:
        number = one.day
        day = None if number is None else f"{number // 10_000:04}-{number // 100 % 100:02}-{number % 100:02}"
        if as_json:
            emit({"day": day, "count": one.count})
        else:
            typer.echo(f"{day or 'unknown':12}{one.count:7}")


def trips(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the trips that were found, newest first: days away from home, close in time and place."""
    from veduta.cli.photos import paths
    from veduta.library.catalog import Catalog
    from veduta.library.trips import trips as found

    with Catalog.open(library, create=False) as catalog:
        for trip in found(catalog):
            start, end = trip.start.date(), trip.end.date()
            if as_json:
                photos = paths(catalog, trip.photo_ids)
                album = f"trip:{trip.id}"
                emit({"id": album, "name": trip.name, "start": f"{start}", "end": f"{end}", "photos": photos})
            else:
                typer.echo(f"{start} to {end}  {trip.name}  {len(trip.photo_ids)} photos  [trip:{trip.id}]")


def memories(
    day: Annotated[
        datetime.datetime | None,
        typer.Option("--day", formats=["%Y-%m-%d"], metavar="DAY", help="Default: today."),
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the photos of this day in earlier years, the latest year first."""
    from veduta.cli.output import printable
    from veduta.cli.photos import paths
    from veduta.library.catalog import Catalog
    from veduta.library.memories import on_this_day

    today = datetime.date.today() if day is None else day.date()
    with Catalog.open(library, create=False) as catalog:
        for memory in on_this_day(catalog, today):
            photos = paths(catalog, memory.photo_ids)
            if as_json:
                known = {"title": memory.title, "day": f"{memory.day}", "years": memory.years_ago}
                emit({**known, "photos": photos})
                continue
            typer.echo(f"{memory.title}, {memory.day}")
            for path in photos:
                typer.echo(f"  {printable(path)}")
