"""Pictures of faces, cut out when asked for: nothing is kept that would have to be forgotten."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from veduta.errors import NotFound, UnreadableImage
from veduta.image.photo import Pixels
from veduta.library.catalog import Catalog
from veduta.library.schema import Face, PhotoRow
from veduta.server import pictures
from veduta.server.tags import unchanged

SIDE = 256
MARGIN = 1.5
SHARP_ENOUGH = 80
QUALITY = 85


def face(catalog: Catalog, request: Request, face_id: int) -> Response:
    """Answer with the square around a face, at most 256 pixels wide, as WebP."""
    with catalog.session() as session:
        row = session.execute(
            select(Face.photo_id, Face.x, Face.y, Face.w, Face.h, PhotoRow.hash, PhotoRow.media)
            .add_columns(PhotoRow.format, PhotoRow.width, PhotoRow.height)
            .join(PhotoRow, PhotoRow.id == Face.photo_id)
            .where(Face.finding_id == face_id)
        ).first()
    if row is None:
        raise NotFound(f"there is no face {face_id}")
    seed = f"{row.hash} {row.x} {row.y} {row.w} {row.h}"
    # Asked for again each time: a face that was forgotten must not live on in a browser's store.
    headers = {
        "ETag": f'"{hashlib.blake2b(seed.encode(), digest_size=16).hexdigest()}"',
        "Cache-Control": pictures.ASK_AGAIN,
    }
    if unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    longer = max(row.width, row.height)
    seen = max(row.w, row.h) * min(1.0, 1440 / longer)
    if seen >= SHARP_ENOUGH or longer <= 1440:
        path = pictures.ensure_thumbnail(catalog, row.photo_id, row, 1440)
        decoded = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR_RGB)
        if decoded is None:
            raise UnreadableImage(path, "the preview is damaged; `veduta verify` tells more")
        photo: Pixels = decoded.astype(np.uint8, copy=False)
    else:
        with pictures.decoding:
            photo = pictures.pixels(pictures.present_file(catalog, row.photo_id), row.media)
    scale = photo.shape[1] / row.width
    cut = _square(photo, row.x * scale, row.y * scale, row.w * scale, row.h * scale)
    encoded, data = cv2.imencode(".webp", cut[:, :, ::-1], [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    if not encoded:
        raise UnreadableImage(str(face_id), "the face cannot be cut out")
    return Response(data.tobytes(), headers=headers, media_type="image/webp")


def _square(photo: Pixels, x: float, y: float, w: float, h: float) -> Pixels:
    """The square around a box with some margin, moved inside the photo; uint8, side <= 256."""
    height, width = photo.shape[:2]
    side = max(1, min(round(max(w, h) * MARGIN), width, height))
    left = min(max(0, round(x + w / 2 - side / 2)), width - side)
    top = min(max(0, round(y + h / 2 - side / 2)), height - side)
    cut = photo[top : top + side, left : left + side]
    if side > SIDE:
        cut = cv2.resize(cut, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return np.ascontiguousarray(cut)
