"""Frames to a short clip: MP4 (VP9, which is free to use and which browsers play) or animated WebP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from veduta.errors import BadInput
from veduta.files import replacing
from veduta.image.photo import Pixels

SUFFIXES = (".mp4", ".webm", ".webp")


class BadClip(BadInput):
    """A clip that cannot be written as asked."""


def check(path: Path, fps: float) -> None:
    """Raise BadClip unless a clip of this name and speed can be written."""
    if path.suffix.lower() not in SUFFIXES:
        raise BadClip(f"{path.name}: clips are written as {', '.join(SUFFIXES)}; name one of them")
    if not 1 <= fps <= 120:
        raise BadClip(f"{fps:g} frames a second; 1 to 120 are possible")


def write(path: Path, frames: Iterable[Pixels], fps: float = 30.0, quality: int = 80) -> int:
    """Write the frames atomically and return how many there were; a WebP repeats for ever. Raises BadClip.

    MP4 and WebM have an even width and height: a last odd row or column is left out.
    """
    check(path, fps)
    with replacing(path) as temporary:
        if path.suffix.lower() == ".webp":
            return _webp(temporary, frames, fps, quality)
        return _video(temporary, path.suffix.lower()[1:], frames, fps, quality)


def _webp(path: Path, frames: Iterable[Pixels], fps: float, quality: int) -> int:
    count = 0

    def pictures() -> Iterator[Image.Image]:
        nonlocal count
        for frame in frames:
            count += 1
            yield Image.fromarray(frame)

    made = pictures()
    first = next(made, None)
    if first is None:
        raise BadClip("a clip needs frames")
    first.save(
        path,
        "WEBP",
        save_all=True,
        append_images=made,
        duration=round(1000 / fps),
        loop=0,
        quality=quality,
        method=2,
    )
    return count


def _video(path: Path, kind: str, frames: Iterable[Pixels], fps: float, quality: int) -> int:
    import av

    count = 0
    container: Any = av.open(str(path), "w", format=kind)
    with container:
        stream: Any = None
        for frame in frames:
            height, width = frame.shape[0] // 2 * 2, frame.shape[1] // 2 * 2
            if stream is None:
                stream = container.add_stream("libvpx-vp9", rate=Fraction(fps).limit_denominator(1000))
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                # Quality 80 asks for a quantizer of 22 of 63.
                wanted = {
                    "crf": str(round(63 - quality * 0.51)),
                    "b": "0",
                    "deadline": "good",
                    "cpu-used": "5",
                }
                stream.options = wanted | {"row-mt": "1"}
            one = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame[:height, :width]), format="rgb24")
            for packet in stream.encode(one):
                container.mux(packet)
            count += 1
        if stream is None:
            raise BadClip("a clip needs frames")
        for packet in stream.encode():
            container.mux(packet)
    return count
