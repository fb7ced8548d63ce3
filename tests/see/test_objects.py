"""Objects and persons: anchors and choice of tiles recomputed naively, the recognizer on real photographs."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from veduta.image.decode import load, read
from veduta.image.photo import Photo, Pixels
from veduta.nets.store import ModelStore
from veduta.see.finding import Finding
from veduta.see.objects import ObjectRecognizer, probability
from veduta.see.objects_anchors import MAPS, anchors, decode
from veduta.see.objects_boxes import Boxes
from veduta.see.objects_names import NAMES, PERSON
from veduta.see.objects_tiles import Tile, tiles, whole_things, worth_reading


def shown(pixels: Pixels, times: float = 1.0) -> Photo:
    """A photo as if decoded at 1 / `times` of its size."""
    return Photo(pixels, round(pixels.shape[1] * times), round(pixels.shape[0] * times))


def iou(a: Finding, b: Finding) -> float:
    assert a.box is not None
    assert b.box is not None
    width = min(a.box[0] + a.box[2], b.box[0] + b.box[2]) - max(a.box[0], b.box[0])
    height = min(a.box[1] + a.box[3], b.box[1] + b.box[3]) - max(a.box[1], b.box[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / (a.box[2] * a.box[3] + b.box[2] * b.box[3] - shared)


@pytest.fixture(scope="module")
def recognizer(store: ModelStore) -> ObjectRecognizer:
    return ObjectRecognizer(store)


def test_there_are_eighty_names() -> None:
    assert len(set(NAMES.values())) == len(NAMES) == 80
    assert NAMES[PERSON] == "person"


def test_anchors_are_those_of_the_paper() -> None:
    made = anchors()
    assert len(made) == 1917 == 19 * 19 * 3 + 6 * sum(cells * cells for cells in MAPS[1:])
    assert made[0] == pytest.approx((0.5 / 19, 0.5 / 19, 0.1, 0.1))
    assert made[1] == pytest.approx((0.5 / 19, 0.5 / 19, 0.2 * 2**0.5, 0.2 / 2**0.5))
    assert made[-6] == pytest.approx((0.5, 0.5, 0.95, 0.95))
    assert made[-1] == pytest.approx((0.5, 0.5, (0.95 * 1.0) ** 0.5, (0.95 * 1.0) ** 0.5))
    # Second row of the finest map: one cell lower, the first column again.
    assert made[19 * 3][:2] == pytest.approx((0.5 / 19, 1.5 / 19))


def test_decoding_moves_and_stretches_the_anchor() -> None:
    encoded = np.zeros((1917, 4), np.float32)
    encoded[5] = (10, -20, 5 * np.log(2), 5 * np.log(3))
    x, y, width, height = anchors()[5].tolist()
    y, x = y + height, x - 2 * width
    expected = (x - 1.5 * width, y - height, x + 1.5 * width, y + height)
    assert decode(encoded, np.array([5]))[0] == pytest.approx(expected, abs=1e-5)


def test_tiles_are_read_only_where_something_small_is_suspected() -> None:
    def seen(*rows: tuple[float, float, float, float, float]) -> Boxes:
        values = np.array(rows, np.float32).reshape(-1, 5)
        return Boxes(values[:, :4], values[:, 4], np.ones(len(values), np.intp))

    assert worth_reading(seen(), 720, 540) == []
    assert worth_reading(seen((0, 0, 400, 500, 0.9)), 720, 540) == []
    assert worth_reading(seen((10, 10, 30, 60, 0.1)), 720, 540) == []
    (corner,) = worth_reading(seen((10, 10, 30, 60, 0.2)), 720, 540)
    assert (corner.left, corner.top) == (0, 0)
    everywhere = [(x, y, x + 20, y + 20, 0.5) for x in range(0, 700, 50) for y in range(0, 520, 50)]
    assert len(worth_reading(seen(*everywhere), 720, 540)) == len(tiles(720, 540)) == 6
    assert worth_reading(seen((1, 1, 5, 5, 0.9)), 200, 150) == []


def test_what_a_tile_cuts_off_is_left_to_its_neighbor() -> None:
    tile = Tile(100, 100, 400, 400, (True, True, True, False))
    edges = [[101, 200, 150, 250], [200, 200, 250, 250], [200, 300, 250, 400], [105, 105, 390, 390]]
    boxes = Boxes(np.array(edges, np.float32), np.ones(4, np.float32), np.ones(4, np.intp))
    assert whole_things(tile, boxes).tolist() == [False, True, True, False]


def test_probability_grows_with_the_raw_score() -> None:
    for number in (PERSON, 17):
        values = [probability(raw, number) for raw in np.linspace(0, 1, 50)]
        assert all(a <= b for a, b in itertools.pairwise(values))
        assert 0 <= values[0] < 0.01
        assert 0.99 < values[-1] <= 1


def test_known_photographs(recognizer: ObjectRecognizer, photographs: Path) -> None:
    names = ("astronaut.png", "chelsea.png", "motorcycle_left.png", "coffee.png")
    seen = recognizer.see([load(photographs / name) for name in names])
    best = [max(findings, key=lambda f: f.score) for findings in seen]
    assert [f.name for f in best] == ["person", "cat", "motorcycle", "cup"]
    assert [f.kind for f in best] == ["person", "object", "object", "object"]
    for findings in seen:
        assert [f.score for f in findings] == sorted((f.score for f in findings), reverse=True)
        assert all(f.score >= recognizer.least and f.recognizer == "objects" for f in findings)


def test_a_batch_sees_what_each_photo_alone_shows(recognizer: ObjectRecognizer, photographs: Path) -> None:
    photos = [load(photographs / name) for name in ("astronaut.png", "coffee.png", "camera.png")]
    together = recognizer.see(photos)
    for photo, findings in zip(photos, together, strict=True):
        (alone,) = recognizer.see([photo])
        assert [(f.name, f.box) for f in alone] == [(f.name, f.box) for f in findings]


def test_boxes_are_in_pixels_of_the_full_photo(recognizer: ObjectRecognizer, photographs: Path) -> None:
    pixels = read(photographs / "astronaut.png")
    (findings,) = recognizer.see([shown(pixels, 4.0)])
    (same,) = recognizer.see([shown(pixels)])
    assert findings[0].box == pytest.approx([4 * v for v in same[0].box or ()], rel=1e-5)
    assert findings[0].box is not None
    x, y, width, height = findings[0].box
    assert 0 <= x <= x + width <= 2048
    assert 0 <= y <= y + height <= 2048


def test_small_people_are_found_on_tiles(recognizer: ObjectRecognizer, photographs: Path) -> None:
    """The astronaut, 150 pixels high, in several places of a wide plain picture."""
    person = cv2.resize(read(photographs / "astronaut.png"), (150, 150), interpolation=cv2.INTER_AREA)
    picture = np.full((1000, 1500, 3), 90, np.uint8)
    places = [(100, 80), (700, 90), (1300, 100), (120, 800), (650, 780), (1280, 820)]
    for x, y in places:
        picture[y : y + 150, x : x + 150] = person
    (findings,) = recognizer.see([shown(picture)])
    people = [f for f in findings if f.kind == "person"]
    for x, y in places:
        truth = Finding("person", "person", 1.0, "", "", (x, y, 110, 150))
        assert max(iou(truth, f) for f in people) > 0.5


def test_a_panorama_is_looked_at_in_windows(recognizer: ObjectRecognizer, photographs: Path) -> None:
    picture = np.full((512, 4000, 3), 128, np.uint8)
    picture[:, 3000:3512] = read(photographs / "astronaut.png")
    for turned in (False, True):
        (findings,) = recognizer.see(
            [shown(np.ascontiguousarray(picture.transpose(1, 0, 2)) if turned else picture)]
        )
        if not turned:
            assert any(f.name == "person" and f.box and 2950 < f.box[0] < 3200 for f in findings)


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (700, 2), (60, 40)])
def test_strange_sizes_do_no_harm(recognizer: ObjectRecognizer, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    assert len(recognizer.see([shown(noise)])) == 1


def test_no_photos_no_findings(recognizer: ObjectRecognizer) -> None:
    assert recognizer.see([]) == []


@pytest.mark.eval
def test_persons_of_coco(recognizer: ObjectRecognizer, store: ModelStore, eval_dir: Path) -> None:
    from benchmarks.recognition_objects import curves

    person = curves(ObjectRecognizer(store, least=0.02), eval_dir / "objects_coco288")["person"]
    recall, precision = person.at_score(0.5)
    assert recall >= 0.60
    assert precision >= 0.75
