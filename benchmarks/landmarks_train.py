"""The light training on the bank of the evaluation pictures, from photos to a head, timed part by part.

Times are those of all cores together, so that a busy machine does not change them: alone it takes less.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure, eval_dir
from veduta.landmarks.bank import Bank
from veduta.landmarks.bank_features import describe_photos, store_of
from veduta.landmarks.importing import fill
from veduta.landmarks.train import train
from veduta.landmarks.train_recipe import recipe
from veduta.landmarks.train_report import drops
from veduta.landmarks.train_tracking import read
from veduta.progress import Silent


def measure() -> list[Figure]:
    """Processor seconds for features and for training, and what was remembered of each region, for both losses."""
    pictures = eval_dir() / "landmarks"
    figures = []
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        start, begun = time.process_time(), time.perf_counter()
        fill(place / "bank", pictures / "bank", others=pictures / "others" / "train")
        with Bank.open(place / "bank") as bank:
            photos = [(p.hash or "", str(p.path)) for some in (bank.photos(), bank.photos("")) for p in some]
            describe_photos(store_of(bank), photos, Silent())
        described, waited = time.process_time() - start, time.perf_counter() - begun
        for loss in ("center", "arcface"):
            start, begun = time.process_time(), time.perf_counter()
            train(place / "bank", place / loss, recipe("light", loss))
            took, passed = time.process_time() - start, waited + time.perf_counter() - begun
            records = read(place / loss / "log.jsonl")
            regions = [name.removeprefix("held ") for name in records[-1] if name.startswith("held ")]
            regions.remove("no landmark")
            lost = drops(records, regions)
            figures += [
                Figure(
                    f"landmark training, light, {loss}: features and training",
                    described + took,
                    "s",
                    600,
                    "lower",
                    len(photos),
                    note=f"processor time: features {described:.0f} s, training {took:.0f} s; by the clock, beside "
                    f"whatever else ran, {passed:.0f} s",
                ),
                Figure(
                    f"landmark training, light, {loss}: held photos of landmarks answered rightly",
                    sum(records[-1][f"held {name}"] for name in regions) / len(regions),
                    n=len(photos),
                    note="mean of regions, after the last stage; with dirt, as the bank was not cleaned",
                ),
                Figure(
                    f"landmark training, light, {loss}: most that a region forgot",
                    max(lost.values()),
                    better="lower",
                    note=max(lost, key=lambda name: lost[name]),
                ),
            ]
    return figures
