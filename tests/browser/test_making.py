"""What is made of photos, in a real browser: larger ones, one of several, clips."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import ask, served, settled
from tests.browser.photos import make_photos


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A view of Beijing and a piece of it, and three noisy frames of that view."""
    folder = tmp_path_factory.mktemp("making") / "photos"
    for path in make_photos(folder):
        if path.stem not in ("IMG_2041", "IMG_2043"):
            path.unlink()
    rng = np.random.default_rng(3)
    with Image.open(folder / "2024/IMG_2041.jpg") as view:
        for number in range(3):
            place = (2.0, 0, 300 + 2.7 * number, 0, 2.0, 80 + 1.9 * number)
            frame = view.transform((200, 160), Image.Transform.AFFINE, place, Image.Resampling.BILINEAR)
            noisy = np.asarray(frame, np.float64) + rng.normal(0, 9, (160, 200, 3))
            Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / f"night_{number}.png")
    return folder


@pytest.fixture(scope="module")
def url(web_app: Path, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served library of these pictures."""
    with served(tmp_path_factory.mktemp("making-library") / "library", str(pictures)) as address:
        settled(address, 5)
        yield address


def photo(url: str, name: str) -> int:
    """The id of a photo."""
    return next(p["id"] for p in ask(url, "/api/photos?limit=20")["photos"] if p["name"].startswith(name))


def viewed(window: Any, url: str, name: str = "IMG_2041") -> Page:
    """A photo in the viewer."""
    page: Page = window.go(f"/photo/{photo(url, name)}")
    expect(page.get_by_role("button", name="More for this photo", exact=True)).to_be_visible()
    return page


def chosen(page: Page, name: str) -> None:
    """Take something from the menu of the viewer."""
    page.get_by_role("button", name="More for this photo", exact=True).click()
    page.get_by_role("menuitem", name=re.compile(f"^{name}")).click()


def combined(page: Page, names: tuple[str, ...], what: str) -> None:
    """Select photos and take something from the menu of what can be made of them."""
    for name in names:
        tile = page.locator(".tile").filter(has=page.get_by_role("link", name=re.compile(name)))
        tile.hover()
        tile.get_by_role("checkbox").click()
    page.get_by_role("toolbar", name="Selected photos", exact=True).get_by_role(
        "button", name="Combine", exact=True
    ).click()
    page.get_by_role("menuitem", name=re.compile(f"^{what}")).click()


def found_somebody(page: Page) -> None:
    """Answer for the network that looks for people: somebody stands in the middle."""
    mask = {"size": [8, 12], "counts": [36, 8, 52]}
    told = {"name": "person", "kind": "person", "what": "people", "score": 0.9, "box": [0.3, 0, 0.1, 1]}
    told |= {"mask": mask, "keep": False, "person_id": None, "person": None}
    answer = {"width": 12, "height": 8, "regions": [told]}
    page.route("**/masks/suggest", lambda route: route.fulfill(json=answer))


def faults(page: Page, axe: str, where: str) -> list[str]:
    """What axe finds serious in what is shown."""
    page.evaluate(axe)
    result = page.evaluate(
        "axe.run({resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    )
    return [
        f"{where}: {v['id']}: {v['nodes'][0]['html'][:200]} {v['nodes'][0]['failureSummary'][:200]}"
        for v in result["violations"]
        if v["impact"] in ("serious", "critical")
    ]


def test_the_menu_is_led_by_the_keyboard(visit: Any, url: str) -> None:
    page = viewed(visit(url), url)
    button = page.get_by_role("button", name="More for this photo", exact=True)
    button.focus()
    page.keyboard.press("ArrowDown")
    first = page.get_by_role("menuitem").and_(page.locator(":focus"))
    expect(first).to_contain_text("Enlarge")
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")  # closes the menu, not the photo
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(button).to_be_focused()
    expect(page.get_by_role("dialog", name="Photo IMG_2041.jpg", exact=True)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Enlarge", exact=True)
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("dialog", name="Photo IMG_2041.jpg", exact=True)).to_be_visible()


def test_a_photo_is_enlarged_beside_the_original(visit: Any, url: str, pictures: Path) -> None:
    file = pictures / "2024/IMG_2041.jpg"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    page = viewed(visit(url), url)
    chosen(page, "Enlarge")
    dialog = page.get_by_role("dialog", name="Enlarge", exact=True)
    expect(dialog).to_contain_text("2,560 × 1,708 pixels")
    dialog.get_by_text("4×", exact=True).click()
    expect(dialog.get_by_role("radio", name=re.compile("^4×"))).to_be_checked()
    dialog.get_by_text("2×", exact=True).click()
    expect(dialog.get_by_role("radio", name=re.compile("invented detail"))).not_to_be_checked()
    dialog.get_by_role("button", name="Enlarge", exact=True).click()
    expect(dialog.get_by_text("“Enlarged 2×” is ready")).to_be_visible()
    with page.expect_download() as taken:
        dialog.get_by_role("link", name="Download", exact=True).click()
    assert taken.value.suggested_filename == "IMG_2041 - Enlarged 2×.jpg"
    with Image.open(taken.value.path()) as kept:
        assert kept.size == (2560, 1708) and kept.format == "JPEG"
    dialog.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("dialog")).to_have_count(0)  # gone, not only closed
    page.keyboard.press("i")
    panel = page.get_by_role("complementary", name="Information", exact=True)
    panel.get_by_role("button", name="Open Enlarged 2×", exact=True).click()
    expect(page.get_by_text("Version “Enlarged 2×”")).to_be_visible()
    page.wait_for_function("() => document.querySelector('.frame img:not(.under)')?.naturalWidth > 0")
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


def test_what_takes_long_goes_on_in_the_background(visit: Any, url: str) -> None:
    page = viewed(visit(url), url, "IMG_2043")
    number = photo(url, "IMG_2043")
    job = {"id": "r9", "kind": "enlarge", "photo_id": number, "version_id": None, "state": "running"}
    job |= {"stage": "enlarging", "done": 3, "total": 12, "fraction": 0.25, "message": None}
    page.route(f"**/api/photos/{number}/enlarge", lambda route: route.fulfill(status=201, json=job))
    page.route("**/api/edit/jobs/r9", lambda route: route.fulfill(json=job))
    page.route("**/api/edit/jobs/r9/stop", lambda route: route.fulfill(json=job | {"state": "stopping"}))
    chosen(page, "Enlarge")
    dialog = page.get_by_role("dialog", name="Enlarge", exact=True)
    dialog.get_by_text("With invented detail").click()
    dialog.get_by_role("button", name="Enlarge", exact=True).click()
    expect(dialog.get_by_role("status")).to_contain_text("Enlarging 2×: enlarging, 25 % (3 of 12)")
    expect(dialog.get_by_role("progressbar", name="Enlarging 2×", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Go on in the background", exact=True).click()
    expect(dialog).to_have_count(0)
    job |= {"state": "failed", "message": "too large for this machine's memory"}
    expect(page.get_by_text("The picture was not made: too large for this machine's memory")).to_be_visible()
    # Another one is stopped: nothing is left of it.
    job |= {"state": "running", "message": None}
    chosen(page, "Enlarge")
    dialog.get_by_role("button", name="Enlarge", exact=True).click()
    dialog.get_by_role("button", name="Stop", exact=True).click()
    job |= {"state": "stopped"}
    expect(dialog.get_by_text("Stopped. Nothing was changed.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Enlarge", exact=True)).to_be_enabled()


def test_a_refusal_is_told_in_its_words(visit: Any, url: str) -> None:
    window = visit(url)
    page = viewed(window, url)
    told = {"detail": "real-esrgan-x4 is not there: run `veduta models pull real-esrgan-x4`", "status": 409}
    page.route("**/enlarge", lambda route: route.fulfill(status=409, json=told))
    chosen(page, "Enlarge")
    dialog = page.get_by_role("dialog", name="Enlarge", exact=True)
    dialog.get_by_role("button", name="Enlarge", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("veduta models pull real-esrgan-x4")
    window.complaints.clear()  # the refusal is logged


def test_noisy_photos_become_a_sharper_one(visit: Any, url: str) -> None:
    page = visit(url).go("/")
    combined(page, ("night_0", "night_1", "night_2"), "One sharper picture")
    dialog = page.get_by_role("dialog", name="One sharper picture", exact=True)
    dialog.get_by_role("img", name="night_1.png", exact=True).click()
    expect(dialog.get_by_role("radio", name="night_1.png", exact=True)).to_be_checked()
    expect(dialog).to_contain_text("400 × 320")
    dialog.get_by_role("button", name="Fuse", exact=True).click()
    expect(dialog.get_by_text("“Fused from 3 photos” is ready")).to_be_visible()
    dialog.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("dialog", name="Edit night_1.png", exact=True)).to_be_visible()
    expect(page.get_by_text("Version “Fused from 3 photos”")).to_be_visible()


def test_two_photos_are_compared_and_stitched(visit: Any, url: str) -> None:
    page = visit(url).go("/")
    combined(page, ("IMG_2041", "IMG_2043"), "Compare")
    dialog = page.get_by_role("dialog", name="Compare two photos", exact=True)
    expect(dialog.get_by_text("They show the same")).to_be_visible()
    expect(dialog.get_by_role("img", name=re.compile("side by side"))).to_be_visible()
    dialog.get_by_role("button", name="Make a panorama", exact=True).click()
    expect(dialog.get_by_text("“Panorama” is ready")).to_be_visible()
    with page.expect_download() as taken:
        dialog.get_by_role("link", name="Download", exact=True).click()
    with Image.open(taken.value.path()) as kept:
        assert kept.mode == "RGBA" and max(kept.size) > 1280
    dialog.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("dialog")).to_have_count(0)
    page.get_by_role("button", name="Clear the selection", exact=True).click()
    combined(page, ("IMG_2041", "night_1"), "Compare")  # of one thing, or not: it is told
    expect(dialog.get_by_role("status").first).to_contain_text(re.compile("show the same"))


def test_a_photo_is_made_to_move(visit: Any, url: str, pictures: Path) -> None:
    before = hashlib.sha256((pictures / "2024/IMG_2041.jpg").read_bytes()).hexdigest()
    window = visit(url, reduced_motion="reduce")
    page = viewed(window, url)
    found_somebody(page)
    chosen(page, "Make it move")
    dialog = page.get_by_role("dialog", name="Make it move", exact=True)
    somebody = dialog.get_by_role("checkbox", name="Somebody", exact=True)
    expect(somebody).to_be_checked()
    dialog.get_by_role("slider", name="Where the ground ends", exact=True).fill("55")
    cross = dialog.get_by_role("application")
    cross.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("checkbox", name="What you marked", exact=True)).to_be_checked()
    dialog.get_by_role("button", name="Forget What you marked", exact=True).click()
    expect(dialog.get_by_role("checkbox")).to_have_count(1)

    dialog.get_by_role("button", name="Preview", exact=True).click()
    film = dialog.get_by_label("Preview of the clip")
    expect(film).to_be_visible()
    page.wait_for_function("() => document.querySelector('dialog video')?.videoWidth > 0")
    dialog.get_by_text("Red-cyan").click()
    expect(dialog.get_by_role("img", name="Preview", exact=True)).to_be_visible()
    dialog.get_by_text("Clip", exact=True).click()
    dialog.get_by_label("Length", exact=True).fill("2")
    dialog.get_by_role("button", name="Make the clip", exact=True).click()
    expect(dialog.get_by_text("It is ready.")).to_be_visible()
    with page.expect_download() as taken:
        dialog.get_by_role("link", name="Download", exact=True).click()
    assert taken.value.suggested_filename == "IMG_2041 - in motion.mp4"
    assert b"ftyp" in taken.value.path().read_bytes()[:12]
    dialog.get_by_role("button", name="Change it", exact=True).click()
    expect(film).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Photo IMG_2041.jpg", exact=True)).to_be_visible()
    assert hashlib.sha256((pictures / "2024/IMG_2041.jpg").read_bytes()).hexdigest() == before


def test_a_message_is_hidden_in_a_copy_and_looked_for(visit: Any, url: str, tmp_path: Path) -> None:
    from veduta.edit.stego import reveal

    window = visit(url)
    page = viewed(window, url)
    chosen(page, "Hidden message")
    dialog = page.get_by_role("dialog", name="Hidden message", exact=True)
    dialog.get_by_role("button", name="Look", exact=True).click()
    expect(dialog.get_by_role("status")).to_contain_text("No message")
    dialog.get_by_text("Hide one").click()
    expect(dialog.get_by_text(re.compile("0 bytes of about [0-9,]+"))).to_be_visible()
    dialog.get_by_label("Message").fill("meet at noon ☀")
    expect(dialog.get_by_text("16 bytes of about")).to_be_visible()
    dialog.get_by_label("Password, if it shall have one").fill("secret")
    with page.expect_download() as taken:
        dialog.get_by_role("button", name="Hide it in a copy", exact=True).click()
    assert taken.value.suggested_filename == "IMG_2041.png"
    copy = tmp_path / "copy.png"
    taken.value.save_as(copy)
    assert reveal(copy, "secret").message.text == "meet at noon ☀"
    expect(dialog.get_by_role("status")).to_contain_text("IMG_2041.png")
    # What a photo holds is shown; here the server's answer is made up, for the library has no such photo.
    answer = {"kind": "text", "mode": "robust", "bytes": 2, "text": "hi", "name": None, "data": None}
    page.route("**/message/reveal", lambda route: route.fulfill(json=answer))
    dialog.get_by_text("Look for one").click()
    dialog.get_by_role("button", name="Look", exact=True).click()
    expect(dialog.get_by_role("status")).to_contain_text("A text of 2 bytes was found (robust).")
    expect(dialog.locator(".text")).to_have_text("hi")
    window.complaints.clear()  # the refusal is logged


def test_one_photo_is_painted_like_another(visit: Any, url: str, store: Any) -> None:
    page = visit(url).go("/")
    combined(page, ("night_0", "IMG_2043"), "Paint one")
    dialog = page.get_by_role("dialog", name="Paint one like the other", exact=True)
    dialog.get_by_role("button", name="Swap photo and painting", exact=True).click()
    expect(dialog.get_by_role("figure").first).to_contain_text("This photo")
    shown = dialog.get_by_role("img").first.get_attribute("alt")
    if shown != "night_0.png":  # the small one is quick
        dialog.get_by_role("button", name="Swap photo and painting", exact=True).click()
        expect(dialog.get_by_role("img", name="night_0.png", exact=True)).to_be_visible()
    dialog.get_by_label("Strokes").select_option("broad")
    dialog.get_by_role("button", name="Paint", exact=True).click()
    expect(dialog.get_by_text("“Like IMG_2043” is ready")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 390)])
def test_no_serious_violation(visit: Any, url: str, axe: str, scheme: str, width: int) -> None:
    page = viewed(visit(url, width=width, color_scheme=scheme, reduced_motion="reduce"), url)
    page.get_by_role("button", name="More for this photo", exact=True).click()
    found = faults(page, axe, "menu")
    page.get_by_role("menuitem", name=re.compile("^Enlarge")).click()
    found += faults(page, axe, "enlarge")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    found_somebody(page)
    chosen(page, "Make it move")
    expect(page.get_by_role("checkbox", name="Somebody", exact=True)).to_be_visible()
    found += faults(page, axe, "motion")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    chosen(page, "Hidden message")
    page.get_by_text("Hide one").click()
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_visible()
    found += faults(page, axe, "message")
    page.goto(url)
    for name, what in (("Fuse", "One sharper"), ("Make a panorama", "Compare"), ("Paint", "Paint one")):
        combined(page, ("IMG_2041", "IMG_2043") if name == "Fuse" else (), what)
        expect(page.get_by_role("button", name=name, exact=True)).to_be_enabled()
        found += faults(page, axe, what)
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not found, "\n".join(found)
