"""Networks that a user adds: registered, refused where they do not run, and seeing what they should."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.nets.tiny import add, image_embedder, red_detector, sha256, text_embedder, unigram_file, write
from veduta.image.decode import load
from veduta.image.photo import Photo
from veduta.nets.embedders import ImageEmbedder, TextEmbedder, partner
from veduta.nets.engine import WrongInput
from veduta.nets.pack import BadPack
from veduta.nets.store import ModelStore
from veduta.see.detector_outputs import decode
from veduta.see.own import attempt, own_recognizers
from veduta.see.recognizer import names, open_recognizer

# Red, green and blue words lie where red, green and blue pictures do; made-up ones anywhere.
PIECES = [("<unk>", 0.0), ("▁red", -1.0), ("▁green", -1.0), ("▁blue", -1.0), ("▁", -2.0)]
TABLE = np.array([[0, 0, 0, 1], [3, 0, 0, 0], [0, 3, 0, 0], [0, 0, 3, 0], [0, 0, 0, 0.1]], np.float32)
MATRIX = np.eye(3, 4, dtype=np.float32)


@pytest.fixture
def store(empty_store: ModelStore) -> ModelStore:
    return empty_store


def picture(path: Path, color: tuple[int, int, int], size: tuple[int, int] = (90, 60)) -> Path:
    Image.new("RGB", size, color).save(path, quality=95)
    return path


def test_an_embedder_sees_the_middle_square_at_the_networks_size(store: ModelStore, tmp_path: Path) -> None:
    fixed = image_embedder(tmp_path / "fixed.onnx", MATRIX, ("n", 3, 20, 20))
    embedder = ImageEmbedder(add(store, fixed, "image-embedder", std=(255.0,) * 3), store)
    wide = np.zeros((40, 120, 3), np.uint8)
    wide[:, :40], wide[:, 40:80], wide[:, 80:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    tall = wide.transpose(1, 0, 2).copy()
    small = np.full((5, 7, 3), (0, 0, 200), np.uint8)
    vectors = embedder.embed([wide, tall, small])
    np.testing.assert_allclose(vectors, [[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], atol=1e-3)


@pytest.mark.parametrize(("length", "mask"), [("length", True), (8, True), ("length", False), (5, False)])
def test_words_lie_where_pictures_do(
    store: ModelStore, tmp_path: Path, length: int | str, mask: bool
) -> None:
    tokenizer = unigram_file(tmp_path / "tokenizer.json", PIECES)
    table = TABLE * [[mask], [1], [1], [1], [1]]  # without a mask, what fills up a text must add nothing
    network = text_embedder(tmp_path / "text.onnx", table, length, mask)
    embedder = TextEmbedder(add(store, network, "text-embedder", [tokenizer]), store)
    vectors = embedder.embed(["Red", "green  green", "blue red"])
    np.testing.assert_allclose(
        vectors, [[1, 0, 0, 0], [0, 1, 0, 0], [np.sqrt(0.5), 0, np.sqrt(0.5), 0]], atol=1e-6
    )


def test_a_family_has_two_halves(store: ModelStore, tmp_path: Path) -> None:
    tokenizer = unigram_file(tmp_path / "tokenizer.json", PIECES)
    image = add(
        store, image_embedder(tmp_path / "i.onnx", MATRIX), "image-embedder", name="eye", family="rgb"
    )
    assert partner(image, "text-embedder", store) is None
    for name, family in (("other", "other"), ("word", "rgb")):
        add(
            store,
            text_embedder(tmp_path / "t.onnx", TABLE),
            "text-embedder",
            [tokenizer],
            name=name,
            family=family,
        )
    found = partner(image, "text-embedder", store)
    assert found is not None and found.name == "word"


def test_a_ready_network_is_a_recognizer(store: ModelStore, tmp_path: Path) -> None:
    pack = add(store, image_embedder(tmp_path / "i.onnx", MATRIX), "image-embedder", name="eye")
    assert "embedding-eye" in names()
    recognizer = open_recognizer("embedding-eye")
    red = load(picture(tmp_path / "red.png", (250, 0, 0)))
    assert recognizer.see([]) == []
    ((finding,),) = recognizer.see([red])
    assert (finding.kind, finding.name, finding.recognizer) == ("likeness", "embedding-eye", "embedding-eye")
    assert finding.version == recognizer.version and finding.vector is not None
    np.testing.assert_allclose(finding.vector, [1, 0, 0, 0], atol=1e-5)
    add(
        store, image_embedder(tmp_path / "i.onnx", MATRIX), "image-embedder", name="eye", mean=(9.0, 9.0, 9.0)
    )
    (again,) = own_recognizers()
    assert again.name == recognizer.name and again.version != recognizer.version
    store.remove(pack.name)
    assert "embedding-eye" not in names()


@pytest.mark.parametrize("form", ["boxes", "queries", "table"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_boxes_are_in_pixels_of_the_upright_photo(
    store: ModelStore, tmp_path: Path, form: str, orientation: int
) -> None:
    listed = tmp_path / "names.txt"
    listed.write_text("Dog\nRed Thing\n")
    add(store, red_detector(tmp_path / "d.onnx", form), "detector", [listed], std=(255.0,) * 3)
    # 600 x 300 upright, the red thing at (200, 100), 150 wide and 50 high.
    upright = np.full((300, 600, 3), 60, np.uint8)
    upright[100:150, 200:350] = (220, 0, 0)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.rot90(upright) if orientation == 6 else upright  # 6: turned right to be shown
    path = tmp_path / "photo.png"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    recognizer = open_recognizer("detector-tiny")
    for photo in (load(path), load(path, 300)):
        assert (photo.width, photo.height) == (600, 300)
        ((finding,),) = recognizer.see([photo])  # the weaker twin is gone, the unlikely third too
        assert (finding.kind, finding.name) == ("object", "red thing")
        assert finding.score == pytest.approx(1 / (1 + np.exp(-3)) if form == "queries" else 0.9, abs=1e-5)
        np.testing.assert_allclose(finding.box, (200, 100, 150, 50), atol=600 / 64)


def test_background_is_never_told_and_scores_count(store: ModelStore, tmp_path: Path) -> None:
    photo = Photo(np.full((64, 64, 3), (220, 0, 0), np.uint8), 64, 64)
    network = red_detector(tmp_path / "d.onnx", "boxes")
    listed = tmp_path / "names.txt"
    for text, threshold, found in (
        ("dog\n\n", 0.5, 0),
        ("\nperson\n", 0.5, 1),
        ("\nperson", 0.95, 0),
        ("dog", 0.5, 0),
    ):
        listed.write_text(text)
        add(store, network, "detector", [listed], std=(255.0,) * 3, threshold=threshold)
        (findings,) = open_recognizer("detector-tiny").see([photo])
        assert [finding.kind for finding in findings] == ["person"] * found
        for finding in findings:
            np.testing.assert_allclose(finding.box, (0, 0, 64, 64), atol=1e-3)


def test_forms_of_outputs() -> None:
    corners = np.array([[10, 20, 30, 60]], np.float32)
    center = np.array([[20, 40, 20, 40]], np.float32)
    relative = center / [200, 100, 200, 100]
    whole, size = np.array([1], np.int64), (100, 200)
    sure = np.array([1.0], np.float32)
    forms = {
        "one box, no leading axis": [corners, whole, sure],
        "a score of exactly 1": [corners, sure, whole],
        "leading axes": [corners[None], whole[None], sure[None]],
        "sigmoid": [np.array([[[-50, 50.0]]]), relative[None]],
        "softmax with nothing": [relative, np.array([[0.0, 60, 0]])],
        "table": [np.hstack([center, [[0, 1.0]]]).T[None]],
        "table of rows": [np.hstack([center, [[0, 1.0]]])[None]],
        "table with anything": [np.hstack([center, [[1.0, 0, 1.0]]])[None]],
    }
    for form, outputs in forms.items():
        boxes, scores, classes = decode(outputs, size, 2)
        np.testing.assert_allclose(boxes, corners, atol=1e-4, err_msg=form)
        np.testing.assert_allclose(scores, [1], atol=1e-6, err_msg=form)
        assert classes.tolist() == [1], form
    # Four classes: logits have the shape of boxes.
    logits = np.array([[-6.0, -6, -6, 6], [-6, 6, -6, -6]])
    both = np.vstack([relative, relative])
    for outputs in ([logits, both], [both, logits]):
        assert decode(outputs, size, 4)[2].tolist() == [3, 1]
    empty = decode([corners[:0], whole[:0], sure[:0]], size, 2)
    assert [len(part) for part in empty] == [0, 0, 0]
    with pytest.raises(WrongInput, match=r"outputs of shape \(1, 9, 84\) are not .* of 2 names"):
        decode([np.zeros((1, 9, 84))], size, 2)


def test_a_network_that_does_not_run_is_told(store: ModelStore, tmp_path: Path) -> None:
    image = image_embedder(tmp_path / "i.onnx", MATRIX)
    tokenizer = unigram_file(tmp_path / "tokenizer.json", PIECES)
    text = text_embedder(tmp_path / "t.onnx", TABLE)
    listed = tmp_path / "names.txt"
    listed.write_text("one\ntwo\nthree\n")
    maps = write(
        tmp_path / "m.onnx", [_identity("pixels", "map")],
        {"pixels": (1, ("n", 3, "h", "w"))}, {"map": (1, ("n", 3, "h", "w"))},
    )  # fmt: skip
    for path, task, companions, reason in (
        (text, "text-embedder", [], "has no token file"),
        (text, "image-embedder", [], "has inputs input_ids, attention_mask, not one of pictures"),
        (image, "text-embedder", [tokenizer], "cannot take inputs"),
        (maps, "image-embedder", [], r"gives no vector for each row \(its outputs: \(1, 3, 224, 224\)\)"),
        (image, "detector", [listed], "not of a known form of detector of 3 names"),
        (image, "detector", [], "has no names file"),
    ):
        with pytest.raises(BadPack, match=f"tiny does not run as {task}: .*{reason}"):
            attempt(add(store, path, task, companions), store)
    store.remove("tiny")
    attempt(add(store, image, "image-embedder", name="eye", family="rgb"), store)
    attempt(add(store, text, "text-embedder", [tokenizer], name="word", family="rgb"), store)
    small = text_embedder(tmp_path / "s.onnx", TABLE[:, :3])
    with pytest.raises(BadPack, match="its vectors have 3 numbers, those of eye, of the same family, do not"):
        attempt(add(store, small, "text-embedder", [tokenizer], name="word", family="rgb"), store)


def _identity(source: str, target: str):  # type: ignore[no-untyped-def]
    from onnx import helper

    return helper.make_node("Identity", [source], [target])


def veduta(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "VEDUTA_HOME": str(home)}
    environment.pop("VEDUTA_MODELS", None)
    command = [sys.executable, "-m", "veduta", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)


def test_from_the_command_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    image = image_embedder(tmp_path / "image.onnx", MATRIX)
    facts = ("--name", "eye", "--task", "image-embedder", "--license", "MIT", "--std", "255")
    refused = veduta(home, "models", "add", image, "--sha256", "0" * 64, *facts)
    assert refused.returncode == 1 and "image.onnx has SHA-256" in refused.stderr
    added = veduta(home, "models", "add", image, "--sha256", sha256(image), *facts, "--json")
    assert added.returncode == 0, added.stderr
    assert {"name": "eye", "own": True, "ready": True}.items() <= json.loads(added.stdout).items()
    wrong = veduta(
        home, "models", "add", image, "--sha256", sha256(image), "--name", "no", "--task", "detector"
    )
    assert wrong.returncode == 2 and "no does not run as detector: no has no names file" in wrong.stderr

    photo = picture(tmp_path / "green.jpg", (0, 250, 0))
    seen = veduta(home, "see", photo, "--recognizers", "embedding-eye", "--json", "--vectors")
    assert seen.returncode == 0, seen.stderr
    (finding,) = json.loads(seen.stdout)["findings"]
    np.testing.assert_allclose(finding["vector"], [0, 1, 0, 0], atol=0.02)

    listed = [json.loads(line) for line in veduta(home, "models", "list", "--json").stdout.splitlines()]
    assert [state["name"] for state in listed if state["own"]] == ["eye"]
    assert veduta(home, "models", "remove", "eye").returncode == 0
    gone = veduta(home, "see", photo, "--recognizers", "embedding-eye")
    assert gone.returncode == 2 and "no recognizer is called embedding-eye" in gone.stderr
