"""How well the shipped atlas recognizes landmarks, and what each of its parts adds and costs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from benchmarks.figure import Figure, eval_dir
from benchmarks.landmarks_parts import answers, table
from veduta.landmarks.atlas import Atlas
from veduta.landmarks.evaluate_atlas import RATES, evaluate

# Sensitivity, false positives and unlisted landmarks named, as asked for at each rate.
WANTED = {"0.01": (0.92, 0.01, 0.08), "0.001": (0.87, 0.001, 0.04)}
KEYS: tuple[tuple[str, Literal["higher", "lower"]], ...] = (
    ("sensitivity", "higher"),
    ("fpr_seen", "lower"),
    ("unlisted_named", "lower"),
)


def measure() -> list[Figure]:
    """The required figures on the test parts with those of their slices, then the ablation."""
    folder = eval_dir() / "landmarks"
    atlas = Atlas.open("default")
    with tempfile.TemporaryDirectory() as place:  # what was said of photos is kept beside the report
        work = Path(place)
        found = evaluate(atlas, folder / "test", folder / "others" / "test", report=work / "proof")
        return [*_quality(found), *_slices(found), *table(answers(work))]


def _quality(found: dict[str, Any]) -> Iterator[Figure]:
    n, intervals = found["n"], found["intervals"]
    note = "interval: landmarks drawn whole"
    low, high = intervals["rank1"]["clustered"]
    yield Figure("landmarks rank-1", found["rank1"], "", 0.95, n=n["listed"], interval=(low, high), note=note)
    yield Figure("landmarks global average precision", found["gap"], n=sum(n[k] for k in PARTS))
    for rate in RATES:
        for (key, better), target, part in zip(KEYS, WANTED[rate], PARTS, strict=True):
            low, high = intervals[key][rate]["wilson" if key == "fpr_seen" else "clustered"]
            name = f"landmarks {key} at {rate}"
            yield Figure(name, found[key][rate], "", target, better, n[part], (low, high))
        wrong = found["wrong_landmark_at"][rate]
        yield Figure(f"landmarks named as another at {rate}", wrong, better="lower", n=n["listed"])
        for share, precision in found["precision_at_prevalence"][rate].items():
            shown = f"{100 * float(share):g} % of photos"
            low, high = intervals["precision_at_prevalence"][rate][share]
            name = f"landmarks expected precision at {rate} where {shown} show one"
            yield Figure(name, precision, interval=(low, high))


PARTS = ("listed", "others", "unlisted")


def _slices(found: dict[str, Any]) -> Iterator[Figure]:
    for name, part in found["slices"].items():
        if not part["n"]:
            continue
        low, high = part["rank1_wilson"]
        yield Figure(f"landmarks rank-1, {name}", part["rank1"], n=part["n"], interval=(low, high))
        for rate in RATES:
            yield Figure(f"landmarks sensitivity at {rate}, {name}", part["sensitivity"][rate], n=part["n"])
    for key in ("fpr_seen", "unlisted_named"):
        for rate, value in found["slices"]["simulated GPS"][key].items():
            yield Figure(f"landmarks {key} at {rate}, simulated GPS", value, better="lower")
