"""Exports: originals as one zip."""

from __future__ import annotations

from typing import Annotated, Literal

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
    anonymize: Annotated[list[Literal["plates", "faces", "text", "people"]], Field(max_length=4)] = Field(
        default_factory=list, description="what to hide for good in the copies, whose metadata go, too"
    )
    style: Literal["blur", "pixelate", "fill", "replace"] = Field("pixelate", description="how it is hidden")


class ExportReady(Answer):
    """An export that is ready to be fetched, once, within ten minutes."""

    url: str
    photos: int
    bytes: int = Field(description="of the originals")
