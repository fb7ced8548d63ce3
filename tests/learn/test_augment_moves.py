"""Moves: pixels, boxes, polygons, masks and key points go to the same place, and back."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veduta.learn.augment_luck import Luck
from veduta.learn.augment_recipe import Recipe
from veduta.learn.augment_step import step
from veduta.learn.augment_targets import Example, Thing, area, bounds, clipped, corners, within
from veduta.learn.augment_warp import Mirror, Warp

SIZE = (97, 64)
MOVES = ("rotate", "turn", "shift", "zoom", "shear", "flip", "crop", "resize", "perspective", "elastic")
moves = st.lists(st.sampled_from(MOVES), min_size=1, max_size=4)
seeds = st.integers(0, 2**32 - 1)


def textured(size: tuple[int, int] = SIZE, seed: int = 0) -> np.ndarray:
    """Soft blobs: what is found again after interpolation."""
    noise = np.random.default_rng(seed).integers(0, 256, (size[1] // 8 + 2, size[0] // 8 + 2, 3), np.uint8)
    return cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)


def painted(thing: Thing, size: tuple[int, int]) -> np.ndarray:
    """The pixels whose middles lie in a thing's polygons."""
    made = np.zeros((size[1], size[0]), bool)
    x, y = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    for polygon in thing.polygons or ():
        inside = np.zeros_like(made)
        for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            crosses = (y0 > y) != (y1 > y)
            inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / np.where(y1 == y0, 1, y1 - y0))
        made |= inside
    return made


def warp(name: str, seed: int, size: tuple[int, int] = SIZE, **more: object) -> Warp:
    made = step(name).of(more).draw(Luck(seed), size)
    made = made.warp() if isinstance(made, Mirror) else made
    return made if isinstance(made, Warp) else Warp(np.eye(3), size, size)


def chain(names: list[str], seed: int) -> Warp | None:
    """All moves as one; None where a bend in the middle parts them."""
    luck = Luck(seed)
    whole: Warp | None = None
    size = SIZE
    for name in names:
        made = step(name).of({"fill": "constant"} if "fill" in str(step(name)) else {}).draw(luck, size)
        if made is None:
            continue
        made = made.warp() if isinstance(made, Mirror) else made
        made = replace(made, fill="constant", gray=0)
        both = made if whole is None else whole.joined(made)
        if both is None:
            return None
        whole = both
        size = whole.size
    return whole


@settings(max_examples=50)
@given(moves, seeds)
def test_points_that_moved_come_back(names: list[str], seed: int) -> None:
    made = chain(names, seed)
    if made is None:
        return
    made_points = np.random.default_rng(seed).uniform(0, 1, (20, 2)) * made.size
    there = made.back(made_points)
    assert np.abs(made.points(there) - made_points).max() < 0.01


@settings(max_examples=50)
@given(st.lists(st.sampled_from(MOVES[:-1]), min_size=2, max_size=4), seeds)
def test_moves_in_one_take_points_where_moves_one_by_one_do(names: list[str], seed: int) -> None:
    whole = chain(names, seed)
    luck, size = Luck(seed), SIZE
    points = np.random.default_rng(seed).uniform(0, 60, (10, 2))
    one_by_one = points
    for name in names:
        made = step(name).of({}).draw(luck, size)
        made = made.warp() if isinstance(made, Mirror) else made
        if isinstance(made, Warp):
            one_by_one = made.points(one_by_one)
            size = made.size
    expected = points if whole is None else whole.points(points)
    np.testing.assert_allclose(one_by_one, expected, atol=1e-6)


@settings(max_examples=40)
@given(moves, seeds)
def test_a_spot_of_color_goes_where_its_key_point_goes(names: list[str], seed: int) -> None:
    made = chain(names, seed)
    if made is None:
        return
    luck = np.random.default_rng(seed)
    x, y = int(luck.integers(12, SIZE[0] - 12)), int(luck.integers(12, SIZE[1] - 12))
    yy, xx = np.mgrid[: SIZE[1], : SIZE[0]]
    spot = np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / (2 * 2.5**2))
    pixels = np.repeat((250 * spot)[..., None], 3, axis=2).round().astype(np.uint8)
    thing = Thing(None, points=np.array([[x + 0.5, y + 0.5, 2.0]]))
    after = made.apply(Example(pixels, (thing,)))
    if not after.things:
        return
    px, py, seen = after.things[0].points[0]
    height, width = after.pixels.shape[:2]
    if seen == 0 or not (14 <= px <= width - 14 and 14 <= py <= height - 14):
        return
    weights = after.pixels[..., 0].astype(float)
    weights[weights < 4] = 0
    scale = max(1.0, *np.linalg.svd(made.matrix[:2, :2])[1])
    mean_x = (weights.sum(0) * (np.arange(width) + 0.5)).sum() / weights.sum()
    mean_y = (weights.sum(1) * (np.arange(height) + 0.5)).sum() / weights.sum()
    inside = min(px, py, width - px, height - py) > 9 * scale
    if inside:  # the whole spot is in the frame: its middle can be told
        if made.bend is None and not made.matrix[2, :2].any():
            assert abs(mean_x - px) < 0.15 * scale
            assert abs(mean_y - py) < 0.15 * scale
        else:  # what bends stretches one side of a spot more than the other: its peak is where the key point is
            assert weights[int(py), int(px)] > 0.75 * weights.max()
        # Its middle is that of the spot as seen from each pixel's own place of origin.
        across, down = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        origin = made.back(np.stack([across.ravel(), down.ravel()], axis=1)) - (x + 0.5, y + 0.5)
        seen_there = 250 * np.exp(-(origin**2).sum(1) / (2 * 2.5**2)).reshape(height, width)
        seen_there[seen_there < 4] = 0
        assert abs(mean_x - (seen_there * across).sum() / seen_there.sum()) < 0.15 * scale
        assert abs(mean_y - (seen_there * down).sum() / seen_there.sum()) < 0.15 * scale


@settings(max_examples=60)
@given(moves, seeds)
def test_mask_polygon_and_box_stay_together(names: list[str], seed: int) -> None:
    made = chain(names, seed)
    if made is None:
        return
    luck = np.random.default_rng(seed)
    angles = np.sort(luck.uniform(0, 2 * np.pi, 9))
    middle = luck.uniform(0.3, 0.7, 2) * SIZE
    polygon = middle + np.stack([np.cos(angles), np.sin(angles)], 1) * luck.uniform(8, 22, (9, 1))
    flat = Thing(corners(bounds(polygon)), polygons=(polygon,))
    flat = within(flat, (0.0, 0.0, *map(float, SIZE)))
    mask = painted(flat, SIZE)
    after = made.apply(Example(textured(), (flat, replace(flat, polygons=None, mask=mask))))
    if len(after.things) < 2:
        return
    moved, masked = after.things
    box = moved.box
    assert box[0] >= -1e-9 and box[1] >= -1e-9
    assert box[0] + box[2] <= made.size[0] + 1e-9 and box[1] + box[3] <= made.size[1] + 1e-9
    again = painted(moved, made.size)
    outline = 2.5 + sum(box[2:])  # pixels along the edge may fall on either side
    scale = max(1.0, *np.linalg.svd(made.matrix[:2, :2])[1])
    assert np.count_nonzero(again ^ masked.mask) <= outline * max(1.0, scale)
    if moved.visible > 0.2 and masked.mask.sum() > 100:
        assert abs(moved.visible - masked.visible) < 0.1


@settings(max_examples=50)
@given(
    st.lists(st.sampled_from(("rotate", "shift", "zoom", "shear", "flip", "crop")), min_size=1, max_size=4),
    seeds,
)
def test_areas_change_by_the_determinant(names: list[str], seed: int) -> None:
    made = chain(names, seed)
    if made is None:
        return
    polygon = np.random.default_rng(seed).uniform(0, 60, (5, 2))
    factor = np.linalg.det(made.matrix[:2, :2])
    assert area(made.points(polygon)) == pytest.approx(area(polygon) * factor, rel=1e-9, abs=1e-6)


@settings(max_examples=50)
@given(st.sampled_from(MOVES), seeds)
def test_visible_is_the_share_of_the_area_that_is_left(name: str, seed: int) -> None:
    made = warp(name, seed)
    box = (30.0, 5.0, 40.0, 50.0)
    left = made.apply(Example(textured(), (Thing.of_box(box),))).things
    moved = made._shape(corners(box))
    cut = clipped(moved, (0.0, 0.0, *map(float, made.size)))
    if cut is None:
        assert not left
        return
    assert left[0].visible == pytest.approx(min(1.0, abs(area(cut)) / abs(area(moved))))
    inside = (left[0].outline >= -1e-9).all() and (left[0].outline <= np.array(made.size) + 1e-9).all()
    assert inside and 0 < left[0].visible <= 1


@settings(max_examples=50)
@given(seeds)
def test_clipping_is_what_painting_shows(seed: int) -> None:
    polygon = np.random.default_rng(seed).uniform(-40, 140, (6, 2))
    hull = cv2.convexHull(polygon.astype(np.float32))[:, 0].astype(float)
    cut = clipped(hull, (0.0, 0.0, 100.0, 80.0))
    fine = np.zeros((1200, 1200), np.uint8)  # ten times as fine, from -10
    cv2.fillPoly(fine, [np.rint((hull * 10 + 100 - 0.5) * 16).astype(np.int32)], 1, shift=4)
    expected = fine[100:900, 100:1100].sum() / 100
    assert abs((0.0 if cut is None else abs(area(cut))) - expected) < 0.01 * 360 + 40


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_are_exact(quarters: int) -> None:
    pixels = textured()
    made = warp("turn", 0, quarters=quarters).apply(Example(pixels))
    np.testing.assert_array_equal(made.pixels, np.rot90(pixels, -quarters))


@pytest.mark.parametrize(("way", "axes"), [("horizontal", (1,)), ("vertical", (0,)), ("both", (0, 1))])
def test_mirrors_are_exact(way: str, axes: tuple[int, ...]) -> None:
    pixels, mask = textured(), textured(seed=1)[..., 0] > 128
    thing = Thing(corners((0.0, 0.0, 97.0, 64.0)), mask=mask)
    recipe = Recipe.made([{"do": "flip", "way": way}])
    made = recipe.apply(Example(pixels, (thing,), labels=mask.astype(np.uint8)), 1)
    np.testing.assert_array_equal(recipe.apply(Example(pixels), 1).pixels, made.pixels)
    np.testing.assert_array_equal(made.pixels, np.flip(pixels, axes))
    np.testing.assert_array_equal(made.things[0].mask, np.flip(mask, axes))
    np.testing.assert_array_equal(made.labels, np.flip(mask, axes))
    assert made.things[0].visible == 1


@pytest.mark.parametrize(
    ("fill", "mode"),
    [("constant", "constant"), ("nearest", "edge"), ("reflect", "symmetric"), ("wrap", "wrap")],
)
@pytest.mark.parametrize(("x", "y"), [(0.25, -0.5), (-1, 0.1), (0.9, 1)])
def test_shifts_fill_as_numpy_pads(fill: str, mode: str, x: float, y: float) -> None:
    pixels = textured()
    made = warp("shift", 0, x=x, y=y, fill=fill, gray=7 if fill == "constant" else 0).apply(Example(pixels))
    dx, dy = round(x * SIZE[0]), round(y * SIZE[1])
    more = {"constant_values": 7} if fill == "constant" else {}
    padded = np.pad(pixels, ((99, 99), (99, 99), (0, 0)), mode, **more)
    np.testing.assert_array_equal(
        made.pixels, padded[99 - dy : 99 - dy + SIZE[1], 99 - dx : 99 - dx + SIZE[0]]
    )


@pytest.mark.parametrize("fill", ["constant", "nearest", "reflect", "wrap"])
def test_fast_ways_agree_with_the_warp(fill: str) -> None:
    """Zooming by cut and resize is the same sampling as OpenCV's warp."""
    pixels = textured((120, 90))
    for seed in range(20):
        made = warp("zoom", seed, (120, 90), factor=[0.6, 2.0], fill=fill)
        fast = made.apply(Example(pixels)).pixels.astype(int)
        slow = np.array(made.matrix)
        slow[0, 1] = 1e-9  # not upright any more: takes the warp
        warped = replace(made, matrix=slow).apply(Example(pixels)).pixels.astype(int)
        inner = (slice(3, -3), slice(3, -3)) if fill == "nearest" else (slice(None), slice(None))
        difference = np.abs(fast - warped)[inner]
        assert np.percentile(difference, 95) <= 3


def test_left_and_right_change_sides_in_a_mirror() -> None:
    points = np.array([[10.0, 20.0, 2], [30.0, 20.0, 2], [20.0, 30.0, 1]])
    thing = Thing(None, points=points, swaps=(1, 0, 2))
    made = warp("flip", 0).apply(Example(textured(), (thing,))).things[0].points
    np.testing.assert_allclose(made, [[97 - 30, 20, 2], [97 - 10, 20, 2], [97 - 20, 30, 1]])
    turned = warp("rotate", 0, degrees=180).apply(Example(textured(), (thing,))).things[0].points
    np.testing.assert_allclose(turned[0], [97 - 10, 64 - 20, 2], atol=1e-9)


def test_reductions_do_not_alias() -> None:
    """Fine stripes turned and made eight times smaller become gray, not moire."""
    pixels = np.zeros((512, 512, 3), np.uint8)
    pixels[:, ::2] = 255
    recipe = Recipe.made([{"do": "rotate", "degrees": 10}, {"do": "resize", "width": 64, "height": 64}])
    made = recipe.apply(Example(pixels), 1).pixels[8:-8, 8:-8]
    assert made.std() < 12 and abs(made.mean() - 127) < 4


def test_rotation_turns_clockwise() -> None:
    pixels = np.zeros((65, 65, 3), np.uint8)
    pixels[5:10, 30:35] = 255  # above the middle
    made = warp("rotate", 0, (65, 65), degrees=90).apply(Example(pixels)).pixels
    assert made[30:35, 55:60].min() == 255  # right of it


def test_bends_never_fold() -> None:
    """Even the strongest: neighbors stay in their order."""
    for seed in range(10):
        made = warp("elastic", seed, (200, 150), strength=0.25, mesh=0.1)
        places = made._places(made.bend)
        across, down = np.diff(places[..., 0], axis=1), np.diff(places[..., 1], axis=0)
        assert across.min() > 0 and down.min() > 0
