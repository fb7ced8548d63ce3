"""Masks: regions of a picture, as COCO run-length encodings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from veduta.server.models.base import Answer, Instant, Request, Text
from veduta.server.models.edit import Edited, Part, PartBox, Side

MaskSide = Annotated[int, Field(ge=1, le=65_535)]
What = Annotated[str, Field(min_length=1, max_length=100)]


class Runs(Request):
    """A mask: its size (height, width), and the lengths of its runs down the columns, off and on in turn."""

    size: tuple[MaskSide, MaskSide]
    counts: str | list[Annotated[int, Field(ge=0)]]

    def plain(self) -> dict[str, Any]:
        """Return the encoding as it is kept."""
        return {"size": list(self.size), "counts": self.counts}


class SuggestAsk(Edited):
    """What to look for."""

    what: Annotated[list[What], Field(min_length=1, max_length=10)]
    side: Side = 1440
    shadows: bool = Field(default=True, description="people with the shadow that they cast on the ground")


class RegionOut(Answer):
    """One thing that was found: one person, one crane; `box` is relative to the picture."""

    name: Text
    kind: str
    what: str = Field(description="the word that asked for it")
    score: float
    box: tuple[float, float, float, float]
    mask: Runs
    shadow: bool = Field(description="the mask has its shadow as well")
    keep: bool = Field(description="a protagonist of the photo, who should stay")
    person_id: int | None
    person: Text | None


class Regions(Answer):
    """What was found; masks are `width` x `height`."""

    width: int
    height: int
    regions: list[RegionOut]


class SpotIn(Request):
    """A click: this belongs to it, or does not."""

    x: Part
    y: Part
    include: bool = True


class SelectAsk(Edited):
    """Where the thing is that should be chosen."""

    side: Side = 1440
    points: Annotated[list[SpotIn], Field(max_length=200)] = Field(default_factory=list)
    box: PartBox | None = None
    mask: Runs | None = Field(default=None, description="what was chosen so far")
    things: bool = Field(
        default=True,
        description="a click takes a whole thing that is recognized; false: colors and edges alone",
    )
    seam: bool = Field(
        default=False,
        description="take the seam to what is behind and a person's shadow as well, as removing needs it",
    )


class Selected(Answer):
    """A mask; `box` is relative to the picture, null when the mask is empty."""

    width: int
    height: int
    mask: Runs
    box: tuple[float, float, float, float] | None
    pixels: int


class CombineStep(Request):
    """A mask, and what it does to those before."""

    operation: Literal["add", "subtract", "intersect"] = "add"
    mask: Runs


class CombineAsk(Request):
    """Masks to combine, in order; the first gives the size."""

    steps: Annotated[list[CombineStep], Field(min_length=1, max_length=100)]
    grow: float = Field(default=0, ge=-0.1, le=0.1, description="relative to the longer side")
    invert: bool = False


class MaskNew(Request):
    """A mask to keep for a photo."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    mask: Runs


class MaskOut(Answer):
    """A mask kept for a photo."""

    id: int
    name: Text
    width: int
    height: int
    pixels: int
    created: Instant


class MaskDetail(MaskOut):
    """A mask kept for a photo, whole."""

    mask: Runs


class Masks(Answer):
    """The masks of a photo, newest first."""

    masks: list[MaskOut]
