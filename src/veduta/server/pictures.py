"""Pictures of photos: thumbnails, previews and originals, with entity tags and ranges."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from veduta.errors import NotFound
from veduta.library.catalog import Catalog
from veduta.library.schema import FileRow, PhotoRow
from veduta.server.tags import unchanged
from veduta.server.wire import attachment, readable

if TYPE_CHECKING:
    from veduta.image.photo import Pixels

FOREVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"
QUALITY = 82

KINDS = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".jpe": "image/jpeg", ".jfif": "image/jpeg",
    ".png": "image/png", ".apng": "image/apng", ".webp": "image/webp", ".avif": "image/avif",
    ".gif": "image/gif", ".bmp": "image/bmp", ".heic": "image/heic", ".heif": "image/heif",
    ".tif": "image/tiff", ".tiff": "image/tiff",
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm",
    ".mkv": "video/x-matroska", ".avi": "video/x-msvideo", ".ogv": "video/ogg", ".3gp": "video/3gpp",
    ".mpg": "video/mpeg", ".mpeg": "video/mpeg",
}  # fmt: skip
DISPLAYABLE = frozenset(
    ("jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "avif", "gif", "bmp", "mp4", "m4v", "webm")
)

# Decoding takes memory: so many at a time, whatever browsers ask for.
decoding = threading.BoundedSemaphore(2)


def displayable(photo_format: str | None) -> bool:
    """Whether browsers can show the original itself."""
    return (photo_format or "").lower() in DISPLAYABLE


def _photo(catalog: Catalog, photo_id: int) -> Row[*tuple[Any, ...]]:
    with catalog.session() as session:
        row = session.execute(
            select(PhotoRow.hash, PhotoRow.format, PhotoRow.media).where(PhotoRow.id == photo_id)
        ).first()
    if row is None:
        raise NotFound(f"there is no photo {photo_id}")
    return row


def thumbnail(catalog: Catalog, request: Request, photo_id: int, side: int) -> Response:
    """Answer with a WebP of a photo, made now if it is not there yet."""
    photo = _photo(catalog, photo_id)
    # Only an address that names the content may be kept without asking again.
    named = request.query_params.get("v") == photo.hash[:12]
    headers = {"ETag": f'"{photo.hash[:32]}-{side}"', "Cache-Control": FOREVER if named else ASK_AGAIN}
    if unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    path = ensure_thumbnail(catalog, photo_id, photo, side)
    return Response(path.read_bytes(), headers=headers, media_type="image/webp")


def ensure_thumbnail(catalog: Catalog, photo_id: int, photo: Row[*tuple[Any, ...]], side: int) -> Path:
    """Return the file of a thumbnail; a photo that is not analyzed yet is decoded for it."""
    path = catalog.thumbnail(photo.hash, side)
    if path.is_file():
        return path
    from veduta.image.thumbnails import write_thumbnail

    with decoding:
        if not path.is_file():
            write_thumbnail(pixels(present_file(catalog, photo_id), photo.media, side), path, side, QUALITY)
    return path


def pixels(path: str, media: str, side: int | None = None) -> Pixels:
    """Return the upright pixels of a file, of a film its first frame; raises UnreadableImage."""
    if media == "video":
        from veduta.image.video import first_frame

        return first_frame(Path(path))
    from veduta.image.decode import read

    return read(Path(path), side)


def present_file(catalog: Catalog, photo_id: int) -> str:
    """Return the path of a file of the photo that can be read now; raises NotFound saying what is missing."""
    with catalog.session() as session:
        paths = session.scalars(
            select(FileRow.path)
            .where(FileRow.photo_id == photo_id, FileRow.role == "original")
            .order_by(FileRow.missing_since.is_not(None), FileRow.id)
        ).all()
    for path in paths:
        if os.path.isfile(path) and os.access(path, os.R_OK):  # noqa: PTH113
            return path
    shown = readable(paths[0]) if paths else f"photo {photo_id}"
    raise NotFound(f"{shown}: the file cannot be read at the moment; is its drive plugged in?")


def original(catalog: Catalog, request: Request, photo_id: int, download: bool) -> Response:
    """Answer with the original's own bytes, or the range asked for."""
    photo = _photo(catalog, photo_id)
    path = present_file(catalog, photo_id)
    try:
        facts = os.stat(path)  # noqa: PTH116
    except OSError as error:
        raise NotFound(f"{readable(path)}: {error.strerror}") from error
    if not stat.S_ISREG(facts.st_mode):
        raise NotFound(f"{readable(path)}: is no file any more")
    name = os.path.basename(path)  # noqa: PTH119
    # Time and size are part of the tag: the file may have changed since it was added.
    headers = {
        "ETag": f'"{photo.hash[:24]}-{facts.st_mtime_ns:x}-{facts.st_size:x}"',
        "Cache-Control": ASK_AGAIN,
        "Content-Disposition": attachment(name) if download else "inline",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    kind = KINDS.get(os.path.splitext(name)[1].lower(), "application/octet-stream")  # noqa: PTH122
    return FileResponse(path, headers=headers, media_type=kind, stat_result=facts)
