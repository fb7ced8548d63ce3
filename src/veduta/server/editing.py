"""What the editor asks of a photo: previews, versions, full renders."""

from __future__ import annotations

import threading
import time
from dataclasses import fields
from functools import partial
from pathlib import Path

import cv2
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from veduta.edit.edits import Edits
from veduta.edit.operation import REGISTRY, operation
from veduta.edit.picture_file import check_still
from veduta.errors import UnreadableImage
from veduta.image.photo import Pixels
from veduta.image.strip import strip_location
from veduta.library import rendering, versions
from veduta.library.catalog import Catalog
from veduta.library.rendering import Ground
from veduta.library.versions import Version
from veduta.progress import Progress
from veduta.server.context import Context
from veduta.server.models.edit import (
    JobOut,
    NeutralAsk,
    NeutralOut,
    OperationOut,
    OperationParameter,
    Operations,
    PreviewAsk,
)
from veduta.server.models.version import VersionNew, VersionOut, VersionPatch
from veduta.server.pictures import ASK_AGAIN, FOREVER, KINDS
from veduta.server.tags import unchanged
from veduta.server.wire import attachment

# Each preview keeps a core busy and some pictures in memory.
_drawing = threading.BoundedSemaphore(2)
QUALITY = {"jpeg": [cv2.IMWRITE_JPEG_QUALITY, 90], "webp": [cv2.IMWRITE_WEBP_QUALITY, 85]}


def operations() -> Operations:
    """Return what can be done with a picture."""
    from veduta.edit.fill import METHODS
    from veduta.server.masking import known

    return Operations(operations=[_operation(name) for name in REGISTRY], methods=list(METHODS), what=known())


def _operation(name: str) -> OperationOut:
    parameters = []
    kind = operation(name)
    for one in fields(kind):
        told = one.metadata
        choices = told.get("choices")
        parameters.append(
            OperationParameter(
                name=one.name,
                kind=told["kind"],
                low=told.get("low"),
                high=told.get("high"),
                neutral=told["neutral"],
                choices=None if choices is None else list(choices),
            )
        )
    title = name.replace("_", " ").capitalize()
    return OperationOut(name=name, title=title, usual=dict(kind.usual), parameters=parameters)


def start_of(here: Context, photo_id: int, version_id: int | None) -> tuple[Ground, Version | None]:
    """Return what edits of a photo start from, and the version that says so."""
    version = None if version_id is None else versions.get(here.catalog, version_id, photo_id)
    return rendering.ground(here.catalog, photo_id, version), version


def drawn(here: Context, start: Ground, edits: Edits, side: int) -> Pixels:
    """Return the edited picture at most `side` long, with the steps kept for the next time."""
    with _drawing:
        return rendering.preview(start, edits, side, here.kept)


def preview(here: Context, photo_id: int, asked: PreviewAsk) -> Response:
    """Answer with a preview."""
    begun = time.perf_counter()
    start, _ = start_of(here, photo_id, asked.version)
    edits = Edits.from_json(asked.edits)
    pixels = drawn(here, start, edits, asked.side)
    done, data = cv2.imencode(f".{asked.format}", pixels[:, :, ::-1], QUALITY[asked.format])
    if not done:
        raise UnreadableImage(start.path, "the preview cannot be written")
    width, height = edits.size_after(start.width, start.height)
    headers = {
        "Cache-Control": "no-store",
        "X-Veduta-Width": str(width),
        "X-Veduta-Height": str(height),
        "X-Veduta-Ms": str(round((time.perf_counter() - begun) * 1000)),
    }
    return Response(data.tobytes(), headers=headers, media_type=f"image/{asked.format}")


def neutral(here: Context, photo_id: int, asked: NeutralAsk) -> NeutralOut:
    """Return the white balance that makes a spot gray."""
    from veduta.edit.white_balance import gray_at

    start, _ = start_of(here, photo_id, asked.version)
    found = gray_at(drawn(here, start, Edits.from_json(asked.edits), 1440), asked.x, asked.y)
    return NeutralOut(temperature=round(found.temperature, 4), tint=round(found.tint, 4))


def told(catalog: Catalog, version: Version) -> VersionOut:
    """Return a version as the interface shows it."""
    at, tag = f"/api/photos/{version.photo_id}/versions/{version.id}", version.tag
    file = rendering.rendered(catalog, version)
    return VersionOut(
        id=version.id,
        photo_id=version.photo_id,
        name=version.name,
        edits=version.edits.as_json()["edits"],
        stacked=list(version.stacked),
        invented=version.invented,
        width=version.width,
        height=version.height,
        format=None if file is None else file.suffix.removeprefix("."),
        bytes=None if file is None else file.stat().st_size,
        rendered=file is not None,
        created=version.created,
        changed=version.changed,
        thumb=f"{at}/thumbnail/320?v={tag}",
        preview=f"{at}/thumbnail/1440?v={tag}",
        file=f"{at}/file?v={tag}",
    )


def create(here: Context, photo_id: int, new: VersionNew) -> VersionOut:
    """Keep a version, and have it rendered."""
    start, of = start_of(here, photo_id, new.version)
    check_still(rendering.source_file(here.catalog, photo_id))
    base = None if of is None or of.base is None else (of.base, start.width, start.height)
    made = versions.create(
        here.catalog, photo_id, Edits.from_json(new.edits), new.name, base, of.stacked if of and base else ()
    )
    render(here, photo_id, made.id)
    return told(here.catalog, made)


def change(here: Context, photo_id: int, version_id: int, patch: VersionPatch) -> VersionOut:
    """Change a version; with other edits it is rendered anew."""
    edits = None if patch.edits is None else Edits.from_json(patch.edits)
    before = versions.get(here.catalog, version_id, photo_id)
    size = None
    if edits is not None and before.base is not None:
        start = rendering.ground(here.catalog, photo_id, before)
        size = (start.width, start.height)
    changed = versions.change(here.catalog, version_id, photo_id, patch.name, edits, size)
    if changed.tag != before.tag:
        here.renders.forget(version_id)
        render(here, photo_id, version_id)
    return told(here.catalog, changed)


def remove(here: Context, photo_id: int, version_id: int) -> None:
    """Take a version away."""
    versions.get(here.catalog, version_id, photo_id)
    here.renders.forget(version_id)
    versions.remove(here.catalog, version_id, photo_id)


def render(here: Context, photo_id: int, version_id: int) -> JobOut:
    """Have a version rendered in the background."""
    version = versions.get(here.catalog, version_id, photo_id)
    work = partial(_render, here.catalog, version_id)
    return here.renders.add("render", photo_id, version_id, work, 2 + len(version.edits.operations))


def _render(catalog: Catalog, version_id: int, progress: Progress) -> None:
    versions.sweep(catalog)  # what killed renders and photos taken out have left
    rendering.render(catalog, version_id, progress)


def thumbnail(here: Context, request: Request, photo_id: int, version_id: int, side: int) -> Response:
    """Answer with a small picture of a version, made now if it is not there yet."""
    version = versions.get(here.catalog, version_id, photo_id)
    named = request.query_params.get("v") == version.tag
    headers = {"ETag": f'"{version.tag}-{side}"', "Cache-Control": FOREVER if named else ASK_AGAIN}
    if unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    with _drawing:
        path = rendering.thumbnail(here.catalog, version, side, here.kept)
    return Response(path.read_bytes(), headers=headers, media_type="image/webp")


def file(here: Context, photo_id: int, version_id: int, download: bool, location: bool) -> Response:
    """Answer with the full picture of a version, made now if it must."""
    version = versions.get(here.catalog, version_id, photo_id)
    path = rendering.rendered(here.catalog, version)
    if path is None:
        with _drawing:
            path = rendering.render(here.catalog, version_id)
    original = rendering.source_file(here.catalog, photo_id)
    headers = {"Cache-Control": ASK_AGAIN, "Content-Security-Policy": "default-src 'none'; sandbox"}
    headers["Content-Disposition"] = "inline"
    if download:
        told = version.name if says_so(version) else f"{version.name} (not evidence)"
        headers["Content-Disposition"] = attachment(f"{original.stem} - {told}{path.suffix}")
    kind = KINDS[path.suffix]
    if location:
        return FileResponse(path, headers=headers, media_type=kind)
    return Response(without_location(path), headers=headers, media_type=kind)


def says_so(version: Version) -> bool:
    """Whether the name of a version tells what must be told: that it is not evidence."""
    return not version.invented or "not evidence" in version.name.casefold()


def without_location(path: Path) -> bytes:
    """Return a file's bytes without its position."""
    return strip_location(path.read_bytes())
