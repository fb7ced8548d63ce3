"""Thresholds that keep an asked false-positive rate, from the scores of photos that show no landmark.

Above a high quantile the scores of impostors follow a generalized Pareto law (Pickands 1975); its quantiles reach
rates that the number of photos alone does not resolve. Where it does, the law alone is not trusted: so few scores lie
above a threshold that the upper Clopper-Pearson bound (1934) of their share keeps the rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta

Floats = NDArray[np.float64]

SHARE = 0.1
"""Part of the impostors that counts as the tail."""

CONFIDENCE = 0.95

# A shape is estimated from a few dozen scores; it is drawn to the exponential law as if so many more had said zero.
PRIOR = 20.0
STEEPEST, FLATTEST = -0.4, 0.3


def upper_bound(hits: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """The one-sided upper Clopper-Pearson bound of a rate after `hits` in `trials`."""
    if trials <= 0 or hits >= trials:
        return 1.0
    return float(beta.ppf(confidence, hits + 1, trials - hits))


@dataclass(frozen=True, slots=True)
class Tail:
    """The upper tail of `count` impostor scores: above `start` lies `share` of them, generalized Pareto in `scale`,
    `shape`. `top` are the highest scores, falling.
    """

    start: float
    share: float
    scale: float
    shape: float
    top: Sequence[float] = ()
    count: int = 0

    def threshold(self, rate: float) -> float:
        """The score that impostors exceed with probability `rate` at most; never under `start`."""
        if not 0 < rate <= 1:
            raise ValueError(f"A false-positive rate lies between 0 and 1, not {rate}")
        return max(self._by_law(rate), self._by_count(rate))

    def _by_count(self, rate: float) -> float:
        """The lowest score that so few exceed that the bound of their share keeps `rate`; the highest if none does."""
        allowed = 0
        while allowed + 1 < len(self.top) and upper_bound(allowed + 1, self.count) <= rate:
            allowed += 1
        return self.top[allowed] if self.top else self.start

    def _by_law(self, rate: float) -> float:
        ratio = self.share / rate
        if ratio <= 1:
            return self.start
        if abs(self.shape) < 1e-6:
            return self.start + self.scale * float(np.log(ratio))
        return float(self.start + self.scale / self.shape * (ratio**self.shape - 1.0))

    def rate(self, score: float) -> float:
        """The probability that an impostor exceeds `score`; `share` for all scores up to `start`."""
        if score <= self.start:
            return self.share
        if abs(self.shape) < 1e-6:
            return self.share * float(np.exp(-(score - self.start) / self.scale))
        inner = 1.0 + self.shape * (score - self.start) / self.scale
        return 0.0 if inner <= 0 else float(self.share * inner ** (-1.0 / self.shape))


def fit_tail(scores: ArrayLike, share: float = SHARE, confidence: float = CONFIDENCE) -> Tail:
    """Fit the tail of impostor `scores` by probability-weighted moments (Hosking & Wallis 1987).

    Raises ValueError for fewer than 20 scores.
    """
    ordered: Floats = np.sort(np.asarray(scores, np.float64).ravel())
    count = len(ordered)
    if count < 20 or not np.isfinite(ordered).all():
        raise ValueError(
            f"A threshold needs at least 20 finite scores of photos without landmarks, not {count}"
        )
    above = max(10, round(share * count))
    start = float(ordered[-above - 1])
    excess = ordered[-above:] - start
    first = float(excess.mean())
    falling = (above - np.arange(1, above + 1)) / (above - 1)
    second = float((excess * falling).mean())
    shape, scale = 0.0, max(first, 1e-9)
    if first - 2 * second > 1e-12:
        raw = 2.0 - first / (first - 2 * second)
        shape = float(np.clip(raw, STEEPEST, FLATTEST)) * above / (above + PRIOR)
        # The mean excess of the law is scale / (1 - shape).
        scale = max(first * (1.0 - shape), 1e-9)
    top = ordered[-above:][::-1].tolist()
    return Tail(start, upper_bound(above, count, confidence), scale, shape, top, count)
