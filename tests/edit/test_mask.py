"""Masks: growing, feathers and combinations against naive computation; files there and back; refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from veduta.edit import mask as masks
from veduta.edit.brush import Stroke, painted
from veduta.edit.fill import BadMask

DICE = np.random.default_rng(3)


def blobs(height: int = 40, width: int = 50) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    mask[8:15, 10:22] = True
    mask[25:27, 30:45] = True
    mask[12, 40] = True
    return mask


def naive_distance(mask: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(mask)
    r, c = np.indices(mask.shape)
    return np.sqrt(((r[..., None] - rows) ** 2 + (c[..., None] - columns) ** 2).min(axis=2))


@pytest.mark.parametrize("radius", [1.0, 2.5, 7.0, 60.0])
def test_growing_reaches_so_far(radius: float) -> None:
    mask = blobs()
    np.testing.assert_array_equal(masks.grown(mask, radius), naive_distance(mask) <= radius + 1e-3)


def test_shrinking_is_growing_of_the_rest() -> None:
    mask = blobs()
    np.testing.assert_array_equal(masks.grown(mask, -2.0), ~(naive_distance(~mask) <= 2))
    np.testing.assert_array_equal(masks.grown(mask, 0), mask)
    nothing, all_of_it = np.zeros((5, 5), bool), np.ones((5, 5), bool)
    assert not masks.grown(nothing, 3).any() and masks.grown(all_of_it, -3).all()


def test_a_feather_falls_off_outside() -> None:
    mask = blobs()
    soft = masks.feathered(mask, 4)
    np.testing.assert_allclose(soft, np.clip(1 - naive_distance(mask) / 5, 0, 1), atol=1e-3)
    np.testing.assert_array_equal(masks.feathered(mask, 0), mask.astype(np.float32))


def test_combinations_are_those_of_sets() -> None:
    a, b, c = (DICE.random((9, 7)) > 0.5 for _ in range(3))
    made = masks.combine([("add", a), ("add", b), ("subtract", c)])
    np.testing.assert_array_equal(made, (a | b) & ~c)
    np.testing.assert_array_equal(masks.combine([("add", a), ("intersect", b)]), a & b)
    with pytest.raises(BadMask, match="7 x 5 and 7 x 9"):
        masks.combine([("add", a), ("add", a[:5])])
    with pytest.raises(BadMask, match="no masks"):
        masks.combine([])
    with pytest.raises(BadMask, match="'blend'"):
        masks.combine([("add", a), ("blend", b)])  # type: ignore[list-item]


@pytest.mark.parametrize("name", ["m.png", "m.json"])
def test_files_come_back_as_they_went(tmp_path: Path, name: str) -> None:
    for mask in (blobs(), np.zeros((1, 1), bool), np.ones((3, 500), bool)):
        masks.save(mask, tmp_path / name)
        np.testing.assert_array_equal(masks.load(tmp_path / name), mask)
    with pytest.raises(BadMask, match=r"m\.\w+ is 500 x 3 pixels and the photo 10 x 20"):
        masks.load(tmp_path / name, (10, 20))


def test_any_picture_may_be_a_mask(tmp_path: Path) -> None:
    mask = blobs()
    for mode, colors in (("L", (0, 255)), ("RGB", ((0, 0, 0), (255, 255, 255)))):
        picture = Image.new(mode, (50, 40), colors[0])
        picture.paste(colors[1], mask=Image.fromarray(mask))
        picture.save(tmp_path / f"{mode}.png")
        np.testing.assert_array_equal(masks.load(tmp_path / f"{mode}.png"), mask)


def test_coco_of_others_is_read(tmp_path: Path) -> None:
    """Polygons, lists of runs and several annotations make one mask."""
    facts = {
        "images": [{"id": 7, "width": 12, "height": 10}],
        "annotations": [
            {"segmentation": [[2, 3, 6, 3, 6, 8, 2, 8]]},
            {"segmentation": {"size": [10, 12], "counts": [100, 5, 15]}},
        ],
    }
    path = tmp_path / "coco.json"
    path.write_text(json.dumps(facts))
    expected = np.zeros((10, 12), bool)
    expected[3:8, 2:6] = True
    expected[:5, 10] = True
    found = masks.load(path)
    np.testing.assert_array_equal(found, expected)
    told = masks.to_coco([expected, ~expected], ["a", "b"])
    assert [c["name"] for c in told["categories"]] == ["a", "b"]
    assert told["annotations"][0]["area"] == 25 and told["annotations"][0]["bbox"] == [2, 0, 9, 8]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"images": []}', '{"size": [2, 2], "counts": [3]}', '{"images": [{"width": 3}]}'],
)
def test_damaged_files_are_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(BadMask):
        masks.load(path)
    with pytest.raises(BadMask, match="png or"):
        masks.save(blobs(), tmp_path / "m.gif")


def test_a_stroke_is_all_within_its_radius() -> None:
    points = ((5.0, 10.0), (30.0, 10.0), (30.0, 25.0))
    alpha = painted([Stroke(points, 4.0)], 50, 40)
    steps = np.concatenate(
        [np.linspace(a, b, 200) for a, b in ((points[0], points[1]), (points[1], points[2]))]
    )
    rows, columns = np.indices((40, 50))
    away = np.sqrt((columns[..., None] - steps[:, 0]) ** 2 + (rows[..., None] - steps[:, 1]) ** 2).min(axis=2)
    assert (alpha[away <= 3.9] >= 0.5).all() and (alpha[away > 4.1] < 0.5).all()
    soft = painted([Stroke(points, 8.0, feather=0.5)], 50, 40)
    np.testing.assert_allclose(soft, np.clip((8 - away) / 4, 0, 1), atol=0.1)


def test_an_erasing_stroke_takes_away() -> None:
    strokes = [Stroke(((10, 10),), 6.0), Stroke(((10, 10),), 3.0, erase=True)]
    alpha = painted(strokes, 20, 20)
    assert alpha[10, 10] == 0 and alpha[10, 15] == 1
    assert painted([Stroke(((-50, -50),), 3.0)], 20, 20).sum() == 0
    with pytest.raises(BadMask, match="radius"):
        Stroke(((1, 1),), 0)
    with pytest.raises(BadMask, match="point"):
        Stroke((), 2)
