"""The map and the places as the interface shows them."""

from __future__ import annotations

from veduta.library import places as library_places
from veduta.library import world
from veduta.library.catalog import Catalog
from veduta.server.cards import covers
from veduta.server.context import Context
from veduta.server.models.place import Cluster, MapView, PlaceCard


def view(here: Context, west: float, south: float, east: float, north: float, zoom: float) -> MapView:
    """Return the clusters of a piece of the map; `east` < `west` (or beyond 180) crosses the date line."""
    every = here.memory.answer("positions", lambda: world.positions(here.catalog))
    found, total = world.clusters(every, west, south, east, north, zoom)
    with here.catalog.session() as session:
        urls = covers(session, [cluster.newest for cluster in found])
    shown = [
        Cluster(
            lat=c.latitude,
            lon=c.longitude,
            count=c.count,
            cover=urls.get(c.newest),
            ids=c.photo_ids,
            inferred=c.inferred,
        )
        for c in found
    ]
    return MapView(clusters=shown, total=total)


def places(catalog: Catalog) -> list[PlaceCard]:
    """Return the cities with photos, by country and name."""
    found = library_places.places(catalog)
    with catalog.session() as session:
        urls = covers(session, [one.newest for one in found])
    return [
        PlaceCard(
            id=one.place.id,
            city=one.place.city,
            region=one.place.region,
            country=one.place.country,
            country_code=one.place.country_code or None,
            latitude=one.place.latitude,
            longitude=one.place.longitude,
            count=one.photos,
            inferred=one.inferred,
            cover=urls.get(one.newest),
        )
        for one in found
    ]
