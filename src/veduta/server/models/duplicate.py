"""Duplicates: groups of photos that show the same."""

from __future__ import annotations

from pydantic import Field

from veduta.server.models.base import Answer, Text
from veduta.server.models.photo import PhotoCard


class DuplicatePhoto(Answer):
    """A photo of a group, with its files and what speaks for it."""

    photo: PhotoCard
    files: list[Text]
    distance: int | None = Field(description="bits by which its fingerprint differs from the best one's")
    why: Text | None


class DuplicateGroup(Answer):
    """Photos that show the same; nothing is ever deleted."""

    kind: str = Field(description="exact: the same bytes; near: the same picture; burst: taken in a row")
    best: int = Field(description="the photo suggested to keep")
    reason: Text = Field(description="why that one")
    photos: list[DuplicatePhoto]


class DuplicatePage(Answer):
    """Some groups out of `total`."""

    groups: list[DuplicateGroup]
    total: int
