"""Cleaning a picture set: each kind of fault is found, nothing is touched, nothing done twice."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from benchmarks import spoiled
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from veduta.cli.learn import learn
from veduta.image.photo import Photo
from veduta.learn import set_cleaning, set_duplicates, set_labels, set_look
from veduta.learn.set_cleaning import DETAILS, LIST, clean_set
from veduta.learn.set_decisions import KEPT, read_decisions, write_kept
from veduta.learn.set_duplicates import (
    agreement,
    candidates,
    descriptors,
    groups,
    laid,
    near_copies,
    oriented,
)
from veduta.learn.set_experts import discriminant
from veduta.learn.set_faults import fault_of
from veduta.learn.set_folder import BadSet, Places, place, set_files
from veduta.learn.set_labels import judge
from veduta.learn.set_measures import CELLS, Measures, measured, reblur
from veduta.learn.set_neighbors import Neighbors
from veduta.learn.set_sizes import odd_sizes

Pixels = NDArray[np.uint8]
NAMES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "camera.png")


@pytest.fixture(scope="module")
def photos(photographs: Path) -> list[Pixels]:
    """Twelve different pictures of 240 pixels: halves of packaged photographs."""
    found = []
    for name in NAMES:
        whole = Image.open(photographs / name).convert("RGB")
        wide = whole.width // 2
        for left in (0, whole.width - wide):
            half = whole.crop((left, 0, left + wide, whole.height))
            half.thumbnail((240, 240))
            found.append(np.asarray(half).copy())
    return found


def save(path: Path, pixels: Pixels) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(spoiled.jpeg(pixels))
    return path


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() + str(p.stat().st_mtime_ns)
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture
def spoiled_set(tmp_path: Path, photos: list[Pixels]) -> Path:
    """A set of good pictures and one or two of each fault, named after it."""
    root = tmp_path / "set"
    rng = np.random.default_rng(4)
    for number, pixels in enumerate(photos):
        save(root / f"good{number:02}.jpg", pixels)
    for kind, spoil in spoiled.PIXEL_WAYS.items():
        for number in (0, 1):
            save(root / f"{kind}{number}.jpg", spoil(photos[2 * number], rng))
    whole = (root / "good00.jpg").read_bytes()
    (root / "broken0.jpg").write_bytes(whole[: len(whole) // 2])
    (root / "broken1.png").write_bytes(spoiled.bomb())
    (root / "broken2.jpg").write_text("<html>not a picture</html>")
    shutil.copy(root / "good03.jpg", root / "zcopy.jpg")
    save(root / "znear_small.jpg", cv2.resize(photos[4], None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA))
    save(root / "znear_mirrored.jpg", np.ascontiguousarray(photos[6][:, ::-1]))
    save(root / "znear_turned.jpg", np.rot90(photos[8]).copy())
    return root


def kinds(found: set_cleaning.Cleaned, path: str) -> set[str]:
    return {fault.kind for fault in found.faults.get(path, ())}


def test_each_fault_is_found_and_nothing_is_touched(spoiled_set: Path, tmp_path: Path) -> None:
    before = fingerprint(spoiled_set)
    found = clean_set(spoiled_set, tmp_path / "out", labels=False)
    assert fingerprint(spoiled_set) == before
    for path in before:
        kind = path.split(".")[0].rstrip("0123456789")
        if kind in {"broken", *spoiled.PIXEL_WAYS}:
            assert kind in kinds(found, path), f"{path}: {found.faults.get(path)}"
        elif kind == "good":
            assert not kinds(found, path) - {"near", "copy"}, f"{path}: {found.faults[path]}"
    assert kinds(found, "zcopy.jpg") == {"copy"}
    partners = {path: found.faults[path][0].partner for path in found.faults if path.startswith("znear")}
    assert partners == {
        "znear_mirrored.jpg": "good06.jpg",
        "znear_small.jpg": "good04.jpg",
        "znear_turned.jpg": "good08.jpg",
    }
    assert "turned" in found.faults["znear_turned.jpg"][0].why
    rows = list(csv.DictReader((tmp_path / "out" / LIST).read_text("utf-8").splitlines()))
    assert {row["file"] for row in rows} == set(found.faults)
    told = json.loads((tmp_path / "out" / DETAILS).read_text())
    assert told["counts"] == found.counts() and len(told["faults"]) == len(found.faults)


def test_a_second_run_looks_only_at_what_is_new(
    spoiled_set: Path, tmp_path: Path, photos: list[Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = clean_set(spoiled_set, tmp_path / "out", labels=False)
    looked: list[str] = []
    honest = set_look.look
    monkeypatch.setattr(set_look, "look", lambda path: (looked.append(path.name), honest(path))[1])
    again = clean_set(spoiled_set, tmp_path / "out", labels=False)
    assert looked == [] and again.looked_at == 0 and again.faults == first.faults
    save(spoiled_set / "new.jpg", photos[1][::-1].copy())
    os.utime(spoiled_set / "good00.jpg", ns=(1, 1))
    (spoiled_set / "zcopy.jpg").unlink()
    third = clean_set(spoiled_set, tmp_path / "out", labels=False)
    assert sorted(looked) == ["good00.jpg", "new.jpg"]
    assert "zcopy.jpg" not in third.faults and kinds(third, "good03.jpg") == set()


def test_a_run_that_was_stopped_goes_on(
    spoiled_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = clean_set(spoiled_set, tmp_path / "whole", labels=False)
    honest, count = set_look.look, 0

    def stops(path: Path):  # type: ignore[no-untyped-def]
        nonlocal count
        count += 1
        if count > 15:
            raise KeyboardInterrupt
        return honest(path)

    monkeypatch.setattr(set_look, "_AT_ONCE", 4)
    monkeypatch.setattr(set_look, "look", stops)
    with pytest.raises(KeyboardInterrupt):
        clean_set(spoiled_set, tmp_path / "out", labels=False, threads=1)
    monkeypatch.setattr(set_look, "look", honest)
    rest = clean_set(spoiled_set, tmp_path / "out", labels=False)
    assert 0 < rest.looked_at < rest.pictures
    assert rest.faults == whole.faults


def test_leaks_keep_the_picture_that_tests(tmp_path: Path, photos: list[Pixels]) -> None:
    root = tmp_path / "set"
    for number, pixels in enumerate(photos[:6]):
        save(root / f"train/a/{number}.jpg", pixels)
    save(root / "test/a/same.jpg", photos[0])
    save(root / "val/a/mirrored.jpg", np.ascontiguousarray(photos[1][:, ::-1]))
    found = clean_set(root, tmp_path / "out", labels=False)
    assert set(found.faults) == {"train/a/0.jpg", "train/a/1.jpg"}
    assert kinds(found, "train/a/0.jpg") == {"copy", "leak"}
    assert kinds(found, "train/a/1.jpg") == {"near", "leak"}
    listed = tmp_path / "parts.csv"
    listed.write_text("file,split\ntrain/a/2.jpg,test\n")
    assert Places(root, listed)("train/a/2.jpg").part == "test"


def test_copies_under_two_classes_are_left_to_a_person(tmp_path: Path, photos: list[Pixels]) -> None:
    """Nobody but a person can tell which of the two is sorted right: neither is suggested to be dropped."""
    root = tmp_path / "set"
    for number, pixels in enumerate(photos[:4]):
        save(root / f"cats/{number}.jpg", pixels)
    shutil.copy(root / "cats/0.jpg", root / "cats/0 again.jpg")
    (root / "a dogs").mkdir()
    shutil.copy(root / "cats/1.jpg", root / "a dogs/1.jpg")
    save(root / "a dogs/2.jpg", np.ascontiguousarray(photos[2][:, ::-1]))
    found = clean_set(root, tmp_path / "out", labels=False)
    assert {path for path in found.faults if found.suggested(path) == "drop"} == {"cats/0.jpg"}
    assert kinds(found, "cats/1.jpg") == {"copy", "label"} and kinds(found, "a dogs/1.jpg") == {"label"}
    assert kinds(found, "cats/2.jpg") == {"near", "label"} and kinds(found, "a dogs/2.jpg") == {"label"}


def test_classes_and_parts_come_from_folders_or_a_list(tmp_path: Path) -> None:
    assert place("train/cats/1.jpg") == place("cats/training/1.jpg")
    assert place("Validation/a/b/1.jpg").part == "val" and place("Validation/a/b/1.jpg").label == "a/b"
    assert place("1.jpg").label == "" == place("1.jpg").part
    listed = tmp_path / "labels.csv"
    listed.write_text("path,class\nx/1.jpg,dog\n")
    places = Places(tmp_path, listed)
    assert places("x/1.jpg").label == "dog" and places("x/2.jpg").label == ""
    for text in ("file\n1.jpg\n", "label\na\n"):
        listed.write_text(text)
        with pytest.raises(BadSet, match="needs the column"):
            Places(tmp_path, listed)


def test_files_that_are_no_pictures_are_left_alone(tmp_path: Path, photos: list[Pixels]) -> None:
    save(tmp_path / "a.jpg", photos[0]).rename(tmp_path / "nosuffix")
    for name in ("labels.csv", "notes.txt", ".hidden.jpg"):
        (tmp_path / name).write_text("x")
    save(tmp_path / ".cache/b.jpg", photos[0])
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    assert [file.path for file in set_files(tmp_path)] == ["gone.jpg", "nosuffix"]


def test_measures_against_naive_recomputation(photos: list[Pixels]) -> None:
    gray = cv2.cvtColor(photos[0], cv2.COLOR_RGB2GRAY).astype(np.float32)
    gray = gray[:60, :90]
    padded = np.pad(gray.astype(np.float64), 4, mode="reflect")
    kept, steps = np.zeros((2, 6, 6)), np.zeros((2, 6, 6))
    for axis in (0, 1):
        soft = np.zeros_like(gray, dtype=np.float64)
        for shift in range(9):
            part = padded[shift : shift + 60, 4:-4] if axis == 0 else padded[4:-4, shift : shift + 90]
            soft += part / 9
        sharp = np.abs(np.diff(gray, axis=axis))
        after = np.minimum(sharp, np.abs(np.diff(soft, axis=axis)))
        for row in range(6):
            for column in range(6):
                # The differences are one fewer than the pixels: tiles of 59 rows end within a pixel.
                tall, wide = sharp.shape[0] / 6, sharp.shape[1] / 6
                weight = np.outer(
                    np.clip(
                        np.minimum(np.arange(sharp.shape[0]) + 1, (row + 1) * tall)
                        - np.maximum(np.arange(sharp.shape[0]), row * tall),
                        0,
                        1,
                    ),
                    np.clip(
                        np.minimum(np.arange(sharp.shape[1]) + 1, (column + 1) * wide)
                        - np.maximum(np.arange(sharp.shape[1]), column * wide),
                        0,
                        1,
                    ),
                )
                steps[axis, row, column] = (sharp * weight).sum() / weight.sum()
                kept[axis, row, column] = (after * weight).sum() / max((sharp * weight).sum(), 1e-9)
    telling = np.sort(kept.max(axis=0)[steps.max(axis=0) >= 0.8])
    assert reblur(gray) == pytest.approx(telling[2], abs=1e-3)
    assert reblur(np.full((60, 90), 7, np.float32)) == 1.0
    measures, cells = measured(photos[0])
    assert cells.shape == (CELLS, CELLS)
    whole = cv2.cvtColor(photos[0], cv2.COLOR_RGB2GRAY)
    assert measures.mean == pytest.approx(whole.mean() / 255, abs=1e-5)
    assert Measures.unpacked(measures.packed()).reblur == pytest.approx(measures.reblur)
    slope = np.repeat(np.linspace(0, 255, 200, dtype=np.uint8)[None, :, None], 150, 0).repeat(3, 2)
    fault = fault_of(measured(slope)[0])
    assert fault is not None and fault.kind == "plain"


def test_descriptors_of_laid_cells_follow_from_those_of_the_upright_ones(photos: list[Pixels]) -> None:
    cells = np.stack([measured(one)[1] for one in photos[:4]])
    upright = descriptors(cells)
    for way in range(8):
        turned = np.stack([laid(one, way) for one in cells])
        assert oriented(upright, way) == pytest.approx(descriptors(turned), abs=1e-5)


def test_near_copies_are_those_that_all_pairs_would_give(
    photos: list[Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    made = [*photos[:6], *(spoiled.near(photos[number], rng) for number in (1, 3, 5))]
    cells = np.stack([measured(one)[1] for one in made])
    truth = {
        (a, b)
        for b in range(len(made))
        for a in range(b)
        if max(agreement(cells[a], laid(cells[b], way)) for way in range(8)) >= 0.89
    }
    assert {(1, 6), (3, 7), (5, 8)} <= truth
    for flat in (6000, 4):
        monkeypatch.setattr(set_duplicates, "Neighbors", partial(Neighbors, flat=flat))
        pairs = near_copies(np.arange(len(made)) + 100, lambda wanted: cells[np.array(wanted) - 100])
        assert {(pair.a - 100, pair.b - 100) for pair in pairs} == truth
    assert list(candidates(descriptors(cells)[:1])) == []
    assert groups([(1, 2), (5, 6), (2, 3)]) == [[1, 2, 3], [5, 6]]


def test_sizes_are_odd_only_beside_others() -> None:
    usual = [(number, 32, 32) for number in range(20)]
    assert list(odd_sizes(np.array(usual))) == []
    odd = [*usual, (90, 8, 8), (91, 128, 16), (92, 600, 600)]
    told = dict(odd_sizes(np.array(odd)))
    assert set(told) == {90, 91, 92} and not told[92].drop and told[90].drop


def test_wrong_labels_are_doubted_and_classes_that_are_not_of_looks_are_not() -> None:
    rng = np.random.default_rng(3)
    centers = rng.normal(size=(6, 32))
    classes = np.repeat(np.arange(6), 15)
    vectors = centers[classes] + 0.5 * rng.normal(size=(90, 32))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    labels = [f"class {one}" for one in classes]
    for row in (3, 20, 40, 77):
        labels[row] = f"class {(classes[row] + 1) % 6}"
    found = judge(vectors, [*labels[:-1], "few"])
    assert {doubt.row for doubt in found.doubts} == {3, 20, 40, 77} and found.unjudged == ("few",)
    assert all(doubt.looks_like == f"class {classes[doubt.row]}" for doubt in found.doubts)
    blind = rng.normal(size=(90, 20)).astype(np.float32)
    blind /= np.linalg.norm(blind, axis=1, keepdims=True)
    both = np.hstack([blind, vectors])  # a view that tells nothing does no harm
    several = judge(both, [*labels[:-1], "few"], widths=(20, 32))
    assert {doubt.row for doubt in several.doubts} == {3, 20, 40, 77}
    assert several.agreement > judge(both, [*labels[:-1], "few"]).agreement - 0.02
    noise = [f"class {one}" for one in rng.integers(0, 6, 90)]
    chance = judge(vectors, noise)
    assert not chance.telling and chance.doubts == ()


def test_the_share_of_wrong_labels_and_weights_are_the_likeliest() -> None:
    rng = np.random.default_rng(5)
    classes = rng.integers(0, 4, 2000)
    sure = np.where(np.eye(4)[classes] > 0, 0.91, 0.03).astype(np.float32)
    truth = np.where(rng.random(2000) < 0.91, classes, (classes + rng.integers(1, 4, 2000)) % 4)
    given = np.where(rng.random(2000) < 0.2, (truth + rng.integers(1, 4, 2000)) % 4, truth)
    said = [np.log(sure), np.log(rng.dirichlet(np.ones(4), 2000).astype(np.float32) + 1e-3)]
    weights, wrong = set_labels._weights(said, given, 4)
    assert weights[0] > 5 * weights[1]
    own = np.log(sure) * weights[0] + said[1] * weights[1]
    shares = np.exp(own) / np.exp(own).sum(1, keepdims=True)

    def likely(rate: float) -> float:
        told = shares[np.arange(2000), given]
        return float(
            np.log((1 - rate) * told + rate / 3 * (1 - told)).sum() + np.log(rate) + 11 * np.log(1 - rate)
        )

    best = max(np.linspace(0.001, 0.49, 490), key=likely)
    assert wrong == pytest.approx(best, abs=0.01)


def test_discriminant_against_naive_recomputation() -> None:
    rng = np.random.default_rng(0)
    classes = np.repeat(np.arange(3), 10)
    learned = rng.normal(size=(30, 4)) + classes[:, None]
    asked = rng.normal(size=(5, 4))
    scores = discriminant(learned, classes, 3, asked)
    means = [learned[classes == one].mean(axis=0) for one in range(3)]
    spread = sum(np.outer(x - means[c], x - means[c]) for x, c in zip(learned, classes, strict=True)) / 27
    spread = 0.05 * spread + 0.95 * np.trace(spread) / 4 * np.eye(4)
    inverse = np.linalg.inv(spread)
    for row, x in enumerate(asked):
        away = [-0.5 * (x - mean) @ inverse @ (x - mean) for mean in means]
        # Equal up to what all classes have in common.
        assert scores[row] - scores[row].mean() == pytest.approx(np.array(away) - np.mean(away), abs=1e-6)


def test_contents_tell_which_classes_not_how_surely() -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(3, 1000)).astype(np.float32)
    seen = set_look.contents(logits)
    np.testing.assert_allclose(np.linalg.norm(seen, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(set_look.contents(3 * logits + 7), seen, atol=1e-5)
    data = np.load(Path(set_look.__file__).parent / "data/contents.npz")
    matrix = data["matrix"].astype(np.float32)
    assert data["mean"].shape == (1000,) and matrix.shape == (1000, 64)
    np.testing.assert_allclose(matrix.T @ matrix, np.eye(64), atol=5e-3)  # directions


def test_labels_of_a_set_are_doubted_by_its_vectors(tmp_path: Path) -> None:
    root = tmp_path / "set"
    rng = np.random.default_rng(1)
    for number in range(4):
        for turn in range(8):
            tint = 60 * np.array([number & 1, number >> 1, 0.5])
            spots = cv2.resize(rng.uniform(40, 190, (7, 7)), (90, 90), interpolation=cv2.INTER_NEAREST)
            save(
                root / f"class{number}" / f"{turn}.jpg",
                np.clip(spots[..., None] + tint, 0, 255).astype(np.uint8),
            )
    (root / "class0/0.jpg").rename(root / "class3/stranger.jpg")

    def colors(pictures: Sequence[Photo]) -> NDArray[np.float32]:
        rows = np.stack([one.pixels.mean(axis=(0, 1)) - one.pixels.mean() for one in pictures])
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    found = clean_set(root, tmp_path / "out", embed=colors)
    assert [path for path in found.faults if "label" in kinds(found, path)] == ["class3/stranger.jpg"]
    assert "class0" in next(f for f in found.faults["class3/stranger.jpg"] if f.kind == "label").why


def test_decisions_become_the_list_of_what_is_kept(spoiled_set: Path, tmp_path: Path) -> None:
    saved = tmp_path / "decisions.csv"
    saved.write_text("file,decision\nblurred0.jpg,drop\ngood00.jpg,keep\nelsewhere.jpg,drop\n")
    before = fingerprint(spoiled_set)
    kept = write_kept(spoiled_set, tmp_path / "out", read_decisions(saved))
    assert (kept.dropped, kept.unknown) == (1, ("elsewhere.jpg",)) and kept.kept == len(before) - 1
    rows = list(csv.DictReader((tmp_path / "out" / KEPT).read_text("utf-8").splitlines()))
    assert {row["file"] for row in rows} == set(before) - {"blurred0.jpg"}
    assert fingerprint(spoiled_set) == before
    saved.write_text("file,decision\nblurred0.jpg,perhaps\n")
    with pytest.raises(BadSet, match="line 2: 'perhaps'"):
        read_decisions(saved)
    with pytest.raises(BadSet, match="none of the 1 decisions"):
        write_kept(spoiled_set, tmp_path / "other", {"no.jpg": "drop"})
    assert not (tmp_path / "other" / KEPT).exists()


def test_the_command_tells_and_refuses(spoiled_set: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    told = runner.invoke(learn, ["clean", str(spoiled_set), "--no-labels", "--json"])
    assert told.exit_code == 0, told.output
    facts = json.loads(told.stdout.splitlines()[-1])
    assert facts["faults"]["broken"] == 3 and Path(facts["list"]).parent == tmp_path / "set.clean"
    for words in (
        ["nowhere"],
        [str(spoiled_set), "-o", str(spoiled_set / "in")],
        [str(spoiled_set), "--list", "no.csv"],
    ):
        result = runner.invoke(learn, ["clean", *words])
        assert isinstance(result.exception, BadSet)
    (tmp_path / "empty").mkdir()
    assert isinstance(runner.invoke(learn, ["clean", str(tmp_path / "empty")]).exception, BadSet)
    assert not (tmp_path / "empty.clean").exists() and not (spoiled_set / "in").exists()
