"""The recognizer of text: lines with what they say, in reading order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from veduta.image.photo import Photo, Pixels
from veduta.see.finding import Finding
from veduta.see.text_detector import TextDetector, shared_detector
from veduta.see.text_order import reading_order
from veduta.see.text_reader import Reading, TextReader, shared_reader, straighten
from veduta.see.text_regions import Floats, Region, widened

# Lines lower than this, in analyzed pixels, are cut out of the photo at full size if that has half as many
# again.
TINY = 14
MOST_SCALE_FOR_FULL = 0.67
# One character that takes more of a photo than this is a texture that looks like one.
LARGE_FOR_ONE = 0.1
# What is at least this probable is kept.
KEPT = 0.5
# A page has this many lines that are read as surely as this.
PAGE = 12
SURE = 0.9
# A place read as surely as this shows that the photo has text.
LEGIBLE = 0.6
# What is read less surely is read again with these margins, in shares of the line's height, until it is certain; the
# surest reading counts.
CERTAIN = 0.98
MARGINS = (0.05, -0.04, 0.1)


@dataclass(frozen=True)
class _Line:
    text: str
    corners: Floats
    score: float


@dataclass(frozen=True)
class _Place:
    """A line of the photo number `photo`, and the pixels, `factor` times as large, that it is cut out of."""

    photo: int
    region: Region
    pixels: Pixels
    factor: np.float32

    @classmethod
    def of(cls, index: int, photo: Photo, region: Region) -> _Place:
        if region.thickness >= TINY or photo.scale >= MOST_SCALE_FOR_FULL:
            return cls(index, region, photo.pixels, np.float32(1))
        full = photo.full()
        return cls(index, region, full, np.float32(full.shape[1] / photo.pixels.shape[1]))

    def cut(self, margin: float = 0.0) -> tuple[Pixels, Floats]:
        """The line as an upright crop with a margin, in shares of its height; its corners in the crop's order."""
        crop, corners = straighten(self.pixels, widened(self.region.corners, margin) * self.factor)
        return crop, corners / self.factor


class TextRecognizer:
    """Lines of text.

    Each finding has kind and name "text", the line as `text`, its box, and its four corners as `polygon`,
    from the beginning of the line clockwise as it is read. Findings come in reading order.
    """

    name = "text"
    version = "1"

    def __init__(self, detector: TextDetector | None = None, reader: TextReader | None = None) -> None:
        self._detector = detector or shared_detector()
        self._reader = reader or shared_reader()

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """The lines of each photo, in reading order."""
        places = [
            _Place.of(index, photo, region)
            for index, (photo, found) in enumerate(
                zip(photos, self._detector.detect(photos, partial(legible, self._reader)), strict=True)
            )
            for region in found
        ]
        cuts = [place.cut() for place in places]
        readings = self._read(places, [crop for crop, _ in cuts])
        pairs = zip(places, readings, strict=True)
        sure = Counter(p.photo for p, reading in pairs if reading.score >= SURE and len(reading.text) > 2)
        lines: list[list[_Line]] = [[] for _ in photos]
        for place, reading, (_, corners) in zip(places, readings, cuts, strict=True):
            text, region = reading.text.strip(), place.region
            share = region.width * region.height / photos[place.photo].pixels[..., 0].size
            score = probability(text, reading.score, region.score, share, sure[place.photo] >= PAGE)
            if text and score >= KEPT:
                start = np.roll(corners, -2, axis=0) if reading.turned else corners
                lines[place.photo].append(_Line(text, start, score))
        return [self._findings(photo, found) for photo, found in zip(photos, lines, strict=True)]

    def _read(self, places: Sequence[_Place], crops: Sequence[Pixels]) -> list[Reading]:
        """The readings of places; a doubtful one is cut out again a little wider and a little closer."""
        readings = self._reader.read(crops)
        legible = [i for i, reading in enumerate(readings) if reading.score >= LEGIBLE]
        for margin in MARGINS:
            doubtful = [index for index in legible if readings[index].score < CERTAIN]
            again = self._reader.read([places[index].cut(margin)[0] for index in doubtful])
            for index, reading in zip(doubtful, again, strict=True):
                readings[index] = max(readings[index], reading, key=lambda r: r.score)
        return readings

    def _findings(self, photo: Photo, lines: Sequence[_Line]) -> list[Finding]:
        grow = np.array(
            [photo.width / photo.pixels.shape[1], photo.height / photo.pixels.shape[0]], np.float32
        )
        findings = []
        for index in reading_order([line.corners for line in lines]):
            line = lines[index]
            corners = line.corners * grow
            left, top = corners.min(axis=0)
            right, bottom = corners.max(axis=0)
            findings.append(
                Finding(
                    kind="text",
                    name="text",
                    score=line.score,
                    recognizer=self.name,
                    version=self.version,
                    box=(float(left), float(top), float(right - left), float(bottom - top)),
                    polygon=tuple((float(x), float(y)) for x, y in corners),
                    text=line.text,
                )
            )
        return findings


def legible(reader: TextReader, photo: Photo, regions: Sequence[Region]) -> bool:
    """Whether a word of two letters or digits at least can be read in any of the regions."""
    crops = [straighten(photo.pixels, region.corners)[0] for region in regions]
    return any(
        reading.score >= LEGIBLE and sum(c.isalnum() for c in reading.text) >= 2
        for reading in reader.read(crops)
    )


def probability(text: str, read: float, seen: float, share: float, page: bool = False) -> float:
    """How sure a line is: text at all, and read right.

    From the mean probability of its characters (`read`), that of the detector (`seen`) and the share of the
    photo that its region takes. Networks that read see a character in any texture: a short text needs more
    certainty unless it stands among many lines, on a `page`; one character over a good part of a photo is none, and
    signs without letters or digits say nothing.
    """
    letters = sum(character.isalnum() for character in text)
    if letters == 0 or (letters == 1 and share > LARGE_FOR_ONE):
        return 0.0
    # In a short text each doubt weighs more.
    doubts = (1 - read) * (1.0 if page else {1: 3.0, 2: 2.0}.get(letters, 1.0))
    return float(np.clip(1 - doubts, 0, 1) * np.clip(seen / 0.6, 0, 1) ** 0.5)
