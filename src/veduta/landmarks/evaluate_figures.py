"""The figures of a proof, with their intervals, from what was said of each photo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from veduta.landmarks.evaluate_verdict import Verdict
from veduta.landmarks.intervals import clopper_pearson, clustered_bootstrap, wilson
from veduta.landmarks.landmark import Landmark
from veduta.landmarks.metrics import (
    FalsePositives,
    Rank1,
    Sensitivity,
    Share,
    WrongLandmark,
    expected_precision,
    gap,
)

PREVALENCES = (0.01, 0.02, 0.03)


def figures(
    verdicts: Sequence[Verdict], rates: Sequence[str], landmarks: Mapping[str, Landmark]
) -> dict[str, Any]:
    """All figures, fit for JSON.

    `rank1`; `sensitivity`, `fpr_seen` and `unlisted_named` for each asked false-positive rate; `wrong_landmark` at the
    first of them (all in `wrong_landmark_at`); `gap` over all photos; `n`; `intervals`; `precision_at_prevalence`;
    `slices`. Landmarks are drawn whole for the clustered intervals.
    """
    plain = [verdict for verdict in verdicts if not verdict.variant]
    parts = {
        part: [verdict for verdict in plain if verdict.case.part == part]
        for part in ("listed", "unlisted", "other")
    }
    found: dict[str, Any] = {"rank1": 0.0, "sensitivity": {}, "fpr_seen": {}, "unlisted_named": {}}
    intervals: dict[str, Any] = {
        "sensitivity": {},
        "fpr_seen": {},
        "unlisted_named": {},
        "wrong_landmark_at": {},
    }
    found["rank1"], intervals["rank1"] = _with_intervals(Rank1(), parts["listed"], Verdict.guessed)
    wrong: dict[str, float] = {}
    for rate in rates:

        def named(verdict: Verdict, rate: str = rate) -> Any:
            return verdict.outcome(rate)

        for key, metric, part in (
            ("sensitivity", Sensitivity(), "listed"),
            ("fpr_seen", FalsePositives(), "other"),
            ("unlisted_named", FalsePositives(), "unlisted"),
        ):
            found[key][rate], intervals[key][rate] = _with_intervals(metric, parts[part], named)
        wrong[rate], intervals["wrong_landmark_at"][rate] = _with_intervals(
            WrongLandmark(), parts["listed"], named
        )
    first = rates[0]
    found["wrong_landmark"], found["wrong_landmark_at"] = wrong[first], wrong
    intervals["wrong_landmark"] = intervals["wrong_landmark_at"][first]
    found["gap"] = gap([verdict.guessed() for verdict in plain])
    intervals["gap"] = {
        "clustered": clustered_bootstrap(
            [verdict.case.landmark or str(verdict.case.path) for verdict in plain],
            lambda indices: gap([plain[i].guessed() for i in indices]),
            rounds=200,
        ).as_json()
    }
    found["n"] = {
        "listed": len(parts["listed"]),
        "unlisted": len(parts["unlisted"]),
        "others": len(parts["other"]),
        "landmarks": len({verdict.case.truth for verdict in parts["listed"]}),
        "unreadable": sum(bool(verdict.problem) for verdict in plain),
    }
    found["intervals"] = intervals
    found["precision_at_prevalence"] = {
        rate: {
            str(share): expected_precision(
                found["sensitivity"][rate], found["fpr_seen"][rate], wrong[rate], share
            )
            for share in PREVALENCES
        }
        for rate in rates
    }
    intervals["precision_at_prevalence"] = {
        rate: {str(share): _precision_between(intervals, rate, share) for share in PREVALENCES}
        for rate in rates
    }
    located = [v for v in verdicts if v.variant == "simulated GPS" or (not v.variant and v.case.position)]
    found["outside_square"] = sum(
        answer is not None and answer.outside for verdict in located for answer in verdict.said.values()
    )
    found["how"] = {rate: _ways(plain, rate) for rate in rates}
    seconds = [verdict.seconds for verdict in plain if not verdict.problem]
    found["processor_ms"] = {
        "median": 1e3 * float(np.median(seconds)) if seconds else 0.0,
        "p95": 1e3 * float(np.quantile(seconds, 0.95)) if seconds else 0.0,
    }
    found["slices"] = slices(verdicts, rates, landmarks)
    return found


def _precision_between(intervals: Mapping[str, Any], rate: str, share: float) -> list[float]:
    """Expected precision where everything lies at the worse, or the better, end of its Wilson interval."""
    right, none, wrong = (
        intervals[key][rate]["wilson"] for key in ("sensitivity", "fpr_seen", "wrong_landmark_at")
    )
    return [
        expected_precision(right[0], none[1], wrong[1], share),
        expected_precision(right[1], none[0], wrong[0], share),
    ]


def _ways(verdicts: Sequence[Verdict], rate: str) -> dict[str, int]:
    ways: dict[str, int] = {}
    for verdict in verdicts:
        answer = verdict.said.get(rate)
        if answer is not None:
            ways[answer.how] = ways.get(answer.how, 0) + 1
    return ways


def _with_intervals(
    metric: Rank1 | FalsePositives | WrongLandmark,
    verdicts: Sequence[Verdict],
    said: Callable[[Verdict], Any],
) -> tuple[float, dict[str, list[float]]]:
    holds = []
    for verdict in verdicts:
        before = metric.holding
        metric.update(said(verdict))
        holds.append(float(metric.holding - before))
    values = np.asarray(holds)
    clusters = [verdict.case.landmark or str(verdict.case.path) for verdict in verdicts]
    drawn = clustered_bootstrap(clusters, lambda indices: float(values[indices].mean()))
    return metric.compute(), {
        "wilson": wilson(metric.holding, metric.count).as_json(),
        "clopper_pearson": clopper_pearson(metric.holding, metric.count).as_json(),
        "clustered": drawn.as_json(),
    }


def slices(
    verdicts: Sequence[Verdict], rates: Sequence[str], landmarks: Mapping[str, Landmark]
) -> dict[str, Any]:
    """Rank-1 and sensitivity of parts of the listed photos; with a simulated position also what is named wrongly."""

    def about(verdict: Verdict) -> Landmark | None:
        return landmarks.get(verdict.case.truth or "")

    plain = [v for v in verdicts if not v.variant]
    listed = [v for v in plain if v.case.truth is not None]
    chosen: dict[str, list[Verdict]] = {
        value: [v for v in listed if (known := about(v)) is not None and getattr(known, field) == value]
        for field, value in (
            ("frequency", "frequent"),
            ("frequency", "rare"),
            ("kind", "built"),
            ("kind", "natural"),
        )
    }
    chosen["dark"] = [v for v in listed if v.dark]
    chosen["rotated"] = [v for v in verdicts if v.variant == "rotated"]
    chosen["with GPS"] = [v for v in listed if v.case.position]
    chosen["with GPS, not told"] = [
        v for v in verdicts if v.variant == "without GPS" and v.case.truth is not None
    ]
    chosen["without GPS"] = [v for v in listed if not v.case.position]
    simulated = [v for v in verdicts if v.variant == "simulated GPS"]
    chosen["simulated GPS"] = [v for v in simulated if v.case.truth is not None]
    found: dict[str, Any] = {name: _slice(members, rates) for name, members in chosen.items()}
    for part, key in (("other", "fpr_seen"), ("unlisted", "unlisted_named")):
        members = [v for v in simulated if v.case.part == part]
        found["simulated GPS"][key] = {
            rate: _share([v.outcome(rate).said is not None for v in members]) for rate in rates
        }
    return found


def _slice(verdicts: Sequence[Verdict], rates: Sequence[str]) -> dict[str, Any]:
    right = sum(verdict.guessed().right for verdict in verdicts)
    return {
        "n": len(verdicts),
        "rank1": _share([verdict.guessed().right for verdict in verdicts]),
        "rank1_wilson": wilson(right, len(verdicts)).as_json(),
        "sensitivity": {rate: _share([v.outcome(rate).right for v in verdicts]) for rate in rates},
        "wrong_landmark": {
            rate: _share([v.outcome(rate).said is not None and not v.outcome(rate).right for v in verdicts])
            for rate in rates
        },
    }


def _share(holds: Sequence[bool]) -> float:
    share = Share()
    for one in holds:
        share.update(one)
    return share.compute()
