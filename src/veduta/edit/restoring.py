"""The picture that explains blurred, noisy samples best: smooth areas and edges are likely.

Least squares with a prior on differences of neighbors (Huber's, close to total variation), by reweighted conjugate
gradients. Source: S. Farsiu et al., "Fast and robust multiframe super resolution", 2004.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.evidence import Evidence, pair

Floats = NDArray[np.float32]

# Differences of neighbors have about this mean, in codes, times the pixels that a sample is the mean of: the finer the
# grid, the more of them ask for smoothness. Below the second number they count as squares.
EDGE, FLAT = 17.5, 3.0
OUTER, INNER = 4, 8
DIAGONAL = 0.5
STEPS = ((0, 1, 1.0), (1, 0, 1.0), (1, 1, DIAGONAL), (1, -1, DIAGONAL))


@dataclass(frozen=True, slots=True)
class Model:
    """How a value came about: the mean over `box` x `box` pixels, and a Gaussian of deviation `lens`."""

    box: int
    lens: float

    def kernel(self) -> NDArray[np.float32]:
        """The blur along one axis, of odd length, symmetric."""
        fine = 8  # parts of a pixel
        reach = int(np.ceil(self.box / 2 + 3 * self.lens)) + 1
        at = (np.arange((2 * reach + 1) * fine) + 0.5) / fine - reach - 0.5
        square = (np.abs(at) < self.box / 2).astype(float)
        if self.lens > 0:
            bell = np.exp(-0.5 * (at / self.lens) ** 2)
            square = np.convolve(square, bell, "same")
        taps = square.reshape(-1, fine).sum(1)
        return np.asarray(taps / taps.sum(), np.float32)


def restored(evidence: Evidence, model: Model, spread: float) -> Floats:
    """The picture (h, w, 3) whose blurred form meets the evidence, of noise `spread` at weight 1."""
    kernel = model.kernel()
    belief = np.float32(1 / spread**2)

    def blurred(x: Floats) -> Floats:
        return np.asarray(cv2.sepFilter2D(x, -1, kernel, kernel, borderType=cv2.BORDER_REFLECT), np.float32)

    start = _spread_out(evidence, model.box)
    goal = blurred(evidence.sums * belief)
    picture = start
    for _ in range(OUTER):
        edges = [_reluctance(picture, dy, dx, part / model.box) for dy, dx, part in STEPS]

        def applied(x: Floats, edges: list[Floats] = edges) -> Floats:
            out = blurred(evidence.applied(blurred(x)) * belief)
            for (dy, dx, _), weight in zip(STEPS, edges, strict=True):
                _add_smoothing(out, x, dy, dx, weight)
            return out

        picture = _solved(applied, goal, picture)
    return picture


def _spread_out(evidence: Evidence, box: int) -> Floats:
    """Values everywhere: known ones, and between them what is near."""
    sums = evidence.sums
    weights = evidence.applied(np.ones((*sums.shape[:2], 1), np.float32))[..., 0]
    sigma = max(0.5, 0.5 * box)
    total: Floats = np.asarray(cv2.GaussianBlur(weights, (0, 0), sigma), np.float32)
    near: Floats = np.asarray(cv2.GaussianBlur(sums, (0, 0), sigma), np.float32)
    middle = sums.sum((0, 1)) / max(float(weights.sum()), 1e-6)
    return np.asarray((near + 1e-4 * middle) / (total + 1e-4)[..., None], np.float32)


def _reluctance(x: Floats, dy: int, dx: int, part: float) -> Floats:
    """How much a difference of neighbors is to be avoided: little where there is an edge already."""
    a, b = pair(x, dy, dx)
    apart = np.sqrt(((b - a) ** 2).mean(2))
    return np.asarray(part / (EDGE * np.maximum(apart, FLAT)), np.float32)


def _add_smoothing(out: Floats, x: Floats, dy: int, dx: int, weight: Floats) -> None:
    a, b = pair(x, dy, dx)
    pull = (b - a) * weight[..., None]
    low, high = pair(out, dy, dx)
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
