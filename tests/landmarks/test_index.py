"""Indexes against a naive search."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from veduta.landmarks import index
from veduta.landmarks.index import BadIndex, CompressedIndex, ExactIndex, open_index


def clustered(count: int, dimension: int = 64, seed: int = 0) -> np.ndarray:  # type: ignore[type-arg]
    centers = np.random.default_rng(99).normal(size=(50, dimension))
    random = np.random.default_rng(seed)
    made = centers[random.integers(0, 50, count)] + 0.6 * random.normal(size=(count, dimension))
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


def naive(vectors: np.ndarray, query: np.ndarray, count: int) -> list[int]:  # type: ignore[type-arg]
    return sorted(range(len(vectors)), key=lambda i: -float(vectors[i] @ query))[:count]


@pytest.mark.parametrize("queries", [1, 20])
def test_the_exact_scan_is_exact(queries: int) -> None:
    vectors = clustered(500)
    asked = clustered(queries, seed=1)
    scores, rows = ExactIndex(vectors).search(asked, 7)
    for query, found, score in zip(asked, rows, scores, strict=True):
        assert found.tolist() == naive(vectors, query, 7)
        np.testing.assert_allclose(score, vectors[found] @ query, atol=1e-6)
    assert ExactIndex(vectors[:3]).search(asked, 7)[1].shape == (queries, 3)


@pytest.mark.parametrize("most", [100_000, 1_000])
def test_the_compressed_index_finds_what_the_exact_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(index, "FLAT_MOST", most)
    vectors = clustered(8000).astype(np.float16)
    asked = clustered(40, seed=1)
    made = CompressedIndex.build(vectors, tmp_path / "codes")
    exact_scores, exact_rows = ExactIndex(vectors).search(asked, 10)
    for one in (made, CompressedIndex.open(tmp_path / "codes", vectors)):
        scores, rows = one.search(asked, 10)
        shared = [len(set(a) & set(b)) / 10 for a, b in zip(rows.tolist(), exact_rows.tolist(), strict=True)]
        assert np.mean(shared) >= 0.99
        np.testing.assert_allclose(scores[:, 0], exact_scores[:, 0], atol=1e-2)
        assert (np.diff(scores, axis=1) <= 0).all()


def test_the_size_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = clustered(3000)
    assert isinstance(open_index(vectors, tmp_path / "codes"), ExactIndex)
    monkeypatch.setattr(index, "EXACT_MOST", 1000)
    assert isinstance(open_index(vectors, tmp_path / "codes"), CompressedIndex)
    assert (tmp_path / "codes").exists()
    assert len(open_index(vectors, tmp_path / "codes")) == 3000
    with pytest.raises(BadIndex, match="3000 vectors of 64 numbers, but there are 2000"):
        open_index(vectors[:2000], tmp_path / "codes")
    (tmp_path / "codes").write_bytes(b"nothing")
    with pytest.raises(BadIndex, match="build it again"):
        open_index(vectors, tmp_path / "codes")
    with pytest.raises(BadIndex, match=r"expected \(n, 64\)"):
        ExactIndex(vectors).search(np.zeros((1, 3), np.float32), 1)
