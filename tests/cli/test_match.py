"""`veduta match`: pairs, folders, drawings, panoramas, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from veduta.cli.app import app
from veduta.image.decode import read


@pytest.fixture(scope="module")
def pictures(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two parts of one photograph, and a folder with one of them, another picture and a bad file."""
    folder = tmp_path_factory.mktemp("match")
    whole = read(photographs / "coffee.png", 400)
    Image.fromarray(whole[:, :260]).save(folder / "left.png")
    Image.fromarray(whole[20:, 130:]).save(folder / "right.png")
    (folder / "some").mkdir()
    Image.fromarray(np.rot90(whole).copy()).save(folder / "some" / "turned.png")
    Image.fromarray(read(photographs / "rocket.jpg", 300)).save(folder / "some" / "rocket.jpg")
    (folder / "some" / "bad.jpg").write_bytes(b"\xff\xd8 nothing")
    return folder


def told(*arguments: object) -> list[dict[str, object]]:
    result = CliRunner().invoke(app, ["match", *map(str, arguments), "--json"])
    assert result.exit_code in (0, 1), result.output
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def test_a_pair_is_matched_drawn_and_stitched(pictures: Path, tmp_path: Path) -> None:
    drawn, made = tmp_path / "drawn.png", tmp_path / "panorama.png"
    (pair,) = told(pictures / "left.png", pictures / "right.png", "--draw", drawn, "--stitch", made)
    assert pair["same"] and pair["model"] == "homography"
    assert float(str(pair["similarity"])) > 0.5
    # The right part begins 130 pixels further and 20 lower.
    np.testing.assert_allclose(pair["homography"], [[1, 0, -130], [0, 1, -20], [0, 0, 1]], atol=1.5)
    with Image.open(drawn) as lines, Image.open(made) as panorama:
        assert lines.size[0] > 260 + 270
        assert panorama.mode == "RGBA"
        assert abs(panorama.size[0] - 400) <= 3 and abs(panorama.size[1] - 267) <= 3


def test_a_folder_is_ranked_and_bad_files_are_told(pictures: Path) -> None:
    rows = told(pictures / "left.png", pictures / "some")
    assert [Path(str(row["b"])).name for row in rows] == ["turned.png", "rocket.jpg", "bad.jpg"]
    assert rows[0]["same"] and not rows[1]["same"] and rows[1]["similarity"] == 0
    assert rows[2]["error"]
    assert (
        CliRunner().invoke(app, ["match", str(pictures / "left.png"), str(pictures / "some")]).exit_code == 1
    )


def test_pictures_of_different_things_make_no_panorama(pictures: Path, tmp_path: Path) -> None:
    made, drawn = tmp_path / "no.png", tmp_path / "lines.png"
    run = command(pictures / "left.png", pictures / "some" / "rocket.jpg", "--stitch", made, "--draw", drawn)
    assert run.returncode == 2
    assert "nothing was written" in run.stderr
    assert not made.exists() and not drawn.exists()


def test_what_makes_no_sense_is_refused_in_one_line(pictures: Path, tmp_path: Path) -> None:
    left, right = pictures / "left.png", pictures / "right.png"
    run = command(left, right, "--features", "surf", "--draw", tmp_path / "x.png")
    assert run.returncode == 2
    assert run.stderr.strip().count("\n") == 0 and "SURF" in run.stderr
    before = right.read_bytes()
    for wrong in (
        ("--draw", right),
        ("--draw", tmp_path / "x.txt"),
        ("--stitch", tmp_path),
        ("--features", "sift", "--learned"),
        ("--ratio", "3"),
    ):
        assert CliRunner().invoke(app, ["match", str(left), str(right), *map(str, wrong)]).exit_code != 0
    assert right.read_bytes() == before
    assert list(tmp_path.iterdir()) == []


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "veduta", "match", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
