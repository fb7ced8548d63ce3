"""Reads number plates: brought square, their main lines found and read several times over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from veduta.image.photo import Pixels
from veduta.see.text_detector import TextDetector
from veduta.see.text_order import reading_order
from veduta.see.text_reader import Reading, TextReader, straighten
from veduta.see.text_regions import Floats, regions, widened

# A plate is brought to this width, with a margin in shares of its height, within a square of SQUARE.
WIDE, SQUARE = 300, 320
MARGIN = 0.08
# Lower lines than this share of the highest are names of states, slogans, dealers.
MAIN = 0.55
# Lines are cut out with these margins, in shares of their height, as they are and with more contrast.
MARGINS = (0.0, 0.08, -0.05)
FAINT = 0.35
# A reading as sure as this is not tried again.
CERTAIN = 0.97
# Without lines, this part of a plate's height is read as one.
BAND = (0.1, 0.9)
# Plates say this many letters and digits.
FEWEST, MOST = 4, 9
# What else stands on vehicles in letters: makes, and what they are used for. Other names are known by standing
# beside a plate.
_NAMES = """
ACURA ALFA AUDI BENTLEY BUICK CADILLAC CHERY CHEVROLET CHEVY CHRYSLER CITROEN CUPRA DACIA DAEWOO DAIHATSU DODGE
DUCATI FERRARI FIAT FORD GEELY GENESIS HARLEY HINO HONDA HUMMER HYUNDAI INFINITI ISUZU IVECO JAGUAR JEEP KAMAZ
KAWASAKI LADA LANCIA LEXUS LINCOLN LOTUS MAHINDRA MASERATI MAZDA MERCEDES MERCURY MINI MITSUBISHI NISSAN OPEL
PEUGEOT PIAGGIO PONTIAC PORSCHE PROTON RENAULT ROVER SAAB SATURN SCANIA SEAT SKODA SMART SUBARU SUZUKI TATA TESLA
TOYOTA VAUXHALL VESPA VOLVO YAMAHA AMBULANCE DIESEL ELECTRIC EXPRESS FIRE HYBRID POLICE POLICIA POLIZEI POLIZIA
QUATTRO SCHOOL SHERIFF SPORT TAXI TRANSIT TURBO
"""
NAMES_ON_VEHICLES = frozenset(_NAMES.split())


@dataclass(frozen=True)
class PlateText:
    """What a plate says, letters and digits only, and how sure that is; empty where nothing can be read."""

    text: str
    score: float

    @property
    def plausible(self) -> bool:
        """Whether it reads like a plate: some digits, not too short and not too long."""
        return FEWEST <= len(self.text) <= MOST and any(c.isdigit() for c in self.text)

    @property
    def letters_alone(self) -> bool:
        """Whether it may be a plate of letters alone: not the name of a make, nor a word of the trade."""
        return FEWEST <= len(self.text) <= MOST and self.text.isalpha() and self.text not in NAMES_ON_VEHICLES


class PlateReader:
    """The packaged detector and reader of text over plates."""

    def __init__(self, detector: TextDetector, reader: TextReader) -> None:
        self._detector = detector
        self._reader = reader

    def read(self, pixels: Pixels, corners: Floats) -> PlateText:
        """Read the plate between `corners` (4, 2), clockwise from the top left."""
        flat = flattened(pixels, corners)
        strips = [lines for lines in (self._lines(flat), [_band(flat)]) if lines]
        once = self._strips(flat, strips, MARGINS[:1], evened=False)
        if once.plausible and once.score >= CERTAIN:
            return once
        return max(once, self._strips(flat, strips, MARGINS, evened=True), key=_rank)

    def _strips(
        self, flat: Pixels, strips: Sequence[Sequence[Floats]], margins: Sequence[float], evened: bool
    ) -> PlateText:
        """The best reading of several ways to see lines in a plate; of each line the best of its crops."""
        crops: list[Pixels] = []
        for lines in strips:
            for line in lines:
                cuts = [straighten(flat, widened(line, margin))[0] for margin in margins]
                crops += cuts + ([_evened(cut) for cut in cuts] if evened else [])
        readings = iter(self._reader.read(crops))
        each = len(margins) * (2 if evened else 1)
        found = [
            _joined([max((next(readings) for _ in range(each)), key=_worth) for _ in lines])
            for lines in strips
        ]
        return max(found, key=_rank)

    def _lines(self, flat: Pixels) -> list[Floats]:
        """The corners of the main lines, in reading order."""
        found = regions(self._detector.probabilities([flat])[0], (1.0, 1.0), FAINT)
        found = [line for line in found if line.width > 0.5 * line.height]
        highest = max((line.height for line in found), default=0.0)
        main = [line.corners for line in found if line.height >= MAIN * highest]
        return [main[i] for i in reading_order(main)]


def flattened(pixels: Pixels, corners: Floats) -> Pixels:
    """The plate, seen from the front."""
    wider = widened(corners.astype(np.float32), MARGIN)
    across = np.linalg.norm(wider[1] - wider[0]) + np.linalg.norm(wider[2] - wider[3])
    down = np.linalg.norm(wider[3] - wider[0]) + np.linalg.norm(wider[2] - wider[1])
    height = int(np.clip(WIDE * down / max(float(across), 1e-3), 32, SQUARE))
    target = np.array([[0, 0], [WIDE, 0], [WIDE, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(wider, target)
    how = cv2.INTER_CUBIC if across < 2 * WIDE else cv2.INTER_AREA
    flat = cv2.warpPerspective(pixels, matrix, (WIDE, height), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(flat, np.uint8)


def _band(flat: Pixels) -> Floats:
    height, width = flat.shape[:2]
    top, bottom = BAND[0] * height, BAND[1] * height
    return np.array([[0, top], [width, top], [width, bottom], [0, bottom]], np.float32)


def _evened(crop: Pixels) -> Pixels:
    """The crop with its contrast evened out (Zuiderveld, 1994)."""
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2LAB)
    luma[..., 0] = cv2.createCLAHE(3.0, (2, 2)).apply(np.ascontiguousarray(luma[..., 0]))
    return np.asarray(cv2.cvtColor(luma, cv2.COLOR_LAB2RGB), np.uint8)


def plain(text: str) -> str:
    """Letters and digits only, in capitals."""
    return "".join(c for c in text.upper() if c.isalnum())


def _worth(reading: Reading) -> float:
    return reading.score * (0.5 + 0.5 * min(1.0, len(plain(reading.text)) / 3))


def _rank(text: PlateText) -> tuple[bool, float]:
    return text.plausible, text.score


def _joined(readings: Sequence[Reading]) -> PlateText:
    parts = [(plain(reading.text), reading.score) for reading in readings]
    text = "".join(part for part, _ in parts)
    total = sum(len(part) for part, _ in parts)
    return PlateText(text, sum(len(part) * score for part, score in parts) / total if total else 0.0)
