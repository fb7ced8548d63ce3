"""/api/photos/.../versions: photos as edited, kept beside the originals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter, Request, Response

from veduta.library import versions
from veduta.server.context import Here
from veduta.server.later import Later
from veduta.server.models.base import Done, PathId
from veduta.server.models.edit import JobOut
from veduta.server.models.version import VersionNew, VersionOut, VersionPatch, Versions

if TYPE_CHECKING:
    from veduta.server import editing
else:
    editing = Later("veduta.server.editing")

router = APIRouter(prefix="/photos/{photo_id}/versions", tags=["versions"])


@router.get("")
def list_versions(here: Here, photo_id: PathId) -> Versions:
    """List the versions of a photo, newest first."""
    return Versions(
        versions=[editing.told(here.catalog, one) for one in versions.of_photo(here.catalog, photo_id)]
    )


@router.post("", status_code=201)
def make_version(here: Here, photo_id: PathId, new: VersionNew) -> VersionOut:
    """Keep a version of a photo and have it rendered in the background; the original stays as it is."""
    return editing.create(here, photo_id, new)


@router.get("/{version_id}")
def get_version(here: Here, photo_id: PathId, version_id: PathId) -> VersionOut:
    """Tell a version with its edits, so that it can be gone on with."""
    return editing.told(here.catalog, versions.get(here.catalog, version_id, photo_id))


@router.patch("/{version_id}")
def change_version(here: Here, photo_id: PathId, version_id: PathId, patch: VersionPatch) -> VersionOut:
    """Give a version another name or other edits."""
    return editing.change(here, photo_id, version_id, patch)


@router.delete("/{version_id}")
def delete_version(here: Here, photo_id: PathId, version_id: PathId) -> Done:
    """Take a version away, with its file."""
    editing.remove(here, photo_id, version_id)
    return Done(changed=1)


@router.post("/{version_id}/render", status_code=201)
def render_version(here: Here, photo_id: PathId, version_id: PathId) -> JobOut:
    """Have the full picture of a version made in the background."""
    return editing.render(here, photo_id, version_id)


@router.get(
    "/{version_id}/thumbnail/{side}",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}, 304: {"description": "unchanged"}},
)
def version_thumbnail(
    here: Here, request: Request, photo_id: PathId, version_id: PathId, side: Literal["320", "1440"]
) -> Response:
    """Send a version as WebP with a longer side of at most 320 or 1440 pixels."""
    return editing.thumbnail(here, request, photo_id, version_id, int(side))


@router.get(
    "/{version_id}/file",
    response_class=Response,
    responses={
        200: {"content": {"image/*": {}}},
        206: {"description": "the range asked for", "content": {"image/*": {}}},
        416: {"description": "the range lies outside the file"},
    },
)
def version_file(
    here: Here, photo_id: PathId, version_id: PathId, download: bool = False, location: bool = True
) -> Response:
    """Send the full picture of a version, made now if it must; with `location` false it does not tell where."""
    return editing.file(here, photo_id, version_id, download, location)
