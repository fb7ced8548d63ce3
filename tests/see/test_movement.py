"""What moves before a camera that stands still, and where a film is cut: on pictures made here."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from veduta.image.photo import Pixels
from veduta.see.count import Sight
from veduta.see.cuts import Cuts
from veduta.see.flow import Flow, Line
from veduta.see.movement import Movement
from veduta.see.track import Sighting, Tracker, colors

WIDTH, HEIGHT = 320, 240


def street(number: int, light: float = 1.0) -> Pixels:
    """A rough gray ground with noise that changes, in some light."""
    ground = np.random.default_rng(1).normal(110, 12, (HEIGHT // 8, WIDTH // 8)).repeat(8, 0).repeat(8, 1)
    noise = np.random.default_rng(number + 2).normal(0, 2, (HEIGHT, WIDTH))
    return (np.repeat((ground + noise)[..., None], 3, axis=2) * light).clip(0, 255).astype(np.uint8)


def drive(speeds: list[float], looks: int = 40, dim: bool = False) -> Iterator[Pixels]:
    """Red and white cars that drive down or up, each in its lane; the exposure may change when they pass."""
    for number in range(looks):
        light = 0.5 if dim and 15 <= number < 28 else 1.0
        picture = street(number, light)
        for lane, speed in enumerate(speeds):
            place = speed * (number - 8) - 70 if speed > 0 else HEIGHT + speed * (number - 8)
            top, bottom = (int(np.clip(v, 0, HEIGHT)) for v in (place, place + 70))
            color = np.array([(190, 30, 40), (240, 240, 240)][lane % 2]) * light
            picture[top:bottom, 60 + 120 * lane : 110 + 120 * lane] = color.astype(np.uint8)
        yield picture


def crossings(pictures: Iterator[Pixels], line: Line) -> tuple[int, int]:
    movement, tracker, flow = Movement(), Tracker(WIDTH, HEIGHT), Flow(line)
    for number, picture in enumerate(pictures):
        seen = movement.look(picture, WIDTH, HEIGHT)
        sightings = [Sighting(one.box, one.probability, colors(picture, one.box)) for one in seen]
        flow.update(number * 0.12, tracker.update(number * 0.12, sightings))
    return flow.inward, flow.outward


def test_cars_from_above_are_counted_both_ways() -> None:
    for share in (0.3, 0.5, 0.7):
        assert crossings(drive([12, -14]), Line(0, share * HEIGHT, WIDTH, share * HEIGHT)) == (1, 1)


def test_a_change_of_exposure_moves_nothing() -> None:
    assert crossings(drive([], dim=True), Line(0, 120, WIDTH, 120)) == (0, 0)
    assert crossings(drive([12], dim=True), Line(0, 120, WIDTH, 120)) == (1, 0)
    movement = Movement()
    found = [movement.look(picture, WIDTH, HEIGHT) for picture in drive([], dim=True)]
    assert sum(len(seen) for seen in found) == 0


def test_boxes_are_where_things_are() -> None:
    movement = Movement()
    for number in range(12):
        movement.look(street(number), 2 * WIDTH, 2 * HEIGHT)
    picture = street(12)
    picture[80:160, 100:150] = (190, 30, 40)
    (one,) = movement.look(picture, 2 * WIDTH, 2 * HEIGHT)
    assert np.abs(np.array(one.box) - (200, 160, 100, 160)).max() <= 8


def test_what_moves_is_counted_as_such() -> None:
    movement = Movement()
    for number, picture in enumerate(drive([12, -14])):
        seen = movement.look(picture, WIDTH, HEIGHT)
        if number == 18:
            told = Sight(seen, [], WIDTH, HEIGHT, moving=True).count()
            assert (told.count, told.low, told.high, told.method) == (2, 2, 2, "movement")
            return
    raise AssertionError("the film was too short")


def test_a_cut_is_told_and_a_turn_of_the_camera_is_none() -> None:
    random = np.random.default_rng(3)
    wide = random.integers(0, 255, (12, 60, 3)).astype(np.uint8).repeat(20, 0).repeat(20, 1)
    cuts = Cuts()
    assert not any(cuts.between(wide[:, x : x + WIDTH]) for x in range(0, 200, 10))
    other = np.full((HEIGHT, WIDTH, 3), (20, 40, 120), np.uint8)
    other[:, :100] = (200, 190, 30)
    assert cuts.between(other)
    assert not cuts.between((other * 0.7).astype(np.uint8))


def test_after_a_cut_nobody_goes_on() -> None:
    tracker = Tracker(WIDTH, HEIGHT)
    for number in range(4):
        tracker.update(number * 0.1, [Sighting((100, 50, 40, 120), 0.9)])
    tracker.forget()
    (new,) = tracker.update(0.5, [Sighting((100, 50, 40, 120), 0.9)])
    assert new.identity == 2 and not new.confirmed
