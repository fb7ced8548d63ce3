"""Windows to learn from: what the text detector finds in scenes with drawn plates, and in photos without any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.decode import load
from veduta.image.photo import Photo, Pixels
from veduta.learn.plates_draw import Random, plate, sign
from veduta.learn.plates_scene import Board, Scene, scene
from veduta.progress import Progress, Silent
from veduta.see.plate_windows import HEIGHT, WIDTH, Window, around_line, around_plate, joined
from veduta.see.text_detector import GLANCE, TextDetector
from veduta.see.text_regions import Floats, regions

# Fainter than what counts as text: plates are small and dirty.
FAINT = 0.3
JITTERED = 2
PLATES, SIGNS = 350, 160
# A scene is a part of a photo with this longer side: small, for many are made.
SIDE = 320


@dataclass(frozen=True)
class Windows:
    """Windows (n, HEIGHT, WIDTH, 3), which show a plate (n,), and its corners (n, 4, 2) in shares of the window."""

    pixels: NDArray[np.uint8]
    is_plate: NDArray[np.bool_]
    corners: Floats

    def save(self, path: Path) -> None:
        """Write to an .npz file."""
        np.savez(path, pixels=self.pixels, is_plate=self.is_plate, corners=self.corners)

    @classmethod
    def load(cls, path: Path) -> Windows:
        """Read what `save` wrote."""
        with np.load(path) as kept:
            return cls(kept["pixels"], kept["is_plate"], kept["corners"])


def make(
    photos: Sequence[Path], scenes: int, seed: int, progress: Progress | None = None, as_they_are: bool = True,
) -> Windows:  # fmt: skip
    """Windows from `scenes` scenes in the photos, and from each photo as it is."""
    random = np.random.default_rng(seed)
    progress = progress or Silent()
    detector = TextDetector()
    plates, signs = [plate(random) for _ in range(PLATES)], [sign(random) for _ in range(SIGNS)]
    collected: list[tuple[Pixels, bool, Floats]] = []
    progress.begin("putting plates into photos", scenes + len(photos) * as_they_are)
    for _ in range(scenes):
        index = int(random.integers(len(photos)))
        made = scene(random, backdrop(random, load(photos[index], 736)), plates, signs)
        collected.extend(_of_scene(random, detector, made, all_lines=False))
        progress.advance()
    for path in photos if as_they_are else ():
        shown = load(path, 1024).at_side(GLANCE)
        kept = _of_scene(random, detector, Scene(shown, ()), all_lines=True)
        collected.extend(sample for sample in kept if not sample[1])
        progress.advance()
    progress.end()
    return Windows(
        np.stack([pixels for pixels, _, _ in collected]),
        np.array([found for _, found, _ in collected], np.bool_),
        np.stack([corners for _, _, corners in collected]).astype(np.float32),
    )


def backdrop(random: Random, photo: Photo) -> Pixels:
    """A random part of a photo with the longer side SIDE."""
    pixels = photo.pixels
    height, width = pixels.shape[:2]
    share = random.uniform(0.35, 1)
    high, wide = max(1, int(share * height)), max(1, int(share * width))
    y, x = int(random.integers(0, height - high + 1)), int(random.integers(0, width - wide + 1))
    part = pixels[y : y + high, x : x + wide]
    scale = SIDE / max(part.shape[:2])
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    return np.asarray(
        cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR), np.uint8
    )


def _of_scene(
    random: Random, detector: TextDetector, made: Scene, all_lines: bool
) -> Iterator[tuple[Pixels, bool, Floats]]:
    values = detector.probabilities([made.pixels])[0]
    lines = regions(values, (1.0, 1.0), FAINT)
    candidates = [line.corners for line in lines] + joined(lines)
    order = random.permutation(len(candidates))[:40]
    for corners in (candidates[i] for i in order):
        board = next((b for b in made.boards if _inside(corners.mean(axis=0), b.corners)), None)
        is_plate = board is not None and board.text is not None
        if board is None and any(_touches(corners, b.corners) for b in made.boards if b.text is not None):
            continue
        for _ in range(JITTERED if is_plate or not all_lines else 1):
            yield _sample(random, made.pixels, around_line(corners), board if is_plate else None)
    for board in made.boards:
        if board.text:
            yield _sample(random, made.pixels, around_plate(board.corners), board)
    height, width = made.pixels.shape[:2]
    for _ in range(2):  # anything at all
        center = random.uniform(0, 1, 2) * (width, height)
        window = Window(float(center[0]), float(center[1]), (1.0, 0.0), float(np.exp(random.uniform(3.5, 6))))
        reach = max(window.width, 40)
        if not any(_touches(window.corners(_UNIT), b.corners) for b in made.boards) and reach < width:
            yield _sample(random, made.pixels, window, None)


_UNIT = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]], np.float32)


def _sample(
    random: Random, pixels: Pixels, window: Window, board: Board | None
) -> tuple[Pixels, bool, Floats]:
    """What a window shows after a small push, turn and zoom."""
    angle = np.arctan2(window.along[1], window.along[0]) + np.deg2rad(random.normal(0, 2.5))
    width = window.width * float(np.exp(random.normal(0, 0.12)))
    push = random.normal(0, 0.035, 2) * (width, width / 2)
    moved = Window(
        window.x + float(push[0]),
        window.y + float(push[1]),
        (float(np.cos(angle)), float(np.sin(angle))),
        width,
    )
    corners = moved.shares(board.corners) if board is not None else np.zeros((4, 2), np.float32)
    return moved.cut(pixels), board is not None, corners


def _inside(point: Floats, corners: Floats) -> bool:
    return cv2.pointPolygonTest(corners.astype(np.float32), (float(point[0]), float(point[1])), False) >= 0


def _touches(one: Floats, other: Floats) -> bool:
    return bool((one.min(axis=0) < other.max(axis=0)).all() and (one.max(axis=0) > other.min(axis=0)).all())


__all__ = ["HEIGHT", "WIDTH", "Windows", "backdrop", "make"]
