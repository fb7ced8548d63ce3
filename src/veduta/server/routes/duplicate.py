"""/api/duplicates: photos that show the same."""

from __future__ import annotations

from fastapi import APIRouter

from veduta.server import doubles
from veduta.server.context import Here
from veduta.server.models.base import Limit, Offset
from veduta.server.models.duplicate import DuplicatePage

router = APIRouter(tags=["duplicates"])


@router.get("/duplicates")
def list_duplicates(here: Here, limit: Limit = 50, offset: Offset = 0) -> DuplicatePage:
    """List groups of photos that show the same; nothing is ever deleted."""
    return doubles.page(here, limit, offset)
