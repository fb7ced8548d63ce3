"""The shots of a stack: photos decoded when they are asked for, or frames of a video."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import overload

from veduta.errors import UnreadableImage
from veduta.image.decode import kind_of, load
from veduta.image.frames import Frame, frames
from veduta.image.photo import Pixels
from veduta.image.video import probe

# Decoded shots are kept while all of them are likely to fit into this many bytes.
KEPT = 800_000_000
# Frames taken from a video, spread over its length.
FRAMES = 25


class Shots(Sequence[Pixels]):
    """Photos as a sequence of upright RGB pixels; small stacks are decoded once, large ones twice."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)
        self._kept: dict[int, Pixels] = {}

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, number: int) -> Pixels: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Pixels]: ...
    def __getitem__(self, number: int | slice) -> Pixels | Sequence[Pixels]:
        """The pixels of a shot; raises UnreadableImage."""
        if isinstance(number, slice):
            return [self[n] for n in range(*number.indices(len(self)))]
        if number not in self._kept:
            pixels = load(self.paths[number]).pixels
            if pixels.nbytes * len(self.paths) > KEPT:
                return pixels
            self._kept[number] = pixels
        return self._kept[number]

    def name(self, number: int) -> str:
        """What a shot is called."""
        return str(self.paths[number])


class Film(Sequence[Pixels]):
    """Frames of a video, evenly spread; `times` are their seconds."""

    def __init__(self, path: Path, most: int = FRAMES) -> None:
        """Read at most `most` frames; raises UnreadableImage."""
        self.path = path
        duration = probe(path).duration
        # Where the length is not known, a frame a second, thinned out as they become too many.
        every = duration / most if duration else 1.0
        taken = []
        for frame in frames(path, every):
            taken.append(frame)
            if len(taken) >= 2 * most:
                taken = taken[::2]
        if len(taken) > most:
            taken = [taken[k * len(taken) // most] for k in range(most)]
        self._keep(taken)

    def _keep(self, taken: Sequence[Frame]) -> None:
        self.times = [frame.time for frame in taken]
        self._pixels = [frame.pixels for frame in taken]

    def __len__(self) -> int:
        return len(self._pixels)

    @overload
    def __getitem__(self, number: int) -> Pixels: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Pixels]: ...
    def __getitem__(self, number: int | slice) -> Pixels | Sequence[Pixels]:
        """The pixels of a frame."""
        return self._pixels[number]

    def name(self, number: int) -> str:
        """What a frame is called."""
        return f"{self.path} at {self.times[number]:.2f} s"


class Segment(Film):
    """Frames of a video that follow each other, from a second on."""

    def __init__(self, path: Path, start: float, most: int) -> None:
        """Read at most `most` frames; raises UnreadableImage."""
        self.path = path
        taken = []
        for frame in frames(path):
            if frame.time >= start - 1e-3:
                taken.append(frame)
            if len(taken) == most:
                break
        if not taken:
            raise UnreadableImage(path, f"ends before second {start:g}")
        self._keep(taken)


def is_video(path: Path) -> bool:
    """Whether a file is a video, by its content; raises UnreadableImage."""
    return kind_of(path) == "video"
