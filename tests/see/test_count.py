"""Counting people: bodies and faces of one person are one, and the count holds on real photographs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from veduta.image.decode import load
from veduta.image.photo import Photo
from veduta.nets.store import ModelStore
from veduta.see.count import Counter, Sight
from veduta.see.individuals import Seen, individuals


def body(x: float, y: float = 0, width: float = 100, height: float = 300, probability: float = 0.8) -> Seen:
    return Seen((x, y, width, height), probability)


def face_of(one: Seen, probability: float = 0.9) -> Seen:
    x, y, width, height = one.box
    return Seen((x + 0.35 * width, y + 0.02 * height, 0.3 * width, 0.13 * height), probability)


def test_a_body_and_its_face_are_one_person() -> None:
    (one,) = individuals([body(0)], [face_of(body(0))])
    assert one.has_face
    assert one.box == body(0).box
    assert one.probability == pytest.approx(1 - 0.2 * 0.1)
    assert one.point == pytest.approx((50, 25.5))


def test_faces_without_bodies_and_bodies_without_faces_count() -> None:
    people = individuals([body(0), body(400)], [face_of(body(0)), Seen((800, 50, 40, 50), 0.7)])
    assert len(people) == 3
    assert sum(person.has_face for person in people) == 2
    (turned,) = (person for person in people if not person.has_face)
    assert turned.box == body(400).box
    x, y = turned.point
    assert x == 450 and 0 < y < 60


def test_two_who_stand_close_stay_two() -> None:
    near = [body(0), body(60, y=10)]
    people = individuals(near, [face_of(one) for one in near])
    assert sorted(person.box for person in people) == sorted(one.box for one in near)
    assert len(individuals(near, [])) == 2


def test_a_box_around_several_is_nobody() -> None:
    two = [body(0), body(120)]
    group = Seen((0, 0, 220, 300), 0.6)
    assert len(individuals([*two, group], [face_of(one) for one in two])) == 2
    assert len(individuals([group], [face_of(one) for one in two])) == 2


def test_a_part_of_a_body_is_not_another_person() -> None:
    legs = Seen((5, 120, 90, 180), 0.6)
    assert len(individuals([body(0), legs], [])) == 1


def test_a_photo_without_people(store: ModelStore, photographs: Path) -> None:
    counter = Counter(store=store)
    told = [counter.count(load(photographs / name)) for name in ("coffee.png", "chelsea.png")]
    assert [one.count for one in told] == [0, 0]
    assert all(one.points == one.boxes == () and one.low == 0 for one in told)
    blank = counter.count(Photo(np.full((8, 8, 3), 127, np.uint8), 8, 8))
    assert (blank.count, blank.low) == (0, 0)


def test_points_are_in_pixels_of_the_full_photo(store: ModelStore, photographs: Path) -> None:
    photo = load(photographs / "astronaut.png")
    larger = Photo(photo.pixels, photo.width * 3, photo.height * 3)
    counter = Counter(store=store)
    one, same = (sight.count() for sight in counter.look([photo, larger]))
    assert one.count == same.count == 1
    assert one.low <= 1 <= one.high
    assert same.points[0] == pytest.approx([3 * v for v in one.points[0]], rel=1e-5)
    x, y = one.points[0]
    assert 170 < x < 270 and 60 < y < 170  # her face


def test_the_interval_widens_with_the_small_and_the_doubtful() -> None:
    def width(height: float, doubtful: int = 0) -> int:
        sure = [body(150 * i, height=height, probability=0.95) for i in range(6)]
        others = [body(150 * i, y=500, height=height, probability=0.25) for i in range(doubtful)]
        told = Sight([*sure, *others], [], 1200, 900).count()
        assert told.count == 6
        assert told.low <= 6 <= told.high
        return told.high - told.low

    assert width(300) < width(60)
    assert width(300) < width(300, doubtful=4)


@pytest.mark.eval
def test_groups_are_counted(store: ModelStore, eval_dir: Path) -> None:
    folder = eval_dir / "crowd_people38"
    truth = json.loads((folder / "head_points.json").read_text())
    names = ["test_img_2.jpg", "test_img_3.jpg", "train_img_1.jpg", "train_img_15.jpg"]
    counter = Counter(store=store)
    told = [counter.count(load(folder / name)) for name in names]
    errors = [abs(one.count - len(truth[name])) for one, name in zip(told, names, strict=True)]
    assert sum(errors) / len(errors) <= 3
