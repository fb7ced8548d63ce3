"""/api/edit and what the editor asks of a photo: previews, gray spots, counts; how far long work is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Response

from veduta.server.context import Here
from veduta.server.later import Later
from veduta.server.models.base import PathId
from veduta.server.models.edit import (
    CountOut,
    JobOut,
    Jobs,
    NeutralAsk,
    NeutralOut,
    Operations,
    PreviewAsk,
)

if TYPE_CHECKING:
    from veduta.server import counting, editing, moving
else:
    counting = Later("veduta.server.counting")
    editing = Later("veduta.server.editing")
    moving = Later("veduta.server.moving")

router = APIRouter(tags=["editing"])

JobId = Annotated[str, Path(min_length=1, max_length=20)]


@router.get("/edit/operations")
def edit_operations() -> Operations:
    """Tell what can be done with a picture, with which parameters."""
    return editing.operations()


@router.post(
    "/photos/{photo_id}/preview",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}, "image/webp": {}}}},
)
def edit_preview(here: Here, photo_id: PathId, asked: PreviewAsk) -> Response:
    """Send a photo after some edits; nothing is kept of them. Headers X-Veduta-Width and -Height tell its full
    size.
    """
    return editing.preview(here, photo_id, asked)


@router.post("/photos/{photo_id}/neutral")
def edit_neutral(here: Here, photo_id: PathId, asked: NeutralAsk) -> NeutralOut:
    """Find the white balance that makes a spot of a photo gray."""
    return editing.neutral(here, photo_id, asked)


@router.get("/photos/{photo_id}/count")
def count_people(
    here: Here,
    photo_id: PathId,
    box: Annotated[
        str | None, Query(max_length=200, description="only within x,y,width,height, relative to the photo")
    ] = None,
) -> CountOut:
    """Count the people in a photo, or in a part of it."""
    return counting.count(here, photo_id, box)


@router.get("/edit/jobs")
def list_edit_jobs(here: Here) -> Jobs:
    """List renders and stacks: those that wait, the one that runs, and the last that are over."""
    return Jobs(jobs=here.renders.jobs())


@router.get("/edit/jobs/{job_id}")
def get_edit_job(here: Here, job_id: JobId) -> JobOut:
    """Tell how far a render or stack is."""
    return here.renders.get(job_id)


@router.get(
    "/edit/jobs/{job_id}/file",
    response_class=Response,
    responses={
        200: {"content": {"video/mp4": {}, "image/*": {}}},
        206: {"description": "the range asked for", "content": {"video/mp4": {}, "image/*": {}}},
        416: {"description": "the range lies outside the file"},
    },
)
def edit_job_file(here: Here, job_id: JobId, download: bool = False) -> Response:
    """Send what a job has made, where that is no version: a clip."""
    return moving.file(here, job_id, download)


@router.post("/edit/jobs/{job_id}/stop")
def stop_edit_job(here: Here, job_id: JobId) -> JobOut:
    """Stop a render or stack; no file is left of it."""
    return here.renders.stop(job_id)
