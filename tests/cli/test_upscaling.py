"""`veduta upscale`: folders, names, what is done already, what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner, Result

from veduta.cli.app import app
from veduta.edit.upscale import by_lanczos
from veduta.image.decode import read


def run(*words: object, status: int = 0) -> Result:
    result = CliRunner().invoke(app, ["upscale", *(str(word) for word in words)])
    told = f"{result.output}\n{result.exception!r}"
    assert (result.exit_code if result.exception is None or status == 2 else 1) == status, told
    return result


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, one below, and a broken one."""
    made = tmp_path / "photos"
    (made / "below").mkdir(parents=True)
    Image.fromarray(data.coffee()[:40, :60]).save(made / "a.png")
    Image.fromarray(data.coffee()[:30, :50]).save(made / "below" / "b.png")
    (made / "broken.png").write_bytes((made / "a.png").read_bytes()[:300])
    return made


def test_folders_go_to_folders_once(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = lines(run(folder, "-o", out, "--by", 4, "--json", status=1))
    assert [one["error"] is None for one in told].count(True) == 2
    assert np.array_equal(read(out / "a-x4.png"), by_lanczos(read(folder / "a.png"), 4))
    assert read(out / "below" / "b-x4.png").shape == (120, 200, 3)
    written = (out / "a-x4.png").stat().st_mtime_ns
    run(folder, "-o", out, "--by", 4, status=1)
    assert (out / "a-x4.png").stat().st_mtime_ns == written
    run(folder, "-o", out, "--by", 2, status=1)
    assert (out / "a-x2.png").exists() and (out / "a-x4.png").exists()


def test_one_file(folder: Path, tmp_path: Path) -> None:
    run(folder / "a.png", "-o", tmp_path / "large.jpg")
    assert read(tmp_path / "large.jpg").shape == (80, 120, 3)


def test_what_is_wrong_is_told(folder: Path, tmp_path: Path, empty_store: Any) -> None:
    for words, told in (
        (("--by", 3), "expected 2 or 4"),
        (("--method", "magic"), "expected lanczos or network"),
        (("--method", "network"), "veduta models pull real-esrgan-x4"),
    ):
        result = run(folder / "a.png", "-o", tmp_path / "x.png", *words, status=1)
        assert told in f"{result.exception}"
        assert not list(tmp_path.glob("x*.png"))
    result = run(folder / "a.png", "-o", folder, status=2)
    assert "would write over a photo" in result.output
