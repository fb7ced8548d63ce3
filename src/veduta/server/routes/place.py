"""/api/map, /api/places, /api/memories and /api/trips."""

from __future__ import annotations

import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from veduta.server import atlas, moments
from veduta.server.context import Here
from veduta.server.models.place import MapView, Memory, PlaceCard, TripCard

router = APIRouter(tags=["places and times"])
Longitude = Annotated[float, Query(ge=-540, le=540, allow_inf_nan=False)]
Latitude = Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)]


@router.get("/map")
def map_view(
    here: Here,
    west: Longitude = -180,
    south: Latitude = -90,
    east: Longitude = 180,
    north: Latitude = 90,
    zoom: Annotated[float, Query(ge=0, le=24, allow_inf_nan=False)] = 2,
) -> MapView:
    """Cluster the photos of a piece of the map."""
    return atlas.view(here, west, south, east, north, zoom)


@router.get("/places")
def list_places(here: Here) -> list[PlaceCard]:
    """List cities with photos, by country and name."""
    return atlas.places(here.catalog)


@router.get("/memories")
def memories(here: Here, day: Annotated[datetime.date | None, Query()] = None) -> list[Memory]:
    """Give photos of this day (or `day`) in earlier years."""
    return moments.memories(here.catalog, day or datetime.date.today())


@router.get("/trips")
def trips(here: Here) -> list[TripCard]:
    """List journeys, newest first."""
    return moments.trips(here.catalog)
