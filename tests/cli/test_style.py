"""`veduta style`: batches, films, lists, blends, and what makes no sense."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from tests.edit.test_style_film import clip  # noqa: F401
from tests.nets.test_painter import a_painter
from veduta.cli.app import app
from veduta.edit.style_file import parse_blend, write_styled
from veduta.edit.style_film import paint_film
from veduta.errors import BadInput
from veduta.image.decode import read
from veduta.nets.brush import Brush
from veduta.nets.painter import Painter

pytestmark = pytest.mark.usefixtures("store")
RUNNER = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "photos"
    (made / "sub").mkdir(parents=True)
    part = data.astronaut()[:120, 100:260]
    Image.fromarray(part).save(made / "a.png")
    alpha = np.dstack([part, np.full(part.shape[:2], 90, np.uint8)])
    Image.fromarray(alpha).save(made / "sub" / "a.png")
    return made


def lines(*arguments: str, code: int = 0) -> list[dict[str, object]]:
    run = RUNNER.invoke(app, ["style", *arguments, "--json"])
    assert run.exit_code == code, run.output
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_all_styles_are_listed_by_name() -> None:
    told = lines("--list")
    assert (
        len(told) >= 26
        and {"name": "mosaic", "looks": told[15]["looks"], "own": False, "quick": False} in told
    )


def test_a_folder_is_painted_once_and_one_bad_file_stops_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / "bad.jpg").write_bytes(b"\xff\xd8\xff no photo")
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    out = tmp_path / "out"
    told = lines(str(folder), "-o", str(out), "--style", "mosaic", "--side", "96", code=1)
    assert [one["error"] is None for one in told] == [True, False, True]
    assert read(out / "a.png").shape == (120, 160, 3)
    with Image.open(out / "sub" / "a.png") as kept:
        assert kept.mode == "RGBA" and kept.getpixel((5, 5))[3] == 90
    again = lines(str(folder), "-o", str(out), "--style", "mosaic", "--side", "96", code=1)
    assert [one.get("already", False) for one in again] == [True, False, True]
    other = lines(str(folder / "a.png"), "-o", str(out), "--style", "mosaic", "--side", "80")
    assert "already" not in other[0]
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before


def test_blends_paintings_and_own_painters(folder: Path, tmp_path: Path) -> None:
    photo, painting = str(folder / "a.png"), tmp_path / "coffee.png"
    Image.fromarray(data.coffee()).save(painting)
    many = a_painter()
    one = Painter(
        many.contract,
        many.residual,
        many.expand,
        (many.gains[0][:1], many.gains[1]),
        (many.shifts[0][:1], many.shifts[1]),
    )
    own = one.save(tmp_path / "own.npz")
    made = []
    for number, wish in enumerate(
        (["--blend", "mist:1,comic:3"], ["--style", str(painting)], ["--style", str(own), "--colors"])
    ):
        target = tmp_path / f"{number}.png"
        lines(photo, "-o", str(target), *wish)
        made.append(read(target).astype(int))
    assert min(np.abs(a - b).mean() for a in made for b in made if a is not b) > 5
    half = tmp_path / "half.png"
    lines(photo, "-o", str(half), "--blend", f"{painting}:2,{photo}:1", "--strength", "0.5")
    assert np.abs(read(half) - read(photo).astype(int)).mean() > 2


def test_a_film_in_a_folder_becomes_mp4(clip: Path, tmp_path: Path) -> None:  # noqa: F811
    shutil.copy(clip, tmp_path / "clip.mkv")
    told = lines(str(tmp_path / "clip.mkv"), "-o", str(tmp_path / "out"), "--style", "mist", "--side", "64")
    assert told[0]["out"] == str(tmp_path / "out" / "clip.mp4")
    assert told[0]["notes"] == ["7 frames of 64 x 44"]


def test_films_are_painted_quickly_and_photos_in_full_unless_told(
    folder: Path,
    clip: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    painted: list[tuple[str, int]] = []

    def noted(kind: str, paint: Any) -> Any:
        def paints(source: Path, target: Path, brush: Brush, **more: Any) -> Any:
            painted.append((kind, brush.painter.fold))
            return paint(source, target, brush, **more)

        return paints

    monkeypatch.setattr("veduta.edit.style_file.write_styled", noted("photo", write_styled))
    monkeypatch.setattr("veduta.edit.style_film.paint_film", noted("film", paint_film))
    photo, wish = str(folder / "a.png"), ["--style", "comic", "--side", "64"]
    for number, told in enumerate(([], ["--quick"], ["--full"])):
        lines(photo, str(clip), "-o", str(tmp_path / f"{number}"), *wish, *told)
    assert painted == [("photo", 1), ("film", 2), ("photo", 2), ("film", 2), ("photo", 1), ("film", 1)]
    # Any painting has one painter only, and so have some styles.
    for number, wish in enumerate((["--style", photo], ["--blend", "mist:1,comic:3"]), 3):
        lines(str(clip), "-o", str(tmp_path / f"{number}"), *wish, "--side", "64")
        assert painted[-1] == ("film", 1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--style", "rococo"], "no style is called 'rococo'"),
        (["--style", "gone.jpg"], "gone.jpg: no such painting"),
        (["--blend", "mist:0,comic:0"], "all 0"),
        (["--blend", "mist:-1,comic:1"], "numbers from 0 upwards"),
        (["--blend", ":1"], "NAME:SHARE"),
        (["--style", "mist", "--strength", "2"], "strength must be 0 to 1"),
        (["--style", "mist", "--smooth", "1"], "smooth must be 0 to 0.95"),
        (["--style", "mist", "--side", "9"], "at least 64 pixels"),
        (["--style", "mist", "--painter", "gone.npz"], "gone.npz: no such painter"),
        (["--blend", "mist:1,comic:2", "--quick"], "mist has no quick painter; those that have: sunlit"),
        (["--style", "mist", "--painter", "own.npz", "--quick"], "leave out --quick"),
        (
            ["--style", str(Path(data.__file__).with_name("coffee.png")), "--quick"],
            "packaged styles alone",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    folder: Path, tmp_path: Path, arguments: list[str], told: str
) -> None:
    run = RUNNER.invoke(app, ["style", str(folder), "-o", str(tmp_path / "out"), *arguments])
    assert isinstance(run.exception, BadInput) and told in str(run.exception)
    assert not (tmp_path / "out").exists()


def test_a_command_without_a_style_says_what_it_needs(folder: Path, tmp_path: Path) -> None:
    for wish in ([], ["--style", "mist", "--blend", "mist:1"]):
        run = RUNNER.invoke(app, ["style", str(folder), "-o", str(tmp_path / "out"), *wish])
        assert run.exit_code == 2 and "--style or --blend" in run.output


def test_blends_are_read_from_text() -> None:
    assert parse_blend("mist:0.6,comic:0.4") == {"mist": 0.6, "comic": 0.4}
    assert parse_blend("mist, mist") == {"mist": 2.0}
    assert parse_blend("C:/a:b.jpg:2") == {"C:/a:b.jpg": 2.0}
