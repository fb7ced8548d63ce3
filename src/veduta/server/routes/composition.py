"""Pictures made of photos in the background: larger ones, one of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from veduta.server.context import Here
from veduta.server.later import Later
from veduta.server.models.base import PathId
from veduta.server.models.composition import EnlargementNew, FusionNew, PaintingNew, PanoramaNew
from veduta.server.models.edit import JobOut

if TYPE_CHECKING:
    from veduta.server import composing
else:
    composing = Later("veduta.server.composing")

router = APIRouter(tags=["editing"])


@router.post("/photos/{photo_id}/enlarge", status_code=201)
def enlarge_photo(here: Here, photo_id: PathId, new: EnlargementNew) -> JobOut:
    """Make a photo, or a version of it, two or four times as large in the background; what comes out is a version.
    What a network invents is called so, in its name and in its file.
    """
    return composing.enlarge(here, photo_id, new)


@router.post("/fuse", status_code=201)
def fuse_photos(here: Here, new: FusionNew) -> JobOut:
    """Fuse several small, noisy photos of one thing to a larger, clearer picture in the background; what comes out
    is a version of the first one.
    """
    return composing.fuse(here, new)


@router.post("/panorama", status_code=201)
def make_panorama(here: Here, new: PanoramaNew) -> JobOut:
    """Lay two photos of one view onto each other in the background; what comes out is a version of the first one."""
    return composing.panorama(here, new)


@router.post("/photos/{photo_id}/paint", status_code=201)
def paint_photo(here: Here, photo_id: PathId, new: PaintingNew) -> JobOut:
    """Paint a photo in the style of another one, such as a painting, in the background; what comes out is a version."""
    return composing.paint(here, photo_id, new)
