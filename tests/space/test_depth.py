"""Depth in meters, its files, and the command: on scenes whose every distance is known."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from benchmarks.floor_scene import Box, Drawn, Scene, draw
from PIL import Image
from typer.testing import CliRunner

from veduta.cli.app import app
from veduta.space.depth import BadDepthFile, meters, points, write
from veduta.space.disparity import Disparity
from veduta.space.pair import BadPair, find_pairs
from veduta.space.rig import BadRig, View

SCENE = Scene((Box(0.0, 0.8, 0.2, 0.1, 0.1),), width=320, height=240, focal=280.0)


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    """Both views of a box before a wall."""
    return draw(SCENE)


@pytest.fixture(scope="module")
def files(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The views in two folders, twice."""
    folder = tmp_path_factory.mktemp("views")
    for side, pixels in (("left", drawn.left), ("right", drawn.right)):
        (folder / side).mkdir()
        for name in ("one.png", "two.png"):
            Image.fromarray(pixels).save(folder / side / name)
    return folder


def run(*arguments: object) -> tuple[int, list[dict[str, object]], str]:
    done = CliRunner().invoke(app, ["space", "depth", *map(str, arguments), "--json"])
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return done.exit_code, told, str(done.exception)


def test_meters_by_the_formula() -> None:
    view = View(500.0, (2.0, 1.0), 0.1, 3.0)
    depth = meters(np.array([[7.0, -3.0]], np.float32), view)
    assert depth[0, 0] == pytest.approx(5.0) and np.isinf(depth[0, 1])
    place = points(np.full((3, 5), 2.0, np.float32), view)
    assert place[0, 4].tolist() == pytest.approx([2 * 2 / 500, -2 / 500, 2])


def test_the_command_measures_meters(files: Path, drawn: Drawn, tmp_path: Path) -> None:
    code, told, _ = run(
        *(files / "left/one.png", files / "right/one.png", "-o", tmp_path / "d.npy"),
        *("--focal", 280, "--baseline", 80, "--preview"),
    )
    assert code == 0 and told[0]["unit"] == "meters"
    depth = np.load(tmp_path / "d.npy")
    assert depth.dtype == np.float32 and depth.shape == (240, 320)
    apart = np.abs(depth - drawn.depth) / drawn.depth
    assert np.median(apart) < 0.01
    assert (apart > 0.05).mean() < 0.08
    assert (tmp_path / "d-preview.png").exists()


def test_without_cameras_it_tells_disparity(files: Path, drawn: Drawn, tmp_path: Path) -> None:
    code, told, _ = run(files / "left/one.png", files / "right/one.png", "-o", tmp_path / "d.png", "--sure")
    assert code == 0 and told[0]["unit"] == "pixels"
    kept = cv2.imread(str(tmp_path / "d.png"), cv2.IMREAD_UNCHANGED)
    assert kept.dtype == np.uint16
    true = 280.0 * 0.08 / drawn.depth
    assert np.median(np.abs(kept / 256 - true)[kept > 0]) < 0.2
    assert 0 < (kept == 0).mean() < 0.3


def test_folders_go_pair_by_pair_and_are_not_done_twice(files: Path, tmp_path: Path) -> None:
    broken = tmp_path / "left"
    broken.mkdir()
    for name in ("one.png", "two.png"):
        (broken / name).write_bytes((files / "left" / name).read_bytes())
    (broken / "one.png").write_bytes(b"no picture")
    out = tmp_path / "out"
    arguments = (broken, files / "right", "-o", out, "--disparities", 64)
    code, told, _ = run(*arguments)
    assert code == 1
    assert told[0]["error"] and told[1]["error"] is None
    assert sorted(p.name for p in out.iterdir()) == ["two.png"]
    (broken / "one.png").write_bytes((files / "left/one.png").read_bytes())
    code, told, _ = run(*arguments)
    assert code == 0 and told[1]["skipped"]
    assert sorted(p.name for p in out.iterdir()) == ["one.png", "two.png"]


def test_exchanged_views_are_told(drawn: Drawn, tmp_path: Path) -> None:
    for name, view in (("a.png", drawn.right), ("b.png", drawn.left)):
        Image.fromarray(view).save(tmp_path / name)
    words = [
        "space",
        "depth",
        str(tmp_path / "a.png"),
        str(tmp_path / "b.png"),
        "-o",
        str(tmp_path / "d.png"),
    ]
    run = CliRunner().invoke(app, words)
    assert run.exit_code == 2 and "left view first" in run.output
    assert not (tmp_path / "d.png").exists()


def test_png_holds_millimeters(tmp_path: Path) -> None:
    values = np.array([[1.0, 0.001, 0.5]], np.float32)
    sure = np.array([[True, True, False]])
    view = View(1000.0, (0, 0), 0.01)
    write(tmp_path / "d.png", Disparity(values, sure), view)
    assert cv2.imread(str(tmp_path / "d.png"), cv2.IMREAD_UNCHANGED).tolist() == [[10000, 0, 20000]]
    write(tmp_path / "d.npy", Disparity(values, sure), view, only_sure=True)
    kept = np.load(tmp_path / "d.npy")
    assert kept[0, 0] == 10 and np.isnan(kept[0, 2])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("left", "nowhere"), "no such file"),
        (("left/one.png", "right"), "two files or two folders"),
        (("left/one.png", "right/one.png", "-o", "{out}/d.jpg"), r"written as .npy or .png"),
        (("left/one.png", "right/one.png", "-o", "{out}/d.png", "--disparities", "4000"), "takes 2 to"),
    ],
)
def test_bad_input_ends_before_anything_is_written(
    files: Path, tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    given = [str(files / a) if a.startswith(("left", "right", "nowhere")) else a for a in arguments]
    given = [a.replace("{out}", str(tmp_path)) for a in given]
    done = CliRunner().invoke(app, ["space", "depth", *given])
    assert done.exception is not None
    assert re.search(reason, f"{done.exception} {done.output}"), done.exception
    assert not list(tmp_path.iterdir())


def test_rigs_and_pairs_are_checked(files: Path, tmp_path: Path) -> None:
    with pytest.raises(BadRig, match="above zero"):
        View(0.0, (0, 0), 0.1)
    with pytest.raises(BadDepthFile):
        write(tmp_path / "d.tif", Disparity(np.ones((2, 2), np.float32), np.ones((2, 2), bool)), None)
    (tmp_path / "left").mkdir()
    Image.new("RGB", (40, 40)).save(tmp_path / "left/a.png")
    with pytest.raises(BadPair, match="1 pictures and"):
        find_pairs(tmp_path / "left", files / "right")
    Image.new("RGB", (41, 40)).save(tmp_path / "odd.png")
    with pytest.raises(BadPair, match="even width"):
        find_pairs(tmp_path / "odd.png", None)[0].read()
