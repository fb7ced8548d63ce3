"""Drawn examples: repeatable by number, with masks that are where pixels changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from veduta.learn import cranes_drawn, decoys_drawn
from veduta.learn.canvas import Canvas, View
from veduta.learn.drawn_photos import DrawnPhotos, NoPhotographs, photographs
from veduta.learn.lattice import Girder
from veduta.learn.sheet import save_sheet


@pytest.fixture(scope="module")
def drawn(photographs: Path) -> DrawnPhotos:
    return DrawnPhotos([photographs / name for name in ("rocket.jpg", "coffee.png")], seed=3, side=128)


def test_the_same_number_gives_the_same_example(drawn: DrawnPhotos, photographs: Path) -> None:
    again = DrawnPhotos(drawn.photos, seed=3, side=128)
    for number in (5, 2):
        one, other = drawn[number], again[number]
        assert one.kinds == other.kinds
        assert (one.pixels == other.pixels).all() and (one.mask == other.mask).all()
    assert not (drawn[5].pixels == DrawnPhotos(drawn.photos, seed=4, side=128)[5].pixels).all()


def test_there_are_cranes_decoys_and_plain_photographs(drawn: DrawnPhotos) -> None:
    examples = [drawn[i] for i in range(40)]
    assert {e.pixels.shape for e in examples} == {(128, 128, 3)}
    with_cranes = [e for e in examples if set(e.kinds) & set(cranes_drawn.KINDS)]
    without = [e for e in examples if not set(e.kinds) & set(cranes_drawn.KINDS)]
    assert 14 <= len(with_cranes) <= 30
    assert any(e.kinds for e in without) and any(not e.kinds for e in without)
    assert not any(e.mask.any() for e in without)
    assert sum(bool(e.mask.any()) for e in with_cranes) >= 0.8 * len(with_cranes)


@pytest.mark.parametrize("kind", list(cranes_drawn.KINDS))
def test_every_crane_stands_over_its_foot(kind: str) -> None:
    canvas = Canvas(120, 120)
    cranes_drawn.draw(canvas, View((60, 110), 1.2), np.random.default_rng(1), kind)
    cover, color = canvas.read()
    assert cover.shape == (120, 120) and cover.min() >= 0 and cover.max() <= 1
    rows = np.nonzero((cover > 0.3).any(axis=1))[0]
    assert rows[0] < 95 and 105 <= rows[-1] <= 113
    assert color[cover > 0.3].min() >= 1


@pytest.mark.parametrize("kind", list(decoys_drawn.KINDS))
def test_every_decoy_draws_something(kind: str) -> None:
    canvas = Canvas(120, 120)
    decoys_drawn.draw(canvas, View((60, 110), 1.5), np.random.default_rng(2), kind)
    assert (canvas.read()[0] > 0.3).sum() > 20


def test_a_line_covers_its_thickness_times_its_length() -> None:
    canvas = Canvas(60, 60)
    canvas.line(View((10, 50), 1.0), [(0, 0, 0), (40, 0, 0)], (200, 0, 0), 2.0)
    cover, color = canvas.read()
    assert cover.sum() == pytest.approx(2 * 40, rel=0.25)  # ends are round
    assert color[cover > 0.5][:, 0] == pytest.approx(200, abs=1)


def test_far_things_are_smaller_and_what_is_high_narrows() -> None:
    plain = View((0, 0), 2.0, distance=100)
    near, far = plain.place(np.array([[10.0, -50, 0], [10, 50, 0]]))
    assert near[0] == pytest.approx(40) and far[0] == pytest.approx(2 * 10 * 100 / 150)
    up = View((0, 0), 2.0, distance=100, pitch=0.5).place(np.array([[10.0, 0, 100]]))[0]
    assert up[0] == pytest.approx(2 * 10 * 100 / 150) and up[1] < 0


def test_a_girder_s_frames_lie_around_its_axis() -> None:
    frames = Girder((0, 0, 0), (10, 0, 0), 2.0, 1.0).chords(5)
    assert frames.shape == (6, 4, 3)
    np.testing.assert_allclose(frames.mean(axis=1)[:, 1:], 0, atol=1e-9)
    widths = np.linalg.norm(frames - frames.mean(axis=1, keepdims=True), axis=2)
    np.testing.assert_allclose(widths, np.linspace(1.2, 0.6, 6)[:, None].repeat(4, axis=1), atol=1e-9)


def test_a_sheet_is_written_and_an_empty_folder_told(drawn: DrawnPhotos, tmp_path: Path) -> None:
    made = save_sheet(drawn, tmp_path / "sheet.png", 3)
    assert made.read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(NoPhotographs, match="no JPEG"):
        photographs(tmp_path / "nothing")
