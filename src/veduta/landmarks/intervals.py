"""How sure a figure is: intervals of a proportion, of a sum over landmarks, and a test of paired outcomes."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput


class WrongCounts(BadInput):
    """Counts that cannot be of one experiment."""


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, both included."""

    low: float
    high: float

    def as_json(self) -> list[float]:
        """Both ends, fit for JSON."""
        return [self.low, self.high]


def _counts(successes: int, trials: int) -> None:
    if not 0 <= successes <= trials:
        raise WrongCounts(f"{successes} of {trials}: expected 0 <= successes <= trials")


def wilson(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """The score interval of a proportion; [0, 1] of no trials.

    Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    from scipy.special import ndtri

    _counts(successes, trials)
    if trials == 0:
        return Interval(0.0, 1.0)
    z = float(ndtri(0.5 + confidence / 2))
    share = successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    reach = z / (1 + z * z / trials) * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    low = 0.0 if successes == 0 else max(0.0, middle - reach)
    high = 1.0 if successes == trials else min(1.0, middle + reach)
    return Interval(low, high)


def clopper_pearson(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """The exact interval of a proportion, which covers it at least as often as promised; [0, 1] of no trials.

    Clopper & Pearson 1934, "The use of confidence or fiducial limits illustrated in the case of the binomial".
    """
    from scipy.special import betaincinv

    _counts(successes, trials)
    tail = (1 - confidence) / 2
    low = float(betaincinv(successes, trials - successes + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, trials - successes, 1 - tail)) if successes < trials else 1.0
    return Interval(low, high)


def upper_bound(successes: int, trials: int, confidence: float = 0.95) -> float:
    """The one-sided exact bound that a proportion exceeds with probability 1 - `confidence` at most."""
    return clopper_pearson(successes, trials, 2 * confidence - 1).high


def clustered_bootstrap(
    clusters: Sequence[Hashable],
    statistic: Callable[[NDArray[np.intp]], float],
    rounds: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """The percentile interval of `statistic` when whole clusters are drawn again, with replacement.

    `clusters` names the cluster (the landmark) of each photo; `statistic` takes indices of photos. Photos of one
    landmark resemble each other, so drawing them one by one would promise too much (Efron & Tibshirani 1993, ch. 8).
    """
    members: dict[Hashable, list[int]] = {}
    for index, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(index)
    if not members:
        return Interval(0.0, 1.0)
    groups = [np.asarray(indices, dtype=np.intp) for indices in members.values()]
    random = np.random.default_rng(seed)
    values = [
        statistic(np.concatenate([groups[g] for g in random.integers(0, len(groups), len(groups))]))
        for _ in range(rounds)
    ]
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high))


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> float:
    """The exact two-sided probability that two methods with equal skill differ as much on the same photos.

    McNemar 1947; exact by the binomial distribution of the photos on which only one of them is right.
    """
    if len(first) != len(second):
        raise WrongCounts(f"{len(first)} outcomes against {len(second)}: expected those of the same photos")
    from scipy.special import bdtr

    only_first = sum(a and not b for a, b in zip(first, second, strict=True))
    only_second = sum(b and not a for a, b in zip(first, second, strict=True))
    differing = only_first + only_second
    if differing == 0:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(only_first, only_second), differing, 0.5)))
