"""What the library is doing, how far it is, and which files it could not read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from veduta.server.models.base import Answer, Id, Instant, Request, Text


class ProblemFile(Answer):
    """A file that could not be read, and why."""

    id: int
    path: Text
    reason: Text
    kind: str | None
    recognizer: str | None
    photo_id: int | None
    seen_at: Instant | None


class ProblemPage(Answer):
    """Some problems out of `total`."""

    problems: list[ProblemFile]
    total: int


class Activity(Answer):
    """The background work at this moment."""

    state: Literal["idle", "running", "stopping", "failed"]
    stage: Text | None = Field(description="such as `scanning` or `analyzing`")
    done: int = Field(description="steps of the stage that are done")
    total: int | None = Field(description="steps of the stage, where known")
    rate: float | None = Field(description="steps a second, over the last half minute")
    folder: Text | None
    started: Instant | None
    finished: Instant | None
    message: Text | None = Field(description="why the last work stopped, where it did not end well")
    waiting: int = Field(description="jobs that wait")
    photos: int
    pending: int
    failed: int
    missing_models: list[str] = Field(description="recognizers that lack their networks")


class Retry(Request):
    """Which problems to try again: all, one path, or some by number."""

    all: bool = False
    path: Annotated[str, Field(min_length=1, max_length=10_000)] | None = None
    ids: Annotated[list[Id], Field(default_factory=list, max_length=100_000)]


class LibraryFacts(Answer):
    """What a library holds and where it lies."""

    directory: Text
    version: str = Field(description="of Veduta")
    folders: int
    videos: int
    people: int
    named_people: int
    places: int
    favorites: int
    bytes: int = Field(description="of the photos")


class StatusProblem(Answer):
    """A path and a reason."""

    path: Text
    reason: Text


class StatusOut(Answer):
    """How many photos are done, pending and failed, and what the library holds."""

    photos: int
    done: int
    pending: int
    failed: int
    problems: list[StatusProblem] = Field(description="the first 100; /api/problems has them all")
    library: LibraryFacts
    missing_models: list[str] = Field(description="recognizers that lack their networks")
    state: Literal["idle", "running", "stopping", "failed"]
