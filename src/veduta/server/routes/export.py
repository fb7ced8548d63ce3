"""/api/export: originals as one zip."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import StreamingResponse

from veduta.server import archive
from veduta.server.context import Here
from veduta.server.models.export import ExportNew, ExportReady

router = APIRouter(prefix="/export", tags=["export"])


@router.post("", status_code=201)
def make_export(here: Here, new: ExportNew) -> ExportReady:
    """Prepare an export of some photos, an album, or what a query finds."""
    return archive.prepare(here, new)


@router.get(
    "/{token}",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}}},
)
def fetch_export(here: Here, token: Annotated[str, Path(min_length=1, max_length=100)]) -> StreamingResponse:
    """Send the zip of an export, once, while it is being packed."""
    return archive.fetch(here, token)
