"""The vote against NumPy's median, and the choice of sources where the median fails."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from veduta.edit import vote
from veduta.edit.choice import choose
from veduta.edit.vote import exchanges, exchanges_for, masked_median, median


@pytest.mark.parametrize("count", range(2, 13))
def test_the_network_sorts_everything(count: int) -> None:
    # Knuth's zero-one principle: a network that sorts all sequences of 0 and 1 sorts all sequences.
    values = np.array(list(product((0, 1), repeat=count)), np.uint8).T.copy()
    for low, high in exchanges(count):
        values[low], values[high] = (
            np.minimum(values[low], values[high]),
            np.maximum(values[low], values[high]),
        )
    assert (np.diff(values.astype(int), axis=0) >= 0).all()


def test_only_what_a_rank_needs_is_compared() -> None:
    assert len(exchanges_for(9, (4,))) < len(exchanges(9))
    assert len(exchanges(9)) < 36  # each with each


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 9, 25])
def test_median_is_that_of_numpy(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vote, "BLOCK", 500 * count)  # several blocks of rows
    frames = [np.random.default_rng(k).integers(0, 256, (37, 29, 3), np.uint8) for k in range(count)]
    kept = [frame.copy() for frame in frames]
    expected = np.floor(np.median(np.stack(frames), axis=0) + 0.5).astype(np.uint8)
    assert np.array_equal(median(frames), expected)
    assert all(np.array_equal(a, b) for a, b in zip(frames, kept, strict=True))


@pytest.mark.parametrize("count", [2, 3, 6, 9])
def test_masked_median_is_that_of_the_allowed(count: int) -> None:
    rng = np.random.default_rng(count)
    frames = [rng.integers(0, 256, (23, 31, 3), np.uint8) for _ in range(count)]
    allowed = [(rng.random((23, 31)) < 0.5).astype(np.uint8) * 255 for _ in range(count)]
    found = masked_median(frames, allowed)
    for y, x in np.ndindex(23, 31):
        some = [f[y, x] for f, a in zip(frames, allowed, strict=True) if a[y, x]] or [f[y, x] for f in frames]
        assert np.array_equal(found[y, x], np.floor(np.median(some, axis=0) + 0.5).astype(np.uint8))


def scene(rng: np.random.Generator) -> np.ndarray:
    return np.repeat(np.repeat(rng.integers(40, 200, (12, 16, 3), np.uint8), 10, 0), 10, 1)


def everywhere(shots: list[np.ndarray]) -> list[np.ndarray]:
    return [np.full(shot.shape[:2], 255, np.uint8) for shot in shots]


def test_one_shot_in_three_may_be_right() -> None:
    rng = np.random.default_rng(5)
    clean = scene(rng)
    shots = [clean.copy() for _ in range(3)]
    # Two walkers that overlap: where they do, all three shots differ, and only the third is free of both.
    shots[0][30:90, 40:80] = (250, 20, 20)
    shots[1][30:90, 60:100] = (20, 20, 250)
    chosen = choose(shots, everywhere(shots))
    assert np.abs(chosen.picture.astype(int) - clean).max() == 0
    assert (chosen.allowed[0][40:80, 45:75] == 0).all()
    assert (chosen.allowed[2] == 255).all()


def test_people_that_were_seen_are_outvoted_by_a_single_shot() -> None:
    rng = np.random.default_rng(6)
    clean = scene(rng)
    shots = [clean.copy() for _ in range(5)]
    people = [np.zeros(clean.shape[:2], np.uint8) for _ in shots]
    for shot, person in zip(shots[:4], people, strict=False):
        shot[40:100, 50:80] = (10, 200, 30)
        person[40:100, 50:80] = 255
    blind = choose(shots, everywhere(shots))
    assert (blind.picture[60, 60] == (10, 200, 30)).all()
    sighted = choose(shots, everywhere(shots), people)
    assert np.array_equal(sighted.picture, clean)
    assert sighted.backers[60, 60] == pytest.approx(1, abs=0.3)


def test_what_a_shot_does_not_show_it_has_no_voice_for() -> None:
    rng = np.random.default_rng(7)
    clean = scene(rng)
    shots = [clean.copy() for _ in range(3)]
    seen = everywhere(shots)
    for shot, one in zip(shots[:2], seen, strict=False):
        shot[:, :20] = 0
        one[:, :20] = 0
    chosen = choose(shots, seen)
    assert np.array_equal(chosen.picture, clean)
    assert (chosen.allowed[0][:, :19] == 0).all()
