"""/api/photos and /api/timeline: the grid, one photo, its pictures and its findings."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import FileResponse

from veduta.library import changes
from veduta.server import asking, closeup, explaining, pictures, shelf
from veduta.server.context import Here
from veduta.server.models.base import Done, Limit, PathId
from veduta.server.models.photo import (
    Neighbors,
    PhotoDetail,
    PhotoFilter,
    PhotoFindings,
    PhotoPage,
    PhotoPageFilter,
    PhotoPatch,
    PhotosPatch,
    Timeline,
)
from veduta.server.models.search import SimilarPage

router = APIRouter(tags=["photos"])


KINDS: dict[str, dict[str, str]] = {"image/*": {}, "video/*": {}, "application/octet-stream": {}}
Filter = Annotated[PhotoFilter, Query()]


@router.get("/timeline")
def timeline(here: Here, chosen: Filter) -> Timeline:
    """Count photos by day, newest first."""
    return shelf.timeline(here, chosen)


@router.get("/photos")
def list_photos(here: Here, chosen: Annotated[PhotoPageFilter, Query()]) -> PhotoPage:
    """List photos, newest first, those of unknown time last."""
    return shelf.page(here, chosen, chosen.limit, chosen.offset)


@router.patch("/photos")
def change_photos(here: Here, patch: PhotosPatch) -> Done:
    """Change many photos in the same way; unknown ones are passed over."""
    return Done(changed=changes.change(here.catalog, patch.ids, patch.change.given()))


@router.get("/photos/{photo_id}")
def get_photo(here: Here, photo_id: PathId) -> PhotoDetail:
    """Tell everything about a photo."""
    return closeup.detail(here.catalog, photo_id)


@router.patch("/photos/{photo_id}")
def change_photo(here: Here, photo_id: PathId, patch: PhotoPatch) -> PhotoDetail:
    """Change a photo's entry in the catalog; the file itself is never touched."""
    closeup.detail(here.catalog, photo_id)
    changes.change(here.catalog, [photo_id], patch.given())
    return closeup.detail(here.catalog, photo_id)


@router.get("/photos/{photo_id}/findings")
def photo_findings(here: Here, photo_id: PathId) -> PhotoFindings:
    """List what was seen in a photo."""
    return closeup.findings(here.catalog, photo_id)


@router.get(
    "/photos/{photo_id}/findings/{finding_id}/activation",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}, 304: {"description": "unchanged"}},
)
def finding_activation(here: Here, request: Request, photo_id: PathId, finding_id: PathId) -> Response:
    """Send what spoke for a landmark or label in a photo: colors to lay over it, as PNG with transparency."""
    return explaining.activation(here.catalog, request, photo_id, finding_id)


@router.get("/photos/{photo_id}/similar")
def photo_similar(here: Here, photo_id: PathId, limit: Limit = 24) -> SimilarPage:
    """List photos that look like this one."""
    return asking.similar(here.catalog, photo_id, limit)


@router.get("/photos/{photo_id}/neighbors")
def photo_neighbors(here: Here, photo_id: PathId, chosen: Filter) -> Neighbors:
    """Give the photos before and after this one among those chosen."""
    return shelf.neighbors(here, photo_id, chosen)


@router.get(
    "/photos/{photo_id}/thumbnail/{side}",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}, 304: {"description": "unchanged"}},
)
def photo_thumbnail(here: Here, request: Request, photo_id: PathId, side: Literal["320", "1440"]) -> Response:
    """Send a photo as WebP with a longer side of at most 320 or 1440 pixels."""
    return pictures.thumbnail(here.catalog, request, photo_id, int(side))


@router.get(
    "/photos/{photo_id}/original",
    response_class=FileResponse,
    responses={
        200: {"content": KINDS},
        206: {"description": "the range asked for", "content": KINDS},
        304: {"description": "unchanged"},
        416: {"description": "the range lies outside the file"},
    },
)
def photo_original(here: Here, request: Request, photo_id: PathId, download: bool = False) -> Response:
    """Send the original file, or a range of it; `download` saves it instead of showing it."""
    return pictures.original(here.catalog, request, photo_id, download)
