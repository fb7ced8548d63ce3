"""Following people in videos: one identity each through occlusion and flicker, and lines crossed once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from veduta.see.flow import Flow, Line
from veduta.see.track import Sighting, Tracker, colors

WIDTH, HEIGHT = 640, 480
STEP = 0.1
Way = Callable[[float], tuple[float, float] | None]


def dressed(hue: int) -> np.ndarray:
    """The colors of somebody all in one color."""
    pixels = np.zeros((60, 30, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = (200, 20) if hue else (20, 200)
    found = colors(pixels, (0, 0, 30, 60))
    assert found is not None
    return found


def walk(
    ways: Sequence[Way],
    line: Line,
    seconds: float,
    missed: float = 0.0,
    doubled: float = 0.0,
    shake: float = 0.02,
) -> tuple[Tracker, Flow]:
    """Walk people along `ways` (foot points by time) before a detector that misses, doubles and trembles."""
    random = np.random.default_rng(5)
    tracker, flow = Tracker(WIDTH, HEIGHT), Flow(line)
    for number in range(round(seconds / STEP)):
        time = number * STEP
        sightings = []
        for who, way in enumerate(ways):
            foot = way(time)
            if foot is None or random.random() < missed:
                continue
            for again in range(1 + (random.random() < doubled)):
                width, height = 40 * (1 - 0.1 * again), 120 * (1 - 0.08 * again)
                dx, dy, dw, dh = random.normal(0, shake, 4) * (width, height, width, height)
                box = (foot[0] - width / 2 + dx, foot[1] - height + dy, width + dw, height + dh)
                likely = 0.45 if random.random() < 0.2 else 0.8
                sightings.append(Sighting(box, likely, dressed(who % 2)))
        flow.update(time, tracker.update(time, sightings))
    return tracker, flow


def across(start: float, speed: float, y: float = 300, begin: float = 0) -> Way:
    return lambda time: (start + speed * (time - begin), y) if time >= begin else None


UPRIGHT = Line(320, 480, 320, 0)  # from below to above: its right is the picture's right


def test_the_side_of_a_line() -> None:
    line = Line(0, 0, 10, 0)
    assert line.beyond((5, 3)) == pytest.approx(3)
    assert line.beyond((5, -3)) == pytest.approx(-3)
    assert UPRIGHT.beyond((330, 100)) == pytest.approx(10)
    assert line.crossed((5, -1), (5, 1))
    assert not line.crossed((15, -1), (15, 1))
    assert line.crossed((15, -10), (5, 30)) == (15 - 10 * 0.25 <= 10)


def test_both_ways_are_counted_once() -> None:
    ways = [across(100, 90), across(540, -90, y=330), across(60, 90, y=420, begin=1)]
    tracker, flow = walk(ways, UPRIGHT, 6)
    assert (flow.inward, flow.outward) == (2, 1)
    assert tracker.confirmed == 3
    assert {c.way for c in flow.crossings} == {"in", "out"}
    assert all(a.time <= b.time for a, b in itertools.pairwise(flow.crossings))


def test_a_flickering_detector_changes_nothing() -> None:
    ways = [across(100, 90), across(540, -90, y=420)]
    tracker, flow = walk(ways, UPRIGHT, 6, missed=0.3, doubled=0.3, shake=0.05)
    assert (flow.inward, flow.outward) == (1, 1)
    assert tracker.confirmed == 2


def test_who_turns_back_at_the_line_has_not_crossed() -> None:
    def turns(time: float) -> tuple[float, float]:
        return (320 - 200 * abs(1 - time / 2) - 12, 300)

    def lingers(time: float) -> tuple[float, float]:
        return (320 + 6 * np.sin(9 * time), 420)

    _, flow = walk([turns, lingers], UPRIGHT, 4)
    assert flow.crossings == []


def test_who_comes_back_has_gone_both_ways() -> None:
    def returns(time: float) -> tuple[float, float]:
        return (320 + 100 - 200 * abs(1 - time / 2), 300)

    _, flow = walk([returns], UPRIGHT, 4)
    assert [crossing.way for crossing in flow.crossings] == ["in", "out"]


def test_one_hidden_at_the_line_is_still_the_same() -> None:
    def hidden(time: float) -> tuple[float, float] | None:
        x = 100 + 80 * time
        return None if 270 < x < 370 else (x, 300)

    tracker, flow = walk([hidden], UPRIGHT, 6)
    assert (flow.inward, flow.outward) == (1, 0)
    assert tracker.confirmed == 1


def test_two_who_meet_keep_their_identities() -> None:
    # Dressed alike or not, each passes behind or before the other in the middle of the picture.
    near: Way = lambda time: (100 + 80 * time, 310)  # noqa: E731
    far: Way = lambda time: None if abs(80 * time - 220) < 25 else (540 - 80 * time, 300)  # noqa: E731
    tracker, flow = walk([near, far], UPRIGHT, 5.5)
    assert (flow.inward, flow.outward) == (1, 1)
    assert tracker.confirmed == 2


def test_beside_the_ends_of_a_line_nobody_crosses_it() -> None:
    short = Line(320, 480, 320, 380)
    _, flow = walk([across(100, 90, y=300), across(100, 90, y=440)], short, 5)
    assert (flow.inward, flow.outward) == (1, 0)


def test_a_single_flash_is_nobody() -> None:
    tracker, flow = Tracker(WIDTH, HEIGHT), Flow(UPRIGHT)
    for time in np.arange(0, 3, STEP):
        flash = [Sighting((300 + 400 * (time % 0.5), 200, 40, 120), 0.9)] if time % 0.5 < 0.05 else []
        flow.update(float(time), tracker.update(float(time), flash))
    assert tracker.confirmed == 0
    assert flow.crossings == []


def test_colors_do_not_depend_on_the_size_of_the_box() -> None:
    picture = np.full((200, 200, 3), 90, np.uint8)
    picture[50:150, 80:120] = (180, 30, 30)
    large = colors(picture, (80, 50, 40, 100))
    small = colors(picture, (90, 75, 20, 50))
    assert large is not None and small is not None
    assert large == pytest.approx(small)
    assert np.sum(large**2) == pytest.approx(1)
    assert colors(picture, (500, 500, 10, 10)) is None


def test_what_enters_cut_off_by_the_upper_edge_crosses_once() -> None:
    tracker, flow = Tracker(WIDTH, HEIGHT), Flow(Line(0, 240, WIDTH, 240))
    for number in range(30):
        bottom = 20.0 + 15 * number
        top = max(0.0, bottom - 160)
        box = (200.0, top, 90.0, min(bottom, HEIGHT) - top)
        time = number * STEP
        flow.update(time, tracker.update(time, [Sighting(box, 0.9, dressed(1))]))
    assert (flow.inward, flow.outward) == (1, 0)
