"""What all models share: text that survives JSON, identifiers, and the form of an error."""

from __future__ import annotations

import datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from veduta.server.wire import readable

LARGEST_ID = 2**63 - 1

LOCAL_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$"


def in_utc(moment: datetime.datetime) -> datetime.datetime:
    """Return a moment with its zone; one without is UTC."""
    return moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment


# File names may hold bytes that are no UTF-8 (surrogate escapes in Python), which JSON cannot carry.
Text = Annotated[str, BeforeValidator(readable)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
PathId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=100_000_000)]
# Cameras tell local time without its zone, which is not what OpenAPI calls a date-time.
LocalTime = Annotated[datetime.datetime, WithJsonSchema({"type": "string", "pattern": LOCAL_TIME})]
# The catalog keeps UTC without saying so.
Instant = Annotated[datetime.datetime, AfterValidator(in_utc)]
Box = tuple[float, float, float, float]


class Answer(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(from_attributes=True)


class Request(BaseModel):
    """Base of every request body: unknown fields are refused, so that no typing error goes unnoticed."""

    model_config = ConfigDict(extra="forbid")


class Problem(Answer):
    """An error (RFC 9457): `detail` is fit to show to a user."""

    type: str = Field(default="about:blank", description="always about:blank")
    title: str = Field(description="the name of the HTTP status")
    status: int
    detail: str
    errors: list[str] = Field(default_factory=list, description="each wrong field and what is wrong with it")


class Done(Answer):
    """How many things a request changed."""

    changed: int
