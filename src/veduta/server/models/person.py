"""People and their faces."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from veduta.server.models.album import Name
from veduta.server.models.base import Answer, Box, Id, Request, Text


class PersonCard(Answer):
    """A person: a group of faces, named or not yet."""

    id: int
    name: Text | None
    faces: int
    photos: int
    hidden: bool
    cover: str | None = Field(description="URL of a face's picture")


class PersonPatch(Request):
    """A name (null takes it away) or whether the person is hidden."""

    name: Name | None = None
    hidden: bool | None = None


class PeopleMerge(Request):
    """Persons `ids` are the same as `into`."""

    into: Id
    ids: Annotated[list[Id], Field(min_length=1, max_length=1000)]


class FaceIds(Request):
    """Some faces."""

    faces: Annotated[list[Id], Field(min_length=1, max_length=10_000)]


class FaceAssign(Request):
    """Whose face it is: a known person, or a name (a new person if nobody bears it)."""

    person_id: Id | None = None
    name: Name | None = None


class FaceOut(Answer):
    """A face; `box` is (x, y, width, height) in pixels of the upright photo."""

    id: int
    photo_id: int
    person_id: int | None
    confirmed: bool
    box: Box
    score: float
    quality: float | None
    crop: str = Field(description="URL of the face's picture")
    thumb: str = Field(description="URL of the photo's thumbnail")


class FacePage(Answer):
    """Some faces out of `total`."""

    faces: list[FaceOut]
    total: int
