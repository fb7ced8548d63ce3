"""Metrics against naive recomputation."""

from __future__ import annotations

import random

import pytest

from veduta.landmarks.metrics import (
    FalsePositives,
    GlobalAveragePrecision,
    Outcome,
    Rank1,
    Sensitivity,
    WrongLandmark,
    WrongPrevalence,
    expected_precision,
    gap,
)


def some_outcomes(seed: int, count: int = 60) -> list[Outcome]:
    chance = random.Random(seed)
    names = [None, "a", "b", "c"]
    return [Outcome(chance.choice(names), chance.choice(names), chance.random()) for _ in range(count)]


def naive_gap(outcomes: list[Outcome]) -> float:
    guesses = [o for o in outcomes if o.said is not None]
    total = 0.0
    for guess in guesses:
        if guess.truth is not None and guess.said == guess.truth:
            above = [g for g in guesses if g.score >= guess.score]
            right = [g for g in above if g.truth is not None and g.said == g.truth]
            total += len(right) / len(above)
    return total / sum(o.truth is not None for o in outcomes)


@pytest.mark.parametrize("seed", range(5))
def test_gap_against_naive_recomputation(seed: int) -> None:
    outcomes = some_outcomes(seed)
    assert gap(outcomes) == pytest.approx(naive_gap(outcomes), abs=1e-12)


def test_gap_of_known_cases() -> None:
    assert gap([]) == 0.0
    assert gap([Outcome(None, "a", 1.0)]) == 0.0
    assert gap([Outcome("a", "a", 0.9), Outcome(None, None, 0.5)]) == 1.0
    assert gap([Outcome("a", "a", 0.5), Outcome(None, "a", 0.9)]) == 0.5
    # Equal scores stand in the worst order.
    assert gap([Outcome("a", "a", 0.5), Outcome(None, "a", 0.5)]) == 0.5


def test_shares_against_counting() -> None:
    outcomes = some_outcomes(11, 200)
    listed = [o for o in outcomes if o.truth is not None]
    others = [o for o in outcomes if o.truth is None]
    expected = {
        Rank1: sum(o.said == o.truth for o in listed) / len(listed),
        Sensitivity: sum(o.said == o.truth for o in listed) / len(listed),
        WrongLandmark: sum(o.said not in (None, o.truth) for o in listed) / len(listed),
        FalsePositives: sum(o.said is not None for o in others) / len(others),
    }
    for kind, value in expected.items():
        metric = kind()
        assert metric.compute() == 0.0
        for outcome in outcomes:
            metric.update(outcome)
        assert metric.compute() == pytest.approx(value)
        metric.reset()
        assert metric.count == 0


def test_reset_forgets() -> None:
    metric = GlobalAveragePrecision()
    metric.update(Outcome("a", "b", 1.0))
    metric.reset()
    metric.update(Outcome("a", "a", 0.2))
    assert metric.compute() == 1.0


def test_expected_precision_of_the_published_study() -> None:
    found = [round(100 * expected_precision(0.8, 0.01, 0.0, share)) for share in (0.01, 0.02, 0.03)]
    assert found == [45, 62, 71]


def test_expected_precision_against_counting_photos() -> None:
    # 1,000,000 photos, 2 % with landmarks: counted out.
    right, wrong, false = 20_000 * 0.9, 20_000 * 0.02, 980_000 * 0.001
    assert expected_precision(0.9, 0.001, 0.02, 0.02) == pytest.approx(right / (right + wrong + false))
    assert expected_precision(0.0, 0.0, 0.0, 0.02) == 1.0
    with pytest.raises(WrongPrevalence, match=r"1\.5"):
        expected_precision(0.9, 0.01, 0.0, 1.5)
