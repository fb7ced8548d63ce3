"""Intervals against scipy and naive recomputation."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from veduta.landmarks.intervals import (
    Interval,
    WrongCounts,
    clopper_pearson,
    clustered_bootstrap,
    mcnemar,
    upper_bound,
    wilson,
)

COUNTS = [(0, 7), (1, 7), (7, 7), (232, 290), (10890, 11000), (18, 38), (0, 400), (1, 400)]


@pytest.mark.parametrize(("successes", "trials"), COUNTS)
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_wilson_and_clopper_pearson_are_those_of_scipy(
    successes: int, trials: int, confidence: float
) -> None:
    result = stats.binomtest(successes, trials)
    for ours, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        theirs = result.proportion_ci(confidence, method=method)
        found = ours(successes, trials, confidence)
        assert found.low == pytest.approx(theirs.low, abs=1e-9)
        assert found.high == pytest.approx(theirs.high, abs=1e-9)


def test_figures_of_the_published_study() -> None:
    assert [round(x, 2) for x in wilson(232, 290).as_json()] == [0.75, 0.84]
    assert [round(x, 3) for x in wilson(10890, 11000).as_json()] == [0.988, 0.992]


def test_wilson_by_its_definition() -> None:
    # The ends are the shares whose normal test just does not reject what was seen.
    for successes, trials in ((3, 20), (19, 20), (55, 100)):
        for end in wilson(successes, trials).as_json():
            z = (successes / trials - end) / math.sqrt(end * (1 - end) / trials)
            assert abs(z) == pytest.approx(1.959964, abs=1e-5)


def test_upper_bound_by_its_definition() -> None:
    for successes, trials in ((0, 400), (1, 400), (4, 1000)):
        bound = upper_bound(successes, trials)
        assert stats.binom.cdf(successes, trials, bound) == pytest.approx(0.05, abs=1e-9)


def test_no_trials_and_impossible_counts() -> None:
    assert wilson(0, 0) == clopper_pearson(0, 0) == Interval(0.0, 1.0)
    with pytest.raises(WrongCounts, match="5 of 4"):
        wilson(5, 4)
    with pytest.raises(WrongCounts, match="-1 of 4"):
        clopper_pearson(-1, 4)


def test_bootstrap_draws_whole_landmarks() -> None:
    # Three landmarks, all right or all wrong: every draw is one of 27, which can be listed.
    clusters = ["a"] * 5 + ["b"] * 5 + ["c"] * 5
    right = np.array([1.0] * 10 + [0.0] * 5)
    drawn: set[float] = set()

    def statistic(indices: np.ndarray) -> float:  # type: ignore[type-arg]
        value = float(right[indices].mean())
        drawn.add(round(value, 6))
        return value

    found = clustered_bootstrap(clusters, statistic, rounds=2000)
    every = {round(sum(d) / 3, 6) for d in itertools.product((1, 1, 0), repeat=3)}
    assert drawn == every
    values = np.sort([sum(d) / 3 for d in itertools.product((1, 1, 0), repeat=3)])
    assert found.low == pytest.approx(values[0])
    assert found.high == pytest.approx(values[-1])
    assert found == clustered_bootstrap(clusters, statistic, rounds=2000)


def test_bootstrap_is_wider_than_wilson_where_photos_of_a_landmark_agree() -> None:
    clusters = [str(i // 20) for i in range(400)]
    right = np.array([i // 20 % 4 != 0 for i in range(400)], dtype=float)
    found = clustered_bootstrap(clusters, lambda indices: float(right[indices].mean()))
    plain = wilson(int(right.sum()), 400)
    assert found.high - found.low > 2 * (plain.high - plain.low)
    assert clustered_bootstrap([], lambda indices: 0.0) == Interval(0.0, 1.0)


def naive_mcnemar(first: Sequence[bool], second: Sequence[bool]) -> float:
    b = sum(x and not y for x, y in zip(first, second, strict=True))
    c = sum(y and not x for x, y in zip(first, second, strict=True))
    return float(stats.binomtest(b, b + c).pvalue) if b + c else 1.0


def test_mcnemar_is_the_exact_binomial_test() -> None:
    random = np.random.default_rng(3)
    for size in (1, 5, 40, 300):
        first, second = (random.random((2, size)) < [[0.8], [0.6]]).tolist()
        assert mcnemar(first, second) == pytest.approx(naive_mcnemar(first, second), abs=1e-9)
    assert mcnemar([True, False], [True, False]) == 1.0
    with pytest.raises(WrongCounts, match="2 outcomes against 1"):
        mcnemar([True, False], [True])
