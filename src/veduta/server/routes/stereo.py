"""Stereo: two photos of two cameras, the first from the left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from veduta.server.context import Here
from veduta.server.later import Later
from veduta.server.models.base import PathId
from veduta.server.models.stereo import DepthAsk, ObstaclesAsk, WayOut

if TYPE_CHECKING:
    from veduta.server import viewing
else:
    viewing = Later("veduta.server.viewing")

router = APIRouter(prefix="/photos/{photo_id}/stereo/{other_id}", tags=["3-D"])


@router.post("/depth", response_class=Response, responses={200: {"content": {"image/png": {}}}})
def stereo_depth(here: Here, photo_id: PathId, other_id: PathId, asked: DepthAsk) -> Response:
    """Send how far all is, as a PNG: millimeters with known cameras, else disparity times 256 (X-Veduta-Unit)."""
    return viewing.depth(here, photo_id, other_id, asked)


@router.post("/obstacles")
def stereo_obstacles(here: Here, photo_id: PathId, other_id: PathId, asked: ObstaclesAsk) -> WayOut:
    """List what stands on the floor before two cameras: distance, size, and whether to avoid it or to clean it away."""
    return viewing.obstacles(here, photo_id, other_id, asked)
