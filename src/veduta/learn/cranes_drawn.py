"""Cranes drawn by chance: hammerhead and luffing tower cranes, crawler and telescopic cranes, harbor cranes."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, sin

import numpy as np

from veduta.learn.canvas import Canvas, Color, Point, View
from veduta.learn.lattice import Bracing, Girder

# What cranes are painted in (RGB), as often as one sees it; the last ones stand dark against the sky.
PAINTS: tuple[tuple[Color, float], ...] = (
    ((225, 175, 30), 0.22),
    ((200, 45, 35), 0.14),
    ((225, 225, 220), 0.14),
    ((60, 90, 150), 0.07),
    ((220, 110, 40), 0.07),
    ((70, 120, 80), 0.03),
    ((130, 130, 130), 0.08),
    ((35, 35, 38), 0.25),
)
BRACINGS: tuple[Bracing, ...] = ("zigzag", "zigzag", "cross", "ladder")
Rng = np.random.Generator


class Painter:
    """A crane's colors and line widths, and where it stands."""

    def __init__(self, canvas: Canvas, view: View, rng: Rng) -> None:
        self.canvas, self.view, self.rng = canvas, view, rng
        pick = rng.choice(len(PAINTS), p=[share for _, share in PAINTS])
        light = rng.uniform(0.6, 1.15)
        r, g, b = PAINTS[pick][0]
        self.paint: Color = (r * light, g * light, b * light)
        dark = rng.uniform(20, 90)
        self.rope: Color = (dark, dark, dark) if rng.random() < 0.75 else self.paint
        self.ballast: Color = (gray := rng.uniform(40, 200), gray * 0.98, gray * 0.95)
        self.bar = max(rng.uniform(0.5, 1.1), view.meter * rng.uniform(0.07, 0.18))
        self.wire = max(rng.uniform(0.4, 0.9), view.meter * rng.uniform(0.04, 0.1))
        self.bracing: Bracing = BRACINGS[rng.integers(len(BRACINGS))]
        self.step = rng.uniform(0.8, 1.6)
        self.flat = rng.random() < 0.35  # from far away the nearer side of a lattice hides the other

    def girder(self, start: Point, end: Point, wide: float, narrow: float, sides: int = 4) -> None:
        """A lattice in the crane's paint."""
        sides = 2 if self.flat else sides
        Girder(start, end, wide, narrow, sides, self.step, self.bracing, self.bar).draw(
            self.canvas, self.view, self.paint
        )

    def hang(self, at: Point, least: float, most: float) -> None:
        """Ropes with a hook block, and perhaps a load, under a point."""
        x, y, z = at
        drop = self.rng.uniform(least, max(least, most))
        apart = self.rng.choice([0.0, 0.5, 1.0])
        low = z - drop
        for side in (-apart / 2, apart / 2) if apart else (0.0,):
            self.canvas.line(self.view, [(x + side, y, z), (x + side * 0.6, y, low)], self.rope, self.wire)
        size = self.rng.uniform(0.5, 1.1)
        color = self.rope if self.rng.random() < 0.6 else self.paint
        self.canvas.box(
            self.view,
            (x - size / 2, y - size / 3, low - size * 1.3),
            (x + size / 2, y + size / 3, low),
            color,
        )
        if self.rng.random() < 0.3:
            self._load(x, y, low - size * 1.3)

    def _load(self, x: float, y: float, z: float) -> None:
        wide, high, sling = self.rng.uniform(0.8, 4), self.rng.uniform(0.4, 2), self.rng.uniform(1, 3)
        for side in (-wide / 2, wide / 2):
            self.canvas.line(self.view, [(x, y, z), (x + side, y, z - sling)], self.rope, self.wire)
        low, top = (x - wide / 2, y - 0.5, z - sling - high), (x + wide / 2, y + 0.5, z - sling)
        self.canvas.box(self.view, low, top, self.ballast)


def hammerhead(p: Painter) -> None:
    """A tower crane with a level jib, with or without a peak and pendants."""
    rng, canvas, view = p.rng, p.canvas, p.view
    high, wide = rng.uniform(22, 70), rng.uniform(1.4, 2.4)
    jib, back = rng.uniform(25, 65), rng.uniform(8, 18)
    p.girder((0, 0, 0), (0, 0, high), wide, wide)
    deep = rng.uniform(1.0, 2.2)
    level = high + deep / 2
    rise = rng.uniform(-0.02, 0.04) * jib
    p.girder((wide / 2, 0, level), (jib, 0, level + rise), deep, deep * rng.uniform(0.5, 1), 3)
    if rng.random() < 0.6:
        p.girder((-wide / 2, 0, level), (-back, 0, level), deep * 0.7, deep * 0.7)
    else:
        canvas.box(view, (-back, -0.7, level - 0.4), (-wide / 2, 0.7, level + 0.1), p.paint)
    if rng.random() < 0.7:
        peak = rng.uniform(4, 10)
        top = (0.0, 0.0, level + peak)
        p.girder((0, 0, level), top, wide, 0.3)
        for reach in (rng.uniform(0.3, 0.6), rng.uniform(0.65, 0.95))[: rng.integers(1, 3)]:
            foot = (jib * reach, 0.0, level + rise * reach + deep / 2)
            canvas.line(view, [top, foot], p.paint if rng.random() < 0.6 else p.rope, p.wire * 1.4)
        canvas.line(view, [top, (-back * 0.9, 0, level)], p.paint, p.wire * 1.4)
    weight = rng.uniform(1.5, 4)
    canvas.box(view, (-back, -0.8, level - weight), (-back + rng.uniform(2, 4), 0.8, level + 0.4), p.ballast)
    if rng.random() < 0.8:
        side = wide * rng.uniform(0.4, 1.2)
        cab: Color = p.paint if rng.random() < 0.4 else (215.0, 220.0, 225.0)
        canvas.box(view, (side, -0.8, high - 2.2), (side + 1.7, 0.8, high), cab)
    if rng.random() < 0.35:
        sign: Color = (float(rng.uniform(120, 250)), float(rng.uniform(20, 200)), float(rng.uniform(20, 200)))
        canvas.box(view, (-back * 0.8, -0.9, level - 0.2), (-back * 0.4, -0.8, level + 1.6), sign)
    reach = rng.uniform(0.15, 0.97)
    trolley = (jib * reach, 0.0, level + rise * reach - deep * 0.6)
    canvas.box(view, (trolley[0] - 0.9, -0.5, trolley[2] - 0.4), (trolley[0] + 0.9, 0.5, trolley[2]), p.rope)
    p.hang(trolley, 2, high * 0.9)


def luffing(p: Painter) -> None:
    """A tower crane whose jib is raised."""
    rng, canvas, view = p.rng, p.canvas, p.view
    high, wide = rng.uniform(15, 60), rng.uniform(1.6, 2.4)
    jib, angle = rng.uniform(25, 55), np.deg2rad(rng.uniform(15, 78))
    p.girder((0, 0, 0), (0, 0, high), wide, wide)
    back = rng.uniform(5, 9)
    canvas.box(view, (-back, -1, high), (wide, 1, high + rng.uniform(0.5, 1.2)), p.paint)
    heavy = rng.uniform(2, 4)
    canvas.box(view, (-back, -1, high - heavy / 2), (-back + heavy, 1, high + heavy / 2), p.ballast)
    foot = (wide / 2, 0.0, high + 1)
    tip = (foot[0] + jib * cos(angle), 0.0, foot[2] + jib * sin(angle))
    p.girder(foot, tip, rng.uniform(1.0, 1.8), rng.uniform(0.5, 1.0), int(rng.integers(3, 5)))
    peak = (-back * rng.uniform(0.2, 0.6), 0.0, high + rng.uniform(6, 11))
    for end in ((0.0, 0.0, high + 1), (-back * 0.9, 0.0, high + 1)):
        p.girder(end, peak, 0.5, 0.3)
    reach = rng.uniform(0.7, 1.0)
    held = (foot[0] + (tip[0] - foot[0]) * reach, 0.0, foot[2] + (tip[2] - foot[2]) * reach)
    canvas.line(view, [peak, held], p.rope if rng.random() < 0.5 else p.paint, p.wire * 1.2)
    if rng.random() < 0.7:
        canvas.box(view, (wide / 2, -1.5, high - 0.5), (wide / 2 + 1.6, -0.2, high + 1.8), (210, 215, 220))
    p.hang(tip, 2, tip[2] * 0.9)


def crawler(p: Painter) -> None:
    """A lattice boom on tracks or wheels, often with a fly jib."""
    rng, canvas, view = p.rng, p.canvas, p.view
    body = rng.uniform(5, 8)
    canvas.box(view, (-body * 0.6, -1.8, 0), (body * 0.6, 1.8, 1.2), (50, 50, 50))
    canvas.box(view, (-body * 0.8, -1.5, 1.2), (body * 0.4, 1.5, 3.4), p.paint)
    canvas.box(view, (-body, -1.5, 1.2), (-body * 0.65, 1.5, 3), p.ballast)
    boom, angle = rng.uniform(20, 70), np.deg2rad(rng.uniform(40, 84))
    foot = (body * 0.3, 0.0, 1.8)
    tip = (foot[0] + boom * cos(angle), 0.0, foot[2] + boom * sin(angle))
    wide = rng.uniform(1.0, 2.2)
    p.girder(foot, tip, wide, wide * rng.uniform(0.5, 1))
    mast = (-body * rng.uniform(0.5, 0.9), 0.0, rng.uniform(6, 14))
    canvas.line(view, [foot, mast], p.paint, p.bar * 1.5)
    canvas.line(view, [mast, tip], p.rope, p.wire)
    canvas.line(view, [(-body * 0.9, 0, 3), mast], p.rope, p.wire)
    end = tip
    if rng.random() < 0.35:
        fly, bend = rng.uniform(8, 25), angle - np.deg2rad(rng.uniform(15, 60))
        end = (tip[0] + fly * cos(bend), 0.0, tip[2] + fly * sin(bend))
        p.girder(tip, end, wide * 0.6, wide * 0.3)
        strut = (tip[0] - 2.5, 0.0, tip[2] + 3.5)
        canvas.line(view, [tip, strut, end], p.rope, p.wire)
    p.hang(end, 2, end[2] * 0.9)


def telescopic(p: Painter) -> None:
    """A solid boom of several sections on a truck."""
    rng, canvas, view = p.rng, p.canvas, p.view
    length = rng.uniform(8, 13)
    canvas.box(view, (-length / 2, -1.3, 0.9), (length / 2, 1.3, 2.2), p.paint)
    for x in np.linspace(-length * 0.42, length * 0.42, int(rng.integers(3, 6))):
        canvas.box(view, (x - 0.6, -1.3, 0), (x + 0.6, 1.3, 1.2), (35, 35, 35))
    canvas.box(view, (length * 0.36, -1.3, 1.2), (length / 2, 1.3, 3.2), p.paint)
    canvas.box(view, (-length * 0.3, -1.2, 2.2), (0, 1.2, 3.8), p.ballast)
    angle, boom = np.deg2rad(rng.uniform(20, 80)), rng.uniform(14, 45)
    at, wide = (-length * 0.2, 0.0, 3.2), rng.uniform(0.9, 1.4)
    count = int(rng.integers(2, 5))
    for _i in range(count):
        out = boom / count
        end = (at[0] + out * cos(angle), 0.0, at[2] + out * sin(angle))
        canvas.line(view, [at, end], p.paint, max(0.9, view.meter * wide))
        at, wide = end, wide * 0.82
    p.hang(at, 1.5, at[2] * 0.9)


def harbor(p: Painter) -> None:
    """A ship-to-shore gantry: legs, a long boom on pendants."""
    rng, canvas, view = p.rng, p.canvas, p.view
    high, span, deep = rng.uniform(22, 40), rng.uniform(12, 22), rng.uniform(8, 16)
    thick = max(0.8, view.meter * rng.uniform(0.8, 1.5))
    for y in (-deep / 2, deep / 2):
        for x in (0.0, span):
            canvas.line(view, [(x, y, 0), (x, y, high)], p.paint, thick)
        canvas.line(view, [(0, y, high * 0.4), (span, y, high * 0.4)], p.paint, thick * 0.8)
        canvas.line(view, [(0, y, high * 0.4), (span, y, high)], p.paint, thick * 0.5)
    out, back = rng.uniform(25, 50), rng.uniform(8, 18)
    raised = np.deg2rad(rng.choice([0.0, 0.0, rng.uniform(40, 80)]))
    tip = (span + out * cos(raised), 0.0, high + out * sin(raised))
    canvas.line(view, [(-back, 0, high), (span, 0, high), tip], p.paint, thick * 1.3)
    peak = (span, 0.0, high + rng.uniform(10, 18))
    for foot in ((0.0, 0.0, high), (span, 0.0, high)):
        canvas.line(view, [foot, peak], p.paint, thick * 0.7)
    for reach in (0.5, 0.95):
        held = (span + (tip[0] - span) * reach, 0.0, high + (tip[2] - high) * reach)
        canvas.line(view, [peak, held], p.paint, p.wire * 1.6)
    canvas.box(view, (-back * 0.8, -2, high), (-back * 0.2, 2, high + 3.5), p.paint)
    at = span + out * rng.uniform(0.1, 0.9) if raised == 0 else span / 2
    p.hang((at, 0, high - 0.6), 3, high * 0.8)


# How often each kind is drawn.
KINDS: dict[str, tuple[Callable[[Painter], None], float]] = {
    "hammerhead": (hammerhead, 0.5),
    "luffing": (luffing, 0.2),
    "crawler": (crawler, 0.14),
    "telescopic": (telescopic, 0.09),
    "harbor": (harbor, 0.07),
}


def draw(canvas: Canvas, view: View, rng: Rng, kind: str = "") -> str:
    """Draw one crane, of a kind by chance unless it is named; returns the kind."""
    if not kind:
        kind = str(rng.choice(list(KINDS), p=[share for _, share in KINDS.values()]))
    KINDS[kind][0](Painter(canvas, view, rng))
    return kind
