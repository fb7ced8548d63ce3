"""The recognizer of number plates: lines of text that a small network takes for plates, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from veduta.image.photo import Photo, Pixels
from veduta.see.finding import Box, Finding
from veduta.see.objects import ObjectRecognizer
from veduta.see.plate_network import PlateNetwork
from veduta.see.plate_reading import PlateReader, PlateText
from veduta.see.plate_windows import WIDTH, Window, around_line, around_plate, joined
from veduta.see.text import legible
from veduta.see.text_detector import GLANCE, TextDetector, shared_detector
from veduta.see.text_reader import TextReader, shared_reader
from veduta.see.text_regions import Floats, Region, regions

VEHICLES = {"car", "truck", "bus", "motorcycle"}
# Fainter than what counts as text elsewhere: plates are small and dirty.
FAINT = 0.3
THINNEST = 4.0
MOST_LINES = 60
# Vehicles are looked at again, as large as the detector takes them, with so much around them, where that shows them
# so many times larger.
MOST_VEHICLES = 4
AROUND = 0.1
LEAST_GAIN = 1.3
MOST_ENLARGED = 2.0
# What the first look gives less than these odds is none.
WORTH_A_SECOND_LOOK = 0.05
WORTH_READING = 0.2
# What is added to the mean odds of both looks, in logarithms. Where there is text, one line in ten is a plate, but
# nearly every second window was in training. Plates are on vehicles that are seen, other text seldom is; they read
# like plates, and names of makes, signs and dates seldom do.
OFFSET = -2.0
ON_VEHICLE, ELSEWHERE = 1.0, -1.0
LIKE_A_PLATE, UNLIKE_A_PLATE = 1.7, -2.4
# Letters alone are less against it on a vehicle that shows no other plate: names of makes and models mostly stand
# beside one. Where there is a plate already, a second one on the same vehicle is ten times rarer.
LETTERS_ALONE, SECOND = -1.0, -2.3
# Of two boxes, above which share of the smaller one the less sure goes.
SAME = 0.4
# A photo much smaller than its file is looked at in the file's own pixels.
MOST_SCALE_FOR_FULL = 0.67


UNREAD = PlateText("", 0.0)


@dataclass(frozen=True)
class Plate:
    """A plate in the pixels of the analyzed photo: corners (4, 2), the log odds of both looks, what it says.

    `vehicle` is the smallest one that it is on; `accompanied` tells that another plate was read on that one.
    """

    corners: Floats
    first: float
    second: float
    on_vehicle: bool
    says: PlateText = UNREAD
    vehicle: Box | None = None
    accompanied: bool = False

    @property
    def score(self) -> float:
        """The probability that it is a plate."""
        return probability(self)


class PlateRecognizer:
    """Number plates.

    Each finding has kind "plate", name "number plate", the plate's box, its four corners as `polygon`, clockwise from
    the top left as it is read, what it says as `text` (letters and digits; None where that cannot be read), and in
    `extra` how sure the reading is.
    """

    name = "plates"
    version = "1"

    def __init__(
        self,
        detector: TextDetector | None = None,
        reader: TextReader | None = None,
        objects: ObjectRecognizer | None = None,
        network: PlateNetwork | None = None,
        least: float = 0.5,
    ) -> None:
        self._detector = detector or shared_detector()
        self._text = reader or shared_reader()
        self._objects = objects or ObjectRecognizer()
        self._network = network or PlateNetwork()
        self._reader = PlateReader(self._detector, self._text)
        self.least = least

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """The plates of each photo, most certain first."""
        return [
            [self._finding(photo, plate) for plate in found if plate.score >= self.least]
            for photo, found in zip(photos, self.plates(photos), strict=True)
        ]

    def plates(self, photos: Sequence[Photo]) -> list[list[Plate]]:
        """Everything that may be a plate, most certain first, each place once."""
        maps = self._detector.maps(photos, lambda photo, lines: legible(self._text, photo, lines))
        vehicles = self._vehicles(photos)
        found = []
        for photo, seen, boxes in zip(photos, maps, vehicles, strict=True):
            lines = regions(seen.values, seen.scale, FAINT)
            lines += self._closer(photo, boxes, max(seen.scale))
            lines = sorted((ln for ln in lines if ln.thickness >= THINNEST), key=lambda ln: -ln.score)[
                :MOST_LINES
            ]
            found.append(self._judged(photo, lines, boxes))
        return found

    def _vehicles(self, photos: Sequence[Photo]) -> list[list[Box]]:
        """The boxes of vehicles, largest first, in pixels of the analyzed photo."""
        found = []
        for photo, things in zip(photos, self._objects.see(photos), strict=True):
            scale = photo.pixels.shape[1] / photo.width
            boxes = [f.box for f in things if f.name in VEHICLES and f.box is not None]
            inside = [(b[0] * scale, b[1] * scale, b[2] * scale, b[3] * scale) for b in boxes]
            found.append(sorted(inside, key=lambda b: -b[2] * b[3]))
        return found

    def _closer(self, photo: Photo, boxes: Sequence[Box], known: float) -> list[Region]:
        """Lines of text on vehicles that a look from nearer shows."""
        found = []
        for x, y, width, height in boxes[:MOST_VEHICLES]:
            tall, wide = photo.pixels.shape[:2]
            left, top = max(0, int(x - AROUND * width)), max(0, int(y - AROUND * height))
            right, bottom = (
                min(wide, int(x + (1 + AROUND) * width) + 1),
                min(tall, int(y + (1 + AROUND) * height) + 1),
            )
            scale = min(GLANCE / max(right - left, bottom - top), MOST_ENLARGED)
            if scale < LEAST_GAIN * known or min(right - left, bottom - top) < 16:
                continue
            size = (max(1, int((right - left) * scale)), max(1, int((bottom - top) * scale)))
            how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            part = np.asarray(
                cv2.resize(photo.pixels[top:bottom, left:right], size, interpolation=how), np.uint8
            )
            values = self._detector.probabilities([part])[0]
            corner = np.array([left, top], np.float32)
            found += [
                Region(line.corners + corner, line.score) for line in regions(values, (scale, scale), FAINT)
            ]
        return found

    def _judged(self, photo: Photo, lines: Sequence[Region], boxes: Sequence[Box]) -> list[Plate]:
        candidates = [line.corners for line in lines] + joined(lines)[:MOST_LINES]
        windows = [around_line(corners) for corners in candidates]
        first, corners = self._network.look([_cut(photo, window) for window in windows])
        chances = 1 / (1 + np.exp(-first))
        kept = [i for i in np.argsort(-first) if chances[i] >= WORTH_A_SECOND_LOOK]
        plates = [
            (float(first[i]), windows[i].corners(corners[i]))
            for i in kept
            if _sensible(windows[i].corners(corners[i]))
        ]
        again = [around_plate(found) for _, found in plates]
        second, corners = self._network.look([_cut(photo, window) for window in again])
        found = []
        for (odds, before), window, odds_again, inside in zip(plates, again, second, corners, strict=True):
            after = window.corners(inside)
            after = after if _sensible(after) else before
            vehicle = _vehicle_of(after, boxes)
            found.append(Plate(after, odds, float(odds_again), vehicle is not None, vehicle=vehicle))
        return in_company([self._read(photo, plate) for plate in _once(found)])

    def _read(self, photo: Photo, plate: Plate) -> Plate:
        if 1 / (1 + np.exp(-max(plate.first, plate.second))) < WORTH_READING:
            return plate
        pixels, factor = _sharpest(photo, around_plate(plate.corners).width)
        return replace(plate, says=self._reader.read(pixels, plate.corners * np.float32(factor)))

    def _finding(self, photo: Photo, plate: Plate) -> Finding:
        grow = np.array(
            [photo.width / photo.pixels.shape[1], photo.height / photo.pixels.shape[0]], np.float32
        )
        corners = np.clip(plate.corners * grow, 0, (photo.width, photo.height))
        left, top = corners.min(axis=0)
        right, bottom = corners.max(axis=0)
        return Finding(
            kind="plate",
            name="number plate",
            score=plate.score,
            recognizer=self.name,
            version=self.version,
            box=(float(left), float(top), float(right - left), float(bottom - top)),
            polygon=tuple((float(x), float(y)) for x, y in corners),
            text=plate.says.text or None,
            extra={"reading": round(plate.says.score, 3)} if plate.says.text else {},
        )


def probability(plate: Plate) -> float:
    """How sure a plate is: the odds of both looks, whether it reads like one and whether it is on a vehicle."""
    odds = (plate.first + plate.second) / 2 + OFFSET + (ON_VEHICLE if plate.on_vehicle else ELSEWHERE)
    if plate.says.text:
        odds += plate.says.score * _weight(plate)
    if plate.accompanied and not plate.says.plausible:
        odds += SECOND
    return float(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


def _weight(plate: Plate) -> float:
    """What a sure reading adds to the odds."""
    if plate.says.plausible:
        return LIKE_A_PLATE
    alone = plate.on_vehicle and not plate.accompanied and plate.says.letters_alone
    return LETTERS_ALONE if alone else UNLIKE_A_PLATE


def in_company(plates: Sequence[Plate]) -> list[Plate]:
    """The plates, told of each whether another one that reads like a plate is on the same vehicle."""
    told = []
    for plate in plates:
        others = [p for p in plates if p is not plate and p.vehicle == plate.vehicle is not None]
        accompanied = any(other.says.plausible and other.score >= 0.5 for other in others)
        told.append(replace(plate, accompanied=accompanied))
    return told


def _vehicle_of(corners: Floats, boxes: Sequence[Box]) -> Box | None:
    """The smallest vehicle on which the middle of a plate lies."""
    across, down = corners.mean(axis=0)
    on = [box for box in boxes if 0 <= across - box[0] <= box[2] and 0 <= down - box[1] <= box[3]]
    return min(on, key=lambda box: box[2] * box[3], default=None)


def _sharpest(photo: Photo, width: float) -> tuple[Pixels, float]:
    """The pixels that show something `width` analyzed pixels wide best, and how much larger than those they are."""
    if width >= 2 * WIDTH or photo.scale >= MOST_SCALE_FOR_FULL:
        return photo.pixels, 1.0
    full = photo.full()
    return full, full.shape[1] / photo.pixels.shape[1]


def _cut(photo: Photo, window: Window) -> Pixels:
    pixels, factor = _sharpest(photo, window.width) if window.width < WIDTH else (photo.pixels, 1.0)
    return replace(window, x=window.x * factor, y=window.y * factor, width=window.width * factor).cut(pixels)


def _sensible(corners: Floats) -> bool:
    """Whether corners run clockwise around something wider than high."""
    if not cv2.isContourConvex(corners.astype(np.float32)) or cv2.contourArea(corners, oriented=True) <= 0:
        return False
    width = np.linalg.norm(corners[1] - corners[0]) + np.linalg.norm(corners[2] - corners[3])
    height = np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])
    return bool(height > 4 and 0.8 * height < width < 9 * height)


def _once(plates: Sequence[Plate]) -> list[Plate]:
    """Each place once, the surest first."""
    kept: list[Plate] = []
    for plate in sorted(plates, key=lambda p: -(p.first + p.second)):
        if all(_shared(plate.corners, other.corners) <= SAME for other in kept):
            kept.append(plate)
    return kept


def _shared(one: Floats, other: Floats) -> float:
    """Area in common, as a share of the smaller."""
    common, _ = cv2.intersectConvexConvex(one, other)
    return float(common) / max(1e-6, min(cv2.contourArea(one), cv2.contourArea(other)))
