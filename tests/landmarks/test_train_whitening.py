"""The map that training starts from, against naive sums and its own promise."""

from __future__ import annotations

import numpy as np
import pytest

from veduta.landmarks.train_whitening import Scatter, discriminant, scattered, whitening

DIMENSION = 12


def photos(seed: int = 0, count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 9, count)  # 8 landmarks; 8 is none
    spread = np.linspace(0.2, 2, DIMENSION)
    middles = random.normal(size=(9, DIMENSION))
    return (middles[labels] + random.normal(size=(count, DIMENSION)) * spread).astype(np.float32), labels


def naive(vectors: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Covariance of all vectors, and around the mean of each landmark."""
    whole = np.cov(vectors.T.astype(float), bias=True)
    inner, freedom = np.zeros((DIMENSION, DIMENSION)), 0
    for landmark in range(8):
        own = vectors[labels == landmark].astype(float)
        for row in own:
            inner += np.outer(row - own.mean(axis=0), row - own.mean(axis=0))
        freedom += len(own) - 1
    return whole, inner / freedom


def test_scatter_is_the_same_in_one_batch_or_many() -> None:
    vectors, labels = photos()
    scatter = Scatter(DIMENSION, 8)
    for first in range(0, 400, 37):
        scatter.add(vectors[first : first + 37], labels[first : first + 37])
    whole, inner = naive(vectors, labels)
    assert np.allclose(scatter.mean, vectors.mean(axis=0), atol=1e-5)
    assert np.allclose(scatter.whole, whole, atol=1e-6)
    assert np.allclose(scatter.within, inner, atol=1e-6)


def test_without_shrinking_the_spread_within_landmarks_is_equal_everywhere() -> None:
    vectors, labels = photos()
    scatter = scattered([(vectors, labels)], DIMENSION, 8)
    mean, matrix = whitening(scatter, DIMENSION, within=0.0, whole=0.0)
    whole, inner = naive(vectors, labels)
    turned = matrix.T @ whole @ matrix
    assert np.allclose(turned, np.eye(DIMENSION), atol=1e-3)
    within = matrix.T @ inner @ matrix  # diagonal, and least where landmarks differ most
    assert np.allclose(within, np.diag(np.diag(within)), atol=1e-3)
    assert (np.diff(np.diag(within)) > -1e-6).all()
    assert np.allclose(mean, vectors.mean(axis=0), atol=1e-5)


@pytest.mark.parametrize("count", [3, 9, 20])
def test_few_photos_give_few_columns_and_finite_numbers(count: int) -> None:
    vectors, labels = photos(count=count)
    _, matrix = whitening(scattered([(vectors, labels)], DIMENSION, 8), DIMENSION)
    assert matrix.shape == (DIMENSION, min(DIMENSION, count - 1))
    assert np.isfinite(matrix).all()


def test_one_photo_of_each_landmark_is_enough_to_start() -> None:
    vectors, _ = photos(count=8)
    _, matrix = whitening(scattered([(vectors, np.arange(8))], DIMENSION, 8), 5)
    assert np.isfinite(matrix).all() and (np.abs(matrix).sum(axis=0) > 0).all()


def test_the_short_way_for_few_photos_gives_the_same_map() -> None:
    random = np.random.default_rng(3)
    labels = random.integers(0, 9, 40)
    vectors = (random.normal(size=(9, 60))[labels] * 2 + random.normal(size=(40, 60))).astype(np.float32)
    mean, matrix = whitening(scattered([(vectors, labels)], 60, 8), 10)
    short_mean, short, deviation = discriminant(
        [(vectors[:25], labels[:25]), (vectors[25:], labels[25:])], 40, 60, 8, 10
    )
    assert np.allclose(short_mean, mean, atol=1e-5)
    assert np.allclose(np.abs(short), np.abs(matrix), atol=1e-3)  # an axis may point either way
    assert np.allclose(((vectors - short_mean) @ short).std(axis=0), deviation, atol=1e-4)
    long_mean, long, _ = discriminant([(vectors, labels)], 60, 60, 8, 10)  # as if there were enough
    assert np.allclose(np.abs(long), np.abs(matrix), atol=1e-6) and np.array_equal(long_mean, mean)
