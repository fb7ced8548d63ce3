"""What is taken for cranes: pylons, masts, wires, scaffolds, bridges, lamps, trees, rigging, fences, wheels."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

import numpy as np

from veduta.learn.canvas import Canvas, Color, Point, View
from veduta.learn.lattice import Girder

Rng = np.random.Generator


class Sketch:
    """Color and line widths of one decoy, and where it stands."""

    def __init__(self, canvas: Canvas, view: View, rng: Rng) -> None:
        self.canvas, self.view, self.rng = canvas, view, rng
        gray = rng.uniform(20, 190)
        tint = rng.uniform(-20, 20, 3) if rng.random() < 0.6 else rng.uniform(-90, 90, 3)
        self.color: Color = (gray + tint[0], gray + tint[1], gray + tint[2])
        self.bar = max(rng.uniform(0.5, 1.1), view.meter * rng.uniform(0.1, 0.25))
        self.wire = max(rng.uniform(0.35, 0.9), view.meter * 0.04)

    def line(self, points: list[Point], thick: float = 0.0) -> None:
        """A polyline in the decoy's color."""
        self.canvas.line(self.view, points, self.color, thick or self.bar)


def _sag(a: Point, b: Point, depth: float) -> list[Point]:
    t = np.linspace(0, 1, 13)
    return [
        (
            a[0] + (b[0] - a[0]) * v,
            a[1] + (b[1] - a[1]) * v,
            a[2] + (b[2] - a[2]) * v - depth * 4 * v * (1 - v),
        )
        for v in t.tolist()
    ]


def pylon(s: Sketch) -> None:
    """A lattice pylon with arms and its wires."""
    rng = s.rng
    high, wide = rng.uniform(25, 50), rng.uniform(4, 8)
    bend = high * rng.uniform(0.5, 0.7)
    for low, top, w0, w1 in ((0.0, bend, wide, wide * 0.3), (bend, high, wide * 0.3, 0.5)):
        Girder((0, 0, low), (0, 0, top), w0, w1, 4, 1.0, "cross", s.bar).draw(s.canvas, s.view, s.color)
    for share in np.linspace(0.68, 0.95, int(rng.integers(1, 4))):
        arm, level = rng.uniform(4, 10), high * float(share)
        for side in (-1, 1):
            tip = (side * arm, 0.0, level)
            s.line([(0, 0, level - 1), tip, (0, 0, level + 1.5)], s.bar * 0.8)
            far = (side * arm + 150.0, 40.0, level + rng.uniform(-15, 10))
            s.line(_sag(tip, far, rng.uniform(2, 10)), s.wire)
            s.line(_sag(tip, (side * arm - 150.0, -40.0, level), rng.uniform(2, 10)), s.wire)


def antenna(s: Sketch) -> None:
    """A mast, lattice or solid, with guys and dishes, perhaps in red and white."""
    rng = s.rng
    high, wide = rng.uniform(25, 90), rng.uniform(0.6, 3)
    parts = int(rng.integers(1, 8))
    striped = rng.random() < 0.5
    for i in range(parts):
        color: Color = (s.color, (205.0, 50.0, 40.0), (230.0, 230.0, 230.0))[(1 + i % 2) if striped else 0]
        low, top = high * i / parts, high * (i + 1) / parts
        w0, w1 = (wide * (1 - 0.6 * (i + k) / parts) for k in (0, 1))
        Girder((0, 0, low), (0, 0, top), w0, w1, int(rng.integers(3, 5)), 1.0, "cross", s.bar).draw(
            s.canvas, s.view, color
        )
    s.line([(0, 0, high), (0, 0, high * rng.uniform(1.05, 1.3))])
    if rng.random() < 0.5:
        for share in (0.5, 0.95):
            for side in (-1, 1):
                s.line([(0, 0, high * share), (side * high * rng.uniform(0.3, 0.6), 0, 0)], s.wire)
    for _ in range(int(rng.integers(0, 4))):
        z = high * rng.uniform(0.5, 0.95)
        s.canvas.box(s.view, (wide * 0.4, -0.5, z), (wide * 0.4 + 1, 0.5, z + 1.5), (200, 200, 200))


def wires(s: Sketch) -> None:
    """Poles with crossbars and wires, right across the picture."""
    rng = s.rng
    apart, high, slope = rng.uniform(20, 50), rng.uniform(7, 14), rng.uniform(-0.3, 0.3)
    bars = [high * float(v) for v in np.linspace(0.8, 0.97, int(rng.integers(1, 4)))]
    for k in range(-3, 4):
        x, lift = k * apart, k * apart * slope
        s.line([(x, 0, lift), (x, 0, high + lift)], s.bar * 1.3)
        for z in bars:
            s.line([(x - 1.2, 0, z + lift), (x + 1.2, 0, z + lift)])
            for side in (-1, 0, 1):
                far = (x + apart + side, 0.0, z + lift + apart * slope)
                s.line(_sag((x + side, 0, z + lift), far, 1.5), s.wire)


def lamp(s: Sketch) -> None:
    """A lamp post with one or two arms, a flag pole or a traffic light."""
    rng = s.rng
    high, arm = rng.uniform(6, 14), rng.uniform(1, 5)
    s.line([(0, 0, 0), (0, 0, high)], s.bar * rng.uniform(1, 2))
    for side in (-1, 1) if rng.random() < 0.4 else (1,):
        end = (side * arm, 0.0, high + rng.uniform(0, 1.5))
        s.line([(0, 0, high), (side * arm * 0.5, 0, high + 0.8), end])
        s.canvas.box(s.view, (end[0] - 0.5, -0.2, end[2] - 0.25), (end[0] + 0.5, 0.2, end[2]), s.color)
    if rng.random() < 0.3:
        s.canvas.box(s.view, (0, -0.1, high * 0.7), (2.5, 0.1, high * 0.95), (200, 60, 60))


def scaffold(s: Sketch) -> None:
    """A grid of tubes with diagonals and boards."""
    rng = s.rng
    bays, floors = int(rng.integers(3, 14)), int(rng.integers(3, 12))
    for i in range(bays + 1):
        s.line([(i * 2.5, 0, 0), (i * 2.5, 0, floors * 2)], s.bar * 0.8)
    for j in range(floors + 1):
        s.line([(0, 0, j * 2), (bays * 2.5, 0, j * 2)], s.bar * (1.4 if rng.random() < 0.5 else 0.7))
        i = int(rng.integers(0, bays))
        if j < floors and rng.random() < 0.7:
            s.line([(i * 2.5, 0, j * 2), (i * 2.5 + 2.5, 0, j * 2 + 2)], s.bar * 0.7)


def bridge(s: Sketch) -> None:
    """A suspension, cable-stayed or truss bridge."""
    rng = s.rng
    half, high, deck = rng.uniform(30, 90), rng.uniform(15, 40), rng.uniform(4, 10)
    kind = rng.integers(3)
    s.line([(-half * 2, 0, deck), (half * 2, 0, deck)], s.bar * 2)
    if kind == 2:
        deep = rng.uniform(3, 8)
        Girder((-half * 2, 0, deck), (half * 2, 0, deck), deep, deep, 4, 1.2, "zigzag", s.bar).draw(
            s.canvas, s.view, s.color
        )
        return
    for side in (-1, 1):
        x = side * half
        s.line([(x, 0, 0), (x, 0, deck + high)], s.bar * 2)
        if kind == 1:
            for i in range(1, 9):
                for way in (-1, 1):
                    s.line(
                        [(x, 0, deck + high * (0.4 + 0.07 * i)), (x + way * half * i / 9, 0, deck)], s.wire
                    )
        else:
            s.line(_sag((x, 0, deck + high), (x + side * half, 0, deck), 3), s.bar)
    if kind == 0:
        hung = _sag((-half, 0, deck + high), (half, 0, deck + high), high * 0.9)
        s.line(hung, s.bar)
        for x, y, z in hung:
            s.line([(x, y, z), (x, y, deck)], s.wire)


def tree(s: Sketch) -> None:
    """Bare branches, or a palm."""
    rng = s.rng
    stack = [((0.0, 0.0, 0.0), pi / 2, rng.uniform(3, 6), s.view.meter * rng.uniform(0.3, 0.6), 0)]
    while stack:
        (x, y, z), angle, length, thick, depth = stack.pop()
        end = (x + length * cos(angle), y, z + length * sin(angle))
        s.line([(x, y, z), end], max(0.4, thick))
        if depth < 6 and length * s.view.meter > 1.5:
            for _ in range(int(rng.integers(2, 4))):
                turn = angle + rng.uniform(-0.7, 0.7)
                stack.append((end, turn, length * rng.uniform(0.55, 0.85), thick * 0.65, depth + 1))


def ship(s: Sketch) -> None:
    """Masts, yards, stays and a hull."""
    rng = s.rng
    length = rng.uniform(8, 50)
    s.canvas.area(
        s.view,
        [
            (-length / 2, 0, 0),
            (length / 2, 0, 0),
            (length * 0.56, 0, length * 0.1),
            (-length / 2, 0, length * 0.08),
        ],
        s.color,
    )
    for x in np.linspace(-length * 0.3, length * 0.3, int(rng.integers(1, 4))).tolist():
        high = length * rng.uniform(0.5, 1.0)
        s.line([(x, 0, 0), (x, 0, high)], s.bar * 1.3)
        if rng.random() < 0.6:
            for share in (0.5, 0.7, 0.88):
                yard = length * 0.15 * (1.3 - share)
                s.line([(x - yard, 0, high * share), (x + yard, 0, high * share)])
        else:
            s.line([(x, 0, high * 0.12), (x + length * 0.3, 0, high * rng.uniform(0.1, 0.2))])
        for end in (-length / 2, length * 0.6, x - 2, x + 2):
            s.line([(x, 0, high * rng.uniform(0.7, 1)), (end, 0, length * 0.09)], s.wire)


def fence(s: Sketch) -> None:
    """Rails and posts, or a grid."""
    rng = s.rng
    high, wide = rng.uniform(1.2, 4), rng.uniform(15, 50)
    for x in np.arange(-wide, wide, rng.uniform(0.3, 2.5)).tolist():
        s.line([(x, 0, 0), (x, 0, high)], s.bar * 0.8)
    for z in np.linspace(0.2, high * 0.95, int(rng.integers(2, 5))).tolist():
        s.line([(-wide, 0, z), (wide, 0, z)], s.bar * 0.7)


def wheel(s: Sketch) -> None:
    """A Ferris wheel."""
    rng = s.rng
    r, count = rng.uniform(12, 40), int(rng.integers(12, 32))
    hub = r * 1.15
    ring = [(r * cos(a), 0.0, hub + r * sin(a)) for a in np.linspace(0, 2 * pi, count + 1).tolist()]
    s.line(ring, s.bar)
    s.line([(x * 0.9, 0, hub + (z - hub) * 0.9) for x, _, z in ring], s.bar * 0.7)
    for x, _, z in ring:
        s.line([(0, 0, hub), (x, 0, z)], s.wire)
        s.canvas.box(s.view, (x - 0.8, -0.8, z - 1.8), (x + 0.8, 0.8, z), s.color)
    for side in (-1, 1):
        s.line([(side * r * 0.4, 0, 0), (0, 0, hub)], s.bar * 1.5)


def tower(s: Sketch) -> None:
    """A tapering building or a lattice tower that widens to its foot, with a spire."""
    rng = s.rng
    high, wide = rng.uniform(25, 80), rng.uniform(4, 16)
    if rng.random() < 0.5:
        for i in range(4):
            low, top = high * i / 4, high * (i + 1) / 4
            w0, w1 = (wide * (1 - k / 4.4) ** 1.8 for k in (i, i + 1))
            Girder((0, 0, low), (0, 0, top), w0, w1, 4, 0.8, "cross", s.bar * 1.3).draw(
                s.canvas, s.view, s.color
            )
    else:
        s.canvas.box(s.view, (-wide / 2, -wide / 2, 0), (wide / 2, wide / 2, high), s.color)
        for z in np.arange(2, high - 2, 3.5).tolist():
            dark = (s.color[0] * 0.6, s.color[1] * 0.6, s.color[2] * 0.6)
            s.canvas.line(s.view, [(-wide / 2, -wide / 2, z), (wide / 2, -wide / 2, z)], dark, s.bar * 0.7)
    s.line([(0, 0, high), (0, 0, high * rng.uniform(1.05, 1.3))])


def rails(s: Sketch) -> None:
    """Straight edges by chance: a crossing of beams, as in roofs and power stations."""
    rng = s.rng
    for _ in range(int(rng.integers(2, 9))):
        a, b = rng.uniform(-30, 30, 2), rng.uniform(-30, 30, 2)
        s.line([(a[0], 0, 20 + a[1]), (b[0], 0, 20 + b[1])], s.bar * rng.uniform(0.5, 3))


KINDS: dict[str, Callable[[Sketch], None]] = {
    "pylon": pylon,
    "antenna": antenna,
    "wires": wires,
    "lamp": lamp,
    "scaffold": scaffold,
    "bridge": bridge,
    "tree": tree,
    "ship": ship,
    "fence": fence,
    "wheel": wheel,
    "tower": tower,
    "rails": rails,
}


def draw(canvas: Canvas, view: View, rng: Rng, kind: str = "") -> str:
    """Draw one decoy, of a kind by chance unless it is named; returns the kind."""
    if not kind:
        kind = str(rng.choice(list(KINDS)))
    KINDS[kind](Sketch(canvas, view, rng))
    return kind
