"""Messages: hidden in a copy of a photo, and found in photos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from veduta.server.context import Here
from veduta.server.later import Later
from veduta.server.models.base import PathId
from veduta.server.models.message import MessageNew, MessageOut, MessageRoom, RevealAsk

if TYPE_CHECKING:
    from veduta.server import messaging
else:
    messaging = Later("veduta.server.messaging")

router = APIRouter(tags=["messages"])


@router.get("/photos/{photo_id}/message/room")
def message_room(here: Here, photo_id: PathId, locked: bool = False) -> MessageRoom:
    """Tell how much text a photo holds; `locked`: with a password."""
    return messaging.room(here, photo_id, locked)


@router.post(
    "/photos/{photo_id}/message",
    response_class=Response,
    responses={200: {"content": {"image/png": {}, "image/jpeg": {}, "image/webp": {}, "image/tiff": {}}}},
)
def hide_message(here: Here, photo_id: PathId, new: MessageNew) -> Response:
    """Send a copy of a photo with a text hidden in it; the photo stays as it is, and nothing is kept."""
    return messaging.hide(here, photo_id, new)


@router.post("/photos/{photo_id}/message/reveal")
def reveal_message(here: Here, photo_id: PathId, asked: RevealAsk) -> MessageOut:
    """Find the message in a photo."""
    return messaging.reveal(here, photo_id, asked.password)
