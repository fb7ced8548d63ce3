"""Dry run of the training data of 2.3 million photos: streaming shards, measured on synthetic ones.

Photos of one size that differ are written into shards, then read as training reads them: shuffled, decoded, cropped and
normalized. Throughput is extrapolated to an epoch of 2.3 million; memory must not depend on the number of shards.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.figure import Figure
from veduta.landmarks.train_bank import varied
from veduta.landmarks.train_shards import ShardStream, write_shards

PHOTOS = 6000
PER_SHARD = 500
SIDE = 224
BATCH = 64
BUFFER = 1000
WHOLE = 2_300_000


def photos(count: int) -> Iterator[tuple[bytes, int]]:
    """Colored JPEG pictures of 320 x 240 with some texture, of 11,000 landmarks."""
    random = np.random.default_rng(0)
    for _ in range(count):
        small = random.integers(0, 256, (12, 16, 3), np.uint8)
        pixels = cv2.resize(small, (320, 240), interpolation=cv2.INTER_CUBIC)
        pixels = cv2.add(pixels, random.integers(0, 24, pixels.shape, np.uint8))
        yield (
            cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes(),
            int(random.integers(11000)),
        )


def prepare(data: bytes, random: np.random.Generator) -> np.ndarray:
    """A varied, normalized square of a photo."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    return varied(np.asarray(pixels, np.uint8), SIDE, random)


def resident() -> float:
    """Megabytes that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def dry_run(folder: Path, epochs: int) -> tuple[float, float]:
    """Photos a second, and the most megabytes that reading added."""
    stream = ShardStream(folder, buffer=BUFFER)
    before, most, count = resident(), 0.0, 0
    start = time.perf_counter()
    for epoch in range(epochs):
        for inputs, _ in stream.batches(epoch, BATCH, prepare, workers=os.cpu_count() or 1):
            count += len(inputs)
            most = max(most, resident() - before)
    return count / (time.perf_counter() - start), most


def measure() -> list[Figure]:
    """Throughput and memory of one epoch, and of the same with four times the photos."""
    with tempfile.TemporaryDirectory() as directory:
        few, many = Path(directory, "few"), Path(directory, "many")
        write_shards(photos(PER_SHARD * 3), few, PER_SHARD)
        start = time.perf_counter()
        write_shards(photos(PHOTOS), many, PER_SHARD)
        writing = PHOTOS / (time.perf_counter() - start)
        size = sum(path.stat().st_size for path in many.glob("*.tar")) / PHOTOS / 1e3
        found = []
        for folder in (few, many):  # each in a process of its own: memory is not given back
            code = f"from benchmarks.landmarks_loader import *; print(*dry_run(Path({str(folder)!r}), 1))"
            told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            found.append(tuple(float(number) for number in told.stdout.split()))
    (_, small), (rate, large) = found
    note = f"{PHOTOS} synthetic photos of {size:.0f} KB in shards, {SIDE} px, buffer {BUFFER}"
    return [
        Figure(
            "landmark training data: photos decoded, varied and batched",
            rate,
            "photos/s",
            n=PHOTOS,
            note=note,
        ),
        Figure(
            "landmark training data: an epoch of 2.3 million photos",
            WHOLE / rate / 3600,
            "h",
            better="lower",
            note="extrapolated from the rate on this machine's processor",
        ),
        Figure(
            "landmark training data: memory while streaming",
            large,
            "MB",
            600,
            "lower",
            PHOTOS,
            note=f"{small:.0f} MB for a quarter of the photos",
        ),
        Figure(
            "landmark training data: written to shards", writing, "photos/s", note="pictures drawn on the way"
        ),
    ]
