"""Stacks of shots with known truth: people vanish, strangers are left out, nothing half done is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from veduta.cli.app import app
from veduta.edit import shots as kept
from veduta.edit import stack as stacking
from veduta.edit.composite import part_of, part_warped
from veduta.edit.shots import Film, Shots
from veduta.edit.stack import CannotStack, common, stack
from veduta.image.decode import read
from veduta.image.photo import Pixels
from veduta.see.finding import Finding
from veduta.see.mask import encode


def psnr(a: Pixels, b: Pixels) -> float:
    return float(10 * np.log10(255**2 / max(1e-6, np.mean((a.astype(float) - b) ** 2))))


def walked(pixels: Pixels, count: int, seed: int = 0, moves: bool = True) -> list[Pixels]:
    """Shots of a photograph with a bright walker in each, at another place each time; the first is not moved."""
    rng = np.random.default_rng(seed)
    height, width = pixels.shape[:2]
    shots = []
    for number in range(count):
        shot = pixels
        if moves and number:
            angle = rng.uniform(-1, 1)
            matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
            matrix[:, 2] += rng.uniform(-6, 6, 2)
            shot = cv2.warpAffine(
                pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
            )
            shot = np.clip(shot * rng.uniform(0.9, 1.1), 0, 255).astype(np.uint8)
        shot = shot.copy()
        left = 20 + round((width - 120) * number / max(1, count - 1))
        cv2.ellipse(shot, (left + 30, height * 2 // 3), (25, 70), 0, 0, 360, (240, 30, 200), -1)
        shots.append(shot)
    return shots


@pytest.fixture(scope="module")
def coffee(photographs: Path) -> Pixels:
    return read(photographs / "coffee.png")


def test_walkers_vanish(coffee: Pixels) -> None:
    done = stack(walked(coffee, 5))
    x, y, w, h = done.crop
    assert done.reference == 0
    assert done.used == [0, 1, 2, 3, 4]
    assert done.pixels.shape == (h, w, 3)
    assert w > 550 and h > 350
    clean = coffee[y : y + h, x : x + w]
    assert psnr(done.pixels, clean) > 38
    # Where nobody walked through the reference, it is the reference, to the bit.
    right = slice(200 - x, 500 - x)
    assert (done.pixels[:, right] == clean[:, right]).mean() > 0.99
    assert 5000 < done.voted < 30_000
    assert done.alignments[0].shift(600, 400) == pytest.approx((0, 0))


def test_strangers_and_other_sizes_are_left_out(coffee: Pixels, photographs: Path) -> None:
    shots = walked(coffee, 3)
    other = np.asarray(cv2.resize(read(photographs / "chelsea.png"), (600, 400)), np.uint8)
    done = stack([other, *shots, shots[0][:300]])
    assert done.used == [1, 2, 3]
    assert done.reference == 1
    assert [(one.number, one.reason) for one in done.left_out] == [
        (0, "shows something else"),
        (4, "is 600 x 300 pixels, the others are 600 x 400"),
    ]


def test_what_makes_no_stack_is_told(coffee: Pixels, photographs: Path) -> None:
    other = np.asarray(cv2.resize(read(photographs / "chelsea.png"), (600, 400)), np.uint8)
    with pytest.raises(CannotStack, match="fewer than two shots"):
        stack([coffee, other])
    with pytest.raises(CannotStack, match="fewer than two shots"):
        stack([np.zeros((1, 1, 3), np.uint8)] * 3)
    with pytest.raises(CannotStack, match="cannot be the reference"):
        stack([coffee, coffee, coffee[:200]], reference=2)


class Painted:
    """Finds the painted people: whatever is bright magenta."""

    def boxes(self, shots: list[Pixels]) -> list[list[Finding]]:
        found = []
        for shot in shots:
            mask = self.mask(shot, [])
            some = []
            if mask.any():
                x, y, w, h = cv2.boundingRect(mask)
                some = [
                    Finding("person", "person", 0.9, "painted", "1", box=(x, y, w, h), mask=encode(mask > 0))
                ]
            found.append(some)
        return found

    def mask(self, shot: Pixels, people: list[Finding]) -> Pixels:
        close = (np.abs(shot.astype(int) - (240, 30, 200)).max(2) < 40).astype(np.uint8) * 255
        return cv2.dilate(close, np.ones((7, 7), np.uint8))


def standing(pixels: Pixels, count: int, free: int | None = None) -> list[Pixels]:
    shots = walked(pixels, count, moves=False)
    for number, shot in enumerate(shots):
        if number != free:
            cv2.ellipse(shot, (300, 260), (25, 70), 0, 0, 360, (240, 30, 200), -1)
    return shots


def test_who_stands_in_most_shots_vanishes_if_one_shows_the_place(coffee: Pixels) -> None:
    shots = standing(coffee, 5, free=3)
    blind, sighted = stack(shots), stack(shots, Painted())
    assert psnr(blind.pixels[190:330, 275:325], coffee[190:330, 275:325]) < 20
    assert psnr(sighted.pixels[190:330, 275:325], coffee[190:330, 275:325]) > 35
    assert sighted.filled == 0


def test_who_stands_in_all_shots_is_filled_or_kept(coffee: Pixels) -> None:
    shots = standing(coffee, 5)
    done = stack(shots, Painted())
    assert 5000 < done.filled < 20_000
    assert not Painted().mask(done.pixels, []).any()
    kept_ = stack(shots, Painted(), fill_standing=False)
    assert kept_.filled == 0
    assert Painted().mask(kept_.pixels, []).any()


def test_many_shots_are_read_again_and_compared_smaller(coffee: Pixels, tmp_path: Path, monkeypatch) -> None:
    small = np.asarray(cv2.resize(coffee, (300, 200), interpolation=cv2.INTER_AREA), np.uint8)
    paths = []
    for number, shot in enumerate(walked(small, 6)):
        paths.append(tmp_path / f"{number}.png")
        cv2.imwrite(str(paths[-1]), shot[..., ::-1])
    monkeypatch.setattr(kept, "KEPT", 0)
    monkeypatch.setattr(stacking, "SHOTS_AT_SIDE", 1)
    shots = Shots(paths)
    done = stack(shots)
    assert shots._kept == {}
    x, y, w, h = done.crop
    assert psnr(done.pixels, small[y : y + h, x : x + w]) > 35


def test_tiles_are_parts_of_the_whole(coffee: Pixels) -> None:
    matrix = np.array([[1.01, 0.02, -3], [-0.015, 0.99, 5], [1e-5, -2e-5, 1]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    whole = cv2.warpPerspective(coffee, matrix, (600, 400), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    part = part_warped(coffee, matrix, (128, 256, 100, 80))
    # OpenCV counts places in 32nds of a pixel.
    assert np.abs(part.astype(int) - whole[256:336, 128:228]).mean() < 0.5
    mask = (np.random.default_rng(0).random((20, 30)) > 0.5).astype(np.uint8) * 255
    large = cv2.resize(mask, (600, 400), interpolation=cv2.INTER_LINEAR)
    tile = part_of(mask, (128, 256, 100, 80), 600, 400)
    assert (tile == (large[256:336, 128:228] > 127) * 255).mean() > 0.99


def test_the_common_part() -> None:
    seen = [np.full((40, 60), 255, np.uint8) for _ in range(3)]
    seen[1][:, :6] = 0
    seen[2][36:] = 0
    assert common(seen, (600, 400)) == (60, 0, 540, 360)
    seen[0][:, 10:] = 0
    with pytest.raises(CannotStack, match="too little"):
        common(seen, (600, 400))


# The command.


@pytest.fixture(scope="module")
def folder(coffee: Pixels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("shots")
    exif = Image.Exif()
    exif[0x010F] = "Camera & Sons"
    for number, shot in enumerate(walked(coffee, 4)):
        Image.fromarray(shot).save(made / f"{number}.jpg", quality=93, exif=exif)
    return made


def run(*words: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["stack", *map(str, words)])
    error = str(result.exception) if result.exception and not isinstance(result.exception, SystemExit) else ""
    return result.exit_code, result.stdout, error


def test_the_command_writes_and_tells(folder: Path, coffee: Pixels, tmp_path: Path, store: object) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    code, out, error = run(folder, "-o", tmp_path / "out.jpg", "--json")
    assert (code, error) == (0, "")
    told = json.loads(out)
    assert told["reference"] == str(folder / "0.jpg")
    assert [one["path"] for one in told["used"]] == [str(folder / f"{k}.jpg") for k in range(4)]
    assert told["left_out"] == []
    assert told["voted"] > 0
    x, y, w, h = told["crop"]
    result = read(tmp_path / "out.jpg")
    assert result.shape == (h, w, 3) == (told["height"], told["width"], 3)
    assert psnr(result, coffee[y : y + h, x : x + w]) > 30
    with Image.open(tmp_path / "out.jpg") as picture:
        assert picture.getexif()[0x010F] == "Camera & Sons"
    assert before == {path: path.read_bytes() for path in folder.iterdir()}


def test_the_reference_and_the_frame_can_be_chosen(folder: Path, tmp_path: Path, store: object) -> None:
    words = (folder, "-o", tmp_path / "out.png", "--reference", folder / "2.jpg", "--no-crop", "--json")
    code, out, error = run(*words)
    assert (code, error) == (0, "")
    told = json.loads(out)
    assert told["reference"] == str(folder / "2.jpg")
    assert told["crop"] == [0, 0, 600, 400]


def test_bad_input_is_told_and_nothing_is_written(folder: Path, photographs: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    out = tmp_path / "out.jpg"
    for words, reason in (
        ([folder / "0.jpg"], "two photos"),
        ([folder / "0.jpg", tmp_path / "none.jpg"], "no such file"),
        ([folder / "0.jpg", photographs / "chelsea.png"], "chelsea.png is 451 x 300"),
        ([folder / "0.jpg", broken], "broken.jpg"),
        (
            [folder / "0.jpg", folder / "1.jpg", "--reference", photographs / "chelsea.png"],
            "is none of the photos",
        ),
    ):
        code, _, error = run(*words, "-o", out)
        assert code == 1
        assert reason in error
        assert not out.exists()
    code, _, error = run(folder, "-o", folder / "0.jpg")
    assert code == 1 and "would write over" in error
    code, _, error = run(folder, "-o", tmp_path)
    assert code == 1 and "is a folder" in error
    code, _, error = run(folder, "-o", tmp_path / "out.xyz")
    assert code == 1 and "out.xyz" in error


def test_a_video_is_a_stack(coffee: Pixels, tmp_path: Path, store: object) -> None:
    clip = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter_fourcc(*"mp4v"), 10, (600, 400))
    for shot in walked(coffee, 12, moves=False):
        writer.write(shot[..., ::-1])
    writer.release()
    film = Film(clip, 5)
    assert len(film) == 5
    assert film.times == sorted(film.times)
    assert film.times[-1] > 0.7
    code, out, error = run(clip, "-o", tmp_path / "out.jpg", "--frames", "6", "--json")
    assert (code, error) == (0, "")
    assert len(json.loads(out)["used"]) == 6
    result = read(tmp_path / "out.jpg")
    told = json.loads(out)["crop"]
    x, y, w, h = told
    assert psnr(result, coffee[y : y + h, x : x + w]) > 27


def test_killed_in_the_middle_nothing_is_left(folder: Path, tmp_path: Path, store: object) -> None:
    out = tmp_path / "out.jpg"
    words = [sys.executable, "-m", "veduta", "stack", str(folder), "-o", str(out)]
    process = subprocess.Popen(
        words, stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert process.stderr is not None
    # The first stage that is told: the photos are open, the result is not begun.
    assert "looking at shots" in process.stderr.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    time.sleep(0.05)
    assert list(tmp_path.iterdir()) == []
