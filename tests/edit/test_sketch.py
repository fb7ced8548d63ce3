"""Pencil sketches against the recipe in plain NumPy."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from veduta.cli.app import app
from veduta.edit.operation import BadEdit
from veduta.edit.sketch import Sketch
from veduta.image.photo import Pixels

FULL = Sketch(strength=1)


def naive(pixels: Pixels) -> NDArray[np.float64]:
    """Gray, invert, Gaussian of 19 x 19, invert, divide: as written, in real numbers but where bytes are kept."""
    gray = np.rint(pixels @ np.array([0.299, 0.587, 0.114]))
    sigma = 0.3 * ((19 - 1) * 0.5 - 1) + 0.8
    weights = np.exp(-(np.arange(-9, 10) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    padded = np.pad(255 - gray, 9, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (19, 19))
    smooth = 255 - np.rint(np.einsum("ijkl,k,l->ij", windows, weights, weights))
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.where(smooth > 0, np.clip(np.rint(256 * gray / smooth), 0, 255), 0)
    return np.asarray(out, np.float64)


@pytest.mark.parametrize("pixels", [data.astronaut()[:150, :201], data.coffee()[100:240, 60:300]])
def test_is_the_recipe(pixels: Pixels) -> None:
    """Bytes between the steps may round to either side of a half: one code there is up to 256 / blur here."""
    pixels = np.ascontiguousarray(pixels)
    drawn = FULL.apply(pixels)
    assert (drawn == drawn[..., :1]).all()
    difference = np.abs(drawn[..., 0] - naive(pixels))
    smooth = cv2.blur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (19, 19)).astype(float)
    assert (difference <= np.ceil(2 * 256 / np.maximum(smooth, 1))).all()
    assert np.mean(difference == 0) > 0.85


def test_is_the_source_recipe_bit_for_bit() -> None:
    """The very calls of the recipe on the whole picture; ours works in bands."""
    pixels = cv2.resize(data.coffee(), (1601, 1303))
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    smooth = 255 - cv2.GaussianBlur(255 - gray, (19, 19), 0)
    expected = cv2.divide(gray, smooth, scale=256.0)
    assert np.array_equal(FULL.apply(pixels)[..., 1], expected)


def test_strength_leads_from_photo_to_drawing() -> None:
    pixels = np.ascontiguousarray(data.astronaut()[:90, :110])
    full = FULL.apply(pixels).astype(float)
    half = Sketch(strength=0.5).apply(pixels)
    assert np.abs(half - (pixels + full) / 2).max() <= 0.5
    assert Sketch().apply(pixels) is pixels


def test_lines_press_harder_and_paper_stays_white() -> None:
    pixels = np.ascontiguousarray(data.chelsea()[:200, :200])
    plain, dark = FULL.apply(pixels), Sketch(strength=1, lines=2).apply(pixels)
    assert (dark <= plain).all() and dark.mean() < plain.mean() - 5
    assert (dark[plain == 255] == 255).all()


def test_color_keeps_hues_and_draws_the_same_lines() -> None:
    pixels = np.ascontiguousarray(data.astronaut())
    drawn = Sketch(strength=1, color="color").apply(pixels)
    before, after, gray = (cv2.cvtColor(p, cv2.COLOR_RGB2YCrCb) for p in (pixels, drawn, FULL.apply(pixels)))
    inside = ((drawn > 0) & (drawn < 255)).all(axis=2)  # colors that a screen can show with so much light
    assert np.abs(before[inside].astype(int) - after[inside])[:, 1:].max() <= 3
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(float)
    paper = np.maximum(230, 255 - (pixels.max(axis=2) - luma))  # where there is no color, paper is white
    assert np.abs(after[inside][:, 0] - (gray[..., 0] * paper / 255)[inside]).max() <= 3


def test_a_smaller_copy_shows_the_same_drawing() -> None:
    pixels = cv2.resize(data.astronaut(), (1024, 1024), interpolation=cv2.INTER_CUBIC)
    large = cv2.resize(Sketch(strength=1, width=65).apply(pixels), (256, 256), interpolation=cv2.INTER_AREA)
    small = cv2.resize(pixels, (256, 256), interpolation=cv2.INTER_AREA)
    drawn = Sketch(strength=1, width=65).apply(small, 0.25)
    assert np.abs(large.astype(int) - drawn).mean() < 4
    assert np.abs(large.astype(int) - Sketch(strength=1, width=65).apply(small)).mean() > 8


def test_black_and_flat_pictures() -> None:
    assert (FULL.apply(np.zeros((40, 50, 3), np.uint8)) == 0).all()
    assert (FULL.apply(np.full((40, 50, 3), 128, np.uint8)) == 255).all()


@pytest.mark.parametrize("wrong", [{"strength": 2}, {"lines": 0}, {"width": 2}, {"color": "blue"}])
def test_wrong_parameters_are_told(wrong: dict[str, object]) -> None:
    with pytest.raises(BadEdit, match=f"sketch: {next(iter(wrong))}"):
        Sketch.from_json(wrong)


def test_command_draws_a_folder_and_goes_on(tmp_path: Path) -> None:
    """Places kept, names never doubled, a broken file told and no obstacle, nothing done twice."""
    photos, out = tmp_path / "in", tmp_path / "out"
    (photos / "trip").mkdir(parents=True)
    Image.fromarray(data.coffee()).save(photos / "a.jpg", quality=95)
    Image.fromarray(data.coffee()).save(photos / "a.png")
    Image.fromarray(data.astronaut()).save(photos / "trip" / "b.png")
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    before = {p: p.read_bytes() for p in photos.rglob("*.*")}
    run = CliRunner().invoke(app, ["sketch", str(photos), "-o", str(out), "--json"])
    told = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    assert run.exit_code == 1
    assert [Path(one["path"]).name for one in told if one["error"]] == ["broken.jpg"]
    assert np.array_equal(
        np.asarray(Image.open(out / "trip" / "b.png")), FULL.apply(np.asarray(data.astronaut()))
    )
    assert (out / "a.jpg").is_file() and (out / "a.png").is_file()
    assert {p: p.read_bytes() for p in photos.rglob("*.*")} == before
    (photos / "broken.jpg").unlink()
    time = (out / "a.jpg").stat().st_mtime_ns
    run = CliRunner().invoke(app, ["sketch", str(photos), "-o", str(out)])
    assert run.exit_code == 0 and run.stdout.count("(done already)") == 3
    assert (out / "a.jpg").stat().st_mtime_ns == time
    run = CliRunner().invoke(app, ["sketch", str(photos), "-o", str(out), "--color"])
    assert run.exit_code == 0 and "already" not in run.stdout


def test_command_says_no_before_writing(tmp_path: Path) -> None:
    photo = tmp_path / "a.png"
    Image.fromarray(data.coffee()).save(photo)
    run = CliRunner().invoke(app, ["sketch", str(photo), "-o", str(tmp_path / "out"), "--width", "999"])
    assert isinstance(run.exception, BadEdit) and "width" in str(run.exception)
    assert not (tmp_path / "out").exists()
    assert CliRunner().invoke(app, ["sketch", str(photo), "-o", str(photo)]).exit_code == 2


def test_white_stays_white_under_crayons() -> None:
    """Plain areas: white and gray are white paper; colors keep their chroma, brightness giving way to it."""
    for color in ((255, 255, 255), (120, 120, 120), (230, 200, 180), (40, 60, 200)):
        made = (
            Sketch(strength=1, color="color").apply(np.full((40, 40, 3), color, np.uint8))[20, 20].astype(int)
        )
        luma = float(np.dot(color, (0.299, 0.587, 0.114)))
        paper = max(230.0, 255 - (max(color) - luma))
        wanted = np.clip(np.array(color) - luma + paper, 0, 255)
        assert np.abs(made - wanted).max() <= 3
