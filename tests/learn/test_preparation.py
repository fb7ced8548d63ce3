"""Preparation against plain NumPy, and a folder of pictures by the command."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from veduta.cli.app import app
from veduta.errors import BadInput
from veduta.image.spaces import RANGES, to_space
from veduta.learn.preparation import BadPreparation, Preparation, Statistics, standardized, stretched
from veduta.learn.prepared_set import targets

KINDS = (np.uint8, np.uint16)


def picture(kind: Any, seed: int = 0, shape: tuple[int, int] = (24, 31)) -> NDArray[Any]:
    random = np.random.default_rng(seed)
    white = np.iinfo(kind).max
    values = random.normal(0.5, 0.12, (*shape, 3)) * [1, 0.9, 0.7]
    return np.clip(np.rint(values * white), 0, white).astype(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_normalizing_is_one_division(kind: Any) -> None:
    given = picture(kind)
    white = np.iinfo(kind).max
    unit = Preparation(normalize="unit").prepare(given)
    assert unit.dtype == np.float32
    np.testing.assert_allclose(unit, given / white, atol=1e-7)
    np.testing.assert_allclose(
        Preparation(normalize="signed").prepare(given), given / white * 2 - 1, atol=1e-6
    )


@pytest.mark.parametrize("space", RANGES)
def test_normalizing_a_space_takes_its_range_to_unit(space: str) -> None:
    given = picture(np.uint8)
    low, high = np.array(RANGES[space]).T
    wanted = (to_space(given, space) - low) / (high - low)
    if space == "gray":
        # Gray is made in codes, as its histogram is.
        wanted = np.rint(wanted * 255) / 255
    made = Preparation(space=space, normalize="unit").prepare(given)
    np.testing.assert_allclose(made, wanted, atol=1e-6)
    assert made.min() >= 0 and made.max() <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_standardizing_a_picture(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    given = picture(kind)
    made = Preparation(standardize="picture").prepare(given)
    wanted = (given / np.iinfo(kind).max - (given / np.iinfo(kind).max).mean((0, 1))) / (
        given / np.iinfo(kind).max
    ).std((0, 1))
    np.testing.assert_allclose(made, wanted, atol=1e-5)
    monkeypatch.setattr("veduta.learn.preparation.BAND", 70)
    np.testing.assert_allclose(Preparation(standardize="picture").prepare(given), made, atol=1e-6)
    flat = np.full((4, 5, 3), 0.3)
    assert (standardized(flat) == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_streaming_statistics_are_those_of_all_at_once(kind: Any) -> None:
    all_of_them = [picture(kind, seed, (5 + seed, 9)) / np.iinfo(kind).max for seed in range(7)]
    one = np.concatenate([some.reshape(-1, 3) for some in all_of_them])
    whole, first, second = Statistics(), Statistics(), Statistics()
    for number, some in enumerate(all_of_them):
        whole.update(some)
        (first if number < 3 else second).update(some)
    first.merge(second)
    for found in (whole, first, Statistics.from_json(json.loads(json.dumps(whole.as_json())))):
        mean, deviation = found.compute()
        assert found.count == len(one)
        np.testing.assert_allclose(mean, one.mean(0), rtol=1e-12)
        np.testing.assert_allclose(deviation, one.std(0), rtol=1e-12)
    whole.reset()
    with pytest.raises(BadPreparation, match="no pictures"):
        whole.compute()
    with pytest.raises(BadPreparation, match="channels"):
        first.update(np.zeros((2, 2, 1)))


def test_far_from_zero_the_deviation_stays_exact() -> None:
    given = 1e6 + np.random.default_rng(1).normal(size=(400, 10, 1))
    found = Statistics()
    for row in given:
        found.update(row[None])
    np.testing.assert_allclose(found.compute()[1], given.std(), rtol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_stretching_takes_all_channels_alike(kind: Any) -> None:
    given = picture(kind)
    white = int(np.iinfo(kind).max)
    share = 0.02
    ordered = np.sort(given.ravel())
    low = int(ordered[int(share * given.size)])
    high = int(ordered[given.size - 1 - int(share * given.size)])
    exact = (np.clip(given.astype(np.int64), low, high) - low) * white / (high - low)
    assert (stretched(given, share) == np.floor(exact + 0.5)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_gray_is_equalized_as_gray(kind: Any) -> None:
    given = picture(kind)
    gray = np.rint(given @ np.array([0.299, 0.587, 0.114])).astype(np.int64)
    least = int((gray == gray.min()).sum())
    below = np.searchsorted(np.sort(gray.ravel()), gray.ravel(), side="right").reshape(gray.shape)
    wanted = np.floor((below - least) * int(np.iinfo(kind).max) / (gray.size - least) + 0.5)
    assert (Preparation(equalize=True, space="gray").codes(given) == wanted).all()


def test_colors_keep_their_hue_when_lightness_is_evened() -> None:
    given = picture(np.uint8, shape=(64, 64))
    for one in (Preparation(equalize=True), Preparation(clahe=3, tiles=2)):
        made = one.codes(given)
        inside = ((made > 20) & (made < 235)).all(2) & (given > 20).all(2)
        turned = (to_space(made, "hsv") - to_space(given, "hsv"))[inside][:, 0]
        assert np.median(np.abs((turned + 180) % 360 - 180)) < 8
        assert made.std() > given.std()


def test_nonsense_is_refused() -> None:
    for wrong in (
        {"stretch": 0.5},
        {"clahe": 0},
        {"tiles": 0},
        {"equalize": True, "clahe": 2},
        {"normalize": "unit", "standardize": "set"},
        {"space": "cmyk"},
    ):
        with pytest.raises(BadInput):
            Preparation(**wrong)  # type: ignore[arg-type]
    with pytest.raises(BadPreparation, match="missing"):
        Preparation(standardize="set").prepare(picture(np.uint8))


def test_no_two_pictures_go_to_one_place() -> None:
    root = Path("set")
    paths = [root / name for name in ("a.jpg", "a.png", "A.tif", "deeper/a.jpg", "a-2.jpg", "manifest.jpg")]
    made = [str(target).lower() for target in targets(root, paths, "npy").values()]
    assert len(set(made)) == len(paths)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures of 8 and of 16 bits, and a bad one."""
    (tmp_path / "set" / "deeper").mkdir(parents=True)
    for seed, name in enumerate(("one.png", "deeper/two.png")):
        Image.fromarray(picture(np.uint8, seed)).save(tmp_path / "set" / name)
    cv2.imwrite(str(tmp_path / "set" / "deep.png"), picture(np.uint16, 2)[..., ::-1])
    return tmp_path / "set"


def run(*arguments: object) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["learn", "prepare", *map(str, arguments), "--json"])
    lines = [line for line in result.stdout.splitlines() if line.startswith("{")]
    return result.exit_code, json.loads(lines[-1]) if lines else {}


def test_a_set_is_standardized_and_resumed(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, told = run(folder, "-o", out, "--standardize", "set")
    assert (code, told["made"], told["already"]) == (0, 3, 0)
    arrays = [np.load(path) for path in sorted(out.rglob("*.npy"))]
    everything = np.concatenate([array.reshape(-1, 3) for array in arrays])
    np.testing.assert_allclose(everything.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(everything.std(0), 1, atol=1e-5)
    raw = np.concatenate(
        [
            (picture(k, s) / np.iinfo(k).max).reshape(-1, 3)
            for k, s in ((np.uint8, 0), (np.uint8, 1), (np.uint16, 2))
        ]
    )
    np.testing.assert_allclose(told["statistics"]["mean"], raw.mean(0), rtol=1e-9)
    manifest = json.loads((out / "manifest.json").read_text())
    assert [row["file"] for row in manifest["pictures"]] == ["deep.npy", "deeper/two.npy", "one.npy"]
    assert run(folder, "-o", out, "--standardize", "set")[1]["already"] == 3
    (out / "one.npy").unlink()
    again = run(folder, "-o", out, "--standardize", "set")[1]
    assert (again["made"], again["already"]) == (1, 2)
    # Another set by the statistics of this one.
    (tmp_path / "test").mkdir()
    Image.fromarray(picture(np.uint8, 9)).save(tmp_path / "test" / "nine.png")
    arguments = ("--standardize", "set", "--like", out / "manifest.json")
    assert run(tmp_path / "test", "-o", tmp_path / "out2", *arguments)[0] == 0
    wanted = (picture(np.uint8, 9) / 255 - raw.mean(0)) / raw.std(0)
    np.testing.assert_allclose(np.load(tmp_path / "out2" / "nine.npy"), wanted, atol=1e-4)


def test_pictures_stay_pictures(folder: Path, tmp_path: Path) -> None:
    code, _ = run(folder, "-o", tmp_path / "out", "--stretch", "0")
    assert code == 0
    deep = cv2.imread(str(tmp_path / "out" / "deep.png"), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert deep.dtype == np.uint16
    assert (deep == stretched(picture(np.uint16, 2), 0)).all()
    plain = np.asarray(Image.open(tmp_path / "out" / "one.png").copy())
    assert (plain == stretched(picture(np.uint8, 0), 0)).all()
    assert run(folder, "-o", tmp_path / "lab", "--space", "lab")[0] == 0
    lab = cv2.imread(str(tmp_path / "lab" / "one.png"), cv2.IMREAD_UNCHANGED)[..., ::-1]
    low, high = np.array(RANGES["lab"]).T
    np.testing.assert_allclose(
        lab / 65535 * (high - low) + low, to_space(picture(np.uint8, 0), "lab"), atol=0.01
    )


def test_one_bad_file_stops_nothing(folder: Path, tmp_path: Path) -> None:
    (folder / "bad.jpg").write_bytes(b"\xff\xd8 nothing")
    code, told = run(folder, "-o", tmp_path / "out", "--standardize", "set")
    assert code == 1
    assert told["made"] == 3
    assert [Path(one["path"]).name for one in told["failed"]] == ["bad.jpg"]


def test_wrong_orders_write_nothing(folder: Path, tmp_path: Path) -> None:
    for wrong in (
        ("--space", "cmyk"),
        ("--normalize", "half"),
        ("--standardize", "set", "--format", "png"),
        ("--normalize", "unit", "--like", folder / "none.json"),
        ("--standardize", "set", "--like", folder / "none.json"),
        ("--stretch", "0.7"),
    ):
        result = CliRunner().invoke(
            app, ["learn", "prepare", str(folder), "-o", str(tmp_path / "x"), *map(str, wrong)]
        )
        assert isinstance(result.exception, BadInput), wrong
        assert not (tmp_path / "x").exists()
    result = CliRunner().invoke(app, ["learn", "prepare", str(tmp_path / "none"), "-o", str(tmp_path / "x")])
    assert isinstance(result.exception, BadInput)


def test_what_an_earlier_run_made_otherwise_goes(folder: Path, tmp_path: Path) -> None:
    """Only files that its manifest names, none that was changed since, and nothing where nothing is made."""
    out = tmp_path / "out"
    assert run(folder, "-o", out, "--normalize", "signed")[1]["made"] == 3
    (out / "mine.npy").write_bytes(b"mine")
    (out / "deeper" / "notes.txt").write_text("mine")
    later = (out / "manifest.json").stat().st_mtime_ns + 10**9
    (out / "one.npy").write_bytes(b"mine now")
    os.utime(out / "one.npy", ns=(later, later))
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "bad.jpg").write_bytes(b"\xff\xd8 nothing")
    assert run(empty, "-o", out)[0] != 0
    assert len(list(out.rglob("*.npy"))) == 4  # a run that makes nothing takes nothing away
    code, told = run(folder, "-o", out, "--stretch", "0")
    assert code == 0 and told["removed"] == 2 and told["left"] == [str(out / "one.npy")]
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert found == {
        "mine.npy", "deeper/notes.txt", "one.npy", "manifest.json", "one.png", "deep.png", "deeper/two.png",
    }  # fmt: skip
    (folder / "deeper" / "two.png").unlink()
    (out / "deeper" / "notes.txt").unlink()
    again = run(folder, "-o", out, "--stretch", "0")[1]
    assert (again["made"], again["already"], again["removed"]) == (0, 2, 1)
    assert not (out / "deeper").exists()  # nothing is left in it


def test_an_interrupted_run_forgets_no_file(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    run(folder, "-o", out, "--normalize", "signed")
    monkeypatch.setattr("veduta.learn.prepared_set.KEPT_EVERY", 1)
    monkeypatch.setattr("veduta.learn.prepared_set._cleared", lambda *_: 1 / 0)  # killed before the end
    with pytest.raises(ZeroDivisionError):
        CliRunner().invoke(app, ["learn", "prepare", str(folder), "-o", str(out)], catch_exceptions=False)
    monkeypatch.undo()
    assert len(list(out.rglob("*.npy"))) == 3
    assert run(folder, "-o", out)[1]["removed"] == 3
    assert not list(out.rglob("*.npy")) and "former" not in json.loads((out / "manifest.json").read_text())


@pytest.mark.parametrize("name", ["../outside.npy", "/outside.npy", "manifest.json", "link.npy"])
def test_a_manifest_names_no_file_elsewhere(folder: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    run(folder, "-o", out)
    (tmp_path / "outside.npy").write_bytes(b"mine")
    (out / "link.npy").symlink_to(tmp_path / "outside.npy")
    told = json.loads((out / "manifest.json").read_text())
    told["pictures"].append({"file": str(tmp_path / name[1:]) if name[0] == "/" else name, "source": {}})
    (out / "manifest.json").write_text(json.dumps(told))
    assert run(folder, "-o", out)[1]["removed"] == 0
    assert (tmp_path / "outside.npy").is_file() and (out / "link.npy").is_symlink()
