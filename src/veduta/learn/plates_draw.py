"""Draws number plates after the designs of many countries, with the wear, dirt and light of the street."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from veduta.errors import NotFound
from veduta.image.photo import Pixels

Color = tuple[int, int, int]
Random = np.random.Generator
T = TypeVar("T")

# Pixels for each of the units (about a millimeter) that boards are designed in.
DETAIL = 0.6

FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "C:/Windows/Fonts")
# What plates are lettered in comes closest to bold and narrow faces without serifs.
FONT_NAMES = (
    "LiberationSans-Bold", "LiberationSansNarrow-Bold", "LiberationSansNarrow-Regular", "LiberationSans-Regular",
    "LiberationMono-Bold", "DejaVuSans-Bold", "DejaVuSansCondensed-Bold", "DejaVuSansCondensed", "DejaVuSansMono-Bold",
    "DejaVuSans", "LiberationMono-Regular",
)  # fmt: skip
WORDS = (
    "SALE", "OPEN", "PIZZA", "HOTEL", "TAXI", "POLICE", "STOP", "MARKET", "COFFEE", "STREET", "EXIT", "PARKING",
    "SCHOOL", "BAKERY", "CINEMA", "MUSEUM", "STATION", "AMBULANCE", "RENT", "BANK", "BOOKS", "FLOWERS", "CAFE",
    "BAR", "CENTRE", "NORTH", "SOUTH", "WELCOME", "PRIVATE", "CAUTION", "FIRE", "HOSE", "BEER", "FRESH", "THE",
    "FOR", "AND", "OUR", "YOUR", "BEST", "WITH", "DAILY", "OFFICE", "LIBRARY", "THEATRE", "GARDEN", "BRIDGE",
    "ROAD", "AVENUE", "SQUARE", "PALACE", "TOWN", "HALL",
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A drawn plate, uint8 (h, w, 3), and what it says; a sign that is no plate says None."""

    pixels: Pixels
    text: str | None


@cache
def fonts() -> tuple[Path, ...]:
    """The fonts of this machine that plates can be lettered in; raises NotFound where there is none."""
    found = {p.stem: p for folder in FONT_FOLDERS for p in sorted(Path(folder).rglob("*.ttf"))}
    usable = tuple(found[name] for name in FONT_NAMES if name in found)
    if not usable:
        raise NotFound("no font to letter plates in: install Liberation or DejaVu")
    return usable


@cache
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


def lettering(text: str, size: tuple[int, int], font: Path) -> NDArray[np.float32]:
    """Text stretched over (width, height) pixels: how much of each pixel is ink, in [0, 1]."""
    face = _font(font, 64)
    left, top, right, bottom = face.getbbox(text)
    image = Image.new("L", (max(1, int(right - left)), max(1, int(bottom - top))))
    ImageDraw.Draw(image).text((-left, -top), text, fill=255, font=face)
    width, height = max(1, size[0]), max(1, size[1])
    fitted = cv2.resize(np.asarray(image), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(fitted, np.float32) / np.float32(255)


def _pick(random: Random, pattern: str) -> str:
    """A pattern's letters (A), digits (9) and either (X) drawn by chance; all else stays."""
    sets = {"A": string.ascii_uppercase, "9": string.digits, "X": string.ascii_uppercase + string.digits}
    return "".join(sets[c][random.integers(len(sets[c]))] if c in sets else c for c in pattern)


def _choice(random: Random, things: tuple[T, ...]) -> T:
    return things[int(random.integers(len(things)))]


class Board:
    """A board that is lettered: colors, then texts in boxes given as shares of its width and height."""

    def __init__(self, random: Random, width: int, height: int, ground: Color, ink: Color) -> None:
        self.random, self.ink = random, np.array(ink, np.float32)
        width, height = int(width * DETAIL), int(height * DETAIL)
        self.font = _choice(random, fonts())
        self.pixels = np.empty((height, width, 3), np.float32)
        self.pixels[:] = ground
        if random.random() < 0.15:  # a picture behind the letters, as some American plates have
            small = random.uniform(-40, 40, (3, 5, 3)).astype(np.float32)
            self.pixels += cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)

    def fill(self, box: tuple[float, float, float, float], color: Color) -> None:
        """Paint a part (left, top, right, bottom) in one color."""
        x0, y0, x1, y1 = self._at(box)
        self.pixels[y0:y1, x0:x1] = color

    def letter(self, text: str, box: tuple[float, float, float, float], color: Color | None = None) -> None:
        """Letter a part (left, top, right, bottom)."""
        x0, y0, x1, y1 = self._at(box)
        ink = lettering(text, (x1 - x0, y1 - y0), self.font)[..., None]
        part = self.pixels[y0 : y0 + ink.shape[0], x0 : x0 + ink.shape[1]]
        ink = ink[: part.shape[0], : part.shape[1]]
        part += ink * ((self.ink if color is None else np.array(color, np.float32)) - part)

    def border(self, share: float) -> None:
        """A line in the color of the ink along the edge, `share` of the height thick."""
        height, width = self.pixels.shape[:2]
        thick = max(1, int(share * height))
        inset = int(self.random.uniform(0, 0.03) * height)
        color = tuple(float(v) for v in self.ink)
        cv2.rectangle(self.pixels, (inset, inset), (width - 1 - inset, height - 1 - inset), color, thick)

    def _at(self, box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
        height, width = self.pixels.shape[:2]
        x0, y0, x1, y1 = box
        return int(x0 * width), int(y0 * height), max(1, int(x1 * width)), max(1, int(y1 * height))


WHITES: tuple[Color, ...] = ((240, 240, 240), (225, 228, 230), (250, 250, 245), (205, 205, 205))
YELLOWS: tuple[Color, ...] = ((245, 200, 20), (240, 215, 60), (235, 180, 10))
INKS: tuple[Color, ...] = ((15, 15, 15), (25, 25, 30), (40, 40, 45), (20, 25, 60))


def _european(random: Random) -> tuple[Board, str]:
    patterns = (
        "AA 999 AA", "A AA 9999", "AAA 9999", "AA 99999", "9999 AAA", "AA99 AAA", "AAA A99", "A99 9999",
        "99-AA-99", "AA-999-A", "AA 9999 AA", "A-AA 999", "AAA 999", "999 AA 99", "9A9 9999", "AAA-999",
    )  # fmt: skip
    text = _pick(random, _choice(random, patterns))
    board = Board(random, 520, 112, _choice(random, (*WHITES, *WHITES, *YELLOWS)), _choice(random, INKS))
    left = 0.04
    if random.random() < 0.75:
        band: Color = (
            20 + int(random.integers(30)),
            50 + int(random.integers(30)),
            150 + int(random.integers(60)),
        )
        board.fill((0, 0, 0.085, 1), band)
        board.letter(_pick(random, _choice(random, ("A", "AA"))), (0.02, 0.6, 0.065, 0.9), (235, 235, 235))
        left = 0.11
        if random.random() < 0.25:
            board.fill((0.92, 0, 1, 1), band)
    slack = random.uniform(0, 0.06)
    board.letter(text, (left + slack, 0.15, 0.96 - slack - 0.05 * (left > 0.1), 0.86))
    if random.random() < 0.7:
        board.border(0.03)
    return board, text


def _two_rows(random: Random) -> tuple[Board, str]:
    upper = _pick(random, _choice(random, ("AA 9", "AAA", "99 AA", "AA 99", "A 99", "9999", "AA-A")))
    lower = _pick(random, _choice(random, ("9999", "AA 99", "999 A", "99-99", "AAA 99", "99 999")))
    size = _choice(random, ((280, 200), (200, 170), (340, 220)))
    board = Board(random, *size, _choice(random, (*WHITES, *YELLOWS)), _choice(random, INKS))
    inset = random.uniform(0.05, 0.2)
    board.letter(upper, (inset, 0.08, 1 - inset, 0.46))
    board.letter(lower, (0.06, 0.54, 0.94, 0.93))
    if random.random() < 0.7:
        board.border(0.02)
    return board, upper + lower


def _american(random: Random) -> tuple[Board, str]:
    patterns = ("AAA 9999", "9AAA999", "AAA-9999", "999 AAA", "AAA 999", "AA9 9AA", "99A 9AA", "XXXXXX", "XXX XXX",
                "A99-AAA", "999-AAA", "AA 99999", "9AA A99", "AAA9999", "XXXX", "XXXXX")  # fmt: skip
    text = _pick(random, _choice(random, patterns))
    grounds: tuple[Color, ...] = (
        *WHITES, *WHITES, (210, 220, 240), (250, 235, 190), (180, 210, 235), (30, 60, 110), (235, 240, 225),
        (20, 80, 50), (245, 215, 120))  # fmt: skip
    inks: tuple[Color, ...] = (
        (20, 30, 110), (15, 15, 15), (150, 20, 30), (20, 70, 40), (30, 40, 80), (60, 20, 20))  # fmt: skip
    ground = _choice(random, grounds)
    ink = _choice(random, inks) if sum(ground) > 300 else (235, 235, 225)
    board = Board(random, 300, 150, ground, ink)
    other = _choice(random, inks) if sum(ground) > 300 else (235, 235, 225)
    if random.random() < 0.3:
        board.fill((0, 0, 1, random.uniform(0.15, 0.25)), _choice(random, inks))
        other = (235, 235, 235)
    top = _choice(random, (*WORDS, "NEW " + _choice(random, WORDS)))
    half = random.uniform(0.15, 0.35)
    board.letter(top, (0.5 - half, 0.05, 0.5 + half, random.uniform(0.16, 0.24)), other)
    middle = 0.0
    if random.random() < 0.3:  # a picture between the letters
        middle = random.uniform(-0.05, 0.05)
        x, y = (
            int((0.5 + middle) * board.pixels.shape[1]),
            int(random.uniform(0.43, 0.6) * board.pixels.shape[0]),
        )
        radius = int(random.uniform(0.08, 0.19) * board.pixels.shape[0])
        cv2.circle(board.pixels, (x, y), radius, tuple(map(float, other)), -1, cv2.LINE_AA)
    slack = random.uniform(0.03, 0.12)
    board.letter(text, (slack, random.uniform(0.26, 0.34), 1 - slack, random.uniform(0.72, 0.8)))
    if random.random() < 0.7:
        board.letter(" ".join(_choice(random, WORDS) for _ in range(int(random.integers(1, 3)))),
                     (0.25, 0.85, 0.75, 0.95), other)  # fmt: skip
    for side in (0.04, 0.86):
        if random.random() < 0.35:  # stickers of the month and the year
            up = _choice(random, (0.04, 0.78))
            bright: Color = tuple(int(v) for v in random.integers(40, 255, 3))  # type: ignore[assignment]
            board.fill((side, up, side + 0.1, up + 0.17), bright)
    if random.random() < 0.3:
        board.border(0.02)
    return board, text


def _brazilian(random: Random) -> tuple[Board, str]:
    if random.random() < 0.6:
        text = _pick(random, _choice(random, ("AAA 9999", "AAA-9999", "AAA·9999")))
        grounds: tuple[Color, ...] = (
            (180, 182, 186),
            (165, 168, 172),
            (200, 202, 205),
            (160, 30, 35),
            (150, 155, 165),
        )
        ground = _choice(random, grounds)
        board = Board(random, 400, 130, ground, (20, 20, 22) if sum(ground) > 300 else (235, 235, 235))
        town = _pick(random, "AA") + " - " + _choice(random, WORDS) + _choice(random, ("", " VERDE"))
        board.letter(town, (random.uniform(0.2, 0.32), 0.06, random.uniform(0.66, 0.8), 0.2))
        board.letter(text, (0.05, 0.32, 0.95, 0.9))
        if random.random() < 0.5:
            board.border(0.02)
        return board, text
    text = _pick(random, _choice(random, ("AAA9A99", "AA 999 AA", "AAA 9999")))
    board = Board(random, 400, 130, _choice(random, WHITES), _choice(random, INKS))
    board.fill((0, 0, 1, 0.24), (20, 40, 140))
    board.letter(_choice(random, WORDS), (0.36, 0.05, 0.64, 0.19), (240, 240, 240))
    board.letter(text, (0.07, 0.33, 0.95, 0.92))
    board.border(0.02)
    return board, text


def _asian(random: Random) -> tuple[Board, str]:
    grounds: tuple[Color, ...] = (
        (20, 60, 170),
        (20, 60, 170),
        (240, 240, 240),
        (90, 180, 110),
        (235, 200, 40),
        (10, 10, 10),
    )
    ground = _choice(random, grounds)
    text = _pick(
        random, _choice(random, ("AA·99999", "A·X9X99", "AA 99 AA 9999", "AAA 9999", "AA 9999 A", "99-99"))
    )
    board = Board(random, 440, 140, ground, (240, 240, 240) if sum(ground) < 400 else (15, 15, 15))
    board.letter(text, (0.05, 0.15, 0.95, 0.86))
    if random.random() < 0.8:
        board.border(0.03)
    return board, text


def _plain(random: Random) -> tuple[Board, str]:
    text = _pick(
        random, _choice(random, ("A999AA 99", "999999", "AA 999", "AAA 99A", "9 AAA 99", "99999", "AA-9999"))
    )
    dark = random.random() < 0.3
    ground: Color = (
        _choice(random, ((10, 10, 10), (20, 20, 60), (110, 20, 20))) if dark else _choice(random, WHITES)
    )
    ink: Color = (225, 225, 225) if dark else _choice(random, INKS)
    board = Board(random, int(random.integers(250, 560)), int(random.integers(100, 160)), ground, ink)
    board.letter(text, (0.05, random.uniform(0.1, 0.2), 0.95, random.uniform(0.8, 0.9)))
    if random.random() < 0.7:
        board.border(0.03)
    return board, text


DESIGNS: tuple[Callable[[Random], tuple[Board, str]], ...] = (
    _european, _european, _european, _american, _american, _american, _brazilian, _brazilian, _two_rows, _asian,
    _plain,
)  # fmt: skip


def plate(random: Random) -> Drawn:
    """A plate of a design drawn by chance, worn and lit."""
    board, text = _choice(random, DESIGNS)(random)
    _screws(random, board.pixels)
    return Drawn(_worn(random, board.pixels), text)


def sign(random: Random) -> Drawn:
    """A sign with words, prices or telephone numbers that is no plate, drawn and worn in the same way."""
    rows = int(random.integers(1, 4))
    ground: Color = tuple(int(v) for v in random.integers(0, 256, 3))  # type: ignore[assignment]
    if random.random() < 0.4:
        ground = _choice(
            random, (*WHITES, *YELLOWS, (10, 10, 10), (20, 50, 150), (170, 25, 30), (20, 110, 60))
        )
    ink: Color = (240, 240, 240) if sum(ground) < 380 else (20, 20, 20)
    board = Board(random, int(random.integers(120, 640)), int(random.integers(60, 130)) * rows, ground, ink)
    kinds = (
        "AAAAAAAAAAAA",
        "999 999 9999",
        "9.99",
        "99",
        "9",
        "99:99",
        "+99 99 999999",
        "(999) 999-9999",
        "A",
    )
    for row in range(rows):
        words = [_choice(random, WORDS) for _ in range(int(random.integers(1, 5)))]
        text = " ".join(words) if random.random() < 0.65 else _pick(random, _choice(random, kinds))
        text = text if random.random() < 0.6 else text.title()
        left = random.uniform(0.03, 0.3)
        top = (row + random.uniform(0.1, 0.25)) / rows
        board.letter(
            text, (left, top, 1 - random.uniform(0.03, left + 0.03), top + random.uniform(0.4, 0.6) / rows)
        )
    if random.random() < 0.3:
        board.border(0.03)
    return Drawn(_worn(random, board.pixels), None)


def _screws(random: Random, pixels: NDArray[np.float32]) -> None:
    height, width = pixels.shape[:2]
    if random.random() < 0.5:
        y = int(height * random.choice([0.08, 0.5, 0.92]))
        for x in (0.15, 0.85):
            tone = float(random.uniform(20, 220))
            cv2.circle(pixels, (int(x * width), y), max(1, int(0.03 * height)), (tone,) * 3, -1, cv2.LINE_AA)


def _worn(random: Random, pixels: NDArray[np.float32]) -> Pixels:
    """Dirt in patches, light from one side, a shadow's edge, a sheen."""
    height, width = pixels.shape[:2]

    def patches(rows: int, columns: int) -> NDArray[np.float32]:
        small = random.random((rows, columns), np.float32)
        return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)

    if random.random() < 0.4:
        dirt = np.clip(patches(5, 12) * patches(9, 30) * random.uniform(0.3, 1.6) - 0.15, 0, 0.85)[..., None]
        pixels = pixels + dirt * (random.uniform(40, 120, 3).astype(np.float32) - pixels)
    pixels = pixels * (0.75 + 0.4 * patches(2, 2)[..., None])
    if random.random() < 0.25:
        slope = random.uniform(-0.5, 1.5) * np.arange(height, dtype=np.float32)[:, None]
        along = np.arange(width, dtype=np.float32)[None] - slope - random.uniform(0, width)
        shade = 1 / (1 + np.exp(-np.clip(along / random.uniform(1, 12), -30, 30)))
        pixels = np.asarray(pixels * (1 - random.uniform(0.3, 0.7) * shade[..., None]), np.float32)
    if random.random() < 0.1:
        pixels = pixels + random.uniform(20, 110) * np.clip(patches(2, 4), 0, 1)[..., None] ** 3
    return np.clip(pixels, 0, 255).astype(np.uint8)
