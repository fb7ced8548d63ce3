"""Versions: photos as edited."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from veduta.server.models.base import Answer, Instant, Request, Text
from veduta.server.models.edit import EditList

Name = Annotated[str, Field(min_length=1, max_length=200)]


class VersionOut(Answer):
    """A version of a photo."""

    id: int
    photo_id: int
    name: Text
    edits: list[dict[str, Any]]
    stacked: list[int] = Field(
        description="the photos that its own picture was made of; empty where it begins with the photo itself"
    )
    invented: bool = Field(description="whether a network made up details of it: it is not evidence")
    width: int
    height: int
    format: str | None = Field(description="how its file ends, such as jpg, when it is rendered")
    bytes: int | None = Field(description="of its file, when it is rendered")
    rendered: bool
    created: Instant
    changed: Instant
    thumb: str = Field(description="URL of the picture with a longer side of 320 pixels")
    preview: str = Field(description="URL of the picture with a longer side of 1440 pixels")
    file: str = Field(description="URL of the full picture")


class Versions(Answer):
    """The versions of a photo, newest first."""

    versions: list[VersionOut]


class VersionNew(Request):
    """A version to keep; `version` takes over the base of another one."""

    name: Name | None = None
    edits: EditList
    version: Annotated[int, Field(ge=1)] | None = None


class VersionPatch(Request):
    """Another name or other edits."""

    name: Name | None = None
    edits: EditList | None = None
