"""Calibration finds the cameras with which a board was drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.space.boards import BOARD, SIZE, photograph, poses, rig
from veduta.cli.app import app
from veduta.space.calibration import CannotCalibrate, Sighting, calibrate, solve
from veduta.space.chessboard import BadBoard, Board, find_corners, same_order
from veduta.space.pair import BadPair, find_pairs
from veduta.space.rig import BadRig, Rectifier, Rig

COUNT = 7


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders of pictures of a board; one pair more whose right view shows none."""
    folder = tmp_path_factory.mktemp("boards")
    true = rig()
    for number, pose in enumerate(poses(COUNT)):
        for side, name in enumerate(("left", "right")):
            (folder / name).mkdir(exist_ok=True)
            Image.fromarray(photograph(true, pose, side)).save(folder / name / f"{number:02}.png")
    empty = np.full((360, 480, 3), 200, np.uint8)
    Image.fromarray(photograph(true, poses(1)[0], 0)).save(folder / "left" / "empty.png")
    Image.fromarray(empty).save(folder / "right" / "empty.png")
    return folder


def exact_corners(pose: tuple[Any, Any], side: int) -> Any:
    """Where the corners truly are in a view."""
    true = rig()
    turn, shift = cv2.Rodrigues(pose[0])[0], pose[1].reshape(3)
    if side:
        turn, shift = true.rotation @ turn, true.rotation @ shift + true.translation
    made: Any = cv2.projectPoints(
        BOARD.corners().astype(np.float64),
        cv2.Rodrigues(turn)[0],
        shift,
        true.matrices[side],
        true.distortions[side],
    )[0]
    return made.reshape(-1, 2).astype(np.float32)


def test_corners_are_found_to_parts_of_a_pixel() -> None:
    pose = poses(1)[0]
    found = find_corners(photograph(rig(), pose, 0), BOARD)
    assert found is not None
    exact = exact_corners(pose, 0)
    assert np.abs(same_order(exact, found) - exact).mean() < 0.1


def test_exact_corners_give_the_exact_cameras() -> None:
    seen = [
        Sighting(str(n), exact_corners(pose, 0), exact_corners(pose, 1)) for n, pose in enumerate(poses(12))
    ]
    made = solve(seen, BOARD, (480, 360)).rig
    true = rig()
    for found, wanted in zip(made.matrices, true.matrices, strict=True):
        assert np.abs(found - wanted).max() < 0.5
    assert np.abs(made.translation - true.translation).max() < 2e-4
    assert np.abs(made.rotation - true.rotation).max() < 1e-3
    assert made.error < 0.01 and made.row_error < 0.01


def test_a_board_that_moved_between_the_views_is_left_out() -> None:
    held = poses(12)
    seen = [Sighting(str(n), exact_corners(pose, 0), exact_corners(pose, 1)) for n, pose in enumerate(held)]
    seen[5] = Sighting("moved", seen[5].left, seen[5].right + np.float32([0, 9]))
    made = solve(seen, BOARD, (480, 360))
    assert "moved" in made.unused and "moved" not in made.errors
    assert made.rig.error < 0.05


def test_the_command_finds_the_cameras(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "rig.json"
    arguments = ["space", "calibrate", str(pictures / "left"), str(pictures / "right"), "--json"]
    run = CliRunner().invoke(app, [*arguments, "--board", "7x5", "--square", "30", "-o", str(out)])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout.splitlines()[-1])
    assert set(told["unused"]) == {"empty"} and "right view" in told["unused"]["empty"]
    assert len(told["pictures"]) == COUNT
    made, true = Rig.load(out), rig()
    assert made.error < 0.3 and made.row_error < 0.2
    assert np.linalg.norm(made.translation) == pytest.approx(np.linalg.norm(true.translation), rel=0.02)
    assert made.matrices[0][0, 0] == pytest.approx(420, rel=0.02)
    kept = json.loads(out.read_text())
    assert kept["board"] == {"columns": 7, "rows": 5, "square_m": 0.03}


def test_side_by_side_pictures_calibrate_as_well(tmp_path: Path) -> None:
    true = rig()
    for number, pose in enumerate(poses(5)):
        both = np.concatenate([photograph(true, pose, side) for side in (0, 1)], axis=1)
        Image.fromarray(both).save(tmp_path / f"{number}.png")
    made = calibrate(find_pairs(tmp_path, None), BOARD)
    assert len(made.errors) == 5 and made.rig.error < 0.3


def test_rectified_views_show_the_same_in_the_same_row(tmp_path: Path) -> None:
    true = rig()
    rectifier = Rectifier(true)
    pose = poses(3)[1]
    left, right = rectifier(photograph(true, pose, 0), photograph(true, pose, 1))
    one, other = find_corners(left, BOARD), find_corners(right, BOARD)
    assert one is not None and other is not None
    other = same_order(one, other)
    assert np.abs(one[:, 1] - other[:, 1]).mean() < 0.1
    view = rectifier.view
    assert view.baseline == pytest.approx(float(np.linalg.norm(true.translation)), rel=1e-6)
    # Corners by their disparity are as far from each other as on the board.
    depth = view.focal * view.baseline / (one[:, 0] - other[:, 0] + view.offset)
    x, y = (one - view.center).T / view.focal * depth
    places = np.stack([x, y, depth], axis=1)
    assert np.linalg.norm(places[-1] - places[0]) == pytest.approx(
        float(np.linalg.norm(BOARD.corners()[-1])), rel=0.01
    )


def test_distance_by_a_rig(tmp_path: Path) -> None:
    """The command rectifies, matches and finds the board as far away as it was held."""
    true = rig()
    true.save(tmp_path / "rig.json")
    pose = poses(2)[1]
    for side, name in enumerate(("left.png", "right.png")):
        Image.fromarray(photograph(true, pose, side)).save(tmp_path / name)
    arguments = ["space", "depth", str(tmp_path / "left.png"), str(tmp_path / "right.png")]
    run = CliRunner().invoke(
        app, [*arguments, "--rig", str(tmp_path / "rig.json"), "-o", str(tmp_path / "d.npy")]
    )
    assert run.exit_code == 0, (run.output, run.exception)
    depth = np.load(tmp_path / "d.npy")
    rectifier = Rectifier(true)
    turn, shift = cv2.Rodrigues(pose[0])[0], pose[1].reshape(3)
    places = (BOARD.corners() @ turn.T + shift) @ np.asarray(rectifier.turns[0]).T
    view = rectifier.view
    pixels = np.rint(places[:, :2] / places[:, 2:] * view.focal + view.center).astype(int)
    found = depth[pixels[:, 1], pixels[:, 0]]
    assert np.median(np.abs(found - places[:, 2]) / places[:, 2]) < 0.02
    other = tmp_path / "small.png"
    Image.new("RGB", (100, 80)).save(other)
    run = CliRunner().invoke(
        app, ["space", "depth", str(other), str(other), "--rig", str(tmp_path / "rig.json")]
    )
    assert run.exit_code == 2 and "calibrated at 480 x 360" in run.output


def held_flat(count: int) -> list[Sighting]:
    """A board held alike, never tilted, its corners 0.05 pixels off."""
    rng = np.random.default_rng(0)
    middle = np.array([(BOARD.columns - 1) / 2, (BOARD.rows - 1) / 2, 0]) * BOARD.square
    seen = []
    for number in range(count):
        place = np.array([*rng.uniform(-0.06, 0.06, 2), 0.5]) - middle
        views = [exact_corners((np.zeros(3), place), side) for side in (0, 1)]
        noisy = [(one + rng.normal(0, 0.05, one.shape)).astype(np.float32) for one in views]
        seen.append(Sighting(str(number), noisy[0], noisy[1]))
    return seen


def test_a_board_never_tilted_leaves_the_cameras_open() -> None:
    with pytest.raises(CannotCalibrate, match="tilted"):
        solve(held_flat(10), BOARD, SIZE)
    exact = [Sighting(str(n), exact_corners(p, 0), exact_corners(p, 1)) for n, p in enumerate(poses(12))]
    rng = np.random.default_rng(1)
    noisy = [
        Sighting(
            one.name, *((v + rng.normal(0, 0.1, v.shape)).astype(np.float32) for v in (one.left, one.right))
        )
        for one in exact
    ]
    made = solve(noisy, BOARD, SIZE)
    off = [abs(m[0, 0] / t[0, 0] - 1) for m, t in zip(made.rig.matrices, rig().matrices, strict=True)]
    assert max(off) < 4 * max(made.unsure) < 0.02 and made.advice is None


def test_views_of_other_moments_are_no_pairs() -> None:
    held = poses(12)
    seen = [
        Sighting(str(n), exact_corners(pose, 0), exact_corners(held[n - 1], 1)) for n, pose in enumerate(held)
    ]
    with pytest.raises(CannotCalibrate, match="same moments"):
        solve(seen, BOARD, SIZE)


def test_partners_missing_by_name_are_told(tmp_path: Path) -> None:
    for side, names in (("left", "abcd"), ("right", "bcde")):
        (tmp_path / side).mkdir()
        for name in names:
            Image.new("RGB", (32, 32)).save(tmp_path / side / f"{name}.png")
    with pytest.raises(BadPair, match="a on the left, e on the right"):
        find_pairs(tmp_path / "left", tmp_path / "right")


def test_a_board_of_another_size_is_told(pictures: Path) -> None:
    pairs = find_pairs(pictures / "left", pictures / "right")[:4]
    with pytest.raises(CannotCalibrate, match="--board 7x5"):
        calibrate(pairs, Board(6, 5, 0.03))


def test_a_rig_is_read_as_it_was_written(tmp_path: Path) -> None:
    rig().save(tmp_path / "rig.json")
    again = Rig.load(tmp_path / "rig.json")
    assert np.allclose(again.matrices[1], rig().matrices[1])
    assert np.allclose(again.rotation, rig().rotation, atol=1e-8)
    told = json.loads((tmp_path / "rig.json").read_text())
    assert told["baseline_m"] == pytest.approx(0.09, abs=1e-3)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kind": "other"}, "not a file of"),
        ({"left": {}}, "incomplete"),
        ({"rotation_left_to_right": [[0, 0, 0]] * 3}, "no pair of cameras"),
        ({"width": "wide"}, "incomplete"),
    ],
)
def test_damaged_rigs_are_refused(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    path = tmp_path / "rig.json"
    rig().save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BadRig, match=reason):
        Rig.load(path)


def test_too_few_pictures_are_told_by_name(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotCalibrate, match=r"0 usable pairs.*9 x 9 corners"):
        calibrate(find_pairs(pictures / "left", pictures / "right")[:2], Board(9, 9, 0.03))
    with pytest.raises(BadBoard, match="COLUMNSxROWS"):
        Board.parse("nine", 0.03)
