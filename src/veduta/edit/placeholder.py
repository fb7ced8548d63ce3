"""Neutral things drawn in the place of what was hidden: a plain plate, with or without words, and a plain oval."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.redact import NOISE, STEP
from veduta.image.photo import Pixels

Floats = NDArray[np.float32]
Random = np.random.Generator

# A drawn plate is at most this wide, in pixels.
WIDEST = 1200
BORDER = 0.04
LETTERS = 0.55
FONT = cv2.FONT_HERSHEY_DUPLEX


def draw_plate(pixels: Pixels, corners: Floats, words: str | None, random: Random) -> None:
    """Put a plain plate over the quadrilateral `corners` (4, 2), clockwise from the top left, in place.

    Its shade is one of a few steps, after the light on the photo there; nothing else comes from the photo.
    """
    across = float(np.linalg.norm(corners[1] - corners[0]) + np.linalg.norm(corners[2] - corners[3])) / 2
    down = float(np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2
    width = int(np.clip(across * 2, 16, WIDEST))
    height = int(np.clip(width * down / max(across, 1), 8, WIDEST))
    light = _light(pixels, corners, random)
    board = np.full((height, width, 3), np.clip(1.25 * light + 30, 60, 235), np.uint8)
    ink = (int(light * 0.25),) * 3
    thick = max(1, round(BORDER * min(width, height)))
    cv2.rectangle(board, (thick, thick), (width - 1 - thick, height - 1 - thick), ink, thick, cv2.LINE_AA)
    if words:
        _letter(board, words, ink)
    edges = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 2, (pixels.shape[1], pixels.shape[0]))
    if (high <= low).any():
        return
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    matrix = cv2.getPerspectiveTransform(edges, (corners - low).astype(np.float32))
    cover = cv2.warpPerspective(board, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, size, flags=cv2.INTER_LINEAR)
    part = pixels[low[1] : high[1], low[0] : high[0]]
    part[:] = np.rint(part + alpha[..., None] * (cover.astype(np.float32) - part)).astype(np.uint8)


def _light(pixels: Pixels, corners: Floats, random: Random) -> float:
    """The mean brightness there, noisy and in steps."""
    low = np.maximum(corners.min(axis=0).astype(int), 0)
    high = corners.max(axis=0).astype(int) + 1
    part = pixels[low[1] : high[1], low[0] : high[0]]
    mean = float(part.mean()) if part.size else 128.0
    return float(np.clip(np.rint((mean + random.normal(0, NOISE)) / STEP) * STEP, 24, 216))


def _letter(board: Pixels, words: str, ink: tuple[int, int, int]) -> None:
    height, width = board.shape[:2]
    (wide, high), _ = cv2.getTextSize(words, FONT, 1.0, 2)
    scale = min(LETTERS * height / high, 0.86 * width / wide)
    thick = max(1, round(scale * 2.2))
    (wide, high), _ = cv2.getTextSize(words, FONT, scale, thick)
    place = ((width - wide) // 2, (height + high) // 2)
    cv2.putText(board, words, place, FONT, scale, ink, thick, cv2.LINE_AA)
