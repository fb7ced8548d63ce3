"""Augmented sets as files: labels in and out, the same bytes from any number of workers, resumed runs, bad input."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from veduta.cli.app import app
from veduta.image.decode import read
from veduta.learn.augment_batches import Batches
from veduta.learn.augment_files import LABELS, MANIFEST, OtherSet, augment
from veduta.learn.augment_recipe import Recipe
from veduta.learn.augment_step import BadRecipe
from veduta.learn.augmented_set import NoPictures, PictureSet
from veduta.see.mask import decode, encode

EVERYTHING = Recipe.made(
    [
        {"do": "flip", "chance": 0.5},
        {"do": "rotate", "fill": "constant"},
        {"do": "elastic", "chance": 0.5, "fill": "constant"},
        {"do": "crop", "width": 96, "height": 80},
        {"do": "hue"},
        {"do": "gamma"},
        {"do": "noise"},
        {"do": "salt_pepper", "chance": 0.5},
        {"do": "blur", "chance": 0.5},
        {"do": "jpeg", "chance": 0.5},
        {"do": "cutout", "fill": "noise"},
        {"do": "mixup", "chance": 0.5},
        {"do": "cutmix", "chance": 0.5},
    ],
    seed=5,
)


def disk(size: tuple[int, int], x: float, y: float, radius: float) -> np.ndarray:
    yy, xx = np.mgrid[: size[1], : size[0]] + 0.5
    return (xx - x) ** 2 + (yy - y) ** 2 <= radius**2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four pictures of two classes with a red disk each, labeled in COCO: box, polygon, mask, key points."""
    made = tmp_path / "pictures"
    luck = Random(3)
    images, annotations = [], []
    for number in range(4):
        size = (120 + 10 * number, 100)
        x, y, radius = luck.uniform(40, 80), luck.uniform(35, 65), 22
        pixels = np.full((size[1], size[0], 3), (40, 90, 40 + 40 * number), np.uint8)
        mask = disk(size, x, y, radius)
        pixels[mask] = (230, 30, 30)
        name = f"{'ab'[number % 2]}/picture{number}.png"
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(made / name)
        images.append({"id": number + 10, "file_name": name, "width": size[0], "height": size[1]})
        angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        polygon = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], 1)
        one = {
            "image_id": number + 10,
            "category_id": 7,
            "bbox": [x - radius, y - radius, 2 * radius, 2 * radius],
        }
        points = [x - 10.5, y - 0.5, 2, x + 9.5, y - 0.5, 2, 0, 0, 0]
        annotations.append(
            {"id": 3 * number, **one, "segmentation": [polygon.ravel().tolist()], "iscrowd": 0}
        )
        annotations.append({"id": 3 * number + 1, **one, "segmentation": encode(mask), "mark": "own"})
        annotations.append({"id": 3 * number + 2, **one, "keypoints": points, "num_keypoints": 2})
    category = {"id": 7, "name": "disk", "keypoints": ["left_side", "right_side", "top"]}
    told = {"images": images, "categories": [category], "annotations": annotations}
    (made / LABELS).write_text(json.dumps(told))
    return made


def digest(out: Path) -> dict[str, str]:
    files = sorted(p for p in out.rglob("*") if p.is_file())
    return {p.relative_to(out).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_same_seed_same_bytes_with_any_number_of_workers(folder: Path, tmp_path: Path) -> None:
    pictures = PictureSet.of(folder)
    outs = []
    for workers in (1, 2, 5):
        out = tmp_path / f"out{workers}"
        made = augment(pictures, EVERYTHING, out, copies=3, workers=workers)
        assert (made.pictures, made.written, made.failed) == (12, 12, ())
        outs.append(digest(out))
    assert outs[0] == outs[1] == outs[2]
    assert len(outs[0]) == 12 + 4  # manifest, recipe, labels, preview
    other = tmp_path / "other"
    augment(pictures, Recipe(EVERYTHING.steps, 6), other, copies=3)
    changed = digest(other)
    assert all(changed[name] != outs[0][name] for name in changed if name.endswith(".jpg"))


def test_labels_follow_the_red_disk(folder: Path, tmp_path: Path) -> None:
    recipe = Recipe.made(
        [
            {"do": "flip", "chance": 0.5},
            {"do": "rotate", "degrees": [-60, 60], "fill": "constant"},
            {"do": "zoom", "factor": [0.7, 1.4], "fill": "constant"},
            {"do": "elastic", "chance": 0.5, "strength": 0.1, "fill": "constant"},
            {"do": "brightness", "factor": [0.8, 1.1]},
        ]
    )
    out = tmp_path / "out"
    augment(PictureSet.of(folder), recipe, out, copies=6, form="png")
    told = json.loads((out / LABELS).read_text())
    assert told["categories"][0]["name"] == "disk" and len(told["images"]) == 24
    names = {one["id"]: one["file_name"] for one in told["images"]}
    assert len({one["id"] for one in told["annotations"]}) == len(told["annotations"])
    checked = 0
    for one in told["annotations"]:
        if one.get("visible", 1) < 0.9:
            continue
        pixels = read(out / names[one["image_id"]]).astype(int)
        red = pixels[..., 0] - pixels[..., 1] > 60
        ys, xs = np.nonzero(red)
        true = np.array([xs.min(), ys.min(), xs.max() + 1 - xs.min(), ys.max() + 1 - ys.min()])
        if "keypoints" in one:
            points = np.array(one["keypoints"]).reshape(-1, 3)
            assert all(red[round(y), round(x)] for x, y, seen in points if seen)
            assert points[2].tolist() == [0, 0, 0]
            continue
        assert np.abs(np.array(one["bbox"]) - true).max() < 2.5
        if isinstance(one["segmentation"], dict):
            mask = decode(one["segmentation"])
            assert one["mark"] == "own"
        else:
            mask = np.zeros(red.shape, np.uint8)
            corners = np.array(one["segmentation"][0]).reshape(-1, 2)
            cv2.fillPoly(mask, [np.rint((corners - 0.5) * 16).astype(np.int32)], 1, shift=4)
            mask = mask > 0
        assert (mask & red).sum() / (mask | red).sum() > 0.93
        assert one["area"] == pytest.approx(red.sum(), rel=0.06)
        checked += 1
    assert checked > 20


def test_without_changes_labels_stay_to_the_digit(folder: Path, tmp_path: Path) -> None:
    augment(PictureSet.of(folder), Recipe.made([{"do": "invert"}]), tmp_path / "out", copies=1)
    before = json.loads((folder / LABELS).read_text())["annotations"]
    after = json.loads((tmp_path / "out" / LABELS).read_text())["annotations"]
    assert len(before) == len(after)
    boxes = sorted(tuple(round(v, 3) for v in one["bbox"]) for one in before)
    assert boxes == sorted(tuple(one["bbox"]) for one in after)
    masks = [one["segmentation"] for one in before if isinstance(one.get("segmentation"), dict)]
    kept = [one["segmentation"] for one in after if isinstance(one.get("segmentation"), dict)]
    assert sorted(map(str, masks)) == sorted(map(str, kept))
    points = sorted([round(v, 3) for v in one["keypoints"]] for one in before if "keypoints" in one)
    assert points == sorted(one["keypoints"] for one in after if "keypoints" in one)


def test_an_interrupted_run_goes_on(folder: Path, tmp_path: Path) -> None:
    pictures = PictureSet.of(folder)
    whole = tmp_path / "whole"
    augment(pictures, EVERYTHING, whole, copies=4)
    out = tmp_path / "out"
    augment(pictures, EVERYTHING, out, copies=2)
    lines = (out / MANIFEST).read_text().splitlines(keepends=True)
    (out / MANIFEST).write_text("".join(lines[:5]) + lines[5][:30])  # killed while it wrote
    (out / json.loads(lines[2])["file"]).unlink()
    made = augment(pictures, EVERYTHING, out, copies=4)
    assert (made.pictures, made.written) == (16, 12)
    assert digest(out) == digest(whole)
    assert augment(pictures, EVERYTHING, out, copies=4).written == 0


def test_a_folder_of_something_else_is_refused(folder: Path, tmp_path: Path) -> None:
    pictures = PictureSet.of(folder)
    out = tmp_path / "out"
    augment(pictures, EVERYTHING, out, copies=1)
    with pytest.raises(OtherSet, match="another recipe"):
        augment(pictures, Recipe(EVERYTHING.steps, 99), out, copies=1)
    with pytest.raises(OtherSet, match="not empty"):
        augment(pictures, EVERYTHING, tmp_path, copies=1)
    with pytest.raises(OtherSet, match="themselves"):
        augment(pictures, EVERYTHING, folder, copies=1)


def test_mixed_pictures_tell_shares_and_partners(folder: Path, tmp_path: Path) -> None:
    recipe = Recipe.made([{"do": "mixup", "share": 0.3}], seed=2)
    for place in ("out", "unlabeled"):
        augment(PictureSet.of(folder), recipe, tmp_path / place, copies=4, form="png")
        lines = [json.loads(line) for line in (tmp_path / place / MANIFEST).read_text().splitlines()]
        assert all(len(line["mixed_with"]) == 1 for line in lines)
        assert all(sum(line["classes"].values()) == pytest.approx(1) for line in lines)
        across = next(one for one in lines if one["source"][0] != one["mixed_with"][0][0])
        own, other = across["source"][0], across["mixed_with"][0][0]
        if place == "out":  # labels tell the classes, and all things here are disks
            assert across["classes"] == {"disk": pytest.approx(1)}
            assert {one.get("weight") for one in across["things"]} == {0.7, 0.3}
            (folder / LABELS).unlink()
        else:
            assert across["classes"] == {own: 0.7, other: 0.3}
        mine, theirs = read(folder / across["source"]), read(folder / across["mixed_with"][0])
        theirs = cv2.resize(theirs, (mine.shape[1], mine.shape[0]))
        expected = 0.7 * mine.astype(float) + 0.3 * theirs
        assert np.abs(read(tmp_path / place / across["file"]) - expected).max() <= 1


def test_labels_tell_classes_and_folders_do_not(tmp_path: Path) -> None:
    """The usual COCO set: all pictures in images/, things of several classes in some."""
    folder = tmp_path / "set"
    (folder / "images").mkdir(parents=True)
    kinds = {"one.png": [3], "two.png": [3, 8, 8], "none.png": []}
    images, annotations = [], []
    for number, (name, numbers) in enumerate(kinds.items(), 1):
        Image.fromarray(np.full((20, 30, 3), 40 * number, np.uint8)).save(folder / "images" / name)
        images.append({"id": number, "file_name": name, "width": 30, "height": 20})
        annotations += [
            {"id": len(annotations) + n, "image_id": number, "category_id": kind, "bbox": [2, 2, 9, 9]}
            for n, kind in enumerate(numbers)
        ]
    named = [{"id": 8, "name": "cat"}, {"id": 3, "name": "dog"}, {"id": 5, "name": "bird"}]
    (folder / "instances.json").write_text(
        json.dumps({"images": images, "annotations": annotations, "categories": named})
    )
    pictures = PictureSet.of(folder)
    assert pictures.classes == ("cat", "dog", "bird")
    shares = {name.rsplit("/", 1)[-1]: pictures.shares_of(name) for name in pictures.names}
    assert shares == {"one.png": {"dog": 1.0}, "two.png": {"dog": 0.5, "cat": 0.5}, "none.png": {}}
    augment(pictures, Recipe.made([{"do": "invert"}]), tmp_path / "out", copies=1)
    lines = [json.loads(line) for line in (tmp_path / "out" / MANIFEST).read_text().splitlines()]
    assert {line["source"]: line.get("classes", {}) for line in lines} == {
        f"images/{name}": told for name, told in shares.items()
    }
    batches = Batches.of_set(pictures, Recipe.made([{"do": "flip"}]), (30, 20), shuffle=False)
    _, y = next(iter(batches.rounds(0, 1)))
    assert y.tolist() == [[0, 0, 0], [0, 1, 0], [0.5, 0.5, 0]]
    torch = pytest.importorskip("torch")
    from veduta.learn.augment_dataset import AugmentedPictures

    with pytest.raises(BadRecipe, match="several classes"):
        AugmentedPictures(pictures, Recipe.made([{"do": "flip"}]))
    found = AugmentedPictures(pictures, Recipe.made([{"do": "flip"}]), "shares")[2][1]
    assert torch.equal(found, torch.tensor([0.5, 0.5, 0]))
    (folder / "instances.json").write_text(
        json.dumps({"images": images, "annotations": annotations, "categories": named[:1]})
    )
    with pytest.raises(BadRecipe, match="of no class"):
        PictureSet.of(folder).shares_of("images/one.png")


def test_maps_of_labels_move_along(folder: Path, tmp_path: Path) -> None:
    maps = tmp_path / "maps"
    for path in folder.rglob("*.png"):
        target = maps / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        red = read(path)[..., 0] > 200
        Image.fromarray((red * 3).astype(np.uint8)).save(target)
    recipe = Recipe.made([{"do": "rotate", "degrees": [30, 60], "fill": "reflect"}, {"do": "flip"}])
    out = tmp_path / "out"
    augment(PictureSet.of(folder, maps=maps), recipe, out, copies=2, form="png")
    for line in map(json.loads, (out / MANIFEST).read_text().splitlines()):
        found = cv2.imread(str(out / line["map"]), cv2.IMREAD_UNCHANGED)
        pixels = read(out / line["file"]).astype(int)
        red = pixels[..., 0] - pixels[..., 1] > 80
        assert set(np.unique(found)) <= {0, 3}
        assert ((found == 3) & red).sum() / ((found == 3) | red).sum() > 0.95


def test_smaller_reading_takes_labels_along(folder: Path) -> None:
    full, half = PictureSet.of(folder), PictureSet.of(folder, side=60)
    for name in full.names:
        big, small = full.load(name), half.load(name)
        scale = small.size[0] / big.size[0]
        assert max(small.size) == 60
        for one, other in zip(big.things, small.things, strict=True):
            if one.mask is None:  # a mask has whole pixels
                np.testing.assert_allclose(np.array(other.box), np.array(one.box) * scale, atol=0.4)


def test_the_command(folder: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(EVERYTHING.text())
    assert Recipe.load(recipe) == EVERYTHING
    (folder / "a" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    out = tmp_path / "out"
    run = CliRunner().invoke(
        app,
        ["learn", "augment", str(folder), "-o", str(out), "--recipe", str(recipe), "--copies", "2", "--json"],
    )
    assert run.exit_code == 1, run.output
    told = json.loads(run.stdout.splitlines()[-1])
    assert (told["pictures"], told["written"]) == (8, 8)
    assert {one["path"] for one in told["failed"]} == {"a/broken.jpg"}
    assert read(out / "preview.png").shape[1] > 250
    preview = tmp_path / "nine.png"
    run = CliRunner().invoke(app, ["learn", "augment", str(folder), "--preview", str(preview)])
    assert run.exit_code == 0 and preview.is_file()
    shown = CliRunner().invoke(app, ["learn", "augment", "--show"]).stdout
    assert Recipe.parse(shown) == Recipe.usual()
    # Marked things are not repeated beyond the edges, where nothing would mark them.
    run = CliRunner().invoke(app, ["learn", "augment", str(folder), "-o", str(tmp_path / "usual")])
    fills = {getattr(one, "fill", "constant") for one in Recipe.load(tmp_path / "usual/recipe.toml").steps}
    assert fills == {"constant"}
    assert "reflect" in {getattr(one, "fill", None) for one in Recipe.usual().steps}
    listed = CliRunner().invoke(app, ["learn", "augment", "--steps"]).stdout
    assert "cutmix:" in listed and "degrees" in listed


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seed = [", "no TOML"),
        ("seed = 1", "1 to 100 steps"),
        ("colour = 1", "unknown entry 'colour'"),
        ('[[step]]\ndo = "spin"', "step 1: there is no step 'spin'"),
        ("[[step]]\ndegrees = 3", "does not say what to do"),
        ('[[step]]\ndo = "rotate"\nangle = 3', "unknown parameter 'angle'"),
        ('[[step]]\ndo = "rotate"\ndegrees = [30, -30]', "goes from 30 down to -30"),
        ('[[step]]\ndo = "rotate"\ndegrees = "x"', "must be a number"),
        ('[[step]]\ndo = "rotate"\ndegrees = [1, 2, 3]', r"must be a number or \[low, high\]"),
        ('[[step]]\ndo = "zoom"\nfactor = 0', "must be 0.05 to 20"),
        ('[[step]]\ndo = "turn"\nquarters = 0.5', "whole number"),
        ('[[step]]\ndo = "flip"\nway = "up"', "must be one of horizontal"),
        ('[[step]]\ndo = "flip"\nchance = 2', "must be 0 to 1"),
        ('[[step]]\ndo = "channel_isolate"\ngray = 1', "true or false"),
        ('seed = -1\n[[step]]\ndo = "flip"', "seed must be"),
        ('keep_visible = 3\n[[step]]\ndo = "flip"', "keep_visible must be"),
    ],
)
def test_bad_recipes_end_with_one_line_and_status_2(
    text: str, told: str, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(BadRecipe, match=told):
        Recipe.load(path)
    out = tmp_path / "out"
    with pytest.raises(BadRecipe, match=r"bad\.toml"):
        CliRunner().invoke(
            app,
            ["learn", "augment", str(folder), "-o", str(out), "--recipe", str(path)],
            catch_exceptions=False,
        )
    assert not out.exists()


def test_the_recipe_in_the_guide_can_be_followed() -> None:
    page = Path(__file__).parents[2] / "docs/craft/augmentation.md"
    text = page.read_text("utf-8").split("```toml")[1].split("```")[0]
    assert [one.name for one in Recipe.parse(text).steps] == [
        "rotate",
        "shift",
        "brightness",
        "channel_isolate",
    ]


def test_bad_sets_are_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NoPictures, match="no such folder"):
        PictureSet.of(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoPictures, match="no pictures"):
        PictureSet.of(tmp_path / "empty")
    bad = tmp_path / "bad.json"
    bad.write_text("[]")
    with pytest.raises(BadRecipe, match=r"bad\.json: no COCO"):
        PictureSet.of(folder, labels=bad)
    labels = json.loads((folder / LABELS).read_text())
    labels["images"][0]["width"] += 1
    bad.write_text(json.dumps(labels))
    with pytest.raises(BadRecipe, match="labels are another picture's"):
        PictureSet.of(folder, labels=bad).load(labels["images"][0]["file_name"])


def test_names_never_collide(tmp_path: Path) -> None:
    for name in ("x.png", "x.bmp", "X.png", "x-2.png"):
        Image.new("RGB", (16, 12), (len(name), 9, 9)).save(tmp_path / name)
    made = augment(PictureSet.of(tmp_path), Recipe.made([{"do": "flip"}]), tmp_path / "out", copies=2)
    lines = [json.loads(line) for line in (tmp_path / "out" / MANIFEST).read_text().splitlines()]
    assert made.pictures == 8 and len({one["file"].casefold() for one in lines}) == 8
    assert {one["source"] for one in lines} == {"x.png", "x.bmp", "X.png", "x-2.png"}


@pytest.mark.eval
def test_real_labels(eval_dir: Path, tmp_path: Path) -> None:
    """COCO's own polygons, crowds and boxes go through turned, cut and mirrored, and stay in their pictures."""
    source = eval_dir / "objects_coco288"
    pictures = PictureSet.of(source, labels=source / "instances.json")
    some = PictureSet(pictures.folder, pictures.names[:6], pictures.labels)
    recipe = Recipe.made([{"do": "flip", "chance": 0.5}, {"do": "rotate"}, {"do": "crop"}])
    augment(some, recipe, tmp_path / "out", copies=2)
    told = json.loads((tmp_path / "out" / LABELS).read_text())
    sizes = {one["id"]: (one["width"], one["height"]) for one in told["images"]}
    assert len(told["annotations"]) > 20
    for one in told["annotations"]:
        x, y, w, h = one["bbox"]
        width, height = sizes[one["image_id"]]
        assert x >= 0 and y >= 0 and w > 0 and h > 0
        assert x + w <= width + 1e-3 and y + h <= height + 1e-3
