"""Places: clusters on the map, places with photos, trips and memories."""

from __future__ import annotations

import datetime

from pydantic import Field

from veduta.server.models.base import Answer, Text
from veduta.server.models.photo import PhotoCard


class Cluster(Answer):
    """Photos that lie close together at the map's zoom."""

    lat: float
    lon: float
    count: int
    cover: str | None = Field(description="URL of a thumbnail")
    ids: list[int] | None = Field(description="the photos, where they are few")
    inferred: int = Field(
        default=0, description="how many do not know where they were taken: the landmark in them tells"
    )


class MapView(Answer):
    """The clusters of a piece of the map."""

    clusters: list[Cluster]
    total: int


class PlaceCard(Answer):
    """A city with photos."""

    id: int | None = Field(description="null where no photo knows that it was taken here")
    city: Text | None
    region: Text | None
    country: Text | None
    country_code: str | None
    latitude: float
    longitude: float
    count: int
    inferred: int = Field(default=0, description="how many of them only the landmark in them puts here")
    cover: str | None


class Memory(Answer):
    """Photos of this day in an earlier year."""

    title: Text
    day: datetime.date
    years: int = Field(description="how many years ago")
    count: int
    photos: list[PhotoCard]


class TripCard(Answer):
    """A journey: photos away from home, close in time and place."""

    id: int
    album: str = Field(description="its photos are /api/photos?album=ALBUM")
    name: Text
    start: datetime.date
    end: datetime.date
    count: int
    cover: str | None
