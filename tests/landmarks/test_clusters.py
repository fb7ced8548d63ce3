import numpy as np
from numpy.typing import NDArray

from veduta.landmarks.clusters import clusters, complete_link, least_members, unit


def naive(vectors: NDArray[np.float32], cut: float) -> list[list[int]]:
    """Complete link as it is defined: join the two groups whose furthest members are nearest, up to the cut."""
    far = 1 - vectors.astype(float) @ vectors.astype(float).T
    groups = [[i] for i in range(len(vectors))]
    while len(groups) > 1:
        pairs = [
            (max(far[i, j] for i in a for j in b), x, y)
            for x, a in enumerate(groups)
            for y, b in enumerate(groups)
            if x < y
        ]
        distance, x, y = min(pairs)
        if distance > cut:
            break
        groups[x] += groups.pop(y)
    return sorted(sorted(group) for group in groups)


def test_the_same_groups_as_by_definition() -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        vectors = unit(rng.normal(size=(25, 6)).astype(np.float32))
        for cut in (0.2, 0.6, 1.0, 1.5):
            numbers = complete_link(vectors, cut)
            found = sorted(np.flatnonzero(numbers == k).tolist() for k in range(numbers.max() + 1))
            assert found == naive(vectors, cut)


def test_a_few_members_make_a_view_in_a_small_bank_and_50_in_a_large_one() -> None:
    assert [least_members(n) for n in (1, 8, 20, 100, 200, 5000)] == [3, 3, 5, 25, 50, 50]


def test_two_views_and_a_stray_photo() -> None:
    rng = np.random.default_rng(1)
    a, b = np.eye(8, dtype=np.float32)[:2]
    rows = [a + rng.normal(scale=0.05, size=8) for _ in range(9)]
    rows += [b + rng.normal(scale=0.05, size=8) for _ in range(6)]
    vectors = unit(np.array([*rows, -np.eye(8)[3]], np.float32))
    views = clusters(vectors)
    assert [view.members.tolist() for view in views] == [list(range(9)), list(range(9, 15))]
    for view in views:
        naive_mean = vectors[view.members].sum(axis=0)
        np.testing.assert_allclose(view.centroid, naive_mean / np.linalg.norm(naive_mean), rtol=1e-5)


def test_one_photo_and_photos_without_a_valid_view_have_one_centroid() -> None:
    assert [c.members.tolist() for c in clusters(np.eye(4, dtype=np.float32)[:1])] == [[0]]
    views = clusters(np.eye(4, dtype=np.float32))
    assert len(views) == 1 and len(views[0].members) == 4
