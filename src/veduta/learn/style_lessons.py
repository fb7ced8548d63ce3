"""Lessons for a thin painter: squares of photographs, and how a large painter paints them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from veduta.files import replacing
from veduta.image.photo import Pixels
from veduta.learn.recipe import TrainingError
from veduta.learn.style_train import Photographs
from veduta.nets.brush import Brush
from veduta.nets.painter import Painter
from veduta.progress import Progress, Silent

PORTION = 40  # squares that are painted at once
BLENDED = 5  # so many squares of single styles for one of a blend
LEAST_SHARE = 0.2  # of the second style in a blend


@dataclass(frozen=True, slots=True)
class Portion:
    """Squares of one side, painted by one code: `count` of them, the `turn`th portion of its style."""

    style: int
    turn: int
    side: int
    count: int
    blended: bool = False

    @property
    def name(self) -> str:
        """Of its file."""
        kind = "blend" if self.blended else "style"
        return f"{kind}-{self.style:02}-{self.turn}-{self.side}x{self.count}.npz"


def portions(styles: int, side: int, squares: int) -> Iterator[Portion]:
    """So many squares for each style, in portions; then, if they are some, those of each blended with another."""
    for turn, start in enumerate(range(0, squares, PORTION)):
        for style in range(styles):
            yield Portion(style, turn, side, min(PORTION, squares - start))
    for style in range(styles if squares >= BLENDED else 0):
        yield Portion(style, 0, side, min(PORTION, squares // BLENDED), blended=True)


def code_of(portion: Portion, styles: int, seed: int) -> NDArray[np.float64]:
    """The code by which a portion is painted: its style, or that and another one."""
    code = np.zeros(styles)
    code[portion.style] = 1.0
    if portion.blended and styles > 1:
        rng = np.random.default_rng([seed, portion.style, portion.turn])
        other = (portion.style + int(rng.integers(1, styles))) % styles
        share = float(rng.uniform(LEAST_SHARE, 1 - LEAST_SHARE))
        code[portion.style], code[other] = 1 - share, share
    return code


def make_lessons(
    painter: Painter,
    photographs: Sequence[Path],
    folder: Path,
    wanted: Sequence[Portion],
    seed: int = 1,
    progress: Progress | None = None,
) -> list[Path]:
    """Have each portion painted and keep it in a file; what is there already is left. Returns the files."""
    listener = progress or Silent()
    folder.mkdir(parents=True, exist_ok=True)
    listener.begin("painting lessons", len(wanted))
    made = []
    for number, portion in enumerate(wanted):
        path = folder / portion.name
        if not path.exists():
            squares = Photographs(photographs, portion.side, seed).squares(number, portion.count)
            code = code_of(portion, painter.numbers, seed)
            brush = Brush(painter, code)
            paintings = np.stack([brush.paint(square) for square in squares])
            with replacing(path) as temporary, temporary.open("wb") as file:
                np.savez(file, squares=squares, paintings=paintings, code=code.astype(np.float32))
        made.append(path)
        listener.advance()
    listener.end()
    return made


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Squares and paintings uint8 (n, side, side, 3), and the code (styles)."""

    squares: Pixels
    paintings: Pixels
    code: NDArray[np.float32]


def read_lesson(path: Path) -> Lesson:
    """A portion from its file; raises TrainingError for a damaged one."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return Lesson(archive["squares"], archive["paintings"], archive["code"])
    except Exception as error:  # a damaged archive can fail in any way at all
        raise TrainingError(f"{path}: not a readable lesson; delete it to have it painted again") from error


class Lessons:
    """All portions in memory, and batches out of them: any styles, one side; the same for the same seed and step."""

    def __init__(self, paths: Sequence[Path], seed: int) -> None:
        self.seed = seed
        self.every = [read_lesson(path) for path in paths]
        sides = np.array([lesson.squares.shape[1] for lesson in self.every])
        self.groups = [np.flatnonzero(sides == side) for side in np.unique(sides)]
        pixels = np.array([sum(self.every[n].squares.size for n in group) for group in self.groups], float)
        self.shares = pixels / pixels.sum()

    def batch(self, step: int, pixels: int) -> tuple[Pixels, Pixels, NDArray[np.float32]]:
        """Squares, paintings (n, side, side, 3) and codes (n, styles) of about so many pixels."""
        rng = np.random.default_rng([self.seed, step])
        group = self.groups[int(rng.choice(len(self.groups), p=self.shares))]
        side = self.every[group[0]].squares.shape[1]
        count = max(1, pixels // side**2)
        weights = np.array([len(self.every[n].squares) for n in group], float)
        # Each style once before any comes twice.
        drawn = rng.choice(group, count, replace=count > len(group), p=weights / weights.sum())
        squares, paintings, codes = [], [], []
        for number in drawn:
            lesson = self.every[number]
            place = int(rng.integers(len(lesson.squares)))
            squares.append(lesson.squares[place])
            paintings.append(lesson.paintings[place])
            codes.append(lesson.code)
        return np.stack(squares), np.stack(paintings), np.stack(codes)
