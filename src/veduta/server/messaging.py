"""Messages hidden in copies of photos, and what photos hold."""

from __future__ import annotations

import base64
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.responses import Response

from veduta.edit import stego
from veduta.edit.picture_file import kind_for, name_for
from veduta.edit.stego_message import Message
from veduta.edit.stored_file import LOSSLESS
from veduta.library import rendering
from veduta.server.context import Context
from veduta.server.models.message import MessageNew, MessageOut, MessageRoom
from veduta.server.pictures import KINDS
from veduta.server.wire import attachment

# A whole photo and its transforms are in memory: one at a time.
_working = threading.Lock()


def room(here: Context, photo_id: int, locked: bool) -> MessageRoom:
    """Return how much a photo holds."""
    found = stego.room_in_file(rendering.ground(here.catalog, photo_id).path, locked)
    return MessageRoom(lossless=found.lossless, robust=found.robust)


def hide(here: Context, photo_id: int, new: MessageNew) -> Response:
    """Return a copy of a photo with a text in it."""
    path = rendering.ground(here.catalog, photo_id).path
    keeps = new.mode == "robust" or kind_for(path) in LOSSLESS
    name = name_for(path) if keeps else f"{path.stem}.png"
    with _working, TemporaryDirectory(prefix="veduta-") as folder:
        target = Path(folder) / name
        message = Message.of_text(new.text)
        done = stego.hide(path, message, target, new.mode, new.password, new.fidelity)
        content = target.read_bytes()
    headers = {"Content-Disposition": attachment(name), "Cache-Control": "no-store"}
    headers["X-Veduta-Fits"], headers["X-Veduta-Psnr"] = str(done.fits), f"{done.psnr:.1f}"
    return Response(content, media_type=KINDS[target.suffix.lower()], headers=headers)


def reveal(here: Context, photo_id: int, password: str | None) -> MessageOut:
    """Return what a photo holds; raises NoMessage, DamagedMessage and WrongPassword."""
    path = rendering.ground(here.catalog, photo_id).path
    with _working:
        found = stego.reveal(path, password)
    message = found.message
    is_text = message.kind == "text"
    return MessageOut(
        kind=message.kind,
        mode=found.mode,
        bytes=len(message.data),
        text=message.text if is_text else None,
        name=None if is_text else message.name,
        data=None if is_text else base64.b64encode(message.data).decode("ascii"),
    )
