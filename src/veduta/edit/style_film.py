"""A film painted frame by frame in one style, with its sound.

Each frame is painted by itself; what stands still would shimmer, because noise moves the strokes. So where a frame
shows what the one before it showed, its painting is drawn towards the painting before.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.operation import BadEdit
from veduta.edit.picture_file import WouldOverwrite, same_file
from veduta.edit.style import check_side, mixed
from veduta.files import replacing
from veduta.image.frames import Frame, frames
from veduta.image.photo import Pixels
from veduta.image.video import probe
from veduta.nets.brush import Brush
from veduta.nets.engine import thread_count
from veduta.progress import Progress, Silent

FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
# Free ones (x264 is under the GPL), in order of preference.
CODERS = {"mov": ("libopenh264", "mpeg4")}
OTHERS = ("libopenh264", "libvpx-vp9", "mpeg4")
HASTE = {"libvpx-vp9": {"deadline": "realtime", "cpu-used": "6", "row-mt": "1"}}
BITS = 0.3  # of the coded film, for each pixel of each frame
CLOCK = 60_000  # ticks a second of the film's times; MPEG-4 knows no more than 65,535

# How much two frames may differ, in 255ths, that still show the same.
SAME = 6.0
SHRUNK = 4  # the difference is looked at this much smaller: noise is no motion


class Steady:
    """Draws paintings towards the one before where the film stands still; `smooth` is how far, 0 to 0.95."""

    def __init__(self, smooth: float) -> None:
        self.smooth = smooth
        self._seen: NDArray[np.float32] | None = None
        self._made: Pixels | None = None

    def __call__(self, frame: Pixels, painted: Pixels) -> Pixels:
        """The painting of the next frame, both uint8 (h, w, 3)."""
        if not self.smooth:
            return painted
        size = (max(1, frame.shape[1] // SHRUNK), max(1, frame.shape[0] // SHRUNK))
        seen = cv2.resize(frame, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._seen is not None and self._made is not None and self._seen.shape == seen.shape:
            away = cv2.blur(np.abs(seen - self._seen).max(axis=2), (3, 3))
            still = np.exp(-((away / SAME) ** 2)) * self.smooth
            share = cv2.resize(still.astype(np.float32), frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)
            mixture = cv2.blendLinear(self._made, painted, share, 1 - share)
            painted = np.asarray(mixture, np.uint8)
        self._seen, self._made = seen, painted
        return painted


class FilmPainter:
    """Paints frames of one size, some at a time, each on a thread of its own: no thread waits for another.

    It paints quickly: hardly different from what the brush makes of a photo, see `painter_graph.whole`.
    """

    def __init__(self, brush: Brush, height: int, width: int, at_once: int | None = None) -> None:
        self._at_once = at_once or max(1, thread_count())
        self._brush = Brush(brush.painter, brush.code, threads=1)
        self._requests = [self._brush.request(height, width, quick=True) for _ in range(self._at_once)]

    def paint(self, pictures: Iterator[Pixels]) -> Iterator[tuple[Pixels, Pixels]]:
        """Each picture uint8 (h, w, 3) and its painting, in order."""
        waiting: list[tuple[Pixels, Any]] = []
        for number, picture in enumerate(pictures):
            if len(waiting) == self._at_once:
                yield self._finished(waiting.pop(0))
            request = self._requests[number % self._at_once]
            request.start_async([self._brush.bordered(picture)])
            waiting.append((picture, request))
        for one in waiting:
            yield self._finished(one)

    def _finished(self, one: tuple[Pixels, Any]) -> tuple[Pixels, Pixels]:
        picture, request = one
        request.wait()
        return picture, np.array(self._brush.opened(request.get_output_tensor(0).data))


def film_size(width: int, height: int, side: int) -> tuple[int, int]:
    """Width and height at which a film is painted: multiples of 4, none above `side` where that is not 0."""
    scale = min(1.0, side / max(width, height)) if side else 1.0
    return max(16, round(width * scale / 4) * 4), max(16, round(height * scale / 4) * 4)


def check_film(source: Path, target: Path, smooth: float, side: int) -> None:
    """Raise BadEdit or WouldOverwrite where a film cannot be painted as asked."""
    check_side(side)
    if not 0 <= smooth <= 0.95:
        raise BadEdit(f"smooth must be 0 to 0.95, not {smooth:g}")
    if target.suffix.lower() not in FORMATS:
        raise BadEdit(f"{target.name}: films are written as {', '.join(FORMATS)}; name one of them")
    if same_file(source, target):
        raise WouldOverwrite(f"{target}: would write over the original; choose another name or folder")


def paint_film(
    source: Path,
    target: Path,
    brush: Brush,
    strength: float = 1.0,
    colors: bool = False,
    side: int = 0,
    smooth: float = 0.5,
    progress: Progress | None = None,
) -> tuple[int, int, int]:
    """Paint a film to `target`, atomically, with the sound of the source; returns frames, width and height.

    It has the size at which it was painted, see `film_size`. Raises BadEdit, WouldOverwrite, UnreadableImage.
    """
    check_film(source, target, smooth, side)
    listener = progress or Silent()
    facts = probe(source)
    width, height = film_size(facts.width, facts.height, side)
    listener.begin(f"painting {source.name}", round(facts.duration * facts.fps) or None)
    steady = Steady(smooth)
    count = 0
    times: list[float] = []
    with (
        replacing(target) as temporary,
        _Writer(temporary, FORMATS[target.suffix.lower()], source, width, height, facts.fps) as writer,
    ):
        painter = FilmPainter(brush, height, width)
        for picture, painted in painter.paint(_pictures(source, width, height, times)):
            still = steady(picture, painted)
            writer.add(mixed(picture, still.copy(), strength, colors), times[count])
            count += 1
            listener.advance()
    listener.end()
    return count, width, height


def _pictures(source: Path, width: int, height: int, times: list[float]) -> Iterator[Pixels]:
    """The frames at the size that is painted; decoded one ahead, so that nobody waits for the decoder."""
    with ThreadPoolExecutor(1) as pool:
        found = frames(source)
        ahead = pool.submit(next, found, None)
        while True:
            frame: Frame | None = ahead.result()
            if frame is None:
                return
            ahead = pool.submit(next, found, None)
            times.append(frame.time)
            pixels = frame.pixels
            if pixels.shape[:2] != (height, width):
                way = cv2.INTER_AREA if pixels.shape[1] > width else cv2.INTER_CUBIC
                pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=way), np.uint8)
            yield pixels


class _Writer:
    """A film in the making; the sound is copied as it is where the container takes it."""

    def __init__(
        self, path: Path, format_name: str, source: Path, width: int, height: int, rate: float
    ) -> None:
        import av

        self._out: Any = av.open(str(path), "w", format=format_name)
        self._in: Any = av.open(str(source.absolute()), options={"protocol_whitelist": "file"})
        rate = rate if 1 <= rate <= 1000 else 25.0
        self._stream = self._coder(format_name, Fraction(rate).limit_denominator(1001))
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.bit_rate = max(500_000, round(BITS * width * height * rate))
        self._stream.codec_context.time_base = Fraction(1, CLOCK)
        self._sound: Any = None
        self._last = -1
        if self._in.streams.audio:
            try:
                self._sound = self._out.add_stream_from_template(self._in.streams.audio[0])
            except (ValueError, av.error.FFmpegError):  # a kind of sound that this container cannot hold
                self._sound = None

    def _coder(self, format_name: str, rate: Fraction) -> Any:
        import av

        for name in CODERS.get(format_name, OTHERS):
            try:
                return self._out.add_stream(name, rate=rate, options=HASTE.get(name, {}))
            except (ValueError, av.error.FFmpegError, av.codec.codec.UnknownCodecError):
                continue
        raise BadEdit("this build of FFmpeg writes no film that is known here")

    def __enter__(self) -> _Writer:
        return self

    def add(self, pixels: Pixels, time: float) -> None:
        """The next frame."""
        import av

        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        # Times grow, whatever the source says.
        self._last = max(self._last + 1, round(time * CLOCK))
        frame.pts, frame.time_base = self._last, Fraction(1, CLOCK)
        self._out.mux(self._stream.encode(frame))

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        try:
            if kind is None:
                self._out.mux(self._stream.encode(None))
                self._copy_sound()
        finally:
            self._out.close()
            self._in.close()

    def _copy_sound(self) -> None:
        import av

        if self._sound is None:
            return
        video, sound = self._in.streams.video[0], self._in.streams.audio[0]
        begin = float((video.start_time or 0) * (video.time_base or 0))
        late = round(begin / sound.time_base)
        try:
            for packet in self._in.demux(sound):
                if packet.dts is None:
                    continue
                packet.pts = None if packet.pts is None else packet.pts - late
                packet.dts -= late
                packet.stream = self._sound
                self._out.mux(packet)
        except av.error.FFmpegError:
            return  # cut off: what came before it stands
