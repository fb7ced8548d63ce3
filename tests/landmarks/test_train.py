"""From a bank on disk to a head and a page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from veduta.landmarks.bank import Bank
from veduta.landmarks.features import DIMENSION
from veduta.landmarks.importing import fill
from veduta.landmarks.train import train
from veduta.landmarks.train_bank import roll, varied
from veduta.landmarks.train_recipe import TrainingError, recipe
from veduta.landmarks.train_tracking import read

SMALL = replace(recipe("light", "center"), epochs=2, batch=8, width=16, rate_classifier=0.02)


class Colors:
    """A trunk that sees little: the brightness of 8 x 8 tiles."""

    def run(self, pictures: Any) -> list[Any]:
        """Vectors in place of sights."""
        return [SimpleNamespace(statistics=self._statistics(picture)) for picture in pictures]

    def _statistics(self, picture: Any) -> np.ndarray:
        tiles = np.asarray(Image.fromarray(picture).resize((8, 8)), np.float32).ravel() / 255
        return np.pad(tiles, (0, DIMENSION - tiles.size)).astype(np.float32)


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four landmarks in two regions, seven photos each, and ten photos of nothing."""
    root = tmp_path_factory.mktemp("train")
    random = np.random.default_rng(0)
    places = ["east/X/Y/gate", "east/X/Y/tower", "west/X/Y/dome", "west/X/Z/故宫"]
    for place in [*places, "others"]:
        scene = random.integers(0, 256, (6, 8, 3))
        (root / ("photos" if place != "others" else "") / place).mkdir(parents=True)
        for number in range(7 if place != "others" else 10):
            if place == "others":
                scene = random.integers(0, 256, (6, 8, 3))
            pixels = np.clip(scene + random.normal(0, 60, scene.shape), 0, 255).astype(np.uint8)
            picture = Image.fromarray(pixels).resize((320, 240), Image.Resampling.BICUBIC)
            folder = root / ("photos" if place != "others" else "") / place
            picture.save(folder / f"{number}.jpg", quality=92)
    fill(root / "bank", root / "photos", others=root / "others")
    return root / "bank"


def run(bank: Path, out: Path, **more: Any) -> Path:
    trunk: Any = Colors()
    return train(bank, out, more.pop("recipe", SMALL), trunk=trunk, **more)


def test_a_bank_becomes_a_head_a_page_and_a_diary(bank: Path, tmp_path: Path) -> None:
    made = run(bank, tmp_path / "run")
    assert made == tmp_path / "run" / "head.npz"
    with np.load(made) as head:
        assert head["mean"].shape == (DIMENSION,) and head["matrix"].shape == (DIMENSION, 16)
        assert np.isfinite(head["matrix"]).all()
    records = read(tmp_path / "run" / "log.jsonl")
    assert [r["event"] for r in records] == ["epoch", "epoch", "stage"] * 2
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "+ west" in page and "+ east" in page
    with pytest.raises(TrainingError, match="holds a run already"):
        run(bank, tmp_path / "run")
    assert run(bank, tmp_path / "run", resume=True) == made  # nothing left to do
    assert read(tmp_path / "run" / "log.jsonl") == records


def test_an_interrupted_run_ends_as_if_it_had_not_been(bank: Path, tmp_path: Path) -> None:
    from veduta.progress import Silent

    class Cut(Silent):
        def begin(self, what: str, total: int | None = None) -> None:
            if "stage 2" in what and "epoch 2" in what:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(bank, tmp_path / "cut", progress=Cut())
    assert not (tmp_path / "cut" / "head.npz").exists()
    run(bank, tmp_path / "cut", resume=True)
    run(bank, tmp_path / "whole")
    with np.load(tmp_path / "cut" / "head.npz") as cut, np.load(tmp_path / "whole" / "head.npz") as whole:
        assert np.array_equal(cut["matrix"], whole["matrix"]) and np.array_equal(cut["mean"], whole["mean"])
    logs = [(tmp_path / name / "log.jsonl").read_text(encoding="utf-8") for name in ("cut", "whole")]
    assert logs[0] == logs[1]


def test_another_recipe_cannot_resume(bank: Path, tmp_path: Path) -> None:
    run(bank, tmp_path, recipe=replace(SMALL, epochs=1))
    with pytest.raises(TrainingError, match="other settings or another bank"):
        run(bank, tmp_path, resume=True)


def test_the_curriculum_takes_named_regions_first(bank: Path) -> None:
    with Bank.open(bank) as opened:
        assert roll(opened, ["west"]).regions == ["west", "east"]
        listed = roll(opened)
        assert [landmark.id for landmark in listed.landmarks] == sorted(["gate", "tower", "dome", "故宫"])
        assert np.bincount(listed.labels).tolist() == [7, 7, 7, 7, 10]
        with pytest.raises(TrainingError, match=r"no region 'north'; it has east, west"):
            roll(opened, ["north"])


def test_a_view_is_the_whole_or_a_crop_that_a_seed_sets() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    assert varied(pixels, 32, None).shape == (3, 32, 32)
    one, two = (varied(pixels, 32, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, varied(pixels, 32, np.random.default_rng(6)))
    white = varied(np.full((9, 9, 3), 255, np.uint8), 4, None)
    assert np.allclose(white[:, 0, 0], [2.2489, 2.4286, 2.64], atol=1e-3)  # as published weights expect


def test_the_wide_network_trains_from_pictures(
    bank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from veduta.landmarks import wide_resnet

    monkeypatch.setattr(wide_resnet.WideResNet.__init__, "__defaults__", (2, (1, 1, 1, 1)))
    tiny = replace(recipe("wide", "arcface"), epochs=1, batch=8, width=6, pixels=32)
    made = run(bank, tmp_path, recipe=tiny)
    assert made.name == "embedder.onnx"
    import openvino as ov

    network = ov.Core().compile_model(made, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = network(np.random.default_rng(0).normal(size=(2, 3, 32, 32)).astype(np.float32))[0]
    assert found.shape == (2, 6) and np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-2)


def test_the_command_says_what_is_wrong(bank: Path, tmp_path: Path) -> None:
    from veduta.cli.landmarks import landmarks
    from veduta.errors import VedutaError

    runner = CliRunner()
    for arguments, told in [
        ([str(tmp_path), "--out", str(tmp_path / "o")], "holds no bank"),
        ([str(bank), "--out", str(tmp_path / "o"), "--network", "huge"], "unknown network"),
        ([str(bank), "--out", str(tmp_path / "o"), "--weights", "w.pth"], "add --network wide"),
        ([str(bank), "--out", str(tmp_path / "o"), "--regions", "mars"], "no region 'mars'"),
    ]:
        result = runner.invoke(landmarks, ["train", *arguments])
        assert isinstance(result.exception, VedutaError) and told in str(result.exception)
