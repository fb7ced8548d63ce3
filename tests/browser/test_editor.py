"""The editor in a real browser: every tool is driven once, on a desk and on a phone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import ask, served, settled
from tests.browser.photos import make_photos

PASSERS = ((200, 640), (560, 700), (980, 660))  # where somebody stands in each shot of the stack


def make_shots(view: Path, folder: Path) -> None:
    """Three shots of one view, each with a bright figure at another place."""
    with Image.open(view) as picture:
        for number, place in enumerate(PASSERS):
            shot = picture.convert("RGB")
            shot.paste(Image.new("RGB", (46, 120), (230, 30, 160)), place)
            shot.save(folder / f"shot_{number}.jpg", quality=94)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A view of Beijing, an astronaut, and three shots of the view with passers-by."""
    folder = tmp_path_factory.mktemp("editor") / "photos"
    for path in make_photos(folder):
        if path.stem not in ("IMG_2041", "IMG_1190"):
            path.unlink()
    make_shots(folder / "2024/IMG_2041.jpg", folder / "2024")
    return folder


@pytest.fixture(scope="module")
def url(web_app: Path, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served library of these pictures."""
    with served(tmp_path_factory.mktemp("editor-library") / "library", str(pictures)) as address:
        settled(address, 5)
        yield address


def photo(url: str, name: str) -> int:
    """The id of a photo."""
    return next(p["id"] for p in ask(url, "/api/photos?limit=20")["photos"] if p["name"].startswith(name))


def opened(window: Any, url: str, name: str = "IMG_2041") -> Page:
    """The editor of a photo, its picture on the table."""
    page: Page = window.go(f"/photo/{photo(url, name)}/edit")
    expect(page.get_by_role("dialog", name=re.compile("Edit "))).to_be_visible()
    drawn(page)
    return page


def drawn(page: Page) -> None:
    """Wait until the picture is there whole: neither the small one that lies under it, nor its first lines."""
    page.wait_for_function(
        "() => { const i = [...document.querySelectorAll('.frame img:not(.under)')].at(-1);"
        " return i?.complete && i.naturalWidth > 0 }"
    )


COLOR = """([x, y]) => {
  const picture = [...document.querySelectorAll('.frame img:not(.under)')].at(-1);
  if (!picture?.complete || !picture.naturalWidth) return [NaN, NaN, NaN];
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
  const context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0);
  const [r, g, b] = context.getImageData(x * canvas.width, y * canvas.height, 1, 1).data;
  return [r, g, b, canvas.width, canvas.height];
}"""


def color(page: Page, x: float, y: float) -> list[int]:
    """Red, green, blue of the shown picture at a spot (shares), and the size of the picture."""
    drawn(page)
    found: list[int] = page.evaluate(COLOR, [x, y])
    return found


def changes(page: Page, before: list[int], x: float, y: float, by: int = 12) -> None:
    """Wait until the shown picture differs at a spot."""
    page.wait_for_function(
        f"([at, old]) => {{ const now = ({COLOR})(at);"
        f" return now.slice(0, 3).some((v, i) => Math.abs(v - old[i]) > {by}) }}",
        arg=[[x, y], before],
    )


def returns(page: Page, before: list[int], x: float, y: float) -> None:
    """Wait until the shown picture is as it was at a spot."""
    page.wait_for_function(
        f"([at, old]) => ({COLOR})(at).slice(0, 3).every((v, i) => Math.abs(v - old[i]) < 6)",
        arg=[[x, y], before],
    )


def drag(page: Page, *points: tuple[float, float]) -> None:
    """Draw with the mouse through points of the picture (shares)."""
    box = page.locator(".frame").bounding_box()
    assert box
    for i, (x, y) in enumerate(points):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6 if i else 1)
        if i == 0:
            page.mouse.down()
    page.mouse.up()


def hand(page: Page, name: str) -> None:
    """Take a way of marking."""
    page.get_by_role("radiogroup", name="How to mark", exact=True).get_by_text(name, exact=True).click()


def tool(page: Page, name: str) -> None:
    """Take a tool of the rail."""
    page.get_by_role("toolbar", name="Tools", exact=True).get_by_role(
        "button", name=re.compile(f"^{name}")
    ).click()


def edits(page: Page) -> Any:
    """The list of edits."""
    return page.get_by_role("region", name="Edits", exact=True).get_by_role("listitem")


def test_what_is_brushed_over_vanishes_and_is_kept_as_a_version(visit: Any, url: str, pictures: Path) -> None:
    file = pictures / "2024/shot_0.jpg"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    window = visit(url)
    number = photo(url, "shot_0")
    page = window.go(f"/photo/{number}")
    expect(page.get_by_role("button", name="Edit", exact=True)).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_role("dialog", name="Edit shot_0.jpg", exact=True)).to_be_visible()
    spot = ((PASSERS[0][0] + 23) / 1280, (PASSERS[0][1] + 60) / 854)
    pink = color(page, *spot)
    assert pink[0] > 180 and pink[1] < 90
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()

    hand(page, "Brush")
    drag(page, (spot[0], spot[1] - 0.09), (spot[0], spot[1] + 0.09))
    page.get_by_role("button", name="Remove what was marked by hand", exact=True).click()
    expect(edits(page)).to_have_count(1)
    changes(page, pink, *spot, by=60)
    removed = color(page, *spot)

    page.keyboard.press("Control+z")
    returns(page, pink, *spot)
    expect(page.get_by_role("button", name="Remove what was marked by hand", exact=True)).to_be_enabled()
    page.keyboard.press("Control+Shift+z")
    returns(page, removed, *spot)
    compare = page.get_by_role("button", name="Hold to compare with the original", exact=True)
    compare.hover()
    page.mouse.down()
    expect(page.get_by_text("Original", exact=True)).to_be_visible()
    returns(page, pink, *spot)
    page.mouse.up()
    returns(page, removed, *spot)
    page.keyboard.down("c")
    returns(page, pink, *spot)
    page.keyboard.up("c")
    returns(page, removed, *spot)
    switch = edits(page).get_by_role("switch")
    switch.click()
    returns(page, pink, *spot)
    switch.click()
    returns(page, removed, *spot)

    page.keyboard.press("Control+s")
    page.get_by_label("Name", exact=True).fill("Nobody there")
    page.get_by_role("button", name="Save version", exact=True).click()
    expect(page.get_by_text("“Nobody there” is ready")).to_be_visible()
    expect(page.get_by_text("Version “Nobody there”")).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download", exact=True).first.click()
    with Image.open(taken.value.path()) as kept, Image.open(file) as old:
        assert kept.size == old.size and kept.format == "JPEG"
        at = (PASSERS[0][0] + 23, PASSERS[0][1] + 60)
        assert sum(abs(a - b) for a, b in zip(kept.getpixel(at), old.getpixel(at), strict=True)) > 120
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog", name="Photo shot_0.jpg", exact=True)).to_be_visible()
    page.keyboard.press("i")
    panel = page.get_by_role("complementary", name="Information", exact=True)
    panel.get_by_role("button", name="Rename Nobody there", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Quiet morning")
    page.get_by_role("dialog").get_by_role("button", name="Rename", exact=True).click()
    panel.get_by_role("button", name="Open Quiet morning", exact=True).click()
    expect(page.get_by_text("Version “Quiet morning”")).to_be_visible()
    expect(edits(page)).to_have_count(1)
    returns(page, removed, *spot)
    page.get_by_role("button", name=re.compile("^Change Remove")).click()  # its mask comes back into the hand
    expect(edits(page)).to_have_count(0)
    returns(page, pink, *spot)
    page.get_by_role("button", name="Close the editor (Escape)", exact=True).click()
    page.get_by_role("button", name="Leave", exact=True).click()
    panel.get_by_role("button", name="Delete Quiet morning", exact=True).click()
    page.get_by_role("button", name="Delete version", exact=True).click()
    expect(panel.get_by_role("button", name=re.compile("Quiet morning"))).to_have_count(0)
    assert ask(url, f"/api/photos/{number}/versions")["versions"] == []
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


def test_smart_click_and_box_find_the_edge(visit: Any, url: str) -> None:
    page = opened(visit(url), url, "shot_1")
    x, y = (PASSERS[1][0] + 23) / 1280, (PASSERS[1][1] + 60) / 854
    remove = page.get_by_role("button", name="Remove what was marked by hand", exact=True)
    hand(page, "Smart")
    drag(page, (x, y))
    expect(remove).to_be_enabled()
    page.get_by_role("button", name="Clear marks", exact=True).click()
    expect(remove).to_have_count(0)
    hand(page, "Box")
    drag(page, (x - 0.04, y - 0.09), (x + 0.04, y + 0.09))
    expect(remove).to_be_enabled()
    page.get_by_role("button", name="Take away", exact=True).click()
    drag(page, (x - 0.04, y - 0.09), (x + 0.04, y + 0.09))
    expect(page.get_by_role("status").filter(has_text="Finding")).to_have_count(0)
    page.get_by_role("button", name="Take away", exact=True).press("x")
    expect(page.get_by_role("button", name="Add", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_label("What happens").select_option("pixelate")
    drag(page, (x - 0.04, y - 0.09), (x + 0.04, y + 0.09))
    expect(page.get_by_role("status").filter(has_text="Finding")).to_have_count(0)
    page.get_by_role("button", name="Pixelate what was marked by hand", exact=True).click()
    expect(edits(page)).to_contain_text("Make unrecognizable")
    page.keyboard.press("Control+z")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Close the editor (Escape)", exact=True).click()
    expect(page.get_by_role("dialog", name="Photo shot_1.jpg", exact=True)).to_be_visible()


def test_the_brush_is_led_by_the_keyboard(visit: Any, url: str) -> None:
    page = opened(visit(url), url)
    hand(page, "Brush")
    stage = page.get_by_role("application", name=re.compile("Picture IMG_2041"))
    stage.focus()
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("]")
    page.keyboard.down("Enter")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.up("Enter")
    expect(page.get_by_role("button", name="Remove what was marked by hand", exact=True)).to_be_enabled()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Remove", exact=True).last).to_be_disabled()


def test_light_color_and_detail_are_drawn_by_the_server(visit: Any, url: str) -> None:
    page = opened(visit(url), url)
    first = color(page, 0.35, 0.5)
    tool(page, "Light")
    exposure = page.get_by_label("Exposure", exact=True)
    exposure.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    changes(page, first, 0.35, 0.5)
    expect(edits(page)).to_contain_text("exposure +0.6")
    page.keyboard.press("Delete")  # back to neutral: the edit is gone, the picture as it was
    expect(edits(page)).to_have_count(0)
    returns(page, first, 0.35, 0.5)
    for name in ("Contrast", "Highlights", "Shadows"):
        page.get_by_label(name, exact=True).fill("0.4")
    expect(edits(page)).to_contain_text("contrast +40, shadows +40, highlights +40")
    page.keyboard.press("Control+z")
    expect(edits(page)).to_contain_text("contrast +40, highlights +40")
    page.get_by_role("button", name="Take all out", exact=True).click()
    returns(page, first, 0.35, 0.5)
    tool(page, "Color")
    page.get_by_label("Temperature", exact=True).fill("0.8")
    changes(page, first, 0.35, 0.5)
    page.get_by_role("button", name="Pick what is gray", exact=True).click()
    drag(page, (0.7, 0.3))
    expect(page.get_by_role("button", name="Pick what is gray", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )
    expect(page.get_by_label("Temperature", exact=True)).not_to_have_value("0.8")
    tool(page, "Detail")
    page.get_by_label("Vignette", exact=True).fill("0.9")
    page.get_by_label("Sharpen", exact=True).fill("1.5")
    expect(page.get_by_role("slider", name="Radius of sharpening", exact=True)).to_be_visible()
    expect(edits(page)).to_have_count(3)
    changes(page, color(page, 0.02, 0.02), 0.02, 0.02, by=-1)
    edits(page).filter(has_text="Vignette").get_by_role("button", name=re.compile("^Take out")).click()
    expect(edits(page)).to_have_count(2)
    page.get_by_role("button", name=re.compile("^Change Color")).click()
    expect(page.get_by_role("heading", name="Color", exact=True)).to_be_visible()


def test_effects_are_switched_on_and_their_amounts_changed(visit: Any, url: str) -> None:
    page = opened(visit(url), url)
    before = color(page, 0.5, 0.2)
    tool(page, "Effects")
    switch = page.get_by_role("switch", name="Auto levels", exact=True)
    expect(switch).not_to_be_checked()
    switch.click()
    expect(edits(page)).to_have_count(1)
    expect(edits(page)).to_contain_text("Auto levels")
    switch.click()
    expect(edits(page)).to_have_count(0)
    sketch = page.get_by_role("switch", name="Sketch", exact=True)
    sketch.click()
    changes(page, before, 0.5, 0.2)
    pencil = color(page, 0.5, 0.2)
    assert max(pencil[:3]) - min(pencil[:3]) < 12  # a pencil has no color
    page.get_by_role("slider", name="Strength", exact=True).press("Home")
    returns(page, before, 0.5, 0.2)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(edits(page)).to_have_count(0)


def test_crop_turn_straighten_and_perspective(visit: Any, url: str) -> None:
    page = opened(visit(url), url)
    tool(page, "Crop")
    expect(page.get_by_text("1280 × 854 pixels")).to_be_visible()
    handle = page.get_by_role("button", name=re.compile("^Bottom right corner"))
    box = handle.bounding_box()
    assert box
    page.mouse.move(box["x"] + 22, box["y"] + 22)
    page.mouse.down()
    page.mouse.move(box["x"] - 180, box["y"] - 100, steps=5)
    page.mouse.up()
    expect(edits(page)).to_contain_text("Crop")
    expect(page.get_by_text("1280 × 854 pixels")).to_have_count(0)
    page.get_by_role("radiogroup", name="Shape", exact=True).get_by_text("1:1", exact=True).click()
    expect(page.get_by_text(re.compile(r"^(\d+) × \1 pixels$"))).to_be_visible()
    frame = page.get_by_role("button", name=re.compile("^Frame:"))
    was = frame.get_attribute("aria-label")
    frame.focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(frame).not_to_have_attribute("aria-label", was or "")
    page.get_by_role("button", name="Turn right", exact=True).click()
    page.wait_for_function(f"() => {{ const [,,, w, h] = ({COLOR})([0.5, 0.5]); return h > w }}")
    page.get_by_role("slider", name="Straighten", exact=True).fill("3.5")
    expect(edits(page)).to_have_count(3)
    tool(page, "Light")  # here the result is shown: a square
    page.wait_for_function(
        f"() => {{ const [,,, w, h] = ({COLOR})([0.5, 0.5]); return Math.abs(w - h) < 3 }}"
    )
    page.get_by_role("button", name="Take all out", exact=True).click()
    page.wait_for_function(f"() => {{ const [,,, w, h] = ({COLOR})([0.5, 0.5]); return w > 1.3 * h }}")
    tool(page, "Perspective")
    first = color(page, 0.1, 0.1)
    page.get_by_label("Vertical", exact=True).fill("0.6")
    changes(page, first, 0.1, 0.1, by=3)
    page.get_by_role("button", name="Place corners", exact=True).click()
    corner = page.get_by_role("button", name=re.compile("^Top left corner"))
    corner.focus()
    page.keyboard.press("Shift+ArrowDown")
    expect(corner).to_have_attribute("aria-label", re.compile("5 % from the top"))
    page.get_by_role("button", name="See the result", exact=True).click()
    expect(edits(page)).to_contain_text("Perspective")


def test_leaving_unsaved_work_is_asked_about(visit: Any, url: str) -> None:
    window = visit(url)
    page = window.go(f"/photo/{photo(url, 'IMG_2041')}")
    page.get_by_role("button", name="Edit", exact=True).click()
    tool(page, "Light")
    page.get_by_label("Contrast", exact=True).fill("0.3")
    page.keyboard.press("Escape")
    question = page.get_by_role("dialog", name="Leave without saving?", exact=True)
    expect(question).to_be_visible()
    question.get_by_role("button", name="Keep editing", exact=True).click()
    expect(edits(page)).to_have_count(1)
    page.go_back()
    expect(question).to_be_visible()
    question.get_by_role("button", name="Leave", exact=True).click()
    expect(page.get_by_role("dialog", name="Photo IMG_2041.jpg", exact=True)).to_be_visible()
    page.keyboard.press("e")
    expect(edits(page)).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("dialog", name="Photo IMG_2041.jpg", exact=True)).to_be_visible()


def test_people_are_found_kept_and_counted(visit: Any, url: str, store: Any) -> None:
    page = opened(visit(url), url, "IMG_1190")
    page.get_by_role("button", name="Find people", exact=True).click()
    found = page.get_by_role("region", name=re.compile("Found"))
    one = found.get_by_role("button", name=re.compile("Person|Eileen")).first
    expect(one).to_have_attribute("aria-pressed", "false")  # she is whom the photo is about
    expect(page.get_by_role("status").filter(has_text="stay")).to_be_visible()
    drag(page, (0.45, 0.55))  # a tap on her in the picture
    expect(one).to_have_attribute("aria-pressed", "true")
    one.click()
    expect(one).to_have_attribute("aria-pressed", "false")
    page.get_by_label("Find something else").select_option("dog")
    expect(page.get_by_role("status").filter(has_text="No dog was found")).to_be_visible()
    page.keyboard.press("8")
    expect(page.get_by_role("status").filter(has_text=re.compile("1.*person"))).to_be_visible()
    expect(page.locator(".dot")).to_have_count(1)
    drag(page, (0.8, 0.05), (0.98, 0.2))
    expect(page.get_by_role("status").filter(has_text=re.compile("0.*in the box"))).to_be_visible()


def test_a_look_that_takes_long_is_stopped(visit: Any, url: str) -> None:
    page = opened(visit(url), url)
    waiting: list[Any] = []
    page.route("**/masks/suggest", lambda route: waiting.append(route))  # held back: as slow as can be
    page.get_by_role("button", name="Cranes").click()
    looking = page.get_by_role("status").filter(has_text="Looking for cranes")
    expect(looking).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(looking).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert len(waiting) == 1
    # What was stopped leaves nothing behind, and the next look goes its way.
    page.unroute("**/masks/suggest")
    hand(page, "Smart")
    expect(page.get_by_role("button", name=re.compile("^Remove what"))).to_have_count(0)


def test_tourists_vanish_from_a_stack(visit: Any, url: str, store: Any) -> None:
    page = visit(url).go("/")
    for name in ("shot_0", "shot_1", "shot_2"):
        tile = page.locator(".tile").filter(has=page.get_by_role("link", name=re.compile(name)))
        tile.hover()
        tile.get_by_role("checkbox").click()
    page.get_by_role("toolbar", name="Selected photos", exact=True).get_by_role(
        "button", name="Combine", exact=True
    ).click()
    page.get_by_role("menuitem", name=re.compile("^Remove tourists")).click()
    expect(page.get_by_role("dialog", name=re.compile(r"Edit shot_\d"))).to_be_visible(timeout=120_000)
    expect(page.get_by_text(re.compile("^Version “"))).to_be_visible()
    drawn(page)
    pink = page.evaluate(
        """() => { const p = document.querySelector('.frame img:not(.under)');
        const c = document.createElement('canvas');
        [c.width, c.height] = [p.naturalWidth, p.naturalHeight]; const g = c.getContext('2d'); g.drawImage(p, 0, 0);
        const d = g.getImageData(0, 0, c.width, c.height).data; let n = 0;
        for (let i = 0; i < d.length; i += 4) if (d[i] > 180 && d[i + 1] < 90 && d[i + 2] > 110) n++; return n; }"""
    )
    assert pink < 100
    page.go_back()
    expect(page.get_by_role("heading", name=re.compile("September 2024$"))).to_be_visible()


def test_a_phone_edits_too(visit: Any, url: str) -> None:
    page = opened(visit(url, width=390, height=844, has_touch=True), url)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    first = color(page, 0.35, 0.5)
    hand(page, "Smart")
    box = page.locator(".frame").bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.12)
    expect(page.get_by_role("button", name="Clear marks", exact=True)).to_be_enabled()
    page.get_by_role("button", name="Clear marks", exact=True).tap()
    tool(page, "Light")
    page.get_by_label("Exposure", exact=True).fill("1")
    changes(page, first, 0.35, 0.5)
    tool(page, "Edits")
    expect(edits(page)).to_have_count(1)
    rail = page.get_by_role("toolbar", name="Tools", exact=True).bounding_box()
    assert rail and rail["y"] > 740 and rail["width"] > 380
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_photo_that_is_not_there_is_told(visit: Any, url: str) -> None:
    window = visit(url)
    page = window.go("/photo/99999/edit")
    expect(page.get_by_role("alert")).to_contain_text("cannot be edited")
    window.complaints.clear()  # the refusal is logged


@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 390)])
def test_no_serious_violation(visit: Any, url: str, axe: str, scheme: str, width: int) -> None:
    page = opened(visit(url, width=width, color_scheme=scheme, reduced_motion="reduce"), url)
    tool(page, "Light")
    page.get_by_label("Contrast", exact=True).fill("0.3")
    page.evaluate(axe)
    found = []
    for name in ("Light", "Remove", "Crop", "Perspective", "Color", "Detail"):
        tool(page, name)
        result = page.evaluate(
            "axe.run({resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
        )
        found += [
            f"{name}: {v['id']}: {v['nodes'][0]['html'][:200]} {v['nodes'][0]['failureSummary'][:200]}"
            for v in result["violations"]
            if v["impact"] in ("serious", "critical")
        ]
    assert not found, "\n".join(found)
