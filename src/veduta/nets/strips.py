"""Paints a picture of any size in strips of rows, without seams: the result is that of the whole at once.

What normalizes a layer is its average and spread over the whole picture, which no strip knows. So each layer of the
first and the last three is measured in a pass of its own over all strips, with what the passes before it found; only
then come the strips that are kept. The layers between them see a quarter of the size and run on the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.nets.engine import compile_graph
from veduta.nets.painter import EPSILON, Floats, Layer, Painter, folded, unfolded
from veduta.nets.painter_graph import Prefix, middle, reflected, strip
from veduta.progress import Progress, Silent

Pixels = NDArray[np.uint8]
Factor = tuple[Floats, Floats]

# Bytes of the largest map of a strip: a few of them live at once.
STRIP_BYTES = 48_000_000


@dataclass(slots=True)
class Moments:
    """Average and mean squared distance from it of rows that come one after the other (Chan et al. 1979)."""

    count: int = 0
    mean: Any = 0.0
    squares: Any = 0.0

    def update(self, mean: NDArray[Any], spread: NDArray[Any], count: int) -> None:
        """Add `count` values with this average and spread."""
        away = mean.astype(np.float64) - self.mean
        total = self.count + count
        self.squares = self.squares + spread.astype(np.float64) * count + away**2 * self.count * count / total
        self.mean = self.mean + away * count / total
        self.count = total

    def factor(self, style: Factor) -> Factor:
        """What a style's gain and shift after the normalization come to: times the first, plus the second."""
        gain, shift = (one.astype(np.float64).reshape(1, -1, 1, 1) for one in style)
        times = gain / np.sqrt(self.squares / self.count + EPSILON)
        return times.astype(np.float32), (shift - self.mean * times).astype(np.float32)


def paint_in_strips(
    painter: Painter,
    code: NDArray[Any],
    pixels: Pixels,
    threads: int | None = None,
    progress: Progress | None = None,
    strip_bytes: int = STRIP_BYTES,
) -> Pixels:
    """The picture uint8 (h, w, 3), sides multiples of 4, painted in the style of `code`."""
    listener = progress or Silent()
    factors = painter.factors(code)
    first, last = len(painter.contract), len(painter.contract) + len(painter.residual)
    measured = (
        sum(f is not None for f in factors[: first - 1]) + 2 + sum(f is not None for f in factors[last:])
    )
    listener.begin("painting", measured)
    places = folded(pixels, painter.fold)
    maps = _passes(painter.contract, factors[:first], places[None], threads, listener, strip_bytes)
    np.maximum(maps, 0, out=maps)
    maps = compile_graph(middle(painter, code, *maps.shape[2:]), threads)([maps])[0]
    listener.advance()
    made = _passes(painter.expand, factors[last:], maps, threads, listener, strip_bytes)
    painted = np.empty_like(places)
    for plane in range(places.shape[2]):
        values = made[0, plane]
        np.negative(values, out=values)
        cv2.exp(values, values)
        values += 1
        np.divide(255, values, out=values)
        painted[..., plane] = np.rint(values, out=values)
    listener.end()
    return unfolded(painted, painter.fold)


def _passes(
    layers: Sequence[Layer],
    factors: Sequence[Factor | None],
    source: NDArray[Any],
    threads: int | None,
    progress: Progress,
    strip_bytes: int,
) -> Floats:
    """What a group of layers makes of the picture or maps: normalized, not yet rectified."""
    known: list[Factor | None] = []
    for index, style in enumerate(factors):
        final = index == len(layers) - 1
        if style is None and not final:
            known.append(None)
            continue
        moments, made = _run(layers[: index + 1], known, source, threads, final, strip_bytes)
        progress.advance()
        known.append(moments.factor(style) if style is not None else None)
    if known[-1] is not None:
        made *= known[-1][0]
        made += known[-1][1]
    return made


def _run(
    layers: Sequence[Layer],
    known: Sequence[Factor | None],
    source: NDArray[Any],
    threads: int | None,
    wanted: bool,
    strip_bytes: int,
) -> tuple[Moments, Floats]:
    """One pass over all strips: the moments of the last layer, and, where `wanted`, all that it made."""
    pixels = source.dtype == np.uint8
    height, width = source.shape[1:3] if pixels else source.shape[2:4]
    request = compile_graph(
        strip(Prefix(tuple(layers), width, pixels), wanted), threads
    ).create_infer_request()
    heights, widths = [height], [width]
    for layer in layers:
        heights.append(-(-heights[-1] * (2 if layer.enlarged else 1) // layer.stride))
        widths.append(-(-widths[-1] * (2 if layer.enlarged else 1) // layer.stride))
    # Bytes that the widest map takes for each row of the result.
    widest = max(
        4 * layer.kernel.shape[n] * size * tall / heights[-1]
        for layer, wide, high in zip(layers, _pairs(widths), _pairs(heights), strict=True)
        for n, size, tall in (
            (0, wide[1], high[1]),
            (1, wide[0] * (2 if layer.enlarged else 1), high[0] * (2 if layer.enlarged else 1)),
        )
    )
    rows = max(4, int(strip_bytes / widest))
    moments = Moments()
    made = np.empty((1, layers[-1].width, heights[-1], widths[-1]) if wanted else (0,), np.float32)
    given = {
        f"{name}_{index}": value
        for index, pair in enumerate(known)
        if pair is not None
        for name, value in zip(("factor", "shift"), pair, strict=True)
    }
    for start in range(0, heights[-1], rows):
        end = min(start + rows, heights[-1])
        places, low, high = needed(layers, heights, start, end)
        part = source[:, low:high] if pixels else source[:, :, low:high]
        found = request.infer({"source": np.ascontiguousarray(part), **places, **given})
        moments.update(found["mean"], found["spread"], (end - start) * widths[-1])
        if wanted:
            made[:, :, start:end] = found["made"]
    return moments, made


def _pairs(values: Sequence[int]) -> list[tuple[int, int]]:
    return [(values[n], values[n + 1]) for n in range(len(values) - 1)]


def needed(
    layers: Sequence[Layer], heights: Sequence[int], start: int, end: int
) -> tuple[dict[str, NDArray[np.int32]], int, int]:
    """The rows of the source, `low` to `high`, from which rows `start` to `end` of the last layer are made.

    And for each layer the rows of what it is given that its kernel meets. `heights` are those of the source and of each
    layer's result.
    """
    found: dict[str, NDArray[np.int32]] = {}
    for index in reversed(range(len(layers))):
        layer, times = layers[index], 2 if layers[index].enlarged else 1
        side = layer.kernel.shape[2]
        places = np.arange(start * layer.stride, (end - 1) * layer.stride + side) - side // 2
        places = reflected(places, heights[index] * times) // times
        start, end = int(places.min()), int(places.max()) + 1
        found[f"rows_{index}"] = (places - start).astype(np.int32)
    return found, start, end
