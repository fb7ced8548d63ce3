"""Outlines never rule out a partner: what is found through them is what is found without."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from veduta.see.matching import nearest
from veduta.see.outlines import DIRECTIONS, Outlines

Floats = NDArray[np.float32]


def _unit(vectors: NDArray[np.floating]) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _drawn(rng: np.random.Generator, count: int) -> Floats:
    """Unit vectors whose directions matter unequally, as those of corners do."""
    return _unit(rng.normal(size=(count, 64)) * 0.93 ** np.arange(64))


@pytest.mark.parametrize("least", [0.3, 0.6, 0.82])
def test_the_same_pairs_are_found(least: float) -> None:
    rng = np.random.default_rng(1)
    a = _drawn(rng, 300)
    b = np.concatenate([_unit(a[::4] + rng.normal(size=(75, 64)) * 0.04), _drawn(rng, 125)])
    outlines = Outlines.fit(b)
    found = outlines.nearest(a, b, outlines.of(a), least)
    assert len(found) >= 70
    assert found.tolist() == nearest(a, b, least).tolist()


def test_bounds_are_never_less_than_cosines_even_in_strange_directions() -> None:
    rng = np.random.default_rng(2)
    a, b = _drawn(rng, 200), _unit(rng.normal(size=(150, 64)))
    outlines = Outlines.fit(_drawn(rng, 500))
    outlined = outlines.of(a)
    assert outlined.shape == (200, DIRECTIONS + 1)
    assert (outlined @ outlines.of(b).T >= a @ b.T - 1e-6).all()
    assert (np.einsum("ij,ij->i", outlined, outlined) >= 1).all()


def test_where_nothing_is_near_nothing_is_found() -> None:
    a, b = np.eye(64, dtype=np.float32)[:3], np.eye(64, dtype=np.float32)[40:]
    outlines = Outlines.fit(a)
    assert outlines.nearest(a, b, outlines.of(a)).shape == (0, 2)
    assert outlines.nearest(a, b[:0], outlines.of(a)).shape == (0, 2)
    assert outlines.nearest(a[:0], b, outlines.of(a[:0])).shape == (0, 2)
