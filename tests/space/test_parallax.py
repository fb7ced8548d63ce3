"""Moved views against naive warping, and clips frame by frame."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from veduta.cli.app import app
from veduta.space import clip
from veduta.space.anaglyph import LEFT, RIGHT, anaglyph
from veduta.space.clip import BadClip
from veduta.space.depth_network import BadNetwork, DepthNetwork
from veduta.space.forward import NONE, Move, Renderer, Scatter, backward, forward
from veduta.space.layers import BadLayers, flooded, layered, steep
from veduta.space.motion import PATHS, BadMotion, moves, zoom_for
from veduta.space.nearness import BadMap, fitted, normalized, planar, read_map
from veduta.space.parallax import Parallax


@pytest.fixture(scope="module")
def photo(photographs: Path) -> Any:
    """A photograph of 240 x 160."""
    with Image.open(photographs / "chelsea.png") as picture:
        return np.asarray(picture.convert("RGB").resize((240, 160)))


def disk(height: int = 160, width: int = 240) -> NDArray[Any]:
    """Ground that comes nearer downwards, and a near disk."""
    near = planar(height, width, 0.3) * 0.4
    cv2.circle(near, (width // 2, height // 2), height // 4, 0.9, -1)
    return near


@pytest.mark.parametrize("move", [Move(x=7.3), Move(x=-5, y=3.4, focus=0.4), Move(z=0.06, zoom=1.05)])
def test_the_nearer_pixel_wins(move: Move) -> None:
    """Pixel by pixel: each covers the 2 x 2 pixels it touches (2 x 1 where nothing moves up or down)."""
    near = np.random.default_rng(0).uniform(0, 1, (18, 24)).astype(np.float32)
    expected = np.full((18, 24), NONE, np.float32)
    tall = bool(move.y or move.z or move.zoom != 1)
    for y in range(18):
        for x in range(24):
            to = forward(np.float32([x]), np.float32([y]), near[y, x : x + 1], move, 24, 18)
            column, row = int(np.floor(to[0][0])), int(np.floor(to[1][0]))
            for dy in (0, 1) if tall else (0,):
                for dx in (0, 1):
                    if 0 <= row + dy < 18 and 0 <= column + dx < 24:
                        here = expected[row + dy, column + dx]
                        expected[row + dy, column + dx] = max(here, near[y, x])
    assert np.array_equal(Scatter(near)(move), expected)


def test_backward_undoes_forward() -> None:
    near = disk(40, 60)
    move = Move(5.0, -3.0, 0.05, 0.3, 1.04)
    x, y = backward(near, move)
    to = forward(x, y, near, move, 60, 40)
    assert np.allclose(to[0], np.arange(60)[None], atol=1e-3)
    assert np.allclose(to[1], np.arange(40)[:, None], atol=1e-3)


def test_no_movement_changes_nothing(photo: Any) -> None:
    made = Renderer(layered(photo, disk(), 10))(Move())
    changed = np.abs(made.astype(int) - photo).max(axis=2) > 0
    # But for the rims of near things, whose colors are mixed from near and far.
    rims = cv2.dilate(layered(photo, disk(), 10).rims.astype(np.uint8), np.ones((3, 3))) > 0
    assert not changed[~rims].any() and changed.mean() < 0.02
    flat = np.zeros((160, 240), np.float32)
    assert np.array_equal(Renderer(layered(photo, flat, 10))(Move()), photo)


def test_a_flat_map_shifts_everything_alike(photo: Any) -> None:
    near = np.ones((160, 240), np.float32)
    made = Renderer(layered(photo, near, 12))(Move(x=6))
    assert np.array_equal(made[:, 6:], photo[:, :-6])


def test_surfaces_that_stretch_have_no_cracks(photo: Any) -> None:
    """A ramp enlarged by nearly half: nothing of what lies behind shines through."""
    near = np.tile(np.linspace(0, 1, 240, dtype=np.float32), (160, 1))
    seen = Scatter(near)(Move(x=110.0))
    filled = seen[:, 2:-2] != NONE
    assert filled.all()
    assert (np.diff(seen[80, 2:-2]) >= 0).all()


def test_what_is_uncovered_comes_from_behind(photo: Any) -> None:
    """A red disk before a blue wall: where it stood there is blue, and nothing between is torn."""
    picture = np.zeros((120, 180, 3), np.uint8)
    picture[:] = (20, 40, 200)
    near = np.zeros((120, 180), np.float32)
    cv2.circle(near, (90, 60), 25, 1.0, -1)
    picture[near > 0] = (220, 30, 20)
    made = Renderer(layered(picture, near, 20))(Move(x=18))
    true = np.zeros_like(picture)
    true[:] = (20, 40, 200)
    true[np.roll(near, 18, axis=1) > 0] = (220, 30, 20)
    apart = np.abs(made.astype(int) - true).max(axis=2)
    assert (apart > 30).mean() < 0.01
    inside = np.hypot(*(np.mgrid[:120, :180] - np.array([60, 108])[:, None, None])) < 23
    assert np.abs(made[inside].astype(int) - (220, 30, 20)).max() < 12


def test_ramps_of_soft_maps_become_steps() -> None:
    hard = np.zeros((60, 90), np.float32)
    hard[:, 45:] = 1
    soft = np.asarray(cv2.GaussianBlur(hard, (5, 5), 0.8))
    made = steep(soft, 20)
    assert np.minimum(made, 1 - made).max() < 0.03 < np.minimum(soft, 1 - soft).max()
    ramp = np.tile(np.linspace(0, 1, 90, dtype=np.float32), (60, 1))
    assert np.array_equal(steep(ramp, 20), ramp)


def test_flooding_goes_from_what_is_known(photo: Any) -> None:
    known = np.zeros((160, 240), bool)
    known[:, :40] = True
    picture = photo.copy()
    picture[:, :40] = (10, 200, 30)
    made = flooded(picture, known)
    assert np.abs(made.astype(int) - (10, 200, 30)).max() <= 2


def test_depth_of_a_stereo_pair_predicts_the_other_view() -> None:
    from skimage import data

    left, right, truth = data.stereo_motorcycle()
    values = np.where(np.isfinite(truth), truth, 10).astype(np.float32)[100:300, 200:500]
    most = float(values.max())
    made = Renderer(layered(left[100:300, 200:500], values / most, most))(Move(x=-most))
    inner = (slice(None), slice(10, 220))

    def psnr(one: Any) -> float:
        apart = (one[inner].astype(float) - right[100:300, 200:500][inner]) ** 2
        return float(10 * np.log10(255**2 / apart.mean()))

    columns = np.arange(300, dtype=np.float32)[None] + values
    rows = np.repeat(np.arange(200, dtype=np.float32)[:, None], 300, axis=1)
    plain = cv2.remap(left[100:300, 200:500], columns, rows, cv2.INTER_LINEAR)
    assert psnr(made) > psnr(plain) + 2


@pytest.mark.parametrize("path", PATHS)
def test_clips_end_where_they_began_and_never_show_the_edge(photo: Any, path: Any) -> None:
    framed = np.zeros_like(photo)
    framed[:] = (0, 255, 0)
    framed[2:-2, 2:-2] = (200, 60, 120)
    made = Parallax(framed, disk(), 9.0)
    places = moves(path, 12, 9.0, 240, 160, 0.4)
    frames = list(made.frames(places))
    assert len(frames) == 12
    for frame in frames:
        assert np.abs(frame.astype(int) - (200, 60, 120)).max() < 90
    # Each frame is close to the next, the last to the first.
    moved = Parallax(photo, disk(), 9.0)
    shown = [frame.astype(int) for frame in moved.frames(places)]
    steps = [np.abs(a - b).mean() for a, b in zip(shown, [*shown[1:], shown[0]], strict=True)]
    assert max(steps) < 4 * (np.median(steps) + 0.5)


def test_the_far_stands_still_where_the_focus_is_far(photo: Any) -> None:
    made = Parallax(photo, disk(), 10.0)
    left, right = made.pair(focus=0.0)
    assert np.abs(left[:30].astype(int) - right[:30]).mean() < 0.1
    assert np.abs(left[60:100, 100:140].astype(int) - right[60:100, 100:140]).mean() > 3
    assert made.side_by_side().shape == (160, 480, 3)


def test_anaglyph_by_the_matrices() -> None:
    rng = np.random.default_rng(0)
    left, right = (rng.integers(0, 256, (20, 24, 3), np.uint8) for _ in range(2))
    made = anaglyph(left, right)

    def linear(v: float) -> float:
        return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4

    for y, x in ((0, 0), (7, 13), (19, 23)):
        one = np.array([linear(v / 255) for v in left[y, x]])
        other = np.array([linear(v / 255) for v in right[y, x]])
        light = np.clip(LEFT @ one + RIGHT @ other, 0, 1)
        coded = [12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055 for v in light]
        assert np.abs(made[y, x] - 255 * np.array(coded)).max() <= 0.51
    gray = np.full((16, 16, 3), 128, np.uint8)
    assert np.abs(anaglyph(gray, gray).astype(int) - 128).max() < 8


@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm"])
def test_videos_hold_the_frames(tmp_path: Path, photo: Any, name: str) -> None:
    frames = [np.roll(photo, 8 * n, axis=1)[:-1] for n in range(5)]
    assert clip.write(tmp_path / name, frames, 25) == 5
    import av

    with av.open(str(tmp_path / name)) as container:
        read = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert [frame.shape for frame in read] == [(158, 240, 3)] * 5
    for frame, true in zip(read, frames, strict=True):
        assert np.abs(frame.astype(int) - true[:158]).mean() < 8


def test_webp_holds_the_frames_and_repeats(tmp_path: Path, photo: Any) -> None:
    assert clip.write(tmp_path / "c.webp", (np.roll(photo, 8 * n, axis=1) for n in range(4)), 20) == 4
    with Image.open(tmp_path / "c.webp") as picture:
        assert picture.n_frames == 4 and picture.info["loop"] == 0  # type: ignore[attr-defined]
        picture.seek(3)
        last = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(last - np.roll(photo, 24, axis=1)).mean() < 8


def test_ground_and_what_stands_on_it() -> None:
    mask = np.zeros((100, 80), bool)
    mask[20:70, 10:20] = True
    near = planar(100, 80, 0.5, [mask])
    assert near[49, 0] == 0 and near[99, 0] == 1
    assert (near[20:70, 10:20] == near[69, 0]).all()
    assert near[60, 30] == pytest.approx((60 - 49.5) / 49.5)


def test_maps_are_read_at_16_bits(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 4000).reshape(50, 80).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "d.png"), deep)
    near = read_map(tmp_path / "d.png")
    assert len(np.unique(near)) > 3900 and near.min() == 0 and near.max() == 1
    np.save(tmp_path / "d.npy", np.array([[1.0, 2.0], [4.0, np.nan]]))
    far = read_map(tmp_path / "d.npy", far_bright=True)
    assert far[0, 0] == 1 and far[1, 0] == pytest.approx(0, abs=0.01) and far[1, 1] == 0
    assert far[0, 1] == pytest.approx(1 / 3, abs=0.02)


def test_small_maps_get_the_edges_of_the_photo() -> None:
    picture = np.zeros((160, 240, 3), np.uint8)
    picture[:, 120:] = 200
    small = np.zeros((40, 60), np.float32)
    small[:, 31:] = 1
    made = fitted(small, picture)
    assert made.shape == (160, 240)
    with pytest.raises(BadMap, match="proportion"):
        fitted(np.zeros((60, 60), np.float32), picture)


def tiny_network(path: Path, free: bool = True) -> Path:
    """A network whose nearness is the red channel."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weight = numpy_helper.from_array(np.array([1, 0, 0], np.float32).reshape(1, 3, 1, 1), "w")
    sides: list[Any] = ["h", "w"] if free else [64, 96]
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[1, 1])],
        "depth",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, *sides])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, *sides])],
        [weight],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize("free", [True, False])
def test_a_network_of_the_users_own(tmp_path: Path, photo: Any, free: bool) -> None:
    near = DepthNetwork(tiny_network(tmp_path / "d.onnx", free)).near(photo)
    assert near.min() == 0 and near.max() == 1
    small = cv2.resize(photo[..., 0], (near.shape[1], near.shape[0]), interpolation=cv2.INTER_AREA)
    assert np.corrcoef(near.ravel(), small.ravel())[0, 1] > 0.99


def test_files_that_are_no_networks_are_told(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"nothing")
    with pytest.raises(BadNetwork, match=r"bad\.onnx"):
        DepthNetwork(tmp_path / "bad.onnx")
    with pytest.raises(BadNetwork, match=r"\.onnx file"):
        (tmp_path / "bad.txt").write_bytes(b"nothing")
        DepthNetwork(tmp_path / "bad.txt")


@pytest.fixture
def files(tmp_path: Path, photo: Any) -> Path:
    Image.fromarray(photo).save(tmp_path / "photo.png")
    Image.fromarray((disk() * 255).astype(np.uint8)).save(tmp_path / "map.png")
    mask = np.zeros((160, 240), np.uint8)
    mask[60:120, 100:140] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    tiny_network(tmp_path / "net.onnx")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("a.mp4", ["--depth", "map.png", "--seconds", "0.4", "--fast"]),
        ("a.webp", ["--network", "net.onnx", "--seconds", "0.3", "--fast", "--path", "dolly"]),
        ("a.png", ["--ground", "0.4", "--standing", "mask.png"]),
        ("a.jpg", ["--right", "photo.png", "--show", "pair", "--fast"]),
    ],
)
def test_the_command(files: Path, name: str, more: list[str]) -> None:
    given = [str(files / one) if "." in one and not one[0].isdigit() else one for one in more]
    run = CliRunner().invoke(
        app, ["space", "parallax", str(files / "photo.png"), "-o", str(files / name), "--json", *given]
    )
    assert run.exit_code == 0, (run.output, run.exception)
    told = json.loads(run.stdout.splitlines()[-1])
    assert (files / name).stat().st_size > 500
    if name.endswith((".png", ".jpg")):
        with Image.open(files / name) as picture:
            assert picture.size == (told["width"], told["height"])
    else:
        assert told["frames"] in (9, 12)


@pytest.mark.parametrize(
    ("name", "more", "reason"),
    [
        ("a.mp4", [], "give one of"),
        ("a.mp4", ["--depth", "map.png", "--ground", "0.3"], "give one of"),
        ("a.xyz", ["--depth", "map.png"], "a.xyz"),
        ("a.mp4", ["--depth", "nothing.png"], "no such file"),
        ("map.png", ["--depth", "map.png"], "write over"),
        ("a.mp4", ["--depth", "map.png", "--strength", "50"], "at most 15 percent"),
        ("a.mp4", ["--ground", "1.5"], "horizon"),
        ("a.mp4", ["--depth", "map.png", "--path", "spiral"], "known: circle"),
    ],
)
def test_bad_input_writes_nothing(files: Path, name: str, more: list[str], reason: str) -> None:
    before = {path: path.read_bytes() for path in files.iterdir()}
    given = [str(files / one) if one.endswith(".png") else one for one in more]
    run = CliRunner().invoke(
        app, ["space", "parallax", str(files / "photo.png"), "-o", str(files / name), *given]
    )
    assert run.exit_code != 0
    assert reason in run.output + str(run.exception)
    assert {path: path.read_bytes() for path in files.iterdir()} == before


def test_movements_are_checked(photo: Any) -> None:
    with pytest.raises(BadMotion, match="frames"):
        moves("sway", 1, 9.0, 240, 160)
    with pytest.raises(BadMotion, match="focus"):
        moves("sway", 9, 9.0, 240, 160, 3.0)
    with pytest.raises(BadLayers, match="expected"):
        layered(photo, np.zeros((4, 4), np.float32), 3)
    with pytest.raises(BadClip, match="frames a second"):
        clip.check(Path("a.mp4"), 0)
    with pytest.raises(BadMap, match="no numbers"):
        normalized(np.full((3, 3), np.nan, np.float32))
    assert zoom_for(5, 240, 160, 0.5) > 1
