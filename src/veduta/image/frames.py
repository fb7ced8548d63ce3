"""Frames of a video one after the other, upright (PyAV)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from veduta.errors import UnreadableImage
from veduta.image import formats, limits
from veduta.image.photo import Pixels, at_most
from veduta.image.source import Source

# FFmpeg can follow addresses that a file names; nothing but files is opened.
_OPTIONS = {"protocol_whitelist": "file"}
# Damaged packets in a row after which the rest is given up.
_PATIENCE = 50


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame: `time` in seconds from the first frame, `pixels` upright RGB uint8 (h, w, 3)."""

    time: float
    pixels: Pixels
    width: int
    height: int


def frames(path: Path | str, every: float = 0.0, max_side: int | None = None) -> Iterator[Frame]:
    """The frames of a video, at least `every` seconds apart, none larger than `max_side`.

    `width` and `height` of a frame are those of the full upright picture. Damaged frames are left out; raises
    UnreadableImage when there is none that decodes.
    """
    path = Path(path)
    with Source(path) as source:
        # Lists that name other files and hosts are played as well: only true films reach the decoder.
        if formats.sniff(source.at(0, 512)) != "video":
            raise UnreadableImage(path, "not a video in a format that is known here")
    try:
        container: Any = av.open(str(path.absolute()), options=_OPTIONS)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise UnreadableImage(path, "damaged video: it cannot be opened") from error
    shown = 0
    with container:
        if not container.streams.video:
            raise UnreadableImage(path, "a film without pictures")
        stream = container.streams.video[0]
        limits.check_pixels(path, int(stream.width), int(stream.height))
        stream.thread_type = "AUTO"
        begin: float | None = None
        due = 0.0
        for number, frame in enumerate(_decoded(container, stream)):
            rate = float(stream.average_rate or 25)
            told = frame.time if frame.time is not None else number / rate
            begin = told if begin is None else begin
            time = float(told - begin)
            # A frame that comes half a frame early is the one that was due.
            if time < due - 0.5 / rate:
                continue
            due = max(due + every, time - every)
            pixels = _upright(frame)
            height, width = pixels.shape[:2]
            shown += 1
            yield Frame(time, at_most(pixels, max_side) if max_side else pixels, width, height)
    if not shown:
        raise UnreadableImage(path, "damaged video: no frame can be decoded")


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    failures = 0
    packets = container.demux(stream)
    while failures < _PATIENCE:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.error.FFmpegError:
            return  # cut off: what came before it stands
        try:
            yield from packet.decode()
            failures = 0
        except av.error.FFmpegError:
            failures += 1


def _upright(frame: Any) -> Pixels:
    pixels = frame.to_ndarray(format="rgb24")
    turns = round(float(getattr(frame, "rotation", 0) or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
