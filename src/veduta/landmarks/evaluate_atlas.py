"""An atlas is judged on folders of photos: from the folders to figures and the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from veduta.landmarks.atlas import Atlas
from veduta.landmarks.evaluate import Verdict, judge
from veduta.landmarks.evaluate_cases import Case, known_names, read_landmarks, read_others
from veduta.landmarks.evaluate_figures import figures
from veduta.landmarks.evaluate_report import write_report
from veduta.landmarks.landmark import Landmark
from veduta.landmarks.metrics import FalsePositives
from veduta.landmarks.recognize import Recognizer
from veduta.progress import Progress

RATES = ("0.01", "0.001")


def evaluate(
    atlas: Atlas,
    landmarks: Path,
    others: Path,
    calibration: Path | None = None,
    report: Path | None = None,
    progress: Progress | None = None,
    rates: Sequence[str] = RATES,
    variants: bool = True,
) -> dict[str, Any]:
    """The figures of `atlas` (see `figures`) on labeled photos of landmarks and on photos without any.

    Thresholds are those of the atlas: nothing that is measured here moves them. On `calibration`, photos without
    landmarks by which they may have been set, only what is named is counted (`fpr_calibration`). The page goes to
    `report`, whose path comes back under "report".
    """
    known = {landmark.id: landmark for landmark in atlas.landmarks}
    cases = read_landmarks(landmarks, known_names(known.values())) + read_others(others)
    judges = {rate: Recognizer(atlas, float(rate)) for rate in rates}
    verdicts = list(judge(judges, cases, known, variants, progress))
    found = figures(verdicts, rates, known)
    found["atlas"] = {"name": atlas.name, "landmarks": len(known)}
    found["unknown_landmarks"] = sorted({v.case.truth for v in verdicts if v.case.truth} - set(known))
    if calibration is not None:
        found["fpr_calibration"] = _named(judges, read_others(calibration), known, progress)
    if report is not None:
        page = write_report(report, f"Landmark atlas {atlas.name}", found, verdicts, rates, known)
        found["report"] = str(page)
    return found


def _named(
    judges: Mapping[str, Recognizer],
    cases: Sequence[Case],
    known: Mapping[str, Landmark],
    progress: Progress | None,
) -> dict[str, float]:
    metrics = {rate: FalsePositives() for rate in judges}
    verdicts: list[Verdict] = list(judge(judges, cases, known, False, progress))
    for rate, metric in metrics.items():
        for verdict in verdicts:
            metric.update(verdict.outcome(rate))
    return {rate: metric.compute() for rate, metric in metrics.items()}
