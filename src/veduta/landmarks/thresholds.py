"""Thresholds that keep an asked false-positive rate, from the scores of photos that show no landmark.

Above a high quantile the scores of impostors follow a generalized Pareto law (Pickands 1975); its quantiles reach
rates that the number of photos alone does not resolve. The share above the quantile is taken at its upper
Clopper-Pearson bound (1934), so a small calibration set gives a higher threshold.
"""

from __future__ import annotations

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
    """The upper tail of impostor scores: above `start` lies `share` of them, generalized Pareto in `scale`, `shape`."""

    start: float
    share: float
    scale: float
    shape: float

    def threshold(self, rate: float) -> float:
        """The score that impostors exceed with probability `rate`; never under `start`."""
        if not 0 < rate <= 1:
            raise ValueError(f"A false-positive rate lies between 0 and 1, not {rate}")
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
    return Tail(start, upper_bound(above, count, confidence), scale, shape)
