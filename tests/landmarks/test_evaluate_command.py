"""`veduta landmarks evaluate` judges the shipped atlas on folders that it has never seen."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veduta.cli.landmarks import landmarks
from veduta.errors import VedutaError
from veduta.landmarks.recognize import Recognizer
from veduta.nets.store import ModelStore
from veduta.settings import settings


@pytest.fixture(autouse=True)
def home(store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A home of its own, with the models of the user's, so that nothing of another run is remembered."""
    monkeypatch.setenv("VEDUTA_MODELS", str(settings().models_directory))
    monkeypatch.setenv("VEDUTA_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def folders(tmp_path: Path, photographs: Path) -> tuple[Path, Path]:
    shown, others = tmp_path / "shown", tmp_path / "others"
    shown.mkdir()
    others.mkdir()
    shutil.copy(photographs / "coffee.png", shown)
    shutil.copy(photographs / "rocket.jpg", shown)
    for name in ("chelsea.png", "astronaut.png"):
        shutil.copy(photographs / name, others)
    (shown / "labels.csv").write_text(
        "file,landmark,listed\ncoffee.png,tajmahal,1\nrocket.jpg,launch_pad,0\n", encoding="utf-8"
    )
    return shown, others


def test_figures_and_page(store: ModelStore, folders: tuple[Path, Path], tmp_path: Path) -> None:
    shown, others = folders
    asked = ["evaluate", "default", "--landmarks", str(shown), "--others", str(others)]
    result = CliRunner().invoke(
        landmarks, [*asked, "--calibration", str(others), "--json", "--report", str(tmp_path / "page.html")]
    )
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["n"]["listed"] == found["n"]["unlisted"] == 1
    assert found["n"]["others"] == 2
    for key in ("sensitivity", "fpr_seen", "unlisted_named", "fpr_calibration"):
        assert set(found[key]) == {"0.01", "0.001"}
    assert {"rank1", "wrong_landmark", "gap", "intervals", "slices"} <= set(found)
    assert found["sensitivity"]["0.001"] == 0  # a cup of coffee is not the Taj Mahal
    assert found["fpr_calibration"] == found["fpr_seen"]
    assert found["unknown_landmarks"] == {}
    assert found["unreadable"] == []
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_text_for_a_person(store: ModelStore, folders: tuple[Path, Path]) -> None:
    shown, others = folders
    asked = ["evaluate", "default", "--landmarks", str(shown), "--others", str(others), "--no-parts"]
    result = CliRunner().invoke(landmarks, asked)
    assert result.exit_code == 0, result.output
    assert "1 photos of 1 listed landmarks, 1 of unlisted ones, 2 without landmarks" in result.stdout
    assert "asked for 0.1 % false positives" in result.stdout


def test_what_went_before_is_kept_and_what_is_odd_is_told(
    store: ModelStore, folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, others = folders
    with (shown / "labels.csv").open("a") as table:
        table.write("coffee.png,taj_mahel,1\n")
    (others / "broken.jpg").write_bytes(b"cut")
    asked = ["evaluate", "default", "--landmarks", str(shown), "--others", str(others), "--no-parts"]
    first = CliRunner().invoke(landmarks, asked)
    assert first.exit_code == 0, first.output
    assert "taj_mahel is listed in the labels, but not known" in first.stderr
    assert "did you mean tajmahal?" in first.stderr
    assert f"{others / 'broken.jpg'}: " in first.stderr

    def never(*_: object) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr(Recognizer, "recognize", never)
    second = CliRunner().invoke(landmarks, asked)
    assert second.exit_code == 0, second.output
    assert second.stdout == first.stdout
    assert len(list((tmp_path / "home" / "proofs").glob("*.verdicts"))) == 1


def test_interrupted(store: ModelStore, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Recognizer, "recognize", stop)
    shown, others = folders
    result = CliRunner().invoke(
        landmarks, ["evaluate", "default", "--landmarks", str(shown), "--others", str(others)]
    )
    assert result.exit_code == 130
    assert "give the same command again to go on" in result.stderr


def test_bad_input_is_named(store: ModelStore, folders: tuple[Path, Path], tmp_path: Path) -> None:
    shown, others = folders
    for asked, reason in (
        ((tmp_path / "none", shown, others), "none"),
        (("default", others, others), "labels.csv"),
        (("default", shown, tmp_path / "none"), "none"),
    ):
        atlas, one, two = map(str, asked)
        result = CliRunner().invoke(landmarks, ["evaluate", atlas, "--landmarks", one, "--others", two])
        assert isinstance(result.exception, VedutaError)
        assert reason in str(result.exception)
