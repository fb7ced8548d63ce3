"""Search among the vectors of 11,000 landmarks and of 2.3 million photos of them, drawn with realistic clusters."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure
from veduta.landmarks.index import CompressedIndex, ExactIndex, Index

LANDMARKS = 11_000
CENTROIDS = 13_200
EXEMPLARS = 3  # of each landmark
PHOTOS = 2_300_000
DIMENSION = 512
QUERIES = 300
CHUNK = 50_000

Floats = NDArray[np.float32]


class World:
    """Landmarks of 100 regions that share a look, each seen from six sides; photos by Zipf's law."""

    def __init__(self, landmarks: int = LANDMARKS, seed: int = 0) -> None:
        self._count = landmarks
        self._random = np.random.default_rng(seed)
        regions = self._normal(100)
        self.landmarks = 0.4 * regions[self._random.integers(0, 100, landmarks)] + self._normal(landmarks)
        # What changes between photos (light, weather, people) has few directions that matter and many that do not.
        self._ways = self._normal(64) * (np.arange(1, 65, dtype=np.float32) ** -0.5)[:, None]
        weights = 1.0 / np.arange(1, landmarks + 1) ** 0.6
        self._weights = weights / weights.sum()
        self._sides = self._normal(6 * landmarks).reshape(landmarks, 6, DIMENSION)

    def _normal(self, count: int) -> Floats:
        return self._random.standard_normal((count, DIMENSION), np.float32) / np.float32(DIMENSION**0.5)

    def photos(self, count: int) -> Floats:
        """Vectors of length 1."""
        landmarks = self._random.choice(self._count, count, p=self._weights)
        made = self.landmarks[landmarks] + 0.6 * self._sides[landmarks, self._random.integers(0, 6, count)]
        made += 0.25 * (self._random.standard_normal((count, 64), np.float32) @ self._ways)
        made += 0.6 * self._normal(count)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        return np.asarray(made, np.float32)

    def chunks(self, count: int) -> Iterator[Floats]:
        """Vectors of `count` photos, a chunk at a time."""
        for start in range(0, count, CHUNK):
            yield self.photos(min(CHUNK, count - start))


def _milliseconds(index: Index, queries: Floats, count: int) -> tuple[float, float]:
    """Median and 95th percentile of one query at a time, in processor time of one thread."""
    for query in queries[:20]:
        index.search(query[None], count)
    times = []
    for query in queries:
        started = time.thread_time()
        index.search(query[None], count)
        times.append(1e3 * (time.thread_time() - started))
    return float(np.median(times)), float(np.quantile(times, 0.95))


def _resident() -> float:
    """Memory that only this process holds, in GiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _atlas(world: World, queries: Floats, folder: Path) -> list[Figure]:
    centroids = np.concatenate([world.landmarks, world.photos(CENTROIDS - LANDMARKS)])
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    everything = np.concatenate([centroids, world.photos(EXEMPLARS * LANDMARKS)])
    found = []
    for what, vectors in (
        ("13,200 centroids", centroids),
        ("13,200 centroids and 33,000 exemplars", everything),
    ):
        exact = ExactIndex(vectors)
        plain, _ = _milliseconds(exact, queries, 10)
        coded = CompressedIndex.build(vectors, folder / "atlas")
        median, late = _milliseconds(coded, queries, 10)
        recall = _shared(coded.search(queries, 10)[1], exact.search(queries, 10)[1])
        note = f"codes and a second look; 95th percentile {late:.2f} ms; plain scan of all {plain:.2f} ms"
        found += [
            Figure(f"search among {what}", median, "ms", 1.0, "lower", len(queries), note=note),
            Figure(f"recall of the best 10 among {what}", recall, "", 0.99, n=len(queries)),
        ]
    return found


def _shared(found: NDArray[np.int64], true: NDArray[np.int64]) -> float:
    pairs = zip(found.tolist(), true.tolist(), strict=True)
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in pairs]))


def _millions(world: World, queries: Floats, folder: Path, photos: int) -> list[Figure]:
    vectors = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float16, (photos, DIMENSION))
    best_scores = np.full((len(queries), 10), -np.inf, np.float32)
    best_rows = np.zeros((len(queries), 10), np.int64)
    start = 0
    for part in world.chunks(photos):
        rounded = part.astype(np.float16)
        vectors[start : start + len(part)] = rounded
        # The truth, found on the way: the best ten of all rounded vectors.
        scores, rows = ExactIndex(rounded).search(queries, 10)
        scores, rows = np.hstack([best_scores, scores]), np.hstack([best_rows, rows + start])
        order = np.argsort(-scores, axis=1, kind="stable")[:, :10]
        best_scores, best_rows = np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)
        start += len(part)
    vectors.flush()
    before, started = _resident(), time.perf_counter()
    with _threads(os.cpu_count() or 1):
        index = CompressedIndex.build(vectors, folder / "codes")
    built, memory = time.perf_counter() - started, _resident() - before
    median, late = _milliseconds(index, queries, 10)
    _, found = index.search(queries, 10)
    size = (folder / "codes").stat().st_size / 2**30
    first = float(np.mean(found[:, 0] == best_rows[:, 0]))
    count = f"{photos:,} photos"
    return [
        Figure(
            f"search among {count}",
            median,
            "ms",
            10.0,
            "lower",
            len(queries),
            note=f"95th percentile {late:.1f} ms",
        ),
        Figure(f"recall of the best 10 among {count}", _shared(found, best_rows), "", 0.99, n=len(queries)),
        Figure(f"recall of the best among {count}", first, "", 0.99, n=len(queries)),
        Figure(
            f"memory of the index of {count}",
            memory,
            "GiB",
            8.0,
            "lower",
            note=f"codes of {size:.2f} GiB; the float16 vectors stay on the disk ({vectors.nbytes / 2**30:.2f} GiB)",
        ),
        Figure(f"building the index of {count}", built / 60, "min", None, "lower"),
    ]


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """So many threads for products of matrices and for faiss, until one again."""
    import faiss
    from threadpoolctl import threadpool_limits

    with threadpool_limits(count):
        faiss.omp_set_num_threads(count)
        try:
            yield
        finally:
            faiss.omp_set_num_threads(1)


def measure(photos: int = PHOTOS) -> list[Figure]:
    """All figures of search at scale, each in processor time of one thread; indexes are built by all of them."""
    world = World()
    queries = world.photos(QUERIES)
    with tempfile.TemporaryDirectory() as folder, _threads(1):
        return _atlas(world, queries, Path(folder)) + _millions(world, queries, Path(folder), photos)
