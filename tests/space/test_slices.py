"""Sections to a body: phantoms of known motion, lean kept, volumes, surfaces, files, the command."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from benchmarks.phantom import Phantom, errors, phantom
from numpy.typing import NDArray
from scipy import ndimage
from typer.testing import CliRunner

from veduta.cli.app import app
from veduta.progress import Silent
from veduta.space import mesh as meshes
from veduta.space.alignment import poses
from veduta.space.doubts import gaps, misfits
from veduta.space.elastic import around, bends, spread, warped
from veduta.space.pose import Pose, between, moved
from veduta.space.sections import BadSections, read_sections
from veduta.space.segmentation import Wish, otsu, segment
from veduta.space.trend import trend
from veduta.space.volume import isotropic, registered

Points = NDArray[np.float64]


def back(made: Phantom, found: list[Pose]) -> Callable[[int, Points], Points]:
    """From places in a picture to places in the registered stack, by poses alone."""
    height, width = made.laid.shape[1:]

    def where(number: int, places: Points) -> Points:
        matrix = found[number].matrix(width, height)
        return np.asarray((places - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T, np.float64)

    return where


@pytest.fixture(scope="module")
def leaning() -> tuple[Phantom, list[Pose]]:
    """A phantom that leans by 16 pixels from end to end, and the poses found."""
    made = phantom(count=28, side=88, seed=3, shift=4, turn=4, lean=16)
    return made, poses([one.astype(np.float32) for one in made.laid], Silent(), 12)


def test_known_motion_is_found_within_a_pixel(leaning: tuple[Phantom, list[Pose]]) -> None:
    made, found = leaning
    distances = errors(made, back(made, found))
    assert distances.mean() <= 1.0
    assert errors(made, lambda _, places: places).mean() > 2.5 * distances.mean()


def test_the_object_keeps_its_lean(leaning: tuple[Phantom, list[Pose]]) -> None:
    """The middle of the tissue moves as far from end to end as in the object, where straightening would undo it."""
    made, found = leaning
    upright = poses([o.astype(np.float32) for o in made.laid], Silent(), 12, True)
    stack, straight = (
        np.stack([registered(one, pose) for one, pose in zip(made.laid, way, strict=True)])
        for way in (found, upright)
    )

    def lean(sections: NDArray[np.uint8]) -> float:
        middles = [ndimage.center_of_mass(one > 60)[1] for one in sections]
        return float(np.polyfit(np.linspace(0, 1, len(middles)), middles, 1)[0])

    assert abs(lean(stack) - lean(made.cut)) < 3
    assert abs(lean(straight)) < 0.35 * abs(lean(made.cut))


def test_bent_sections_come_nearer() -> None:
    made = phantom(count=14, side=80, seed=5, shift=2, turn=2, bend=3)
    planes = [one.astype(np.float32) for one in made.laid]
    found = poses(planes, Silent(), 8)
    coarse = bends([moved(p, one) for p, one in zip(planes, found, strict=True)], Silent())
    fields = [spread(one, (80, 80)) for one in coarse]
    rigid = back(made, found)

    def elastic(number: int, places: Points) -> Points:
        wanted = rigid(number, places)
        at = wanted.copy()
        for _ in range(15):  # the field leads from the stack to the picture: its inverse by iterating
            x, y = at.astype(np.float32).T[:, None]
            moved_by = [cv2.remap(fields[number][..., k], x, y, cv2.INTER_LINEAR)[0] for k in range(2)]
            at = wanted - np.stack(moved_by, -1)
        return np.asarray(at, np.float64)

    assert errors(made, elastic).mean() < 0.85 * errors(made, rigid).mean()


def bent(made: Phantom, laid: NDArray[np.uint8], heights: list[int]) -> Points:
    """Errors after rigid registration by the true poses and elastic registration of `laid`."""
    side = made.laid.shape[1]
    planes = [moved(one.astype(np.float32), made.poses[k]) for one, k in zip(laid, heights, strict=True)]
    fields = [spread(one, (side, side)) for one in bends(planes, Silent(), heights)]
    left = Phantom(
        laid,
        made.cut[heights],
        [made.poses[k] for k in heights],
        [made.bends[k] for k in heights],
        made.inside[heights],
    )
    rigid = back(left, left.poses)

    def elastic(number: int, places: Points) -> Points:
        wanted = rigid(number, places)
        at = wanted.copy()
        for _ in range(15):
            x, y = at.astype(np.float32).T[:, None]
            at = wanted - np.stack(
                [cv2.remap(fields[number][..., k], x, y, cv2.INTER_LINEAR)[0] for k in range(2)], -1
            )
        return np.asarray(at, np.float64)

    return errors(left, elastic)


def test_unlike_stains_do_not_bend_sections() -> None:
    """Brightness that differs from section to section costs elastic registration next to nothing."""
    made = phantom(count=12, side=80, seed=6, shift=2, turn=2, bend=2)
    gains = np.random.default_rng(1).uniform(0.6, 1.2, (12, 1, 1))
    stained = np.clip(made.laid * gains, 0, 255).astype(np.uint8)
    every = list(range(12))
    plain, unlike = bent(made, made.laid, every).mean(), bent(made, stained, every).mean()
    assert unlike < plain + 0.08


def test_the_average_of_neighbors_is_that_of_the_height_between_them() -> None:
    """What grows steadily is met exactly, also beside sections that are missing."""
    heights = [0, 1, 2, 4, 5, 8, 9, 10]
    planes = [np.full((4, 4), height, np.float32) for height in heights]
    for number in range(1, len(heights) - 1):
        assert around(planes, number, heights) == pytest.approx(planes[number], abs=1e-5)
    assert around(planes, 0, heights)[0, 0] == 1 and around(planes, 7, heights)[0, 0] == 9


@pytest.mark.parametrize("true", [Pose(0.2, 5.3, -3.6), Pose(-0.4, -9, 7), Pose()])
def test_one_pair_by_its_pose(true: Pose) -> None:
    plane = phantom(count=4, side=128, seed=1, shift=0, turn=0).cut[1].astype(np.float32)
    height, width = plane.shape
    other = cv2.warpAffine(
        plane, true.matrix(width, height), (width, height)
    )  # what is at p goes to where p leads
    found, value = between(plane, np.asarray(other, np.float32))
    assert value > 0.99
    assert found.angle == pytest.approx(true.angle, abs=0.004)
    assert (found.x, found.y) == pytest.approx((true.x, true.y), abs=0.15)
    assert Pose.of(true.matrix(width, height), width, height).x == pytest.approx(true.x)


def test_trend_keeps_lines_and_curves_and_leaves_noise() -> None:
    rng = np.random.default_rng(0)
    noise, line = rng.normal(0, 1, 50), np.linspace(-20, 20, 50)
    bent = [np.ptp(trend(np.random.default_rng(seed).normal(0, 1, 50))) for seed in range(40)]
    assert np.mean(bent) < 0.4 and np.mean(np.equal(bent, 0)) > 0.6
    assert np.abs(trend(line + noise) - line).max() < 1.2
    curve = 15 * np.sin(np.linspace(0, 4, 50))
    assert np.abs(trend(curve + 0.3 * noise) - curve).mean() < 0.4
    assert len(trend(np.array([1.0, 2.0]))) == 2


def test_a_warp_by_no_field_is_none() -> None:
    plane = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    assert np.array_equal(warped(plane, np.zeros((20, 30, 2), np.float32)), plane)


def test_cubes_are_blended_between_sections() -> None:
    stack = np.stack([np.full((8, 12), value, np.uint8) for value in (0, 100, 200)])
    volume = isotropic(stack, pixel=0.5, thickness=2.0)
    assert volume.edge == 0.5 and volume.voxels.shape == (9, 8, 12)
    assert np.abs(volume.voxels[:, 3, 3] - np.linspace(0, 200, 9)).max() <= 1
    assert isotropic(stack, 0.5, 2.0, edge=1.0).voxels.shape == (5, 4, 6)
    with pytest.raises(BadSections, match="at least"):
        isotropic(stack, 1.0, 1.0, edge=1e-4)


def test_otsu_by_naive_recomputation() -> None:
    rng = np.random.default_rng(0)
    voxels = np.clip(np.concatenate([rng.normal(60, 15, 4000), rng.normal(170, 20, 1500)]), 0, 255).astype(
        np.uint8
    )
    spreads = []
    for level in range(255):
        low, high = voxels[voxels <= level].astype(float), voxels[voxels > level].astype(float)
        inside = [len(one) * one.var() for one in (low, high) if len(one)]
        spreads.append(sum(inside))
    assert abs(spreads[otsu(voxels)] - min(spreads)) < 1e-6 * min(spreads)


def test_a_ball_has_its_volume_and_surface() -> None:
    z, y, x = np.mgrid[:40, :40, :40] - 19.5
    ball = np.hypot(np.hypot(x, y), z) < 14
    voxels = np.where(ball, 200, 20).astype(np.uint8)
    voxels[2, 2, 2] = 255  # dust
    mask, _ = segment(voxels, Wish(opening=1))
    assert np.mean(mask == ball) > 0.999 and not mask[2, 2, 2]
    mesh = meshes.surface(mask, 0.1)
    assert mesh.volume == pytest.approx(4 / 3 * np.pi * 1.4**3, rel=0.03)
    assert mesh.area == pytest.approx(4 * np.pi * 1.4**2, rel=0.05)
    assert np.abs(mesh.corners.mean(axis=0) - 1.95).max() < 0.01
    # Each edge belongs to two triangles, once in each direction: closed, and turned one way.
    edges = np.concatenate([mesh.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    there, again = ({tuple(e) for e in edges[:, order].tolist()} for order in ([0, 1], [1, 0]))
    assert there == again and len(there) == len(edges)


def test_mesh_files_hold_the_mesh(tmp_path: Path) -> None:
    mask = np.zeros((8, 9, 10), np.bool_)
    mask[2:6, 2:6, 2:7] = True
    mesh = meshes.surface(mask, 0.5, smooth=0)
    meshes.write(mesh, tmp_path / "a.stl")
    meshes.write(mesh, tmp_path / "a.ply")
    stl, ply = (tmp_path / "a.stl").read_bytes(), (tmp_path / "a.ply").read_bytes()
    assert len(stl) == 84 + 50 * len(mesh.triangles) and struct.unpack("<I", stl[80:84])[0] == len(
        mesh.triangles
    )
    first = np.frombuffer(stl[84 : 84 + 48], "<f4").reshape(4, 3)
    assert np.array_equal(first[1:], mesh.corners[mesh.triangles[0]])
    outside = first[1:].mean(axis=0) - mesh.corners.mean(axis=0)
    assert float(first[0] @ outside) > 0
    header, body = ply.split(b"end_header\n", 1)
    assert f"element vertex {len(mesh.corners)}\n".encode() in header
    assert len(body) == 12 * len(mesh.corners) + 13 * len(mesh.triangles)
    assert np.array_equal(np.frombuffer(body[: 12 * len(mesh.corners)], "<f4").reshape(-1, 3), mesh.corners)


def laid_out(folder: Path, stack: NDArray[np.uint8]) -> Path:
    folder.mkdir()
    for number, one in enumerate(stack):
        cv2.imwrite(str(folder / f"s{number + 1}.png"), one)
    return folder


def test_sections_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    stack = np.stack([np.pad(np.full((20, 20), 40 + 10 * k, np.uint8), 10) for k in range(12)])
    read = read_sections(laid_out(tmp_path / "dark", stack), tmp_path / "one")
    assert [one.name for one in read.paths][:3] == ["s1.png", "s2.png", "s3.png"] and not read.inverted
    assert np.array_equal(read.gray, stack)
    bright = read_sections(laid_out(tmp_path / "bright", 255 - stack), tmp_path / "two")
    assert bright.inverted and np.array_equal(bright.gray, stack)


def test_the_command_builds_a_body(tmp_path: Path) -> None:
    made = phantom(count=10, side=80, seed=2, shift=3, turn=3)
    folder, out = laid_out(tmp_path / "stack", 255 - made.laid), tmp_path / "out"
    before = {path: path.read_bytes() for path in folder.iterdir()}
    words = [
        "space",
        "slices",
        str(folder),
        "-o",
        str(out),
        "--pixel",
        "0.02",
        "--thickness",
        "0.1",
        "--json",
    ]
    run = CliRunner().invoke(app, [*words, "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(next(line for line in run.stdout.splitlines() if line.startswith("{")))
    assert told["agreement_after"] > told["agreement_before"] and told["inverted"]
    assert told["voxels"] == [80, 80, 46] and len(list((out / "sections").iterdir())) == 10
    tissue = made.inside.sum() * 0.02 * 0.02 * 0.1
    assert told["volume_mm3"] == pytest.approx(tissue, rel=0.25)
    page = (out / "view.html").read_text("utf-8")
    assert "@VOXELS@" not in page and "http://" not in page and "https://" not in page
    assert np.load(out / "volume.npy").shape == (46, 80, 80)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def flawed(stack: NDArray[np.uint8], flaw: str) -> NDArray[np.uint8]:
    """A stack whose sixth section is wrong."""
    made = stack.copy()
    if flaw == "mirrored":
        made[5] = made[5][:, ::-1]
    elif flaw == "empty":
        made[5] = 0
    elif flaw == "torn":
        made[5][:, :40] = 0
    return made


@pytest.mark.parametrize(
    ("flaw", "told"),
    [("mirrored", "upside down"), ("empty", "torn, empty"), ("torn", "torn, empty"), ("none", "")],
)
def test_sections_that_spoil_a_body_are_told(flaw: str, told: str) -> None:
    stack = flawed(phantom(count=12, side=96, seed=4, shift=0, turn=0).laid, flaw)
    paths = [Path(f"s{number + 1}.png") for number in range(12)]
    found = misfits(paths, [one.astype(np.float32) for one in stack], 12)
    assert set(found) == (set() if flaw == "none" else {"s6.png"})
    assert flaw == "none" or told in found["s6.png"]


def test_missing_numbers_are_told() -> None:
    def named(*numbers: int) -> list[Path]:
        return [Path(f"slide2_{number:03}.png") for number in numbers]

    assert gaps(named(1, 2, 3, 4)) == gaps(named(5, 10, 15, 20)) == gaps([Path("a.png")] * 4) == []
    assert gaps(named(1, 2, 5, 6)) == [
        "between slide2_002.png and slide2_005.png 2 are missing by the numbers: the body comes out shorter by as much"
    ]


def test_sections_of_twelve_bits_keep_their_grays(tmp_path: Path) -> None:
    """Cameras of 12 bits fill a sixteenth of 16: cut to 8 bits one by one they would keep sixteen grays."""
    made = phantom(count=4, side=64, seed=1, shift=0, turn=0).cut
    (tmp_path / "deep").mkdir()
    for number, one in enumerate(made):
        cv2.imwrite(str(tmp_path / "deep" / f"s{number}.png"), one.astype(np.uint16) * 16)
    read = np.asarray(read_sections(tmp_path / "deep", tmp_path / "work").gray, float)
    below = read < 255
    scale = float((read[below] @ made[below]) / (made[below].astype(float) @ made[below]))
    assert scale > 1 and np.abs(read - np.minimum(made * scale, 255)).max() <= 1
    assert len(np.unique(read)) > 150


def test_aligned_sections_are_left_where_they_are(tmp_path: Path) -> None:
    made = phantom(count=8, side=64, seed=2, shift=3, turn=3)
    out = tmp_path / "out"
    words = [
        "space",
        "slices",
        str(laid_out(tmp_path / "cut", made.cut)),
        "-o",
        str(out),
        "--aligned",
        "--json",
    ]
    run = CliRunner().invoke(app, words)
    assert run.exit_code == 0, run.output
    told = json.loads(next(line for line in run.stdout.splitlines() if line.startswith("{")))
    assert all(one["degrees"] == one["x"] == one["y"] == 0 for one in told["poses"]) and told["doubts"] == []
    kept = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted((out / "sections").iterdir())]
    assert np.array_equal(np.stack(kept), made.cut)
    assert told["agreement_before"] == told["agreement_after"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--pixel", "0"], "pixel of 0 mm"),
        (["--thickness", "-1"], "thickness of -1 mm"),
        (["--turn", "400"], "turns of up to 400"),
        (["--threshold", "300"], "threshold of 300"),
        (["--threshold", "254"], "nothing is brighter than 254"),
        (["--opening", "99"], "opening and closing"),
    ],
)
def test_wrong_wishes_are_told_and_nothing_is_written(tmp_path: Path, more: list[str], told: str) -> None:
    folder = laid_out(tmp_path / "stack", phantom(count=4, side=48, shift=1, turn=1).laid)
    run = CliRunner().invoke(
        app, ["space", "slices", str(folder), "-o", str(tmp_path / "out"), "--rigid", *more]
    )
    assert isinstance(run.exception, BadSections) and told in str(run.exception)
    assert not (tmp_path / "out").exists()


def test_what_is_no_stack_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSections, match="no such folder"):
        read_sections(tmp_path / "nowhere", tmp_path / "work")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadSections, match="0 pictures; a stack needs at least 3"):
        read_sections(tmp_path / "empty", tmp_path / "work")
    folder = laid_out(tmp_path / "mixed", np.full((3, 20, 20), 9, np.uint8))
    cv2.imwrite(str(folder / "s9.png"), np.full((400, 400), 9, np.uint8))
    with pytest.raises(BadSections, match="20 x 20 to 400 x 400"):
        read_sections(folder, tmp_path / "work")
    flat = laid_out(tmp_path / "flat", np.full((3, 20, 20), 9, np.uint8))
    run = CliRunner().invoke(app, ["space", "slices", str(flat), "-o", str(tmp_path / "out")])
    assert isinstance(run.exception, BadSections) and "one brightness" in str(run.exception)
