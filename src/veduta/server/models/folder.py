"""Folders of photos that a library indexes in place."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from veduta.server.models.base import Answer, Instant, Request, Text

Pattern = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class FolderOut(Answer):
    """A folder of the library."""

    id: int
    path: Text
    added_at: Instant | None
    watch: bool
    excludes: list[Text]
    missing: bool = Field(description="cannot be found at the moment, such as an unplugged drive")
    photos: int


class FolderNew(Request):
    """A folder to add; its photos are read in the background."""

    path: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4096)]
    watch: bool = False
    excludes: Annotated[list[Pattern], Field(default_factory=list, max_length=100)]


class FolderPatch(Request):
    """What to change about a folder."""

    watch: bool | None = None
    excludes: Annotated[list[Pattern], Field(max_length=100)] | None = None


class FolderChoices(Answer):
    """The folders inside one, to choose from."""

    path: Text
    parent: Text | None
    folders: list[Text]
