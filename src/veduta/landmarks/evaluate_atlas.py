"""An atlas is judged on folders of photos: from the folders to figures and the page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from veduta.landmarks.atlas import Atlas
from veduta.landmarks.evaluate import judge
from veduta.landmarks.evaluate_cases import Case, folded, known_names, read_landmarks, read_others
from veduta.landmarks.evaluate_figures import figures
from veduta.landmarks.evaluate_kept import Kept, program
from veduta.landmarks.evaluate_report import page_of, write_report
from veduta.landmarks.evaluate_verdict import Verdict
from veduta.landmarks.landmark import Landmark
from veduta.landmarks.metrics import FalsePositives
from veduta.landmarks.recognize import Recognizer
from veduta.progress import Progress
from veduta.settings import settings

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

    After an interruption photos that were asked before are not asked again, as long as they, the atlas and the program
    are the same. Where that is kept comes back under "kept".
    """
    known = {landmark.id: landmark for landmark in atlas.landmarks}
    cases = read_landmarks(landmarks, known_names(known.values())) + read_others(others)
    quiet = read_others(calibration) if calibration is not None else []
    judges = {rate: Recognizer(atlas, float(rate)) for rate in rates}
    about = _fingerprint(atlas, rates)
    file = kept_file(about, report)
    with Kept(file, about) as kept:
        verdicts = list(judge(judges, cases, known, variants, progress, kept))
        silent = list(judge(judges, quiet, known, False, progress, kept))
    found = figures(verdicts, rates, known)
    found["atlas"] = {"name": atlas.name, "landmarks": len(known)}
    found["unknown_landmarks"] = unknown(cases, known)
    found["unreadable"] = [
        {"path": str(v.case.path), "reason": v.problem} for v in (*verdicts, *silent) if v.problem
    ]
    if calibration is not None:
        found["fpr_calibration"] = {rate: _named(silent, rate) for rate in rates}
    if report is not None:
        page = write_report(report, f"Landmark atlas {atlas.name}", found, verdicts, rates, known)
        found["report"] = str(page)
    found["kept"] = str(file)
    return found


def kept_file(about: str, report: Path | None) -> Path:
    """Where verdicts are kept: beside the report, else by what they are about in the home of Veduta."""
    if report is not None:
        return page_of(report).with_suffix(".verdicts")
    return settings().home / "proofs" / f"{about}.verdicts"


def _fingerprint(atlas: Atlas, rates: Sequence[str]) -> str:
    """Changes with the atlas (its manifest has the hashes of its files), the rates, the settings and the program."""
    told = json.dumps([atlas.manifest, *rates, settings().analysis_side, program()], sort_keys=True)
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def _named(verdicts: Sequence[Verdict], rate: str) -> float:
    metric = FalsePositives()
    for verdict in verdicts:
        metric.update(verdict.outcome(rate))
    return metric.compute()


def unknown(cases: Sequence[Case], known: Mapping[str, Landmark]) -> dict[str, list[str]]:
    """Landmarks that are said to be listed and that the atlas does not know, each with ids that look alike."""
    ids = {folded(name): mark.id for mark in known.values() for name in (mark.name, mark.id)}
    missing = sorted({case.truth for case in cases if case.truth} - set(known))
    return {
        name: list(dict.fromkeys(ids[one] for one in get_close_matches(folded(name), list(ids), 3)))
        for name in missing
    }
