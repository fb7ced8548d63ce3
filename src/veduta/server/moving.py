"""A photo set in motion by how near its things are, or shown as a 3-D picture: at once, or in the background."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from starlette.responses import FileResponse, Response

from veduta.edit.fill import fill
from veduta.image.photo import Pixels
from veduta.library import rendering
from veduta.library.rendering import Ground
from veduta.progress import Progress, Silent
from veduta.see.mask import decode
from veduta.server.context import Context
from veduta.server.masking import check
from veduta.server.models.edit import JobOut
from veduta.server.models.parallax import ParallaxAsk
from veduta.server.wire import attachment
from veduta.space import clip
from veduta.space.disparity import match
from veduta.space.motion import moves
from veduta.space.nearness import fitted, planar
from veduta.space.parallax import Parallax, near_of

FPS = 30.0
KINDS = {".mp4": "video/mp4", ".jpg": "image/jpeg"}
ENDINGS = {"clip": "in motion", "anaglyph": "red-cyan", "pair": "left-right"}
# Frames take all cores: one clip at a time.
_making = threading.Lock()


def parallax(here: Context, photo_id: int, asked: ParallaxAsk) -> Response:
    """Return an MP4 clip, or a JPEG for the eyes."""
    start, right = _grounds(here, photo_id, asked)
    with TemporaryDirectory(prefix="veduta-") as folder:
        target = Path(folder) / f"made{_suffix(asked)}"
        _write(start, right, asked, target, Silent())
        content = target.read_bytes()
    return Response(content, media_type=KINDS[target.suffix], headers={"Cache-Control": "no-store"})


def start(here: Context, photo_id: int, asked: ParallaxAsk) -> JobOut:
    """Queue a clip or picture; raises NotFound, BadVersion and UnfitMask."""
    photo, right = _grounds(here, photo_id, asked)
    # The name says what it is: it is the one that it is saved under.
    target = here.renders.new_file(f" {photo.path.stem} - {ENDINGS[asked.show]}{_suffix(asked)}")
    return here.renders.add("clip", photo_id, None, partial(_made, photo, right, asked, target))


def file(here: Context, job_id: str, download: bool) -> Response:
    """Answer with the file that a job has made."""
    path = here.renders.file(job_id)
    headers = {"Cache-Control": "no-store", "Content-Disposition": "inline"}
    if download:
        headers["Content-Disposition"] = attachment(path.name.partition(" ")[2])
    return FileResponse(path, headers=headers, media_type=KINDS[path.suffix])


def _grounds(here: Context, photo_id: int, asked: ParallaxAsk) -> tuple[Ground, Ground | None]:
    for one in asked.standing:
        check(one)
    right = None if asked.right is None else rendering.ground(here.catalog, asked.right)
    return rendering.ground(here.catalog, photo_id), right


def _suffix(asked: ParallaxAsk) -> str:
    return ".mp4" if asked.show == "clip" else ".jpg"


def _made(photo: Ground, right: Ground | None, asked: ParallaxAsk, target: Path, progress: Progress) -> Path:
    _write(photo, right, asked, target, progress)
    return target


def _write(photo: Ground, right: Ground | None, asked: ParallaxAsk, target: Path, progress: Progress) -> None:
    with _making:
        progress.begin("finding what is near", 1)
        pixels = photo.pixels(asked.side)
        made = _seen_from_beside(pixels, right, asked)
        progress.advance()
        progress.end()
        if asked.show == "clip":
            count = max(2, round(asked.seconds * FPS))
            places = moves(asked.path, count, made.parallax, made.width, made.height, asked.focus)
            clip.write(target, made.frames(places, progress), FPS)
            return
        picture = made.anaglyph(asked.focus) if asked.show == "anaglyph" else made.side_by_side(asked.focus)
    cv2.imwrite(str(target), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 92])


def _seen_from_beside(pixels: Pixels, right: Ground | None, asked: ParallaxAsk) -> Parallax:
    height, width = pixels.shape[:2]
    if right is not None:
        near = near_of(match(pixels, right.pixels(asked.side)))
    else:
        masks = [
            cv2.resize(decode(one.plain()).astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
            > 0
            for one in asked.standing
        ]
        near = planar(height, width, asked.ground or 0.0, masks)
    return Parallax(
        pixels, fitted(near, pixels), asked.strength / 100 * width, lambda photo, mask: fill(photo, mask)
    )
