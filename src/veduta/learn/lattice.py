"""Lattice girders: chords and braces of masts and jibs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from veduta.learn.canvas import Canvas, Color, Point, View

Doubles = NDArray[np.float64]
Bracing = Literal["zigzag", "cross", "ladder"]


@dataclass(frozen=True, slots=True)
class Girder:
    """A straight lattice from `start` to `end` (meters), `wide` at its start and `narrow` at its end.

    `sides` chords (2 for a flat one, 3 or 4), `thick` pixels each, are joined by braces every `step` widths.
    """

    start: Point
    end: Point
    wide: float
    narrow: float
    sides: int = 4
    step: float = 1.0
    bracing: Bracing = "zigzag"
    thick: float = 1.0

    def chords(self, count: int) -> Doubles:
        """Corners (count + 1, sides, 3) of the lattice's frames along its length."""
        a, b = np.array(self.start), np.array(self.end)
        along = (b - a) / max(float(np.linalg.norm(b - a)), 1e-9)
        aside = np.array([0.0, 1.0, 0.0]) if abs(along[1]) < 0.9 else np.array([1.0, 0.0, 0.0])
        other = np.cross(along, aside)
        turn = np.pi / 4 if self.sides == 4 else np.pi / 2
        angles = turn + np.arange(self.sides) * 2 * np.pi / self.sides
        ring = np.cos(angles)[:, None] * aside + np.sin(angles)[:, None] * other
        t = np.linspace(0, 1, count + 1)[:, None, None]
        radius = (self.wide + (self.narrow - self.wide) * t) * 0.6
        return np.asarray(a + (b - a) * t + ring * radius)

    def draw(self, canvas: Canvas, view: View, color: Color) -> None:
        """Draw it; braces closer than two pixels are left out, as no camera sees them."""
        length = float(np.linalg.norm(np.array(self.end) - np.array(self.start)))
        wide = max(self.wide, self.narrow)
        step = max(self.step * wide, 2.0 / view.meter)
        frames = self.chords(max(1, round(length / step)))
        for side in range(self.sides):
            canvas.line(view, [_point(p) for p in frames[:, side]], color, self.thick)
        if wide * view.meter >= 1.5:
            canvas.lines(view, self._braces(frames), color, self.thick * 0.6)

    def _braces(self, frames: Doubles) -> list[tuple[Point, Point]]:
        pairs: list[tuple[Point, Point]] = []
        for side in range(self.sides if self.sides > 2 else 1):
            near, far = frames[:, side], frames[:, (side + 1) % self.sides]
            for i in range(len(frames) - 1):
                first, second = (near, far) if (i + side) % 2 else (far, near)
                if self.bracing != "ladder":
                    pairs.append((_point(first[i]), _point(second[i + 1])))
                if self.bracing == "cross":
                    pairs.append((_point(second[i]), _point(first[i + 1])))
                if self.bracing != "zigzag":
                    pairs.append((_point(near[i]), _point(far[i])))
        return pairs


def _point(values: Doubles) -> Point:
    return float(values[0]), float(values[1]), float(values[2])
