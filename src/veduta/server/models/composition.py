"""Pictures made of photos by long work: enlargements, several photos fused to one, panoramas."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from veduta.server.models.base import Id, Request
from veduta.server.models.version import Name


class EnlargementNew(Request):
    """How many times as large, and how: `lanczos` is true to the photo, `network` invents details (and is slow)."""

    by: Literal[2, 4] = 2
    method: Literal["lanczos", "network"] = "lanczos"
    version: Id | None = Field(default=None, description="enlarge this version of the photo")
    name: Name | None = None
