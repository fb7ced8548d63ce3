"""Annotations: kept whole, given back exactly by every format, and the agreement of two annotators."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veduta.errors import NotFound
from veduta.learn import annotation_files
from veduta.learn.agreement import agreement, alpha, kappa, paired
from veduta.learn.annotations import BadAnnotation, InUse, Item, Project
from veduta.see.mask import encode


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two classes and three pictures, two of them of one name."""
    made = Project.create(tmp_path / "signs", ["sign", "person"])
    added = [("a.jpg", "photo:1", 640, 480), ("a.png", "photo:2", 333, 777), ("b.jpg", "photo:3", 100, 100)]
    assert made.add_images(added) == 3
    return made


def item(kind: int, *box: float, **more: object) -> Item:
    return Item(kind, box, **more)  # type: ignore[arg-type]


def plain(items: dict[int, list[Item]]) -> dict[int, list[tuple[object, ...]]]:
    return {
        image: [(i.class_id, i.box, i.mask, i.origin, i.score) for i in some] for image, some in items.items()
    }


def test_what_is_labeled_is_kept(project: Project) -> None:
    assert [one.name for one in project.images()] == ["a.jpg", "a (2).png", "b.jpg"]
    assert project.add_images([("again.jpg", "photo:1", 640, 480)]) == 0
    mask = encode(np.eye(480, 640, dtype=bool))
    labeled = project.label(
        1, " ann ", [item(1, 1.23456, 2, 30, 40, mask=mask), item(2, 0, 0, 640, 480)], True
    )
    assert [one.box for one in labeled] == [(1.235, 2, 30, 40), (0, 0, 640, 480)]
    project.label(1, "bob", [], False)
    again = Project.open(project.folder)
    assert again.items("ann")[1] == labeled and again.items("bob") == {}
    assert again.annotators() == ["ann", "bob"] and again.done("ann") == {1} and again.done("bob") == set()
    project.label(1, "ann", [item(2, 5, 5, 5, 5)], True)
    assert [one.class_id for one in again.items("ann", 1)[1]] == [2]
    project.remove_image(1)
    assert again.items() == {} and len(again.images()) == 2
    project.delete()
    with pytest.raises(NotFound, match="no project 'signs'"):
        Project.open(project.folder)


def test_classes_are_changed(project: Project) -> None:
    sign, person = project.classes()
    project.label(1, "ann", [item(sign.id, 1, 1, 2, 2)], True)
    swapped = project.set_classes(
        [
            {"id": sign.id, "name": "person"},
            {"id": person.id, "name": "sign", "color": "#000000"},
            {"name": "new"},
        ]
    )
    assert [(one.id, one.name) for one in swapped] == [(1, "person"), (2, "sign"), (3, "new")]
    assert swapped[0].color == sign.color and swapped[1].color == "#000000"
    with pytest.raises(InUse, match="person: things are labeled so"):
        project.set_classes([{"id": person.id, "name": "sign"}])
    assert len(project.classes()) == 3
    assert len(project.set_classes([{"id": sign.id, "name": "person"}])) == 1
    for wrong, told in (
        ([{"name": ""}], "1 to 100"),
        ([{"name": "a"}, {"name": "a"}], "each another"),
        ([{"name": "a", "color": "red"}], "no color"),
    ):
        with pytest.raises(BadAnnotation, match=told):
            project.set_classes([{"id": sign.id, "name": "person"}, *wrong])
    with pytest.raises(NotFound):
        project.set_classes([{"id": 77, "name": "x"}])


def test_what_makes_no_sense_is_refused(project: Project, tmp_path: Path) -> None:
    before = project.label(1, "ann", [item(1, 1, 1, 2, 2)], True)
    for wrong, told in (
        (item(9, 0, 0, 1, 1), "no class 9"),
        (item(1, 0, 0, 0, 1), "not within the picture of 640 x 480"),
        (item(1, 600, 0, 50, 1), "not within"),
        (item(1, 0, 0, 1, 1, origin="dream"), "dream"),
    ):
        with pytest.raises(BadAnnotation, match=told):
            project.label(1, "ann", [item(1, 5, 5, 5, 5), wrong], True)
    assert project.items("ann")[1] == before
    with pytest.raises(NotFound, match="no picture 99"):
        project.label(99, "ann", [], True)
    with pytest.raises(BadAnnotation, match="annotator"):
        project.label(1, " ", [], True)
    with pytest.raises(InUse):
        Project.create(project.folder)
    for name in ("..", "a/b", ".hidden", ""):
        with pytest.raises((BadAnnotation, InUse, NotFound)):
            Project.open(tmp_path / "none" / name)


boxes = st.tuples(*[st.integers(0, 99_000)] * 2, *[st.integers(1, 99_000)] * 2)


@settings(max_examples=6)
@given(st.lists(st.tuples(st.integers(1, 2), boxes), max_size=12))
@pytest.mark.parametrize("form", ["coco", "yolo", "voc"])
def test_every_format_gives_back_what_it_was_given(
    tmp_path_factory: pytest.TempPathFactory,
    form: annotation_files.Form,
    things: list[tuple[int, tuple[int, ...]]],
) -> None:
    project = Project.create(tmp_path_factory.mktemp("p") / "signs", ["sign", "person"])
    project.add_images([("a.jpg", "1", 643, 487), ("b.jpg", "2", 2999, 199)])
    labeled = []
    for kind, (x, y, w, h) in things:
        left, top = x / 99_000 * 600, y / 99_000 * 440
        labeled.append(
            item(kind, left, top, max(0.5, w / 99_000 * (643 - left)), max(0.5, h / 99_000 * (487 - top)))
        )
    project.label(1, "ann", labeled, True)
    project.label(2, "ann", [], True)
    data = annotation_files.write(project, form, "ann")
    assert annotation_files.read(project, form, "bob", data) == len(things)
    assert plain(project.items("bob")) == plain(project.items("ann"))
    assert project.done("bob") == {1, 2}
    assert annotation_files.write(project, form, "bob") == data


def test_coco_keeps_masks_and_scores_and_brings_classes(project: Project) -> None:
    mask = encode(np.tri(480, 640, dtype=bool))
    project.label(1, "ann", [item(1, 1, 1, 9, 9, mask=mask, origin="suggested", score=0.75)], True)
    facts = json.loads(annotation_files.write(project, "coco", "ann"))
    assert facts["annotations"][0]["bbox"] == [1, 1, 9, 9] and len(facts["images"]) == 3
    facts["categories"].append({"id": 77, "name": "bench"})
    facts["annotations"].append({"id": 5, "image_id": 3, "category_id": 77, "bbox": [0, 0, 10, 10]})
    assert annotation_files.read(project, "coco", "bob", json.dumps(facts).encode()) == 2
    assert [one.name for one in project.classes()] == ["sign", "person", "bench"]
    assert plain(project.items("bob"))[1] == [(1, (1, 1, 9, 9), mask, "suggested", 0.75)]


def test_files_that_are_none_are_told(project: Project) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("Annotations/a.xml", '<!DOCTYPE x [<!ENTITY a "b">]><annotation/>')
    for form, data, told in (
        ("coco", b"{}", "no COCO file"),
        ("coco", b"\xff", "no COCO file"),
        ("coco", b'{"images": [], "categories": [], "annotations": []}', "names no picture"),
        ("yolo", b"PK", "no YOLO file"),
        ("yolo", out.getvalue(), "classes.txt is missing"),
        ("voc", out.getvalue(), "declares entities"),
    ):
        with pytest.raises(BadAnnotation, match=told):
            annotation_files.read(project, form, "ann", data)  # type: ignore[arg-type]
    assert project.items() == {}


def test_pairs_are_the_best_there_are() -> None:
    first = [item(1, 0, 0, 10, 10), item(1, 100, 0, 10, 10)]
    second = [item(1, 1, 0, 10, 10), item(2, 0, 0, 10, 10), item(1, 300, 0, 5, 5)]
    pairs, alone, other = paired(first, second, 0.5)
    assert [(a.box[0], b.box[0]) for a, b, _ in pairs] == [(0, 1)]  # the same class before the better overlap
    assert pairs[0][2] == pytest.approx(90 / 110) and alone == first[1:] and other == second[1:]


def naive_alpha(pairs: list[tuple[int, int]]) -> float:
    """One minus observed by expected disagreement, over all pairs of values."""
    values = [value for pair in pairs for value in pair]
    observed = sum(a != b for a, b in pairs) / len(pairs)
    others = [(a, b) for i, a in enumerate(values) for j, b in enumerate(values) if i != j]
    expected = sum(a != b for a, b in others) / len(others)
    return 1.0 if expected == 0 else 1 - observed / expected


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), min_size=1, max_size=30))
def test_kappa_and_alpha_by_naive_recomputation(pairs: list[tuple[int, int]]) -> None:
    values = sorted({value for pair in pairs for value in pair})
    table = np.array([[sum(p == (a, b) for p in pairs) for b in values] for a in values]) / len(pairs)
    chance = float(table.sum(0) @ table.sum(1))
    expected = 1.0 if chance == 1 else (float(np.trace(table)) - chance) / (1 - chance)
    assert kappa(pairs) == pytest.approx(expected)
    assert alpha(pairs) == pytest.approx(naive_alpha(pairs))


def test_agreement_counts_what_is_said_otherwise() -> None:
    first = {
        1: [item(1, 0, 0, 10, 10), item(1, 50, 0, 10, 10), item(2, 100, 0, 10, 10)],
        2: [item(1, 0, 0, 5, 5)],
        9: [],
    }
    second = {
        1: [item(1, 0, 0, 10, 10), item(2, 50, 0, 10, 10)],
        2: [item(1, 0, 0, 5, 5), item(1, 50, 0, 5, 5)],
    }
    told = agreement(first, second)
    assert (told.images, told.matched, told.other_class, told.only_first, told.only_second) == (2, 2, 1, 1, 1)
    assert told.mean_iou == 1 and told.f1 == {1: 2 * 2 / 6, 2: 0} and told.matched_by_class == {1: 2, 2: 0}
    assert [one.kind for one in told.disagreements] == ["other_class", "only_first", "only_second"]
    same = agreement(first, first)
    assert same.kappa == same.alpha == 1 and not same.disagreements
    assert agreement({}, {}).kappa is None
