"""How well the shipped atlas recognizes landmarks, what it costs, and what each of its parts adds."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.figure import Figure, eval_dir
from benchmarks.landmarks_parts import WHOLE, Asked, answers, table
from veduta.landmarks.atlas import Atlas
from veduta.landmarks.evaluate_atlas import RATES, evaluate

# Sensitivity, false positives and unlisted landmarks named, as asked for at each rate.
WANTED = {"0.01": (0.92, 0.01, 0.08), "0.001": (0.87, 0.001, 0.04)}
KEYS: tuple[tuple[str, Literal["higher", "lower"]], ...] = (
    ("sensitivity", "higher"),
    ("fpr_seen", "lower"),
    ("unlisted_named", "lower"),
)
OPENINGS = 10


def measure() -> list[Figure]:
    """The required figures on the test parts with those of their slices, the cost, then the ablation."""
    folder = eval_dir() / "landmarks"
    atlas = Atlas.open("default")
    with tempfile.TemporaryDirectory() as place:  # what was said of photos is kept beside the report
        work = Path(place)
        found = evaluate(atlas, folder / "test", folder / "others" / "test", report=work / "proof")
        said = answers(work)
        return [*_quality(found), *_slices(found), *_cost(said[WHOLE]), *table(said)]


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


def _cost(photos: list[Asked]) -> Iterator[Figure]:
    """Processor time on top of the network's pass, which other recognizers share and have paid."""
    note = "processor time on top of the shared network's pass"

    def median(name: str, chosen: list[Asked]) -> Figure:
        ms = float(np.median([one.ms for one in chosen])) if chosen else 0.0
        return Figure(name, ms, "ms", better="lower", n=len(chosen), note=note)

    yield median("landmarks: added to a photo, median of the test", photos)
    for what, shown in (("of a listed landmark", True), ("without a landmark", False)):
        these = [one for one in photos if (one.part == "listed") == shown and (shown or one.part == "other")]
        share = sum(one.gray for one in these) / max(len(these), 1)
        yield median(f"landmarks: added to a photo {what}", these)
        yield Figure(f"landmarks: photos {what} that get a closer look", share, better="lower", n=len(these))
    yield median("landmarks: added to a photo that gets a closer look", [one for one in photos if one.gray])
    yield median("landmarks: added to a photo that gets none", [one for one in photos if not one.gray])
    started = time.process_time()
    for _ in range(OPENINGS):
        Atlas.open("default")
    opened = (time.process_time() - started) * 1000 / OPENINGS
    yield Figure("atlas opened", opened, "ms", better="lower", note="processor time, hashes checked")
