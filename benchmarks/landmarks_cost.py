"""What the recognition of landmarks by the shipped atlas costs a photo, on top of what is computed anyway."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.figure import Figure
from benchmarks.landmarks_parts import Asked, asked, photos
from veduta.landmarks.atlas import Atlas

OPENINGS = 10


def measure() -> list[Figure]:
    """Processor time on top of the network's pass, which other recognizers share and have paid."""
    return list(_cost(asked(Atlas.open("default"), photos())))


def _cost(said: list[Asked]) -> Iterator[Figure]:
    note = "processor time on top of the shared network's pass"

    def median(name: str, chosen: list[Asked], target: float | None = None) -> Figure:
        ms = float(np.median([one.ms for one in chosen])) if chosen else 0.0
        return Figure(name, ms, "ms", target, "lower", len(chosen), note=note)

    yield median("landmarks: added to a photo, median of the test", said)
    for what, shown in (("of a listed landmark", True), ("without a landmark", False)):
        these = [one for one in said if (one.part == "listed") == shown and (shown or one.part == "other")]
        share = sum(one.gray for one in these) / max(len(these), 1)
        # Most photos of a library show no landmark: theirs is the cost that was asked about.
        yield median(f"landmarks: added to a photo {what}", these, None if shown else 15.0)
        yield Figure(f"landmarks: photos {what} that get a closer look", share, better="lower", n=len(these))
    yield median("landmarks: added to a photo that gets a closer look", [one for one in said if one.gray])
    yield median("landmarks: added to a photo that gets none", [one for one in said if not one.gray])
    started = time.process_time()
    for _ in range(OPENINGS):
        Atlas.open("default")
    opened = (time.process_time() - started) * 1000 / OPENINGS
    yield Figure("atlas opened", opened, "ms", better="lower", note="processor time, hashes checked")
