"""One photo seen from beside: the right view made from the left one, and frames a second."""

from __future__ import annotations

import statistics
import time
from typing import Any

import cv2
import numpy as np

from benchmarks.figure import Figure
from benchmarks.stereo import Map, pairs
from veduta.edit.fill import fill
from veduta.image.photo import Pixels
from veduta.space.disparity import match
from veduta.space.forward import Move, Renderer
from veduta.space.layers import Fill, layered
from veduta.space.motion import moves

FRAMES = 12


def measure() -> list[Figure]:
    """PSNR of the made right view against the true one, beside a plain remap, and the time for frames."""
    figures = []
    for name, left, right, _ in pairs():
        values = match(left, right).values
        most = float(values.max())
        inside = slice(0, left.shape[1] - int(most))  # what lies farther right the left camera did not see

        def made(
            filler: Fill | None, shown: Pixels = left, values: Map = values, most: float = most
        ) -> Pixels:
            return Renderer(layered(shown, values / most, most, filler))(Move(x=-most))

        views = {
            "ours": made(lambda photo, mask: fill(photo, mask)),
            "ours with --fast": made(None),
            "scatter and inpaint": scattered(left, values),
            "plain remap": remapped(left, values),
        }
        whole = {what: psnr(view, right) for what, view in views.items()}
        seen = {what: psnr(view[:, inside], right[:, inside]) for what, view in views.items()}
        note = ", ".join(f"{what} {whole[what]:.1f} ({seen[what]:.1f})" for what in views)
        figures.append(
            Figure(
                f"{name}: the right view made from the left",
                whole["ours"],
                "dB",
                whole["plain remap"] + 2,
                n=1,
                note=f"whole picture (without what the left camera could not see): {note}",
            )
        )
    return [*figures, speed()]


def psnr(made: Pixels, truth: Pixels) -> float:
    """Of the whole picture."""
    return float(10 * np.log10(255**2 / ((made.astype(float) - truth) ** 2).mean()))


def remapped(left: Pixels, values: Map) -> Pixels:
    """What is often done: the picture looked up by its own disparities, as if they were the other view's."""
    height, width = values.shape
    columns = np.arange(width, dtype=np.float32)[None] + values
    rows = np.repeat(np.arange(height, dtype=np.float32)[:, None], width, axis=1)
    made: Any = cv2.remap(left, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(made, np.uint8)


def scattered(left: Pixels, values: Map) -> Pixels:
    """What scripts do: colors scattered to whole pixels with a depth buffer, holes inpainted in each frame."""
    height, width = values.shape
    target = np.rint(np.arange(width)[None] - values).astype(int)
    rows, columns = np.nonzero((target >= 0) & (target < width))
    places = rows * width + target[rows, columns]
    buffer = np.full(height * width, -np.inf, np.float32)
    np.maximum.at(buffer, places, values[rows, columns])
    won = values[rows, columns] == buffer[places]
    made = np.zeros((height * width, 3), np.uint8)
    made[places[won]] = left[rows[won], columns[won]]
    holes = np.isinf(buffer).reshape(height, width).astype(np.uint8)
    filled: Any = cv2.inpaint(made.reshape(height, width, 3), holes, 3, cv2.INPAINT_TELEA)
    return np.asarray(filled, np.uint8)


def speed() -> Figure:
    """Frames of a sway of the Motorcycle picture, in turn with scattering and inpainting each."""
    _, left, right, _ = next(pairs())
    values = match(left, right).values
    near, shift = values / values.max(), 0.025 * left.shape[1]
    draw = Renderer(layered(left, near, shift))
    ours, peer = [], []
    for move in moves("sway", FRAMES, shift, left.shape[1], left.shape[0]):
        start = time.perf_counter()
        draw(move)
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        scattered(left, (-move.x * (near - move.focus)).astype(np.float32))
        peer.append(time.perf_counter() - start)
    mine, other = statistics.median(ours), statistics.median(peer)
    return Figure(
        "frames: times faster than to scatter and inpaint each",
        other / mine,
        "x",
        n=FRAMES,
        note=f"{left.shape[1]} x {left.shape[0]}: {1 / mine:.0f} frames a second against {1 / other:.0f}",
    )
