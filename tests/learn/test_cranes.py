"""From photographs to a decoder that the recognizer's network takes, with one command."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from veduta.cli.app import app
from veduta.learn.cells import LENGTH
from veduta.learn.cranes import gather, train
from veduta.learn.drawn_photos import DrawnPhotos
from veduta.learn.evaluate import NoTruth, evaluate, pairs
from veduta.learn.pool import OtherPool, fill
from veduta.learn.recipe import Recipe, TrainingError

TINY = Recipe(examples=8, held=2, places=40, plain=2, epochs=2, batch=64)


@pytest.fixture(scope="module")
def folder(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("photos")
    for name in ("rocket.jpg", "coffee.png", "chelsea.png"):
        shutil.copy(photographs / name, made / name)
    return made


@pytest.fixture(scope="module")
def run(folder: Path, store: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "cranes"
    train([folder], out, TINY)
    return out


def test_a_run_leaves_a_decoder_and_its_record(run: Path) -> None:
    record = json.loads((run / "cranes.json").read_text())
    assert record["sha256"] == hashlib.sha256((run / "cranes.onnx").read_bytes()).hexdigest()
    assert record["license"] == "Apache-2.0" and record["recipe"]["seed"] == 1
    assert set(record["held"]) == {"iou", "recall", "precision", "presence"}
    steps = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert {step["judge"] for step in steps} == {"first", "second"}


def test_a_finished_run_is_not_overwritten_and_resuming_gives_the_same(run: Path, folder: Path) -> None:
    with pytest.raises(TrainingError, match="--resume"):
        train([folder], run, TINY)
    before = (run / "cranes.onnx").read_bytes()
    train([folder], run, TINY, resume=True)
    assert (run / "cranes.onnx").read_bytes() == before


def test_a_pool_of_other_examples_is_refused(run: Path, folder: Path) -> None:
    photos = sorted(folder.iterdir())
    pool = fill(run / "pool", DrawnPhotos(photos, 1), 10)
    assert len(pool) == 10 and pool.maps[4].shape == (10, 352, 8, 8)
    with pytest.raises(OtherPool, match="other examples"):
        fill(run / "pool", DrawnPhotos(photos, 2), 10)


def test_places_are_those_of_the_examples_that_are_not_held(run: Path, folder: Path) -> None:
    pool = fill(run / "pool", DrawnPhotos(sorted(folder.iterdir()), 1), 10)
    seen, right = gather(pool, TINY, run / "places")
    assert seen.shape == (8 * 40, LENGTH) and right.shape == (8 * 40, 4)
    without = [i for i in range(8) if not pool.masks[i].any()]
    assert not any(right[i * 40 : (i + 1) * 40].any() for i in without)


def test_a_decoder_of_one_s_own_is_evaluated(run: Path, photographs: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), cv2.imread(str(photographs / "coffee.png"))[:200, :200])
    cv2.imwrite(str(tmp_path / "a_mask.png"), np.zeros((200, 200), np.uint8))
    assert [p.name for pair in pairs(tmp_path) for p in pair] == ["a.png", "a_mask.png"]
    result = evaluate(tmp_path, (run / "cranes.onnx").read_bytes())
    assert result["recall"] == 1.0 and set(result) == {"iou", "recall", "precision", "presence"}
    cv2.imwrite(str(tmp_path / "a_mask.png"), np.zeros((40, 60), np.uint8))
    with pytest.raises(NoTruth, match=r"a_mask.png.*\(60, 40\).*\(200, 200\)"):
        evaluate(tmp_path)
    with pytest.raises(NoTruth, match="no photo"):
        pairs(tmp_path / "none")


def test_the_command_draws_a_sheet_and_tells_what_is_wrong(folder: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    asked = ["learn", "cranes", "draw", str(folder), "--out", str(tmp_path / "s.png"), "--count", "2"]
    assert runner.invoke(app, asked).exit_code == 0
    assert cv2.imread(str(tmp_path / "s.png")).shape == (512, 6 * 256, 3)
    told = runner.invoke(
        app, ["learn", "cranes", "train", str(folder), "--out", str(tmp_path / "r"), "--held", "0"]
    )
    assert told.exit_code == 1 and isinstance(told.exception, TrainingError)
