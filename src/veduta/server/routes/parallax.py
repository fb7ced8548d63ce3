"""Parallax: a photo in motion, or as a 3-D picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from veduta.server.context import Here
from veduta.server.later import Later
from veduta.server.models.base import PathId
from veduta.server.models.edit import JobOut
from veduta.server.models.parallax import ParallaxAsk

if TYPE_CHECKING:
    from veduta.server import moving
else:
    moving = Later("veduta.server.moving")

router = APIRouter(tags=["3-D"])


@router.post(
    "/photos/{photo_id}/parallax",
    response_class=Response,
    responses={200: {"content": {"video/mp4": {}, "image/jpeg": {}}}},
)
def make_parallax(here: Here, photo_id: PathId, asked: ParallaxAsk) -> Response:
    """Send a clip in which near things of a photo shift before far ones, or a 3-D picture; nothing is kept."""
    return moving.parallax(here, photo_id, asked)


@router.post("/photos/{photo_id}/parallax/job", status_code=201)
def start_parallax(here: Here, photo_id: PathId, asked: ParallaxAsk) -> JobOut:
    """Make such a clip or picture in the background; its file is then told by the job."""
    return moving.start(here, photo_id, asked)
