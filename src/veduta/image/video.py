"""Videos: their first frame and their facts (OpenCV's FFmpeg, which is built under the LGPL)."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

# Read by OpenCV when it opens its first film. FFmpeg's complaints belong in the list of problems, not on the
# terminal; and whatever a file says, nothing but files is opened.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "protocol_whitelist;file")

import cv2
import numpy as np

from veduta.errors import UnreadableImage
from veduta.image import film, formats, limits
from veduta.image.photo import Pixels
from veduta.image.source import Source

# OpenCV says on the terminal what it also returns.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_PATIENCE = 10.0  # seconds for opening, and for the first frame
_TRIES = 30  # frames that may be damaged before one that decodes
_OPTIONS = [
    *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(_PATIENCE * 1000)),
    *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(_PATIENCE * 1000)),
]


@dataclass(frozen=True, slots=True)
class Video:
    """Facts of a video: upright size, duration in seconds and frames per second (0: not known).

    `rotation` is what was applied, in degrees; `created` the moment of recording as the container tells it, local
    time or UTC, `created_offset` minutes from UTC.
    """

    width: int
    height: int
    duration: float
    fps: float
    rotation: int = 0
    created: datetime | None = None
    created_offset: int | None = None
    latitude: float | None = None
    longitude: float | None = None


def first_frame(path: Path | str) -> Pixels:
    """The first frame that decodes, upright, RGB uint8 (H, W, 3); raises UnreadableImage. 20 s at most."""
    path = Path(path)
    with _capture(path) as capture:
        end = time.monotonic() + _PATIENCE
        for _ in range(_TRIES):
            try:
                good, frame = capture.read()
            except cv2.error as error:
                raise UnreadableImage(path, "damaged video: its first frame cannot be decoded") from error
            if good and frame is not None and frame.size:
                return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
            if time.monotonic() > end:
                break
    raise UnreadableImage(path, "damaged video: no frame can be decoded")


def probe(path: Path | str) -> Video:
    """Size, duration, rotation, time and place of a video, without decoding it; raises UnreadableImage."""
    path = Path(path)
    with Source(path) as source:
        told = film.read(source)
    with _capture(path) as capture:
        width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        fps = capture.get(cv2.CAP_PROP_FPS)
        frames = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    duration = told.duration or (frames / fps if 0 < fps < 10_000 and 0 < frames < 1e9 else 0.0)
    return Video(
        width,
        height,
        duration,
        fps if 0 < fps < 10_000 else 0.0,
        told.rotation,
        told.created.local if told.created else None,
        told.created.offset if told.created else None,
        told.latitude,
        told.longitude,
    )


@contextlib.contextmanager
def _capture(path: Path) -> Iterator[cv2.VideoCapture]:
    """An open film with a picture of allowed size."""
    with Source(path) as source:
        # FFmpeg also plays lists that name other files and hosts: only true films reach it.
        if formats.sniff(source.at(0, 512)) != "video":
            raise UnreadableImage(path, "not a video in a format that is known here")
    with _spelled(path) as name:
        try:
            capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG, _OPTIONS)
        except cv2.error as error:
            raise UnreadableImage(path, "damaged video: it cannot be opened") from error
        try:
            if not capture.isOpened():
                raise UnreadableImage(
                    path, "damaged video: it cannot be opened (cut off, or without an index)"
                )
            width, height = (
                capture.get(cv2.CAP_PROP_FRAME_WIDTH),
                capture.get(cv2.CAP_PROP_FRAME_HEIGHT),
            )
            limits.check_pixels(path, int(width), int(height))
            yield capture
        finally:
            capture.release()


@contextlib.contextmanager
def _spelled(path: Path) -> Iterator[str]:
    """A name for FFmpeg: absolute, so that it is never taken for an address; through a link if it is not
    UTF-8.
    """
    name = str(path.absolute())
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        with tempfile.TemporaryDirectory(prefix="veduta-") as folder:
            link = Path(folder, "film")
            link.symlink_to(path.absolute())
            yield str(link)
        return
    yield name
