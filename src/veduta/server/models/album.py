"""Albums: those that make themselves and those a user makes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from veduta.server.models.base import Answer, Id, Request, Text

AlbumKind = Literal[
    "person", "object", "scene", "text", "place", "attraction", "favorite", "recent", "manual", "smart",
    "trip", "memory",
]  # fmt: skip
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Query = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class AlbumCard(Answer):
    """An album in a list; its photos are /api/photos?album=ID."""

    id: str = Field(description="such as object:dog, person:5 or manual:3")
    kind: AlbumKind
    album: Text = Field(description="the album's shelf: People, Objects, Places...")
    group: Text | None = Field(description="a group within the shelf, such as the country of a place")
    name: Text
    count: int
    cover: str | None = Field(description="URL of a picture")
    query: Text | None = Field(description="the search that gives the same photos, where there is one")


class AlbumNew(Request):
    """A new album: with `query` a smart one, else a manual one that may begin with `photos`."""

    name: Name
    query: Query | None = None
    photos: Annotated[list[Id], Field(default_factory=list, max_length=100_000)]


class AlbumPatch(Request):
    """A new name, or a new query of a smart album."""

    name: Name | None = None
    query: Query | None = None


class PhotoIds(Request):
    """Some photos."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=100_000)]
