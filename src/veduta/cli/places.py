"""`veduta places` and `map`: photos by where they were taken."""

from __future__ import annotations

from typing import Annotated

import typer

from veduta.cli.add import JsonOption, LibraryOption
from veduta.cli.output import emit


def places(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the cities with photos, by country and name; of photos without a position, the landmark in them
    tells: those are counted as inferred. See their photos with `veduta search place:NAME`."""
    from veduta.library.catalog import Catalog
    from veduta.library.places import places as found

    with Catalog.open(library, create=False) as catalog:
        every = found(catalog)
    for one in every:
        place = one.place
        if as_json:
            named = {"city": place.city, "region": place.region, "country": place.country}
            where = {"latitude": place.latitude, "longitude": place.longitude}
            number = None if place.id is None else f"place:{place.id}"
            emit({"id": number, **named, **where, "photos": one.photos, "inferred": one.inferred})
        else:
            number = "" if place.id is None else f"  [place:{place.id}]"
            guessed = f" ({one.inferred} inferred from landmarks)" if one.inferred else ""
            typer.echo(f"{place.country}, {place.city}  {one.photos} photos{guessed}{number}")


def map_command(
    west: Annotated[float, typer.Option("--west", min=-180, max=180, help="Degrees.")] = -180,
    south: Annotated[float, typer.Option("--south", min=-90, max=90, help="Degrees.")] = -90,
    east: Annotated[
        float, typer.Option("--east", min=-180, max=180, help="Degrees; less than west: over the date line.")
    ] = 180,
    north: Annotated[float, typer.Option("--north", min=-90, max=90, help="Degrees.")] = 90,
    zoom: Annotated[
        float, typer.Option("--zoom", min=0, max=24, help="Halves the clusters with each step.")
    ] = 4,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cluster the photos of a piece of the map; clusters of few photos name them."""
    from veduta.cli.output import printable
    from veduta.cli.photos import paths
    from veduta.library import world
    from veduta.library.catalog import Catalog

    with Catalog.open(library, create=False) as catalog:
        found, total = world.clusters(world.positions(catalog), west, south, east, north, zoom)
        for one in found:
            photos = None if one.photo_ids is None else paths(catalog, one.photo_ids)
            if as_json:
                where = {"latitude": one.latitude, "longitude": one.longitude}
                emit({**where, "count": one.count, "inferred": one.inferred, "photos": photos})
                continue
            guessed = f" ({one.inferred} inferred from landmarks)" if one.inferred else ""
            typer.echo(f"{one.latitude:.4f}, {one.longitude:.4f}  {one.count} photos{guessed}")
            for path in photos or ():
                typer.echo(f"  {printable(path)}")
    if not as_json:
        typer.echo(f"{total} photos")
