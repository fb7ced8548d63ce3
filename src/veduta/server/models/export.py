"""Exports: originals as one zip."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from veduta.server.models.base import Answer, Id, Request


class ExportNew(Request):
    """What to export: some photos, an album, or what a query finds."""

    photos: Annotated[list[Id], Field(default_factory=list, max_length=100_000)]
    album: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    query: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    location: bool = Field(
        True, description="false: copies without the position (originals stay as they are)"
    )


class ExportReady(Answer):
    """An export that is ready to be fetched, once, within ten minutes."""

    url: str
    photos: int
    bytes: int = Field(description="of the originals")
