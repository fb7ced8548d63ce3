"""Sessions: whether a password is asked for, and logging in."""

from __future__ import annotations

import datetime

from pydantic import Field

from veduta.server.models.base import Answer, Request


class Session(Answer):
    """Whether this library asks for a password and whether this browser has given it."""

    required: bool = Field(description="an access password is set")
    active: bool = Field(description="this client may read the library")
    expires: datetime.datetime | None = Field(default=None, description="when the session ends (UTC)")


class Login(Request):
    """The access password."""

    password: str = Field(min_length=1, max_length=1024)
