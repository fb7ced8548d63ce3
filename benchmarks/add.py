"""How fast photos of 12 megapixels are added, against the plain pipeline and against pure inference, in one
run.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.figure import Figure
from benchmarks.photographs import roll

PHOTOS = 48
WARM = 8
PLAIN = 6
REPLAYED = 12


def ours(warm: Path, photos: Path, library: Path) -> dict[str, Any]:
    """Add `photos` with all recognizers, after a few others that pay for opening the networks."""
    from veduta.library.add import add_photos
    from veduta.library.catalog import Catalog
    from veduta.library.lineup import open_all
    from veduta.library.pipeline import Pipeline

    pipelines: list[Pipeline] = []
    recognizers = open_all()
    with Catalog.open(library) as catalog:
        add_photos(catalog, [warm], recognizers)
        start, used = time.perf_counter(), time.process_time()
        told = add_photos(catalog, [photos], recognizers, on_pipeline=pipelines.append)
        seconds, busy = time.perf_counter() - start, time.process_time() - used
    if told.pending or told.failed:
        raise RuntimeError(f"not everything was done: {told}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    inference, inference_busy = pure_inference(recognizers, sorted(photos.iterdir()))
    return {
        "seconds": seconds,
        "busy": busy,
        "stages": pipelines[0].stopwatch.seconds,
        "peak": peak,
        "inference": inference,
        "inference busy": inference_busy,
    }


def pure_inference(recognizers: list[Any], photos: list[Path]) -> tuple[float, float]:
    """Seconds, and seconds of processor time, a photo if there were nothing but networks: what they were
    asked, asked again back to back.
    """
    from veduta.image.decode import load
    from veduta.library.add import worker_count
    from veduta.nets.engine import OpenVinoBackend
    from veduta.settings import settings

    asked: list[tuple[Any, Any]] = []
    run = OpenVinoBackend.run

    def noting(self: Any, batches: Any) -> Any:
        asked.append((self, [{k: v.copy() for k, v in batch.items()} for batch in batches]))
        return run(self, batches)

    chosen = photos[:: max(1, len(photos) // REPLAYED)][:REPLAYED]
    OpenVinoBackend.run = noting  # type: ignore[method-assign]
    try:
        for start in range(0, len(chosen), 4):
            shown = [load(path, settings().analysis_side) for path in chosen[start : start + 4]]
            for recognizer in recognizers:
                recognizer.see(shown)
    finally:
        OpenVinoBackend.run = run  # type: ignore[method-assign]
    best, busy = float("inf"), float("inf")
    with ThreadPoolExecutor(worker_count()) as pool:
        for _ in range(3):
            start_time, used = time.perf_counter(), time.process_time()
            list(pool.map(lambda one: run(*one), asked))
            best = min(best, time.perf_counter() - start_time)
            busy = min(busy, time.process_time() - used)
    return best / len(chosen), busy / len(chosen)


def plain(photos: list[Path], folder: Path) -> dict[str, Any]:
    """Show photos to the packages one after another."""
    from benchmarks.plain import PlainPipeline

    pipeline = PlainPipeline(folder)
    pipeline.see(photos[-1])
    pipeline.seconds.clear()
    start, used = time.perf_counter(), time.process_time()
    for path in photos:
        pipeline.see(path)
    seconds, busy = time.perf_counter() - start, time.process_time() - used
    return {"seconds": seconds, "busy": busy, "stages": pipeline.seconds}


def _child(*arguments: Path | str) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.add", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # as `veduta` itself sets it
        check=True,
        cwd=Path(__file__).parents[1],
    )
    told: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return told


def measure() -> list[Figure]:
    """Photos a second of both, where the time goes, the share of pure inference, and the peak of memory."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        photos = roll(folder / "photos", PHOTOS)
        roll(folder / "warm", WARM, offset=PHOTOS)
        some = photos[:: PHOTOS // PLAIN][:PLAIN]
        # The plain one before and after: the machine's mood then weighs on both alike.
        first = _child("plain", folder, *some[::2])
        mine = _child("ours", folder / "warm", folder / "photos", folder / "library")
        second = _child("plain", folder, *some[1::2])
    theirs = PLAIN / (first["seconds"] + second["seconds"])
    rate = PHOTOS / mine["seconds"]
    share = mine["inference"] / (mine["seconds"] / PHOTOS)
    stages = {k: first["stages"][k] + second["stages"][k] for k in first["stages"]}
    total = sum(mine["stages"].values())
    figures = [
        Figure("add photos", rate, "photos/s", n=PHOTOS, note="12 megapixels, all recognizers"),
        Figure(
            "add photos: plain pipeline",
            theirs,
            "photos/s",
            n=PLAIN,
            note=_shares(stages, sum(stages.values())),
        ),
        Figure("add photos: times the plain pipeline", rate / theirs, "x", target=5.0, n=PLAIN),
        Figure(
            "add photos: share of pure inference",
            share,
            "",
            target=0.8,
            n=REPLAYED,
            note="time of the networks alone, back to back, over the time of everything",
        ),
        Figure(
            "add photos: times the plain pipeline, by processor time",
            (first["busy"] + second["busy"]) / PLAIN / (mine["busy"] / PHOTOS),
            "x",
            n=PLAIN,
            note="does not depend on what else the machine does",
        ),
        Figure(
            "add photos: share of pure inference, by processor time",
            mine["inference busy"] / (mine["busy"] / PHOTOS),
            "",
            n=REPLAYED,
        ),
        Figure("add photos: peak memory", mine["peak"], "MB", target=1500.0, better="lower", n=PHOTOS + WARM),
        Figure("add photos: cores kept busy", mine["busy"] / mine["seconds"], "cores"),
    ]
    figures += [
        Figure(f"add photos: time in {stage}", seconds / total, "of all", n=PHOTOS)
        for stage, seconds in sorted(mine["stages"].items(), key=lambda item: -item[1])
    ]
    return figures


def _shares(stages: dict[str, float], total: float) -> str:
    return ", ".join(
        f"{name} {seconds / total:.0%}" for name, seconds in sorted(stages.items(), key=lambda i: -i[1])
    )


if __name__ == "__main__":
    kind, *rest = sys.argv[1:]
    paths = [Path(path) for path in rest]
    print(json.dumps(ours(*paths) if kind == "ours" else plain(paths[1:], paths[0])))
