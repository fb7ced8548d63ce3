"""The nearest of many vectors of length 1: an exact scan of few, of millions codes and an exact second look.

Compression: an inverted file of product-quantized residuals (Jégou et al. 2011, "Product quantization for nearest
neighbor search") scanned four bits at a time (André et al. 2017, arXiv 1704.07355), by faiss.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from veduta.errors import VedutaError
from veduta.files import replacing
from veduta.progress import Progress, Silent

Floats = NDArray[np.float32]
Vectors = NDArray[np.float16] | NDArray[np.float32]
Rows = NDArray[np.int64]

EXACT_MOST = 5_000  # vectors up to which a plain scan is quick enough
FLAT_MOST = 100_000  # vectors up to which all codes are scanned
CHUNK = 65_536  # vectors that are decompressed at once
PER_LIST = 1_000  # vectors in one list of the inverted file, on average
CODE_DIMENSIONS = 2  # dimensions that share a code of four bits
TRAINING = 64  # vectors looked at for each list when the lists are made


class BadIndex(VedutaError):
    """An index that does not belong to its vectors, or that is damaged."""


class Index(Protocol):
    """Finds the vectors of the highest dot product."""

    def __len__(self) -> int:
        """How many vectors there are."""

    def search(self, queries: Floats, count: int) -> tuple[Floats, Rows]:
        """Dot products (q, count) and rows (q, count) for queries (q, d), the highest first; row -1 where none is."""


class ExactIndex:
    """All vectors, each compared with the query."""

    def __init__(self, vectors: Vectors) -> None:
        """Hold `vectors` (n, d) as float32."""
        self._vectors = np.ascontiguousarray(vectors, np.float32)

    def __len__(self) -> int:
        """How many vectors there are."""
        return len(self._vectors)

    def search(self, queries: Floats, count: int) -> tuple[Floats, Rows]:
        """See Index."""
        queries = _checked(queries, self._vectors.shape[1])
        # One query is a product of a matrix and a vector: no library beats the bandwidth of the memory.
        scores = (
            np.stack([self._vectors @ query for query in queries])
            if len(queries) < 8
            else (queries @ self._vectors.T)
        )
        rows = np.broadcast_to(np.arange(len(self), dtype=np.int64), scores.shape)
        return _best(np.asarray(scores, np.float32), rows, count)


class CompressedIndex:
    """An inverted file of short codes in memory; the vectors themselves stay on the disk for the second look."""

    def __init__(self, lists: Any, vectors: Vectors, probes: int, looks: int) -> None:
        """Search `probes` lists and compare the best `looks` of their vectors exactly."""
        self._lists = lists
        self._vectors = vectors
        self.looks = looks
        if hasattr(lists, "nprobe"):
            lists.nprobe = probes

    @classmethod
    def build(
        cls,
        vectors: Vectors,
        path: Path,
        progress: Progress | None = None,
        probes: int = 144,
        looks: int = 300,
        seed: int = 0,
    ) -> CompressedIndex:
        """Index `vectors` (n, d), which may be memory-mapped, into the file `path`; they are read a chunk at a time."""
        import faiss

        progress = progress or Silent()
        total, dimension = vectors.shape
        lists = round(total / PER_LIST)
        codes = f"PQ{dimension // CODE_DIMENSIONS}x4fs"
        # Among vectors of length 1 the nearest are those of the highest dot product.
        if total <= FLAT_MOST:
            made, learned = faiss.index_factory(dimension, codes, faiss.METRIC_L2), 4096
        else:
            made = faiss.index_factory(dimension, f"IVF{lists},{codes}", faiss.METRIC_L2)
            clustering = faiss.extract_index_ivf(made).cp
            clustering.niter, clustering.max_points_per_centroid = 8, TRAINING
            learned = lists * TRAINING
        wanted = np.sort(np.random.default_rng(seed).permutation(total)[:learned])
        progress.begin("learning codes", 1)
        made.train(np.ascontiguousarray(vectors[wanted], np.float32))
        progress.end()
        progress.begin("indexing vectors", total)
        for start in range(0, total, CHUNK):
            part = np.ascontiguousarray(vectors[start : start + CHUNK], np.float32)
            made.add(part)
            progress.advance(len(part))
        progress.end()
        with replacing(path) as temporary:
            faiss.write_index(made, str(temporary))
        return cls(made, vectors, probes, looks)

    @classmethod
    def open(cls, path: Path, vectors: Vectors, probes: int = 144, looks: int = 300) -> CompressedIndex:
        """Open what `build` wrote for the same `vectors`; raises BadIndex."""
        import faiss

        try:
            lists = faiss.read_index(str(path))
        except RuntimeError as error:
            raise BadIndex(f"{path}: no index, or a damaged one; build it again") from error
        if (lists.ntotal, lists.d) != vectors.shape:
            raise BadIndex(
                f"{path}: an index of {lists.ntotal} vectors of {lists.d} numbers, but there are {len(vectors)} of "
                f"{vectors.shape[1]}; build it again"
            )
        return cls(lists, vectors, probes, looks)

    def __len__(self) -> int:
        """How many vectors there are."""
        return len(self._vectors)

    def search(self, queries: Floats, count: int) -> tuple[Floats, Rows]:
        """See Index."""
        queries = _checked(queries, self._vectors.shape[1])
        _, rows = self._lists.search(queries, max(self.looks, count))
        scores = np.full(rows.shape, -np.inf, np.float32)
        for query, candidates, exact in zip(queries, rows, scores, strict=True):
            found = candidates >= 0
            # In the order of the file, so that a disk is read forwards.
            order = np.sort(candidates[found])
            candidates[found] = order
            exact[found] = self._vectors[order].astype(np.float32) @ query
        return _best(scores, rows, count)


def open_index(vectors: Vectors, path: Path | None = None, progress: Progress | None = None) -> Index:
    """An exact index of few vectors; of many, the compressed one in `path`, which is built where it is missing."""
    if len(vectors) <= EXACT_MOST or path is None:
        return ExactIndex(vectors)
    if path.exists():
        return CompressedIndex.open(path, vectors)
    return CompressedIndex.build(vectors, path, progress)


def _checked(queries: Floats, dimension: int) -> Floats:
    queries = np.ascontiguousarray(queries, np.float32)
    if queries.ndim != 2 or queries.shape[1] != dimension:
        raise BadIndex(f"queries of shape {queries.shape}: expected (n, {dimension})")
    return queries


def _best(scores: Floats, rows: Rows, count: int) -> tuple[Floats, Rows]:
    count = min(count, scores.shape[1])
    chosen = (
        np.argpartition(-scores, count - 1, axis=1)[:, :count] if count else np.empty((len(scores), 0), int)
    )
    top = np.take_along_axis(scores, chosen, 1)
    order = np.argsort(-top, axis=1, kind="stable")
    chosen = np.take_along_axis(chosen, order, 1)
    return np.take_along_axis(scores, chosen, 1), np.take_along_axis(rows, chosen, 1)
