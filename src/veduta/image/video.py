"""Videos: first frame, size, duration, time and place of recording. Decoded by OpenCV's FFmpeg."""

from __future__ import annotations

import os
import re
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

# FFmpeg's complaints about damaged files belong in the problem list, not on the terminal.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")

import cv2
import numpy as np

from veduta.errors import UnreadableImage
from veduta.image.photo import Pixels

_EPOCH = datetime(1904, 1, 1)  # ISO 14496-12 counts seconds from here
_OPTIONS = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 10_000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 10_000]


@dataclass(frozen=True, slots=True)
class Video:
    """Facts of a video: upright size, `duration` in seconds (0 unknown), frames per second, UTC of recording, place."""

    width: int
    height: int
    duration: float
    fps: float
    created: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None


def first_frame(path: Path | str) -> Pixels:
    """The first frame as upright RGB uint8 (H, W, 3); raises UnreadableImage."""
    capture = _open(Path(path))
    try:
        for _ in range(30):  # damaged starts: the first frame that decodes
            good, frame = capture.read()
            if good and frame is not None and frame.size:
                return np.ascontiguousarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
    except cv2.error as error:
        raise UnreadableImage(path, "damaged video: its first frames cannot be decoded") from error
    finally:
        capture.release()
    raise UnreadableImage(path, "damaged video: no frame can be decoded")


def probe(path: Path | str) -> Video:
    """Size, duration, time and place of a video, from its headers; raises UnreadableImage."""
    path = Path(path)
    capture = _open(path)
    try:
        width, height = (
            int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )
        fps, frames = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    finally:
        capture.release()
    if width <= 0 or height <= 0:
        raise UnreadableImage(path, "damaged video: no picture size")
    duration = frames / fps if fps > 0 and 0 < frames < 1e9 else 0.0
    created, place = _facts(path)
    latitude, longitude = place or (None, None)
    return Video(width, height, duration, fps if 0 < fps < 10_000 else 0.0, created, latitude, longitude)


def _open(path: Path) -> cv2.VideoCapture:
    if not path.is_file():
        raise UnreadableImage(path, "not a regular file")
    if path.stat().st_size == 0:
        raise UnreadableImage(path, "the file is empty")
    try:
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, _OPTIONS)
    except cv2.error as error:
        raise UnreadableImage(path, "not a video that can be opened") from error
    if not capture.isOpened():
        capture.release()
        raise UnreadableImage(path, "not a video that can be opened")
    return capture


def _facts(path: Path) -> tuple[datetime | None, tuple[float, float] | None]:
    """Recording time (mvhd) and place (the ISO 6709 text of phones) of an MP4 or QuickTime file."""
    moov = _movie_box(path)
    at = moov.find(b"mvhd")
    created = None
    if 0 <= at and at + 20 <= len(moov):
        version = moov[at + 4]
        seconds = struct.unpack_from(">Q" if version == 1 else ">I", moov, at + 8)[0]
        if 0 < seconds < 2**33:
            moment = _EPOCH + timedelta(seconds=seconds)
            created = moment if moment.year >= 1990 else None
    match = re.search(rb"([+-]\d{2}\.\d+)([+-]\d{3}\.\d+)(?:[+-]\d+\.?\d*)?/", moov)
    place = (float(match[1]), float(match[2])) if match else None
    valid = place is not None and abs(place[0]) <= 90 and abs(place[1]) <= 180
    return created, place if valid else None


def _movie_box(path: Path) -> bytes:
    """The `moov` box, at most 8 MiB of it; empty where there is none."""
    with path.open("rb") as file:
        position, end = 0, path.stat().st_size
        for _ in range(1000):
            file.seek(position)
            head = file.read(16)
            if len(head) < 8:
                return b""
            size, kind = struct.unpack(">I4s", head[:8])
            if size == 1 and len(head) == 16:
                size = struct.unpack(">Q", head[8:])[0]
            if kind == b"moov":
                file.seek(position)
                return file.read(min(size or end, 8 << 20))
            if size < 8 or position + size >= end:
                return b""
            position += size
    return b""
