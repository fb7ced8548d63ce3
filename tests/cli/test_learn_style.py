"""`veduta learn style`: a photo by optimization, a painter by training, and what makes no sense."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from tests.nets.test_painter import a_painter
from veduta.cli.app import app
from veduta.errors import BadInput
from veduta.image.decode import read
from veduta.nets.painter import Painter

pytestmark = pytest.mark.usefixtures("store")
RUNNER = CliRunner()


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[str, str]:
    paths = tmp_path / "photo.png", tmp_path / "painting.png"
    Image.fromarray(data.astronaut()[20:116, 180:276]).save(paths[0])
    Image.fromarray(data.coffee()[100:200, 200:300]).save(paths[1])
    return str(paths[0]), str(paths[1])


def run(*arguments: str) -> dict[str, object]:
    done = RUNNER.invoke(app, ["learn", "style", *arguments, "--json"])
    assert done.exit_code == 0, done.output
    told: dict[str, object] = json.loads(done.stdout)
    return told


def test_a_photo_is_repainted_by_optimization(pictures: tuple[str, str], tmp_path: Path) -> None:
    out = tmp_path / "painted.jpg"
    told = run("photo", *pictures, "-o", str(out), "--side", "64", "--rounds", "1")
    assert told["rounds"] == 1 and float(str(told["loss"])) > 0
    assert read(out).shape == (64, 64, 3)
    assert [path.name for path in (tmp_path / "painted.jpg.run").iterdir()] == ["preview.png"]


def test_a_painter_is_trained_and_paints(pictures: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    Image.fromarray(data.chelsea()[:200, :200]).save(tmp_path / "set" / "cat.png")
    model, out = tmp_path / "own.npz", tmp_path / "painted.png"
    settings = ["--side", "64", "--painting-side", "64", "--batch", "1"]
    told = run("train", pictures[1], str(tmp_path / "set"), "-o", str(model), "--steps", "2", *settings)
    assert told["steps"] == 2
    folder = tmp_path / "own.npz.run"
    assert sorted(path.name for path in folder.iterdir()) == ["log.jsonl", "preview.png", "state.pt"]
    assert json.loads((folder / "log.jsonl").read_text())["step"] == 2
    done = RUNNER.invoke(app, ["style", pictures[0], "-o", str(out), "--style", str(model)])
    assert done.exit_code == 0, done.output
    assert np.abs(read(out).astype(int) - read(pictures[0])).mean() > 2


def test_a_thin_painter_is_trained_and_paints_the_packaged_styles(
    pictures: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = a_painter()
    every = np.arange(26) % 3
    tables = [(pair[0][every], pair[1]) for pair in (few.gains, few.shifts)]
    large = Painter(few.contract, few.residual, few.expand, tables[0], tables[1])
    (tmp_path / "set").mkdir()
    Image.fromarray(data.chelsea()[:200, :200]).save(tmp_path / "set" / "cat.png")
    model, out = tmp_path / "thin.npz", tmp_path / "painted.png"
    settings = ["--squares", "1", "--side", "64"]
    with monkeypatch.context() as within:  # the packaged one takes long
        within.setattr("veduta.nets.painter.read_painter", lambda path: large)
        told = run("thin", str(tmp_path / "set"), "-o", str(model), "--steps", "1", "--looks", "1", *settings)
    assert told["steps"] == 2 and told["styles"] == 26
    folder = tmp_path / "thin.npz.run"
    assert sorted(path.name for path in folder.iterdir()) == ["lessons", "log.jsonl", "state.pt"]
    assert len(list((folder / "lessons").iterdir())) == 26
    done = RUNNER.invoke(
        app, ["style", pictures[0], "-o", str(out), "--style", "comic", "--painter", str(model)]
    )
    assert done.exit_code == 0, done.output
    assert np.abs(read(out).astype(int) - read(pictures[0])).mean() > 2


def test_what_makes_no_sense_is_refused_and_nothing_written(
    pictures: tuple[str, str], tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    photo, painting = pictures
    for arguments, told in (
        (["photo", photo, painting, "-o", "x.png", "--side", "9"], "side must be 64 to 4096"),
        (["photo", photo, painting, "-o", photo], "would write over"),
        (["train", painting, str(tmp_path / "none"), "-o", "x.npz"], "no photographs there"),
        (["train", painting, str(tmp_path), "-o", "x.npz", "--side", "70"], "multiple of 32"),
        (["thin", str(tmp_path), "-o", "x.npz", "--side", "70"], "multiple of 32"),
        (["thin", str(tmp_path / "none"), "-o", "x.npz"], "no photographs there"),
    ):
        done = RUNNER.invoke(app, ["learn", "style", *arguments])
        assert isinstance(done.exception, BadInput) and told in str(done.exception)
    for arguments in (
        ["photo", photo, painting, "-o", "x.gif"],
        ["train", painting, str(tmp_path), "-o", "x.onnx"],
        ["thin", str(tmp_path), "-o", "x.onnx"],
    ):
        done = RUNNER.invoke(app, ["learn", "style", *arguments])
        assert done.exit_code == 2 or isinstance(done.exception, BadInput)
    assert sorted(tmp_path.rglob("*")) == before
