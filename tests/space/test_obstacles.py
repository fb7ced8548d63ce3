"""Floor and obstacles on drawn scenes: heights, distances and bearings against what was drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.floor_scene import Box, Drawn, Scene, draw
from PIL import Image
from scipy import ndimage
from typer.testing import CliRunner

from veduta.cli.app import app
from veduta.space.disparity import Disparity, Range, match
from veduta.space.floor import Floor, NoFloor, find_floor
from veduta.space.obstacle_kinds import Asker, BadKinds, Kinds
from veduta.space.obstacle_overlay import COLORS, painted
from veduta.space.obstacles import Kind, Way, find_obstacles
from veduta.space.rig import View

# Boxes of 2, 3.5 and 10 cm.
SCENE = Scene(
    (
        Box(-0.15, 0.75, 0.12, 0.1, 0.02),
        Box(0.12, 0.8, 0.1, 0.08, 0.035, 20),
        Box(-0.02, 1.3, 0.2, 0.15, 0.10, -15),
    ),
    width=320,
    height=240,
    focal=280.0,
)
VIEW = View(SCENE.focal, ((SCENE.width - 1) / 2, (SCENE.height - 1) / 2), SCENE.baseline)


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    """The scene as both cameras see it."""
    return draw(SCENE)


@pytest.fixture(scope="module")
def found(drawn: Drawn) -> Disparity:
    """Its disparities as they are measured."""
    return match(drawn.left, drawn.right, Range(0, 64))


def exact(drawn: Drawn) -> Disparity:
    """Its true disparities."""
    values = (SCENE.focal * SCENE.baseline / drawn.depth).astype(np.float32)
    return Disparity(values, np.ones(values.shape, bool))


def things(way: Way) -> list[Any]:
    """The boxes without the wall."""
    return [one for one in way.obstacles if one.distance < 2.5]


def check(way: Way, error: float) -> None:
    boxes = things(way)
    assert len(boxes) == 3
    for one, box in zip(boxes, SCENE.boxes, strict=True):
        assert one.height == pytest.approx(box.height, abs=error)
        assert one.bearing == pytest.approx(np.degrees(np.arctan2(box.right, box.ahead)), abs=1.0)
        assert box.ahead - box.depth < one.distance < box.ahead
        assert one.width == pytest.approx(box.width, abs=0.03)
        assert not one.cut


def test_the_floor_of_true_disparities_is_exact(drawn: Drawn) -> None:
    floor = find_floor(exact(drawn), VIEW)
    assert floor.above == pytest.approx(SCENE.above, abs=1e-3)
    angle = np.radians(SCENE.pitch)
    assert floor.down == pytest.approx((0, np.cos(angle), np.sin(angle)), abs=2e-3)
    heights = floor.heights(exact(drawn).values, VIEW)
    assert np.abs(heights[drawn.shown == 0]).max() < 2e-3
    for number, box in enumerate(SCENE.boxes, 1):
        assert heights[drawn.shown == number].max() == pytest.approx(box.height, abs=2e-3)


def test_heights_against_points_in_space() -> None:
    """The short formula is the distance of a point from the plane."""
    view = View(300.0, (40.0, 30.0), 0.1, 2.0)
    floor = Floor((0.01, 0.2, 9.0), (0, 0, 0), 0, 0.1, 1)
    a, b, c = floor.plane
    normal = np.array([a * 300, b * 300, a * 40 + b * 30 + c + 2])
    size = np.linalg.norm(normal)
    floor = Floor(floor.plane, tuple(normal / size), 30.0 / size, 0.1, 1)  # type: ignore[arg-type]
    values = np.random.default_rng(0).uniform(5, 40, (60, 80)).astype(np.float32)
    heights = floor.heights(values, view)
    for y, x in ((0, 0), (13, 70), (59, 44)):
        z = 30.0 / (values[y, x] + 2)
        point = np.array([(x - 40) / 300 * z, (y - 30) / 300 * z, z])
        assert heights[y, x] == pytest.approx((30.0 - normal @ point) / size, abs=1e-5)


def test_true_disparities_give_true_boxes(drawn: Drawn) -> None:
    check(find_obstacles(drawn.left, exact(drawn), VIEW), 0.002)


def test_boxes_are_found_in_the_pictures(drawn: Drawn, found: Disparity) -> None:
    way = find_obstacles(drawn.left, found, VIEW)
    check(way, 0.005)
    assert way.floor.above == pytest.approx(SCENE.above, abs=0.003)
    low, high, higher = things(way)
    assert high.reason == higher.reason == "higher than 3 cm"
    assert low.action == "avoid" and "nobody was asked" in low.reason


@pytest.mark.parametrize(
    ("kind", "action", "reason"),
    [
        (Kind("paper", 0.9, "clean"), "clean", "lower than 3 cm: paper"),
        (Kind("sock", 0.9, "avoid"), "avoid", "lower than 3 cm: sock"),
        (Kind("abacus", 0.9, None), "avoid", "in no table"),
        (None, "avoid", "nobody knows"),
    ],
)
def test_only_low_things_are_asked_for(
    drawn: Drawn, found: Disparity, kind: Kind | None, action: str, reason: str
) -> None:
    asked: list[Any] = []

    def ask(pixels: Any, boxes: Any) -> list[Kind | None]:
        asked.extend(boxes)
        return [kind for _ in boxes]

    way = find_obstacles(drawn.left, found, VIEW, ask)
    low = things(way)[0]
    assert asked == [low.box]
    assert low.action == action and reason in low.reason
    assert {one.action for one in way.obstacles if one.height >= 0.03} == {"avoid"}


def test_an_empty_floor_has_no_obstacles() -> None:
    scene = Scene((), width=240, height=180, focal=210.0, wall=50.0, pitch=35.0)
    shown = draw(scene)
    values = (scene.focal * scene.baseline / shown.depth).astype(np.float32)
    view = View(scene.focal, ((scene.width - 1) / 2, (scene.height - 1) / 2), scene.baseline)
    noisy = values + np.random.default_rng(0).normal(0, 0.1, values.shape).astype(np.float32)
    assert find_obstacles(shown.left, Disparity(noisy, np.ones(values.shape, bool)), view).obstacles == ()


def test_a_wall_alone_is_no_floor() -> None:
    flat = Disparity(np.full((120, 160), 20.0, np.float32), np.ones((120, 160), bool))
    with pytest.raises(NoFloor):
        find_floor(flat, View(200.0, (80, 60), 0.1))


def test_words_cover_no_thing(drawn: Drawn, found: Disparity) -> None:
    """Within each low thing the picture shows through its color: no text is laid over it."""
    way = find_obstacles(drawn.left, found, VIEW)
    small = [one for one in way.obstacles if one.box[2] * one.box[3] < 0.1 * drawn.depth.size]
    assert len(small) >= 2
    picture = painted(drawn.left, way)
    for one in small:
        x, y, wide, high = one.box
        inner = ndimage.binary_erosion(one.mask, iterations=3)
        seen = picture[y : y + high, x : x + wide][inner].astype(float)
        true = 0.55 * drawn.left[y : y + high, x : x + wide][inner] + 0.45 * np.array(COLORS[one.action])
        assert np.mean(np.abs(seen - true).max(axis=1) > 30) < 0.02


def test_the_overlay_shows_where(drawn: Drawn, found: Disparity) -> None:
    way = find_obstacles(drawn.left, found, VIEW)
    picture = painted(drawn.left, way)
    assert picture.shape == drawn.left.shape
    x, y, wide, high = things(way)[2].box
    inside = picture[y + high // 2, x + wide // 2].astype(int)
    assert inside[0] > inside[1] + 40
    floor = picture[drawn.shown == 0].mean(axis=0) - drawn.left[drawn.shown == 0].mean(axis=0)
    assert floor[1] > floor[0]


def test_the_table_of_classes(tmp_path: Path) -> None:
    kinds = Kinds()
    assert not kinds.clean & kinds.avoid
    assert kinds.action(["Envelope"]) == "clean"
    assert kinds.action(["tabby cat", "cat", "animal"]) == "avoid"
    assert kinds.action(["volcano"]) is None
    own = tmp_path / "kinds.toml"
    own.write_text('clean = ["sock", "Lego"]\n')
    changed = Kinds.load(own)
    assert changed.action(["sock"]) == "clean" and changed.action(["lego"]) == "clean"
    for text, reason in (("clean = 3", "list"), ("x = []", "only clean"), ("clean = [", "no TOML")):
        own.write_text(text)
        with pytest.raises(BadKinds, match=reason):
            Kinds.load(own)
    own.write_text('clean = ["a"]\navoid = ["a"]')
    with pytest.raises(BadKinds, match="both"):
        Kinds.load(own)


def test_recognizers_tell_the_class(store: Any, photographs: Path) -> None:
    cat = np.asarray(Image.open(photographs / "chelsea.png").convert("RGB"))
    wide = np.full((600, 900, 3), 120, np.uint8)
    wide[150:450, 200:651] = cat
    near, nothing = Asker()(wide, [(230, 160, 400, 280), (700, 20, 60, 60)])
    assert near is not None and near.action == "avoid"
    assert nothing is None or nothing.action != "clean"


def test_the_command(drawn: Drawn, tmp_path: Path) -> None:
    left, right = tmp_path / "left.png", tmp_path / "right.png"
    Image.fromarray(drawn.left).save(left)
    Image.fromarray(drawn.right).save(right)
    arguments = ["space", "obstacles", str(left), str(right), "--focal", "280", "--baseline", "80"]
    arguments += ["--disparities", "64", "--shape-only"]
    run = CliRunner().invoke(app, [*arguments, "--draw", str(tmp_path / "way.png"), "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["camera_height_m"] == pytest.approx(0.35, abs=0.003)
    assert [round(one["height_m"], 2) for one in told["obstacles"][:3]] == pytest.approx(
        [0.02, 0.035, 0.1], abs=0.006
    )
    with Image.open(tmp_path / "way.png") as picture:
        assert picture.size == (320, 240)
    plain = CliRunner().invoke(app, arguments)
    assert plain.exit_code == 0 and "avoid: 0.7" in plain.stdout
    bare = CliRunner().invoke(app, ["space", "obstacles", str(left), str(right)])
    assert bare.exit_code == 2 and "known cameras" in bare.output
