"""Regions: one mask for each thing, things carried, protagonists; with recognizers that say what they are told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from veduta.edit.protagonists import protagonists
from veduta.edit.regions import Eyes, NotThere, Region, kind_of, known, regions
from veduta.errors import NotFound
from veduta.image.decode import load
from veduta.image.photo import Photo
from veduta.see.finding import Box, Finding
from veduta.see.mask import encode
from veduta.see.patch import Patch


class Says:
    """A recognizer that finds what it is given."""

    version = "1"

    def __init__(self, name: str, *findings: Finding) -> None:
        self.name = name
        self.findings = list(findings)
        self.asked = 0

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        self.asked += len(photos)
        return [self.findings for _ in photos]


def finding(kind: str, name: str, box: Box | None, score: float = 0.9, **more: object) -> Finding:
    return Finding(kind, name, score, "test", "1", box, **more)  # type: ignore[arg-type]


def plain(width: int = 200, height: int = 100) -> Photo:
    return Photo(np.full((height, width, 3), 120, np.uint8), width, height)


def test_words_lead_to_kinds() -> None:
    assert [kind_of(w) for w in ("people", "Person", "crane", "cars", "car", "traffic light")] == [
        *("people", "people", "cranes", "car", "car", "traffic light")
    ]
    assert {"people", "cranes", "plates", "faces", "text", "car"} <= set(known())
    with pytest.raises(NotFound, match="'unicorn'"):
        kind_of("unicorn")


def test_masks_polygons_and_boxes_become_regions() -> None:
    drawn = np.zeros((100, 200), bool)
    drawn[10:50, 20:25] = True
    drawn[12, 25:60] = True
    polygon = ((100.0, 20.0), (140.0, 30.0), (138.0, 38.0), (98.0, 28.0))
    eyes = Eyes({
        "cranes": Says("cranes", finding("object", "crane", (20.0, 10.0, 40.0, 40.0), mask=encode(drawn)),
                       finding("object", "crane", (0.0, 0.0, 9.0, 9.0), 0.2, mask=encode(drawn))),
        "text": Says("text", finding("text", "text", (98.0, 20.0, 42.0, 18.0), polygon=polygon)),
    })  # fmt: skip
    crane, line = regions(plain(), ["cranes", "text"], eyes=eyes)
    np.testing.assert_array_equal(crane.mask, drawn)
    assert (crane.name, crane.kind, crane.score) == ("crane", "cranes", 0.9)
    assert line.mask[29, 120] and not line.mask[21, 135] and not line.mask[36, 102]
    assert line.mask.sum() == pytest.approx(40 * 8 + 2 * 10, abs=12)


def test_nothing_is_looked_at_twice() -> None:
    text = Says("text")
    photo, eyes = plain(), Eyes({"text": text})
    assert regions(photo, ["text"], eyes=eyes) == regions(photo, ["text", "text"], eyes=eyes) == []
    assert text.asked == 1


def test_a_missing_recognizer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("veduta.edit.regions.REGISTRY", {})
    with pytest.raises(NotThere, match="no recognizer of cranes"):
        regions(plain(), ["cranes"], eyes=Eyes())


def test_people_with_what_they_carry(store: object, photographs: Path) -> None:
    """The astronaut; a bag in front of her goes with her, one in the corner does not."""
    photo = load(photographs / "astronaut.png")
    person = finding("person", "person", (5.0, 2.0, 410.0, 510.0))
    bag = finding("object", "handbag", (400.0, 220.0, 80.0, 70.0))
    far = finding("object", "handbag", (470.0, 5.0, 30.0, 30.0))

    def seen(*objects: Finding) -> list[Region]:
        photo.memo.clear()
        return regions(
            photo, ["people"], eyes=Eyes({"objects": Says("objects", *objects), "faces": Says("faces")})
        )

    (alone,) = seen(person)
    (with_bag,) = seen(person, bag, far)
    more = with_bag.mask & ~alone.mask
    assert more[220:290, 400:480].sum() > 300
    assert not more[:60, 450:].any()
    assert alone.kind == "people" and alone.mask[250, 220]


def test_a_face_without_a_body_has_one_below(store: object, photographs: Path) -> None:
    photo = load(photographs / "astronaut.png")
    face = finding("face", "face", (178.0, 80.0, 95.0, 120.0), vector=np.ones(128, np.float32) / 128**0.5)
    eyes = Eyes({"objects": Says("objects"), "faces": Says("faces", face)})
    (person,) = regions(photo, ["people"], eyes=eyes)
    assert person.vector is face.vector
    assert person.box[3] > 3 * 120
    assert person.mask[120, 225] and person.mask[300, 225]


def person(box: Box, vector: bool = False, width: int = 600, height: int = 400) -> Region:
    x, y, w, h = (int(v) for v in box)
    patch = Patch(x, y, np.ones((h, w), bool), height, width)
    found = finding("person", "person", box)
    return Region("person", "people", 0.9, box, patch, found, np.ones(128, np.float32) if vector else None)


def test_protagonists_are_large_central_and_facing() -> None:
    dice = np.random.default_rng(0)
    photo = Photo(dice.integers(0, 256, (400, 600, 3)).astype(np.uint8), 600, 400)
    couple = [person((220, 60, 90, 330), True), person((320, 80, 90, 310), True)]
    strangers = [person((20, 250, 20, 60)), person((560, 240, 25, 70)), person((500, 260, 18, 50), True)]
    assert protagonists([*couple, *strangers], photo) == [0, 1]
    assert protagonists(strangers, photo) == []
    assert protagonists([], photo) == []
    blurred = Photo(np.full((400, 600, 3), 90, np.uint8), 600, 400)
    assert protagonists([person((0, 100, 120, 300)), couple[0]], blurred) == [1]


def test_wheels_belong_to_the_car() -> None:
    """A dark body with two bright disks at its lower edge: colors alone would leave them standing."""
    pixels = np.full((200, 300, 3), 235, np.uint8)
    pixels[80:150, 60:240] = (170, 20, 20)
    rows, columns = np.indices((200, 300))
    for x in (95, 205):
        pixels[(rows - 150) ** 2 + (columns - x) ** 2 <= 14**2] = (230, 230, 228)
    pixels = np.clip(pixels + np.random.default_rng(0).normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)
    car = finding("object", "car", (58.0, 78.0, 184.0, 88.0))
    (region,) = regions(Photo(pixels, 300, 200), ["car"], eyes=Eyes({"objects": Says("objects", car)}))
    assert region.mask[90:145, 65:235].mean() > 0.98
    assert region.mask[141, 95] and region.mask[141, 205]
    assert not region.mask[:60].any() and not region.mask[:, :40].any()
