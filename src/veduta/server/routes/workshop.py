"""/api/workshop: long work on folders of this machine, whose results are written to a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from veduta.server.context import Here
from veduta.server.later import Later
from veduta.server.models.edit import JobOut
from veduta.server.models.workshop import SectionsNew, SetCleaningNew

if TYPE_CHECKING:
    from veduta.server import crafting
else:
    crafting = Later("veduta.server.crafting")

router = APIRouter(prefix="/workshop", tags=["workshop"])


@router.post("/sets", status_code=201)
def clean_picture_set(here: Here, new: SetCleaningNew) -> JobOut:
    """Find broken, blurred, repeated and wrongly labeled pictures of a folder in the background; nothing is deleted.
    The job's result tells what was found and where the page is on which a person decides.
    """
    return crafting.clean(here, new)


@router.post("/sections", status_code=201)
def build_sections(here: Here, new: SectionsNew) -> JobOut:
    """Build a body from pictures of its sections in the background: registered sections, volume, surface, a page to
    look at. The job's result is the report and where the files are.
    """
    return crafting.sections(here, new)
