"""Small drawings for a page: curves, points and tables, as SVG and HTML text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, EDGE = 480, 260, 36
SHAPES = ("M-4-4h8v8h-8z", "M0-5L5 4H-5z", "M0-5.5L5.5 0L0 5.5L-5.5 0z", "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; every cell is escaped."""
    if not rows:
        return "<p>None.</p>"
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def curves(lines: Mapping[str, Sequence[float]], cuts: Sequence[int] = ()) -> str:
    """Lines over their index, from 0 to the greatest value, with uprights at `cuts`."""
    values = [value for line in lines.values() for value in line]
    if not values:
        return "<p>No epoch yet.</p>"
    top = max(*values, 1e-9) if len(values) > 1 else max(values[0], 1e-9)
    steps = max(2, max(len(line) for line in lines.values())) - 1

    def x(index: float) -> float:
        return EDGE + (WIDTH - 2 * EDGE) * index / steps

    def y(value: float) -> float:
        return HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * value / top

    drawn = [
        f'<line x1="{x(cut - 0.5):.1f}" x2="{x(cut - 0.5):.1f}" y1="{EDGE}" y2="{HEIGHT - EDGE}" stroke="#8888"'
        ' stroke-dasharray="3 3"/>'
        for cut in cuts
    ]
    for number, (name, line) in enumerate(lines.items()):
        color = f"hsl({(210 + 137 * number) % 360} 65% 50%)"
        points = " ".join(f"{x(i):.1f},{y(v):.1f}" for i, v in enumerate(line))
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
        drawn.append(
            f'<text x="{EDGE + 4}" y="{EDGE - 12 + 14 * number}" style="fill:{color}">{escape(name)}</text>'
        )
    drawn.append(f'<text x="2" y="{EDGE + 4}">{top:.3g}</text><text x="2" y="{HEIGHT - EDGE}">0</text>')
    drawn.append(f'<text x="{WIDTH - EDGE}" y="{HEIGHT - 12}" text-anchor="end">{steps + 1} epochs</text>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(drawn)}</svg>'


def scatter(points: NDArray[Any], labels: NDArray[np.int64], names: Sequence[str]) -> str:
    """Points (n, 2), a mark for each label, the last label in gray; names appear when pointed at."""
    low, high = points.min(axis=0), points.max(axis=0)
    side = 420
    placed = 12 + (side - 24) * (points - low) / np.maximum(high - low, 1e-9)
    drawn = []
    for (x, y), label in zip(placed.tolist(), labels.tolist(), strict=True):
        title = f"<title>{escape(names[label])}</title>"
        at = f"translate({x:.1f} {side - y:.1f})"
        if label == len(names) - 1:
            drawn.append(f'<g transform="{at}"><circle r="2" fill="#8886">{title}</circle></g>')
        else:
            color = f"hsl({137.5 * label % 360:.0f} 70% 48%)"
            drawn.append(f'<path transform="{at}" d="{SHAPES[label % 4]}" fill="{color}">{title}</path>')
    return f'<svg viewBox="0 0 {side} {side}" role="img">{"".join(drawn)}</svg>'
