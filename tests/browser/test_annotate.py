"""Labels in a real browser: a project is made, pictures are labeled by hand and keyboard, files come and go."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ask, served, settled
from tests.browser.photos import make_photos


@pytest.fixture(scope="module")
def url(web_app: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served library of three photos, one of them of a cat."""
    folder = tmp_path_factory.mktemp("labels") / "photos"
    for path in make_photos(folder):
        if path.stem not in ("IMG_2041", "IMG_2042", "IMG_1930"):
            path.unlink()
    with served(tmp_path_factory.mktemp("labels-library") / "library", str(folder)) as address:
        settled(address, 3)
        yield address


def drag(page: Page, *points: tuple[float, float]) -> None:
    """Draw with the mouse through points of the picture (shares)."""
    box = page.locator(".frame").bounding_box()
    assert box
    for i, (x, y) in enumerate(points):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6 if i else 1)
        if i == 0:
            page.mouse.down()
    page.mouse.up()


def test_pictures_are_labeled(visit: Any, url: str) -> None:
    page = visit(url).go("/annotate")
    page.get_by_label("Name", exact=True).fill("houses")
    page.get_by_label(re.compile("Classes, separated")).fill("house, tree")
    page.get_by_role("button", name="Make project", exact=True).click()
    expect(page.get_by_role("heading", name="houses", exact=True)).to_be_visible()
    page.get_by_label(re.compile("Who labels")).fill("ann")
    page.get_by_role("button", name="Begin", exact=True).click()
    expect(page.get_by_text("None yet. Select photos")).to_be_visible()

    page.goto(url)
    page.locator('[data-index="0"]').press("x")
    page.locator('[data-index="1"]').press("x")
    page.get_by_role("toolbar", name="Selected photos", exact=True).get_by_role(
        "button", name="Label", exact=True
    ).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("houses")).click()
    expect(page.get_by_text("2 photos put into “houses”")).to_be_visible()

    page.goto(url.rstrip("/") + "/annotate/houses")
    page.get_by_role("link", name="Label pictures", exact=True).click()
    table = page.get_by_role("dialog", name=re.compile("^Label "))
    expect(table).to_be_visible()
    listed = page.get_by_role("region", name=re.compile("In this picture")).get_by_role("listitem")
    drag(page, (0.2, 0.2), (0.5, 0.6))
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text("house")
    page.keyboard.press("2")  # the class of what is chosen, and of what comes next
    expect(listed).to_contain_text("tree")
    page.keyboard.press("p")
    page.keyboard.press("Escape")
    drag(page, (0.7, 0.7), (0.85, 0.8))
    expect(listed).to_have_count(2)
    expect(listed.last).to_contain_text("mask")
    page.keyboard.press("Control+z")
    expect(listed).to_have_count(1)
    page.keyboard.press("Control+Shift+z")
    expect(listed).to_have_count(2)
    expect(page.get_by_text("All is saved")).to_be_visible()
    page.keyboard.press("n")  # done, and the next picture
    expect(page.get_by_text(re.compile("^2 of 2"))).to_be_visible()
    page.keyboard.press("b")
    page.keyboard.press("1")
    drag(page, (0.1, 0.1), (0.4, 0.5))
    expect(page.get_by_text("All is saved")).to_be_visible()
    page.keyboard.press("v")
    corner = page.get_by_role("button", name=re.compile("^Bottom right corner"))
    corner.focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("All is saved")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="houses", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("2 labels, done"))).to_be_visible()

    with page.expect_download() as taken:
        page.get_by_role("link", name="Export COCO", exact=True).click()
    coco = json.loads(Path(taken.value.path()).read_text(encoding="utf-8"))
    assert len(coco["images"]) == 2 and len(coco["annotations"]) == 3
    assert {c["name"] for c in coco["categories"]} == {"house", "tree"}
    page.get_by_label("Import COCO").set_input_files(
        files=[{"name": "back.json", "mimeType": "application/json", "buffer": json.dumps(coco).encode()}]
    )
    expect(page.get_by_text(re.compile("with labels read from back.json"))).to_be_visible()


SEND = """([method, path, body]) => fetch(path, {method, body: JSON.stringify(body),
  headers: {'content-type': 'application/json', 'x-veduta': '1'}}).then(r => r.json())"""


def test_two_people_are_compared_and_files_of_other_programs_come_and_go(visit: Any, url: str) -> None:
    window = visit(url)
    page = window.go("/annotate")
    page.evaluate("localStorage.setItem('veduta.annotator', 'ann')")
    made = page.evaluate(SEND, ["POST", "/api/annotations", {"name": "pairs", "classes": ["door", "lamp"]}])
    door, lamp = (one["id"] for one in made["classes"])
    photos = [p["id"] for p in ask(url, "/api/photos?limit=2")["photos"]]
    page.evaluate(SEND, ["POST", "/api/annotations/pairs/images", {"photos": photos}])
    first, second = (one["id"] for one in ask(url, "/api/annotations/pairs/images?annotator=ann")["images"])
    drawn = {
        "ann": {
            first: [(door, (0.1, 0.1, 0.4, 0.4)), (lamp, (0.6, 0.6, 0.3, 0.3))],
            second: [(door, (0, 0, 1, 1))],
        },
        "bob": {first: [(door, (0.1, 0.1, 0.4, 0.3))], second: [(lamp, (0, 0, 1, 1))]},
    }
    for who, pictures in drawn.items():
        for picture, labels in pictures.items():
            items = [{"class_id": kind, "box": box} for kind, box in labels]
            path = f"/api/annotations/pairs/images/{picture}/items"
            page.evaluate(SEND, ["PUT", path, {"annotator": who, "done": True, "items": items}])

    page.goto(url.rstrip("/") + "/annotate/pairs")
    agreement = page.get_by_role("region", name="Agreement", exact=True)
    expect(agreement.get_by_label("First person")).to_have_value("ann")
    expect(agreement.get_by_label("Second person")).to_have_value("bob")
    # One door overlaps by 0.4 x 0.3 of 0.4 x 0.4, which is 75 %; the second picture is covered whole by both.
    for term, told in (
        ("Pictures both did", "2"),
        ("Drawn and named alike", "1"),
        ("Overlap of what both drew", "88 %"),
    ):
        expect(agreement.locator("div", has=page.get_by_text(term, exact=True)).locator("dd")).to_have_text(
            told
        )
    differ = agreement.get_by_role("listitem").filter(has=page.get_by_role("link"))
    expect(differ).to_have_count(2)
    expect(agreement).to_contain_text("only ann drew lamp")
    expect(agreement).to_contain_text("different classes: door and lamp")
    agreement.get_by_label("Second person").select_option("ann")
    expect(agreement).to_contain_text("Nothing differs.")

    for form, label in (("yolo", "YOLO"), ("voc", "Pascal VOC")):
        with page.expect_download() as taken:
            page.get_by_role("link", name=f"Export {label}", exact=True).click()
        file = {
            "name": f"{form}.zip",
            "mimeType": "application/zip",
            "buffer": Path(taken.value.path()).read_bytes(),
        }
        path = f"/api/annotations/pairs/images/{first}/items"
        page.evaluate(SEND, ["PUT", path, {"annotator": "ann", "done": False, "items": []}])
        page.get_by_label(f"Import {label}").set_input_files(files=[file])
        expect(page.get_by_text(re.compile(f"with labels read from {form}.zip"))).to_be_visible()
        back = ask(url, f"{path}?annotator=ann")["items"]
        assert {(one["class_id"], *(round(v, 3) for v in one["box"])) for one in back} == {
            (door, 0.1, 0.1, 0.4, 0.4),
            (lamp, 0.6, 0.6, 0.3, 0.3),
        }


def test_suggestions_are_accepted_by_key(visit: Any, url: str, store: Any) -> None:
    window = visit(url)
    page = window.go("/annotate")
    page.evaluate("localStorage.setItem('veduta.annotator', 'bob')")
    page.get_by_label("Name", exact=True).fill("cats")
    page.get_by_label(re.compile("Classes, separated")).fill("cat")
    page.get_by_role("button", name="Make project", exact=True).click()
    expect(page.get_by_role("heading", name="cats", exact=True)).to_be_visible()
    cat = next(p["id"] for p in ask(url, "/api/photos?limit=9")["photos"] if p["name"].startswith("IMG_1930"))
    page.evaluate(
        """id => fetch('/api/annotations/cats/images', {method: 'POST', body: JSON.stringify({photos: [id]}),
        headers: {'content-type': 'application/json', 'x-veduta': '1'}}).then(r => r.json())""",
        cat,
    )
    page.reload()
    page.get_by_role("link", name="Label pictures", exact=True).click()
    expect(page.get_by_role("dialog", name="Label IMG_1930.jpg", exact=True)).to_be_visible()
    listed = page.get_by_role("region", name=re.compile("In this picture")).get_by_role("listitem")
    for decision, left in (("Backspace", 0), ("Enter", 1)):
        page.get_by_label("What to look for").select_option("cat")
        page.get_by_role("button", name="Suggest", exact=True).click()
        expect(page.get_by_role("button", name="Accept", exact=True)).to_be_visible()
        page.keyboard.press(decision)
        expect(page.get_by_role("button", name="Accept", exact=True)).to_have_count(0)
        expect(listed).to_have_count(left)
    expect(listed).to_contain_text("suggested")
    expect(page.get_by_text("All is saved")).to_be_visible()
