"""/api/status, /api/activity and /api/problems: the background work and what it could not read."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from veduta.server import census
from veduta.server.context import Here
from veduta.server.events import stream
from veduta.server.models.activity import Activity, ProblemPage, Retry, StatusOut
from veduta.server.models.base import Done, Limit, Offset

router = APIRouter(tags=["activity"])


@router.get("/status")
def status(here: Here) -> StatusOut:
    """Tell how many photos are done, pending and failed, and what the library holds."""
    return census.status(here)


@router.get("/activity")
def activity(here: Here) -> Activity:
    """Tell what the library is doing."""
    return here.worker.activity()


@router.get(
    "/activity/events",
    response_class=StreamingResponse,
    responses={
        200: {"description": "each event's data is an Activity", "content": {"text/event-stream": {}}}
    },
)
async def activity_events(here: Here, request: Request) -> StreamingResponse:
    """Stream the activity as server-sent events, whenever it changes."""
    return stream(here.worker, request)


@router.post("/activity/scan")
def scan(here: Here) -> Activity:
    """Look through all folders for new, changed and lost files, in the background."""
    here.worker.scan()
    return here.worker.activity()


@router.post("/activity/cancel")
def cancel(here: Here) -> Activity:
    """Stop the background work; nothing is lost, the next scan goes on where it stopped."""
    here.worker.cancel()
    return here.worker.activity()


@router.post("/activity/retry")
def retry(here: Here, what: Retry) -> Done:
    """Try files again that could not be read, in the background."""
    return Done(changed=census.retry(here, what))


@router.get("/problems")
def list_problems(here: Here, limit: Limit = 200, offset: Offset = 0) -> ProblemPage:
    """List the files that could not be read, with reasons."""
    return census.problems(here.catalog, limit, offset)
