"""/api/stack: several shots of one view become one photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from veduta.server.context import Here
from veduta.server.later import Later
from veduta.server.models.edit import JobOut, StackNew

if TYPE_CHECKING:
    from veduta.server import stacking
else:
    stacking = Later("veduta.server.stacking")

router = APIRouter(tags=["editing"])


@router.post("/stack", status_code=201)
def make_stack(here: Here, new: StackNew) -> JobOut:
    """Make one photo of several shots of a view in the background, without those who pass by; what comes out is
    a version of the first one.
    """
    return stacking.start(here, new)
