from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from veduta.landmarks.thresholds import fit_tail, upper_bound


@pytest.mark.parametrize(("hits", "trials"), [(0, 400), (3, 400), (40, 400), (7, 20)])
def test_the_upper_bound_is_where_so_few_hits_become_unlikely(hits: int, trials: int) -> None:
    bound = upper_bound(hits, trials)
    assert binom.cdf(hits, trials, bound) == pytest.approx(0.05, abs=1e-9)


def test_the_bound_of_nothing_known_is_one() -> None:
    assert upper_bound(0, 0) == upper_bound(5, 5) == 1.0


@pytest.mark.parametrize("law", ["normal", "exponential", "uniform"])
def test_asked_rates_are_kept(law: str) -> None:
    kept = {0.01: 0, 0.001: 0}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        draw = getattr(rng, law)
        tail = fit_tail(draw(size=400))
        fresh = draw(size=100_000)
        for rate in kept:
            kept[rate] += int((fresh > tail.threshold(rate)).mean() <= rate)
    assert kept[0.01] >= 54 and kept[0.001] >= 34


def test_threshold_and_rate_are_inverse_where_the_law_alone_speaks() -> None:
    tail = replace(fit_tail(np.random.default_rng(0).gumbel(size=500)), top=())
    for rate in (0.05, 0.01, 0.001, 0.0001):
        assert tail.rate(tail.threshold(rate)) == pytest.approx(rate)
    assert tail.threshold(0.001) > tail.threshold(0.01) > tail.threshold(0.5) == tail.start


def test_so_few_scores_lie_above_that_the_bound_keeps_the_rate() -> None:
    scores = np.random.default_rng(3).exponential(size=1000)
    tail = fit_tail(scores)
    rates = (0.08, 0.05, 0.02, 0.01, 0.005, 0.003, 0.002, 0.0001)
    thresholds = [tail.threshold(rate) for rate in rates]
    assert thresholds == sorted(thresholds)
    for rate, threshold in zip(rates, thresholds, strict=True):
        above = int((scores > threshold).sum())
        if rate >= upper_bound(0, 1000):
            assert binom.cdf(above, 1000, rate) <= 0.05
        else:
            assert above == 0


def test_too_few_scores_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 20"):
        fit_tail([0.1] * 5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        fit_tail(np.arange(50)).threshold(0)
