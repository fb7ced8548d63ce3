"""Work on folders of this machine: picture sets that are cleaned, sections that become a body."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from veduta.server.models.base import Request

FolderPath = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4096)]
Millimeters = Annotated[float, Field(ge=1e-6, le=1e6)]


class SetCleaningNew(Request):
    """A folder of pictures; lists and the page on which a person decides are written to `out`."""

    folder: FolderPath
    out: FolderPath | None = Field(default=None, description="default: FOLDER.clean, beside it")
    labels: bool = Field(default=True, description="doubt labels, which takes the network")


class SectionsNew(Request):
    """A folder of sections in the order of their names; volume, surface and the page to look at go to `out`."""

    folder: FolderPath
    out: FolderPath
    pixel: Millimeters = Field(default=1.0, description="width of a pixel, mm")
    thickness: Millimeters = Field(default=1.0, description="from section to section, mm")
    edge: Millimeters | None = Field(
        default=None, description="of the volume's cubes; default: a pixel, or what fits"
    )
    turn: Annotated[float, Field(ge=0, le=180, description="how far neighbors may be turned, degrees")] = 30.0
    rigid: bool = Field(default=False, description="turn and shift sections, but do not bend them")
    aligned: bool = Field(default=False, description="the sections are registered already")
    straighten: bool = Field(default=False, description="undo how the object leans")
    skip_unreadable: bool = Field(
        default=False, description="leave out pictures that cannot be read, and blend over their places"
    )
    ground: Literal["auto", "dark", "bright"] = "auto"
    threshold: Annotated[int, Field(ge=0, le=255)] | None = None
    opening: Annotated[int, Field(ge=0, le=20)] = 1
    closing: Annotated[int, Field(ge=0, le=20)] = 1
    least: Annotated[float, Field(ge=0, le=1)] = 0.02
    fill: bool = False
    smooth: Annotated[float, Field(ge=0, le=10)] = 1.0
