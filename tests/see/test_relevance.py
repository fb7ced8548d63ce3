"""What speaks for a finding lies where it is."""

from __future__ import annotations

import numpy as np
import pytest

from veduta.see.relevance import of_label, relevance
from veduta.see.taxonomy import Taxonomy
from veduta.see.trunk import Sight


def sight(rows: int, columns: int, spot: tuple[int, int], seed: int = 0) -> Sight:
    """Maps of noise, with channel 0 lit at one spot."""
    rng = np.random.default_rng(seed)
    last = rng.uniform(0, 0.1, (6, rows, columns)).astype(np.float32)
    last[0][spot] = 5
    middle = rng.uniform(0, 0.1, (4, 2 * rows, 2 * columns)).astype(np.float32)
    pooled = last.mean(axis=(1, 2))
    return Sight(np.zeros(3, np.float32), pooled, last, middle)


def test_the_lit_spot_is_the_relevant_one() -> None:
    seen = sight(9, 8, (2, 6))
    found = relevance(seen, lambda sights: np.array([one.pooled[0] for one in sights]))
    assert found.shape == (9, 8)
    assert found.dtype == np.float32
    assert found.max() == 1
    assert found[1:4, 5:8].min() > 0.9
    assert found[5:, :4].max() == 0


def test_nothing_speaks_for_what_does_not_change() -> None:
    assert not relevance(sight(4, 4, (1, 1)), lambda sights: np.ones(len(sights))).any()


def test_a_label_and_its_group_are_explained_by_the_classifier() -> None:
    taxonomy = Taxonomy([("beagle", "dog"), ("poodle", "dog"), ("boat", "")], [("dog", "")])
    classifier = np.zeros((3, 6), np.float32)
    classifier[0, 0] = 4
    seen = sight(6, 6, (4, 1))
    for name in ("beagle", "dog"):
        found = relevance(seen, of_label(name, seen, classifier, taxonomy))
        assert found[3:6, 0:3].min() > 0.9
    assert not relevance(seen, of_label("boat", seen, classifier, taxonomy))[4, 1]
    with pytest.raises(KeyError):
        of_label("whale", seen, classifier, taxonomy)


def test_a_tiny_map_is_explained_too() -> None:
    assert relevance(
        sight(1, 1, (0, 0)), lambda sights: np.array([one.pooled[0] for one in sights])
    ).shape == (1, 1)
