"""Searching: hits with reasons, filters as they were understood, suggestions."""

from __future__ import annotations

from pydantic import Field

from veduta.server.models.base import Answer, Text
from veduta.server.models.photo import PhotoCard


class Hit(Answer):
    """A photo that matches, and why."""

    photo: PhotoCard
    score: float
    why: list[Text]


class QueryFilter(Answer):
    """One part of a query as it was understood."""

    text: Text = Field(description="as it stands in the query")
    field: str
    value: Text
    negated: bool


class SearchPage(Answer):
    """Some hits out of `total`, best first."""

    hits: list[Hit]
    total: int
    filters: list[QueryFilter]
    corrected: Text | None = Field(description="the query that was answered, where a word was misspelled")


class SimilarPage(Answer):
    """Photos that look like a given one, most alike first."""

    hits: list[Hit]
    total: int


class Suggestion(Answer):
    """How a query may go on."""

    text: Text = Field(description="the query to run")
    label: Text = Field(description="what to show")
    kind: str = Field(description="person, place, object, scene, text, album, filter, ...")
    count: int | None = None
    cover: str | None = None


class Suggestions(Answer):
    """Suggestions, best first."""

    suggestions: list[Suggestion]
