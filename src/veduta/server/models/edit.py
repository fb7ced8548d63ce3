"""Edits of photos: what can be asked of a picture, previews, long renders, counts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from veduta.server.models.base import Answer, Id, Instant, Request, Text

Part = Annotated[float, Field(ge=0, le=1)]
PartBox = tuple[Part, Part, Part, Part]
# Each object names an operation and its parameters; what is possible is told by GET /api/edit/operations.
EditList = Annotated[list[dict[str, Any]], Field(max_length=200)]
Side = Annotated[int, Field(ge=64, le=4096)]


class OperationParameter(Answer):
    """A parameter of an operation."""

    name: str
    kind: Literal["number", "integer", "flag", "choice", "corners", "mask"]
    low: float | None
    high: float | None
    neutral: Any = Field(description="where nothing changes; null where the parameter is needed")
    choices: list[str] | None


class OperationOut(Answer):
    """An operation."""

    name: str
    title: str
    usual: dict[str, Any] = Field(
        description="parameters of who asks for it without naming any; without some, it needs to be told"
    )
    parameters: list[OperationParameter]


class Operations(Answer):
    """What can be done with a picture."""

    operations: list[OperationOut]
    methods: list[str] = Field(description="ways of filling")
    what: list[str] = Field(description="what can be found and removed")


class Edited(Request):
    """A photo after some edits; `version` starts from the base of that version."""

    edits: EditList = Field(default_factory=list)
    version: Id | None = None


class PreviewAsk(Edited):
    """Which preview."""

    side: Side = 1440
    format: Literal["jpeg", "webp"] = "jpeg"


class NeutralAsk(Edited):
    """A spot, relative to the picture, that should be gray."""

    x: Part
    y: Part


class NeutralOut(Answer):
    """A white balance."""

    temperature: float
    tint: float


JobKind = Literal["render", "stack", "enlarge", "fuse", "panorama", "paint", "clip", "clean", "sections"]


class JobOut(Answer):
    """A long piece of work."""

    id: str
    kind: JobKind
    photo_id: int | None = Field(description="null where it is about no photo")
    version_id: int | None = Field(description="what is rendered, or the version that came out")
    state: Literal["waiting", "running", "stopping", "stopped", "done", "failed"]
    stage: Text | None
    done: int = Field(description="steps of the stage that are done")
    total: int | None = Field(description="steps of the stage, where known")
    fraction: float | None = Field(description="of the whole, where known")
    message: Text | None = Field(description="why it failed")
    file: str | None = Field(description="URL of what came out, where that is no version; kept for a while")
    result: dict[str, Any] | None = Field(description="what was found or written, where that is no version")
    started: Instant | None
    finished: Instant | None


class Jobs(Answer):
    """The last jobs, newest first."""

    jobs: list[JobOut]


class StackNew(Request):
    """Shots of one view that become one photo without those who pass by; the first gives the view."""

    photos: Annotated[list[Id], Field(min_length=2, max_length=100)]
    name: Annotated[str, Field(max_length=200)] | None = None
    fill: bool = Field(default=True, description="fill where somebody stays in every shot")


class CountOut(Answer):
    """How many people: `low` to `high` holds the truth nine times in ten."""

    count: int
    low: int
    high: int
    boxes: list[list[float]] = Field(
        description="x, y, width, height of those who can be told apart, relative to the photo"
    )
    points: list[list[float]] = Field(description="x, y of their heads, relative to the photo")
    method: str
