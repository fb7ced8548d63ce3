"""Average link over a neighbor graph, against the textbook's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from tests.library.handmade import identities
from veduta.library import clusters
from veduta.library.clusters import Groups, near


def singles(vectors: np.ndarray, threshold: float, allowed=lambda a, b: 0.0) -> Groups:  # type: ignore[no-untyped-def]
    count = len(vectors)
    return Groups(vectors, np.ones(count, np.int64), np.zeros(count, bool), threshold, allowed)


def every_pair(count: int) -> list[tuple[int, int]]:
    return [(a, b) for a in range(count) for b in range(a)]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.92])
def test_agrees_with_average_linkage(seed: int, threshold: float) -> None:
    vectors = identities(8, 6, spread=0.4, seed=seed).reshape(-1, 128)
    groups = singles(vectors, threshold)
    groups.grow(every_pair(len(vectors)))
    found = np.array([groups.find(i) for i in range(len(vectors))])
    apart = 1 - vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform(np.maximum(apart, 0), checks=False), "average")
    truth = fcluster(tree, 1 - threshold, "distance")
    assert np.array_equal(found[:, None] == found, truth[:, None] == truth)


def test_the_order_of_edges_does_not_matter() -> None:
    vectors = identities(6, 5, spread=0.4, seed=3).reshape(-1, 128)
    results = set()
    for seed in range(5):
        edges = every_pair(len(vectors))
        np.random.default_rng(seed).shuffle(edges)
        groups = singles(vectors, 0.8)
        groups.grow(edges)
        results.add(tuple(groups.find(i) for i in range(len(vectors))))
    assert len(results) == 1


def test_constraints_hold_whatever_the_similarity() -> None:
    vectors = identities(1, 4, spread=0.01)[0]

    def apart(a: int, b: int) -> float | None:
        return None if {0, 1} <= {*groups.of(a), *groups.of(b)} else 0.0

    groups = singles(vectors, 0.5, apart)
    groups.grow(every_pair(4))
    assert groups.find(0) != groups.find(1)
    assert len({groups.find(i) for i in range(4)}) == 2


def test_fixed_groups_take_in_but_are_not_joined() -> None:
    vectors = identities(1, 4, spread=0.01)[0]
    fixed = np.array([True, True, False, False])
    groups = Groups(vectors, np.ones(4, np.int64), fixed, 0.5, lambda a, b: 0.0)
    groups.grow(every_pair(4))
    assert groups.find(0) == 0
    assert groups.find(1) == 1
    assert {groups.find(2), groups.find(3)} <= {0, 1}


def test_joined_groups_keep_their_sum_and_lowest_number() -> None:
    vectors = identities(2, 3)[:, :, :].reshape(-1, 128)
    groups = singles(vectors, 2.0)
    groups.join(4, 2)
    groups.join(5, 4)
    assert {groups.find(i) for i in (2, 4, 5)} == {2}
    assert sorted(groups.of(2)) == [2, 4, 5]
    assert groups.counts[2] == 3
    np.testing.assert_allclose(groups.sums[2], vectors[[2, 4, 5]].sum(axis=0), rtol=1e-6)


def test_near_finds_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    base = rng.standard_normal((3000, 16)).astype(np.float32)
    base /= np.linalg.norm(base, axis=1, keepdims=True)
    truth = {
        (i, int(j)) for i in range(50) for j in np.argsort(-(base @ base[i]))[:5] if base[j] @ base[i] >= 0.3
    }
    rows, found = near(base[:50], base, 5, 0.3)
    assert set(zip(rows.tolist(), found.tolist(), strict=True)) == truth
    monkeypatch.setattr(clusters, "EXACT", 1000)
    rows, found = near(base[:50], base, 5, 0.3)
    quick = set(zip(rows.tolist(), found.tolist(), strict=True))
    assert len(quick & truth) > 0.6 * len(truth)  # random vectors: the hardest there are
    none = near(np.empty((0, 16), np.float32), base, 5, 0.3)
    assert len(none[0]) == len(none[1]) == 0
