"""Pictures made of photos by long work: enlargements, several photos fused to one, panoramas."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from veduta.server.models.base import Id, Request
from veduta.server.models.edit import PartBox
from veduta.server.models.version import Name


class EnlargementNew(Request):
    """How many times as large, and how: `lanczos` is true to the photo, `network` invents details (and is slow)."""

    by: Literal[2, 4] = 2
    method: Literal["lanczos", "network"] = "lanczos"
    version: Id | None = Field(default=None, description="enlarge this version of the photo")
    name: Name | None = None


class FusionNew(Request):
    """Photos of one thing; the first tells the view, and `region` the part of it that matters."""

    photos: Annotated[list[Id], Field(min_length=2, max_length=200)]
    by: Literal[1, 2, 3, 4] = 2
    region: PartBox | None = Field(
        default=None, description="x, y, width, height: it is followed where it goes"
    )
    name: Name | None = None


class PaintingNew(Request):
    """Another photo whose style is taken; `strength` of it, in the photo's `colors`, painted at a longer `side`."""

    painting: Id
    strength: Annotated[float, Field(gt=0, le=1)] = 1.0
    colors: bool = Field(default=False, description="keep those of the photo")
    side: Annotated[int, Field(ge=64, le=20_000)] | None = Field(
        default=None, description="fewer pixels, broader strokes; null paints at the photo's own size"
    )
    name: Name | None = None


class PanoramaNew(Request):
    """Two photos that share a part of the view; the first gives the perspective."""

    photos: tuple[Id, Id]
    name: Name | None = None
