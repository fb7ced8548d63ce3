"""Obstacles painted into the left view, for the eye."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from veduta.image.photo import Pixels
from veduta.space.obstacles import Obstacle, Way

COLORS = {"avoid": (255, 66, 54), "clean": (46, 160, 255)}
FLOOR = (60, 200, 90)


def painted(pixels: Pixels, way: Way) -> Pixels:
    """A copy with the floor in green, what is avoided in red and what is cleaned in blue, with distance and size."""
    made = pixels.copy()
    with np.errstate(invalid="ignore"):
        flat = np.abs(way.heights) < 0.01
    made[flat] = (0.75 * made[flat] + 0.25 * np.array(FLOOR)).astype(np.uint8)
    for one in reversed(way.obstacles):  # the nearest on top
        _paint(made, one)
    scale = max(pixels.shape[:2]) / 1000
    used = [one.box for one in way.obstacles if one.box[2] * one.box[3] < 0.1 * pixels[..., 0].size]
    for one in way.obstacles:
        _write(made, one, max(0.4, 0.55 * scale), used)
    return made


def _paint(made: Pixels, one: Obstacle) -> None:
    x, y, wide, high = one.box
    part = made[y : y + high, x : x + wide]
    color = np.array(COLORS[one.action])
    part[one.mask] = (0.55 * part[one.mask] + 0.45 * color).astype(np.uint8)
    outlines: Any = cv2.findContours(
        one.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=(x, y)
    )[0]
    cv2.drawContours(made, outlines, -1, COLORS[one.action], max(1, round(max(made.shape[:2]) / 600)))


def _write(made: Pixels, one: Obstacle, size: float, used: list[tuple[int, int, int, int]]) -> None:
    """Distance and size beside the thing, where they cover neither other text nor a thing; else a line leads there."""
    name = f" {one.kind.name}" if one.kind is not None else ""
    tall = f"{100 * one.height:.1f}" if one.height < 0.3 else f"{100 * one.height:.0f}"
    text = f"{one.action}{name} {one.distance:.2f} m, {100 * one.width:.0f} x {tall} cm"
    (wide, high), under = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    x, y, _, _ = one.box
    tall_text = high + 8
    left = int(np.clip(x, 0, max(0, made.shape[1] - wide - 4)))
    above = int(np.clip(y - tall_text, 0, max(0, made.shape[0] - high - under - 4)))
    below = int(y + one.box[3] + 2)
    # Above it, below it, then further and further up and down.
    tops = [above, below] + [
        place + sign * step * (tall_text + 1)
        for step in range(1, 12)
        for place, sign in ((above, -1), (below, 1))
    ]
    free = [
        top
        for top in tops
        if 0 <= top <= made.shape[0] - high - under - 4
        and not any(_meet((left, top, wide + 4, tall_text), other) for other in used)
    ]
    if not free:
        return  # its color must do
    top = free[0]
    used.append((left, top, wide + 4, tall_text))
    if top not in (above, below):
        start = (left + 2, top + tall_text if top < y else top)
        end = (x + one.box[2] // 2, y if top < y else y + one.box[3])
        cv2.line(made, start, end, COLORS[one.action], 1, cv2.LINE_AA)
    cv2.rectangle(made, (left, top), (left + wide + 4, top + high + under + 2), COLORS[one.action], -1)
    where = (left + 2, top + high + 1)
    cv2.putText(made, text, where, cv2.FONT_HERSHEY_SIMPLEX, size, (255, 255, 255), 1, cv2.LINE_AA)


def _meet(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )
