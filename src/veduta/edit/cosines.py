"""Noise taken out in the cosines of small squares: what is weaker than the noise is left out.

Squares of 8 x 8 slide over the picture; each is shrunk in its discrete cosine transform, and all that cover a pixel are
averaged, the sparser the more. A second pass knows from the first what to expect (Wiener's filter). Sources: G. Yu,
G. Sapiro, "DCT image denoising: a simple and effective image denoising algorithm", 2011; K. Dabov et al., "Image
denoising by sparse 3-D transform-domain collaborative filtering", 2007, whose weights and second pass these are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SIDE = 8
THRESHOLD = 2.7  # deviations of the noise
BAND = 120_000  # pixels at a time: what is worked on stays in the processor's cache
THREADS = 2

_ROW = np.arange(SIDE)
BASIS = np.cos(np.pi * (2 * _ROW[None] + 1) * _ROW[:, None] / (2 * SIDE)) * np.sqrt(2 / SIDE)
BASIS[0] /= np.sqrt(2)
BASIS = BASIS.astype(np.float32)

# Orthonormal: brightness and two differences of colors, in which noise of equal strength stays equal.
OPPONENT = np.array(
    [[1, 1, 1], [1, 0, -1], [1, -2, 1]], np.float32
) / np.sqrt(np.array([[3], [2], [6]], np.float32))  # fmt: skip

# Places on the lattice of 8 x 8 where squares begin: every second one, alternating.
EVEN = tuple((y, x) for y in range(0, SIDE, 2) for x in range((y // 2) % 2, SIDE, 2))
FEW = tuple((y, x) for number, (y, x) in enumerate(EVEN) if (number + number // 4) % 2 == 0)


def cleaned(
    planes: Floats,
    deviations: Sequence[float],
    places: Sequence[tuple[int, int]] = EVEN,
    expected: Floats | None = None,
    done: Callable[[], None] = lambda: None,
) -> Floats:
    """Planes (h, w, n) without noise of the deviation of each; with `expected` planes by Wiener's filter.

    `done` is called after each of `bands` pieces.
    """
    height, width, count = planes.shape
    margin = 2 * SIDE
    down, across = -height % SIDE + margin, -width % SIDE + margin
    frame = ((SIDE, down), (SIDE, across))

    def padded(of: Floats, n: int) -> Floats:
        return np.pad(of[..., n], frame, mode="symmetric" if min(height, width) >= margin + SIDE else "edge")

    out = np.empty_like(planes)
    for n in range(count):
        if deviations[n] <= 0:
            out[..., n] = planes[..., n]
            for _ in bands(height, width):
                done()
            continue
        whole = padded(planes, n)
        guide = None if expected is None else padded(expected, n)

        def one(
            rows: tuple[int, int], whole: Floats = whole, guide: Floats | None = guide, n: int = n
        ) -> None:
            first, last = rows
            piece = slice(first, -(-last // SIDE) * SIDE + 2 * SIDE)
            part = _shrunk(whole[piece], None if guide is None else guide[piece], deviations[n], places)
            out[first:last, :, n] = part[SIDE : SIDE + last - first, SIDE : SIDE + width]
            done()

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(one, bands(height, width)))
    return out


def bands(height: int, width: int) -> list[tuple[int, int]]:
    """First and last row (exclusive) of pieces; all but the last of a height that squares divide."""
    rows = max(1, BAND // (width * SIDE)) * SIDE
    return [(first, min(first + rows, height)) for first in range(0, height, rows)]


def _shrunk(
    values: Floats, guide: Floats | None, deviation: float, places: Sequence[tuple[int, int]]
) -> Floats:
    """The mean over all squares, of a piece whose sides squares divide; its outermost squares are not to be used."""
    sums = np.zeros_like(values)
    weights = np.zeros_like(values)
    height, width = values.shape[0] - SIDE, values.shape[1] - SIDE
    rows, columns = height // SIDE, width // SIDE
    limit, power = np.float32(THRESHOLD * deviation), np.float32(deviation**2)
    for y, x in places:
        place = (slice(y, y + height), slice(x, x + width))
        found = _forward(values[place], rows, columns)
        if guide is None:
            keep = (np.abs(found) > limit).astype(np.float32)
            keep[:, 0, :, 0] = 1
            kept = keep.sum((1, 3))
        else:
            keep = _forward(guide[place], rows, columns)
            np.multiply(keep, keep, out=keep)
            keep /= keep + power
            keep[:, 0, :, 0] = 1
            kept = np.einsum("iujv,iujv->ij", keep, keep)
        weight = 1 / kept
        found *= keep
        found *= weight[:, None, :, None]
        made = np.matmul(found.reshape(rows, -1, SIDE), BASIS).reshape(rows, SIDE, width)
        sums[place] += np.matmul(BASIS.T, made).reshape(height, width)
        weights[place] += np.repeat(np.repeat(weight, SIDE, 0), SIDE, 1)
    np.maximum(weights, np.float32(1e-6), out=weights)
    sums /= weights
    return sums


def _forward(values: Floats, rows: int, columns: int) -> Floats:
    """Cosines (rows, 8, columns, 8) of the squares of a piece."""
    # Row by row of squares: products so small are not split among threads, of which there are enough already.
    tall = np.matmul(BASIS, values.reshape(rows, SIDE, columns * SIDE)).reshape(rows, -1, SIDE)
    return np.asarray(np.matmul(tall, BASIS.T), np.float32).reshape(rows, SIDE, columns, SIDE)
