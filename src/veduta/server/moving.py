"""A photo set in motion by how near its things are, or shown as a 3-D picture."""

from __future__ import annotations

import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from starlette.responses import Response

from veduta.edit.fill import fill
from veduta.library import rendering
from veduta.see.mask import decode
from veduta.server.context import Context
from veduta.server.masking import check
from veduta.server.models.parallax import ParallaxAsk
from veduta.space import clip
from veduta.space.disparity import match
from veduta.space.motion import moves
from veduta.space.nearness import fitted, planar
from veduta.space.parallax import Parallax, near_of

FPS = 30.0
# Frames take all cores: one clip at a time.
_making = threading.Lock()


def parallax(here: Context, photo_id: int, asked: ParallaxAsk) -> Response:
    """Return an MP4 clip, or a JPEG for the eyes."""
    for one in asked.standing:
        check(one)
    pixels = rendering.ground(here.catalog, photo_id).pixels(asked.side)
    height, width = pixels.shape[:2]
    with _making:
        if asked.right is not None:
            near = near_of(match(pixels, rendering.ground(here.catalog, asked.right).pixels(asked.side)))
        else:
            masks = [
                cv2.resize(
                    decode(one.plain()).astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST
                )
                > 0
                for one in asked.standing
            ]
            near = planar(height, width, asked.ground or 0.0, masks)
        made = Parallax(
            pixels, fitted(near, pixels), asked.strength / 100 * width, lambda photo, mask: fill(photo, mask)
        )
        if asked.show == "clip":
            return _clip(made, asked)
        picture = made.anaglyph(asked.focus) if asked.show == "anaglyph" else made.side_by_side(asked.focus)
    _, content = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 92]
    )
    return Response(content.tobytes(), media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def _clip(made: Parallax, asked: ParallaxAsk) -> Response:
    count = max(2, round(asked.seconds * FPS))
    places = moves(asked.path, count, made.parallax, made.width, made.height, asked.focus)
    with TemporaryDirectory(prefix="veduta-") as folder:
        target = Path(folder) / "clip.mp4"
        clip.write(target, made.frames(places), FPS)
        content = target.read_bytes()
    return Response(content, media_type="video/mp4", headers={"Cache-Control": "no-store"})
