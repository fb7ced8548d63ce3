"""The picture that explains blurred, noisy, unevenly known values best: smooth areas and edges are likely.

Least squares with a prior on differences of neighbors (Huber's, close to total variation), by reweighted conjugate
gradients. Source: S. Farsiu et al., "Fast and robust multiframe super resolution", 2004.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Differences of neighbors have about this mean, in codes, and below the second one count as squares.
EDGE, FLAT = 35.0, 3.0
OUTER, INNER = 4, 8
DIAGONAL = 0.5
STEPS = ((0, 1, 1.0), (1, 0, 1.0), (1, 1, DIAGONAL), (1, -1, DIAGONAL))


@dataclass(frozen=True, slots=True)
class Model:
    """How a value came about: the mean over `box` x `box` pixels, and Gaussians of deviations `lens`, `gathering`."""

    box: int
    lens: float
    gathering: float

    def kernel(self) -> NDArray[np.float32]:
        """The blur along one axis, of odd length, symmetric."""
        fine = 8  # parts of a pixel
        sigma = float(np.hypot(self.lens, 0.6 * self.gathering if self.box > 1 else 0.0))
        reach = int(np.ceil(self.box / 2 + 3 * sigma)) + 1
        at = (np.arange((2 * reach + 1) * fine) + 0.5) / fine - reach - 0.5
        square = (np.abs(at) < self.box / 2).astype(float)
        if sigma > 0:
            bell = np.exp(-0.5 * (at / sigma) ** 2)
            square = np.convolve(square, bell, "same")
        taps = square.reshape(-1, fine).sum(1)
        return np.asarray(taps / taps.sum(), np.float32)


def restored(sums: Floats, weights: Floats, model: Model, spread: float) -> Floats:
    """The picture (h, w, 3) whose blurred form meets `sums` / `weights`, of noise `spread` at weight 1."""
    kernel = model.kernel()
    # A sample speaks for the several pixels of the grid that it lies near.
    share = min(1.0, 1 / (2 * np.pi * max(model.gathering, 0.4) ** 2)) if model.box > 1 else 1.0
    belief = np.float32(share / spread**2)
    trust = weights * belief

    def blurred(x: Floats) -> Floats:
        return np.asarray(cv2.sepFilter2D(x, -1, kernel, kernel, borderType=cv2.BORDER_REFLECT), np.float32)

    start = _spread_out(sums, weights, model.box)
    goal = blurred(sums * belief)
    picture = start
    for _ in range(OUTER):
        edges = [_reluctance(picture, dy, dx, part) for dy, dx, part in STEPS]

        def applied(x: Floats, edges: list[Floats] = edges) -> Floats:
            out = blurred(blurred(x) * trust[..., None])
            for (dy, dx, _), weight in zip(STEPS, edges, strict=True):
                _add_smoothing(out, x, dy, dx, weight)
            return out

        picture = _solved(applied, goal, picture)
    return picture


def _spread_out(sums: Floats, weights: Floats, box: int) -> Floats:
    """Values everywhere: known ones, and between them what is near."""
    sigma = max(0.5, 0.5 * box)
    total: Floats = np.asarray(cv2.GaussianBlur(weights, (0, 0), sigma), np.float32)
    near: Floats = np.asarray(cv2.GaussianBlur(sums, (0, 0), sigma), np.float32)
    middle = sums.sum((0, 1)) / max(float(weights.sum()), 1e-6)
    return np.asarray((near + 1e-4 * middle) / (total + 1e-4)[..., None], np.float32)


def _pair(x: Floats, dy: int, dx: int) -> tuple[Floats, Floats]:
    """Views of each pixel and of its neighbor."""
    height, width = x.shape[:2]
    if dx >= 0:
        return x[: height - dy, : width - dx], x[dy:, dx:]
    return x[: height - dy, -dx:], x[dy:, : width + dx]


def _reluctance(x: Floats, dy: int, dx: int, part: float) -> Floats:
    """How much a difference of neighbors is to be avoided: little where there is an edge already."""
    a, b = _pair(x, dy, dx)
    apart = np.sqrt(((b - a) ** 2).mean(2))
    return np.asarray(part / (EDGE * np.maximum(apart, FLAT)), np.float32)


def _add_smoothing(out: Floats, x: Floats, dy: int, dx: int, weight: Floats) -> None:
    a, b = _pair(x, dy, dx)
    pull = (b - a) * weight[..., None]
    low, high = _pair(out, dy, dx)
    low -= pull
    high += pull


def _solved(applied: Callable[[Floats], Floats], goal: Floats, start: Floats) -> Floats:
    """Conjugate gradients, a few steps."""
    x = start.copy()
    rest = goal - applied(x)
    way = rest.copy()
    power = float(np.vdot(rest, rest))
    for _ in range(INNER):
        if power < 1e-12:
            break
        moved = applied(way)
        step = power / max(float(np.vdot(way, moved)), 1e-20)
        x += np.float32(step) * way
        rest -= np.float32(step) * moved
        new = float(np.vdot(rest, rest))
        way = rest + np.float32(new / power) * way
        power = new
    return x
