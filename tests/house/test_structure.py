"""The house: floors import downwards only, and the environment holds one OpenCV and nothing copyleft."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_floors_import_downwards_only() -> None:
    run = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_exactly_one_opencv_is_installed() -> None:
    found = sorted(
        d.metadata["Name"] for d in distributions() if d.metadata["Name"].lower().startswith("opencv")
    )
    assert found == ["opencv-contrib-python-headless"]


def test_no_dependency_asks_for_another_opencv() -> None:
    """Only peers that benchmarks install without their dependencies may name another OpenCV."""
    peers = {
        line.split("==")[0].strip().lower()
        for line in (ROOT / "benchmarks/peers.txt").read_text().splitlines()
    }
    for distribution in distributions():
        name = distribution.metadata["Name"].lower()
        if name in peers:
            continue
        for requirement in distribution.requires or []:
            wanted = re.split(r"[ ;<>=!~\[(]", requirement)[0].lower()
            if wanted.startswith("opencv") and "extra ==" not in requirement:
                assert wanted == "opencv-contrib-python-headless", f"{name} asks for {requirement}"


def test_modules_stay_small_and_have_plain_names() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        assert path.stem not in {"utils", "core", "helpers", "manager"}, path
        assert len(path.read_text("utf-8").splitlines()) <= 400, f"{path} is longer than 400 lines"


def test_names_no_forbidden_dependency() -> None:
    text = (ROOT / "pyproject.toml").read_text().lower()
    for name in ("ultralytics", "insightface", "torchvision", "timm", "pyqt", "opencv-python "):
        assert name not in text
