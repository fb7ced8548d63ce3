"""A photo in motion, or as a 3-D picture."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from veduta.server.models.base import Id, Request
from veduta.server.models.mask import Runs


class ParallaxAsk(Request):
    """How near things are, told by level ground or by a photo from further right, and what to make of it."""

    ground: Annotated[
        float | None,
        Field(ge=0, lt=1, description="level ground below this horizon, a part of the height from above"),
    ] = None
    standing: Annotated[list[Runs], Field(max_length=50, description="masks of what stands on it")] = Field(
        default_factory=list
    )
    right: Id | None = Field(
        default=None, description="a photo of the same by a camera further right, rectified"
    )
    show: Literal["clip", "anaglyph", "pair"] = "clip"
    path: Literal["circle", "sway", "dolly"] = "circle"
    strength: Annotated[float, Field(gt=0, le=10, description="greatest shift in percent of the width")] = 2.5
    focus: Annotated[float, Field(ge=0, le=1, description="what stands still: 0 the farthest")] = 0.4
    seconds: Annotated[float, Field(ge=0.2, le=10, description="of a clip")] = 4.0
    side: Annotated[int, Field(ge=64, le=1920, description="longer side")] = 960

    @model_validator(mode="after")
    def one_source(self) -> Self:
        """Check that nearness is told in one way."""
        if (self.ground is None) == (self.right is None):
            raise ValueError("give ground or right, and not both")
        if self.standing and self.ground is None:
            raise ValueError("standing goes with ground")
        return self
