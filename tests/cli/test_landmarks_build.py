import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veduta.cli.app import app

run = CliRunner()


def test_a_folder_that_is_no_atlas_is_a_clear_error(tmp_path: Path) -> None:
    from veduta.landmarks.atlas import AtlasError

    result = run.invoke(app, ["landmarks", "recognize", "x.jpg", "--atlas", str(tmp_path)])
    assert isinstance(result.exception, AtlasError) and "veduta landmarks build" in str(result.exception)


@pytest.mark.eval
def test_famous_places_are_recognized_out_of_the_box(eval_dir: Path, tmp_path: Path) -> None:
    photos = eval_dir / "landmarks" / "test"
    files = [photos / place / "000.jpg" for place in ("the_roman_colosseum", "machu_picchu")]
    result = run.invoke(app, ["landmarks", "recognize", *map(str, files), "--json"])
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [[one["id"] for one in record["landmarks"]] for record in told] == [
        ["the_roman_colosseum"],
        ["machu_picchu"],
    ]
    out = tmp_path / "map.png"
    run.invoke(app, ["landmarks", "recognize", str(files[0]), "--map", str(out)])
    assert out.read_bytes().startswith(b"\x89PNG")


def test_a_map_of_a_landmark_needs_a_place_to_go() -> None:
    result = run.invoke(app, ["landmarks", "recognize", "x.jpg", "--why", "tajmahal"])
    assert result.exit_code == 2


@pytest.mark.eval
def test_what_speaks_for_any_landmark_is_painted(eval_dir: Path, tmp_path: Path) -> None:
    from veduta.errors import NotFound
    from veduta.image.decode import read

    photo = eval_dir / "landmarks" / "test" / "the_roman_colosseum" / "000.jpg"
    painted = {}
    for name in ("the_roman_colosseum", "Taj Mahal"):
        out = tmp_path / f"{name}.png"
        told = run.invoke(
            app, ["landmarks", "recognize", str(photo), "--why", name, "--map", str(out), "--json"]
        )
        assert json.loads(told.stdout)["map"] == str(out)
        painted[name] = read(out)
    assert (painted["the_roman_colosseum"] != painted["Taj Mahal"]).any()
    missed = run.invoke(
        app, ["landmarks", "recognize", str(photo), "--why", "atlantis", "--map", str(tmp_path / "m.png")]
    )
    assert isinstance(missed.exception, NotFound) and "atlantis" in str(missed.exception)
