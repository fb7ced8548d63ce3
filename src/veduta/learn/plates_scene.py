"""Puts drawn plates and signs into photographs: perspective, a vehicle's panel around them, the photo's own light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels
from veduta.learn.plates_draw import Drawn, Random

Floats = NDArray[np.float32]

NARROWEST, WIDEST = 24.0, 230.0
MOST_BOARDS = 3


@dataclass(frozen=True)
class Board:
    """A board in a scene: corners (4, 2) clockwise from the top left, and what it says; None for a mere sign."""

    corners: Floats
    text: str | None


@dataclass(frozen=True)
class Scene:
    """A photo with boards put in, uint8 (h, w, 3)."""

    pixels: Pixels
    boards: tuple[Board, ...]


def scene(random: Random, photo: Pixels, plates: Sequence[Drawn], signs: Sequence[Drawn]) -> Scene:
    """Put plates and signs, drawn by chance, where they do not touch each other; then blur, noise and JPEG."""
    pixels = photo.astype(np.float32)
    if random.random() < 0.15:  # dusk and night
        pixels = pixels * random.uniform(0.15, 0.6)
    boards: list[Board] = []
    for _ in range(int(random.integers(1, MOST_BOARDS + 1))):
        is_plate = random.random() < 0.68
        pool = plates if is_plate else signs
        drawn = pool[int(random.integers(len(pool)))]
        corners = _corners(random, drawn, photo.shape[1], photo.shape[0])
        low, high = corners.min(axis=0), corners.max(axis=0)
        margin = 0.6 * (high[1] - low[1])
        if (low < 0).any() or (high > (photo.shape[1], photo.shape[0])).any():
            continue
        if any(
            (low - margin < b.corners.max(axis=0)).all() and (high + margin > b.corners.min(axis=0)).all()
            for b in boards
        ):
            continue
        _put(random, pixels, drawn.pixels, corners, is_plate)
        boards.append(Board(corners, drawn.text))
    return Scene(_taken(random, pixels), tuple(boards))


def _corners(random: Random, drawn: Drawn, width: int, height: int) -> Floats:
    """Where the corners of a board lie: turned, foreshortened, in a random place."""
    wide = float(np.exp(random.uniform(np.log(NARROWEST), np.log(WIDEST))))
    wide = min(wide, 0.8 * width)
    high = wide * drawn.pixels.shape[0] / drawn.pixels.shape[1]
    if random.random() < 0.25:
        wide *= random.uniform(0.5, 1)  # seen from the side
    unit = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) / 2 * (wide, high)
    # A far edge is shorter than a near one.
    yaw, pitch = random.normal(0, 0.06), random.normal(0, 0.05)
    depth = 1 + yaw * unit[:, 0] / max(wide, 1) * 2 + pitch * unit[:, 1] / max(wide, 1) * 2
    unit = unit / depth[:, None]
    angle = np.deg2rad(random.normal(0, 5) if random.random() < 0.85 else random.normal(0, 18))
    shear = random.normal(0, 0.06)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle) + shear, np.cos(angle)]])
    half = max(wide, high) / 2
    center = (
        random.uniform(half, max(half + 1, width - half)),
        random.uniform(half, max(half + 1, height - half)),
    )
    return np.asarray(unit @ turn.T + center, np.float32)


def _put(random: Random, pixels: Floats, drawn: Pixels, corners: Floats, is_plate: bool) -> None:
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int), (pixels.shape[1], pixels.shape[0]))
    around = pixels[low[1] : high[1], low[0] : high[0]]
    light = float(np.clip(around.mean() / 110, 0.25, 1.25)) ** random.uniform(0.4, 1)
    cast = np.clip(around.mean(axis=(0, 1)) / max(float(around.mean()), 1), 0.6, 1.5) ** random.uniform(
        0, 0.8
    )
    if random.random() < (0.75 if is_plate else 0.35):
        _panel(random, pixels, corners, light)
    if random.random() < 0.5:  # the frame that holds it, or its shadow
        tone = float(random.choice([10, 25, 60, 190])) * light
        _paint(pixels, widened(corners, random.uniform(0.02, 0.1)), np.full(3, tone, np.float32), 1.0)
    height, width = drawn.shape[:2]
    shrink = max(1.0, height / max(1.0, float(np.linalg.norm(corners[3] - corners[0]))))
    small = cv2.resize(
        drawn, (max(4, int(width / shrink)), max(4, int(height / shrink))), interpolation=cv2.INTER_AREA
    )
    lit = small.astype(np.float32) * (light * cast).astype(np.float32)
    if random.random() < 0.12:  # flat: far away, or in haze
        lit = lit * random.uniform(0.35, 0.8) + random.uniform(20, 90) * light
    edges = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * (small.shape[1], small.shape[0])
    origin = np.maximum(low - 2, 0)
    size = tuple(int(v) for v in np.minimum(high + 2, (pixels.shape[1], pixels.shape[0])) - origin)
    matrix = cv2.getPerspectiveTransform(edges.astype(np.float32), (corners - origin).astype(np.float32))
    alpha = cv2.warpPerspective(np.ones(small.shape[:2], np.float32), matrix, size, flags=cv2.INTER_LINEAR)
    warped = cv2.warpPerspective(lit, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    part = pixels[origin[1] : origin[1] + size[1], origin[0] : origin[0] + size[0]]
    part += alpha[..., None] * (warped - part)


def _panel(random: Random, pixels: Floats, corners: Floats, light: float) -> None:
    """A painted panel with an edge, a recess and lamps, as the backs and fronts of vehicles have around a plate."""
    paint = random.uniform(10, 235, 3) if random.random() < 0.5 else np.full(3, random.uniform(8, 240))
    across, down = (corners[1] - corners[0]), (corners[3] - corners[0])
    left, right, up, below = random.uniform(0.1, 1.4, 2).tolist() + random.uniform(0.15, 2.5, 2).tolist()
    panel = np.stack([
        corners[0] - left * across - up * down, corners[1] + right * across - up * down,
        corners[2] + right * across + below * down, corners[3] - left * across + below * down])  # fmt: skip
    _paint(
        pixels,
        panel.astype(np.float32),
        (paint * light).astype(np.float32),
        random.uniform(0.85, 1),
        gradient=random.normal(0, 0.25),
    )
    for _ in range(int(random.integers(0, 5))):  # seams, bars of a grille, lamps
        y = random.uniform(-up, 1 + below)
        start, end = np.sort(random.uniform(-left, 1 + right, 2))
        thick = random.uniform(0.03, 0.5)
        if -0.25 - thick < y < 1.15 and end > -0.1 and start < 1.1:
            continue
        bar = np.stack(
            [
                corners[0] + x * across + v * down
                for x, v in ((start, y), (end, y), (end, y + thick), (start, y + thick))
            ]
        )
        tone = random.uniform(5, 250, 3) if random.random() < 0.4 else np.full(3, random.uniform(5, 200))
        _paint(pixels, bar.astype(np.float32), (tone * light).astype(np.float32), random.uniform(0.6, 1))
    if random.random() < 0.4:
        recess = widened(corners, random.uniform(0.1, 0.5))
        _paint(
            pixels,
            recess,
            (paint * light * random.uniform(0.2, 0.9)).astype(np.float32),
            random.uniform(0.5, 1),
        )


def widened(corners: Floats, share: float) -> Floats:
    """Corners moved outward on each side by a share of the left edge's length."""
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    along = across / max(float(np.linalg.norm(across)), 1e-6) * np.linalg.norm(down)
    moves = np.stack([-down - along, along - down, down + along, down - along])
    return np.asarray(corners + share * moves, np.float32)


def _paint(pixels: Floats, corners: Floats, color: Floats, strength: float, gradient: float = 0.0) -> None:
    height, width = pixels.shape[:2]
    low = np.clip(np.floor(corners.min(axis=0)).astype(int) - 1, 0, (width, height))
    high = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 2, 0, (width, height))
    if (high - low < 2).any():
        return
    alpha = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    cv2.fillConvexPoly(alpha, np.round((corners - low) * 16).astype(np.int32), 255, cv2.LINE_AA, shift=4)
    part = pixels[low[1] : high[1], low[0] : high[0]]
    slope = 1 + gradient * np.linspace(-1, 1, len(alpha), dtype=np.float32)[:, None, None]
    part += (alpha.astype(np.float32) * (strength / 255))[..., None] * (color * slope - part)


def _taken(random: Random, pixels: Floats) -> Pixels:
    """As a camera would have it: a little blur, noise, JPEG."""
    if random.random() < 0.6:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), float(random.uniform(0.3, 1.3))), np.float32)
    if random.random() < 0.12:
        length = int(random.integers(3, 9))
        kernel = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1 / length
        turn = cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), float(random.uniform(0, 180)), 1)
        turned = cv2.warpAffine(kernel, turn, (length, length))
        pixels = np.asarray(cv2.filter2D(pixels, -1, turned), np.float32)
    if random.random() < 0.5:
        noise = random.standard_normal(pixels.shape[:2], np.float32)[..., None]
        pixels = pixels + noise * random.uniform(1, 9)
    stored = np.clip(pixels, 0, 255).astype(np.uint8)
    if random.random() < 0.7:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(35, 96))]
        stored = np.asarray(
            cv2.imdecode(cv2.imencode(".jpg", stored, quality)[1], cv2.IMREAD_COLOR), np.uint8
        )
    return stored
