"""A person uses a real library in a real browser: adds, looks around, searches, names, arranges."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ask, served, settled
from tests.browser.photos import make_photos


def _photos(page: Page) -> Any:
    return page.locator(".tile a[data-index]")


def test_a_newcomer_adds_a_folder(visit: Any, web_app: Path, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    make_photos(pictures, most=6)
    with served(tmp_path / "library") as url:
        window = visit(url)
        page = window.go("/")
        expect(page.get_by_role("heading", name="Welcome to Veduta", exact=True)).to_be_visible()
        path = page.get_by_label("Folder with photos")
        path.fill(str(tmp_path / "nowhere"))
        page.get_by_role("button", name="Add folder", exact=True).click()
        expect(page.get_by_role("alert").filter(has_text="nowhere")).to_be_visible()
        window.complaints.clear()  # the browser itself logs the refusal
        path.fill(str(pictures))
        page.get_by_role("button", name="Add folder", exact=True).click()
        expect(_photos(page).first).to_be_visible(timeout=90_000)
        page.get_by_role("link", name="Activity", exact=True).click()
        expect(page.get_by_role("heading", name="Activity", exact=True)).to_be_visible()
        window.close()


def test_browses_by_day_and_opens_a_photo(visit: Any, library_url: str) -> None:
    page = visit(library_url).go("/")
    expect(page.get_by_role("heading", name=re.compile("September 2024$"))).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("Sat, Sep 14"))).to_be_visible()
    first = _photos(page).first
    first.click()
    viewer = page.get_by_role("dialog", name=re.compile("Photo IMG_"))
    expect(viewer).to_be_visible()
    seen = viewer.get_attribute("aria-label")
    page.keyboard.press("ArrowRight")
    expect(viewer).not_to_have_attribute("aria-label", seen or "")
    page.keyboard.press("ArrowLeft")
    expect(viewer).to_have_attribute("aria-label", seen or "")
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    page.wait_for_selector('[data-index="0"]:focus')
    expect(page).to_have_url(library_url.rstrip("/") + "/")


def test_the_viewer_tells_what_is_known(visit: Any, library_url: str) -> None:
    page = visit(library_url).go("/")
    _photos(page).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("i")
    panel = page.get_by_role("complementary", name="Information", exact=True)
    expect(panel.get_by_text("Pixel 8")).to_be_visible()
    expect(panel.get_by_text("ISO 64")).to_be_visible()
    expect(panel.get_by_text(re.compile(r"1280 ×|× 1280"))).to_be_visible()
    panel.get_by_role("button", name="3 stars", exact=True).click()
    expect(panel.get_by_role("button", name="3 stars", exact=True)).to_have_attribute("aria-pressed", "true")
    panel.get_by_label("Add a keyword").fill("holiday")
    page.keyboard.press("Enter")
    expect(panel.get_by_text("holiday", exact=True)).to_be_visible()
    frame = page.locator(".frame")
    before = frame.bounding_box()["width"]
    page.locator(".viewer").focus()
    page.keyboard.press("z")
    page.wait_for_function(f"document.querySelector('.frame').getBoundingClientRect().width > {before * 1.5}")
    page.keyboard.press("z")
    page.wait_for_function(f"document.querySelector('.frame').getBoundingClientRect().width < {before * 1.1}")
    page.mouse.move(400, 400)
    page.mouse.wheel(0, -500)
    page.wait_for_function(f"document.querySelector('.frame').getBoundingClientRect().width > {before * 1.2}")


def test_a_photo_has_an_address(visit: Any, library_url: str) -> None:
    photo = ask(library_url, "/api/photos?limit=1&offset=3")["photos"][0]
    page = visit(library_url).go(f"/photo/{photo['id']}")
    expect(page.get_by_role("dialog", name=f"Photo {photo['name']}", exact=True)).to_be_visible()
    page.get_by_role("button", name="Next photo", exact=True).click()
    expect(page).not_to_have_url(re.compile(f"/photo/{photo['id']}$"))
    page.get_by_role("button", name="Close (Escape)", exact=True).click()
    expect(_photos(page).first).to_be_visible()


def test_favorites_make_an_album(visit: Any, library_url: str) -> None:
    page = visit(library_url).go("/")
    tile = page.locator(".tile").nth(1)
    tile.hover()
    tile.get_by_role("checkbox").click()
    page.locator('[data-index="3"]').click(modifiers=["Shift"])
    bar = page.get_by_role("toolbar", name="Selected photos", exact=True)
    expect(bar).to_contain_text("3 selected")
    bar.get_by_role("button", name="Favorite", exact=True).click()
    expect(page.get_by_text("3 photos added to your favorites")).to_be_visible()
    page.get_by_role("link", name="Albums", exact=True).click()
    page.get_by_role("link", name=re.compile("Favorites")).click()
    expect(page.locator(".tile")).to_have_count(3)


def test_makes_renames_and_deletes_an_album(visit: Any, library_url: str) -> None:
    page = visit(library_url).go("/albums")
    page.get_by_role("button", name="New album", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Best of the year")
    page.get_by_role("button", name="Make album", exact=True).click()
    expect(page.get_by_role("heading", name="This album is empty", exact=True)).to_be_visible()
    page.get_by_role("link", name="Choose photos", exact=True).click()
    page.locator('[data-index="0"]').press("x")
    page.get_by_role("button", name="Add to album", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Best of the year")).click()
    expect(page.get_by_text("1 photo added to “Best of the year”")).to_be_visible()
    page.get_by_role("link", name="Albums", exact=True).click()
    page.get_by_role("link", name=re.compile("Best of the year")).click()
    expect(page.locator(".tile")).to_have_count(1)
    page.get_by_role("button", name="Rename", exact=True).click()
    page.get_by_label("Name", exact=True).fill("The very best")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="The very best", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete album", exact=True).click()
    expect(page.get_by_role("heading", name="Albums", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("The very best"))).to_have_count(0)


def test_searches_by_place_and_takes_filters_away(visit: Any, library_url: str) -> None:
    page = visit(library_url).go("/")
    expect(_photos(page).first).to_be_visible()
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search photos", exact=True)
    expect(box).to_be_focused()
    box.press_sequentially("vien", delay=30)
    expect(page.get_by_role("option").first).to_be_visible()
    box.fill("place:Vienna after:2023")
    page.keyboard.press("Enter")
    expect(_photos(page).first).to_be_visible()
    expect(page.locator(".why").first).to_contain_text("Vienna")
    some = page.locator(".tile").count()
    page.get_by_role("button", name=re.compile("Remove after")).click()
    expect(page.get_by_role("button", name=re.compile("Remove after"))).to_have_count(0)
    page.wait_for_function(f"document.querySelectorAll('.tile').length >= {some}")
    page.get_by_role("button", name="Save as album", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Vienna days")
    page.get_by_role("button", name="Save album", exact=True).click()
    page.get_by_role("link", name="Albums", exact=True).click()
    expect(page.get_by_role("link", name=re.compile("Vienna days"))).to_be_visible()


def test_nonsense_finds_nothing_and_says_so(visit: Any, library_url: str) -> None:
    page = visit(library_url).go("/search?q=xqzzvw")
    expect(page.get_by_role("heading", name="Nothing matches", exact=True)).to_be_visible()


def test_what_is_seen_can_be_searched(visit: Any, library_url: str, store: Any) -> None:
    page = visit(library_url).go("/search?q=cat")
    expect(_photos(page).first).to_be_visible()
    names = page.eval_on_selector_all(".tile a", "all => all.map(a => a.getAttribute('aria-label'))")
    assert any("IMG_193" in name for name in names)
    expect(page.locator(".why").first).not_to_be_empty()


def test_an_example_picture_finds_its_like(
    visit: Any, library_url: str, store: Any, photo_folder: Path
) -> None:
    page = visit(library_url).go("/search")
    page.locator("input[type=file]").set_input_files(photo_folder / "2024/IMG_2051.jpg")
    expect(page.get_by_text("Looks like your picture")).to_be_visible()
    expect(_photos(page).first).to_have_attribute("aria-label", re.compile("IMG_205"))


def test_names_a_person_and_finds_her(visit: Any, library_url: str, store: Any) -> None:
    page = visit(library_url).go("/people")
    people = page.get_by_role("list", name="People without a name", exact=True)
    field = people.get_by_label("Name this person").first
    field.fill("Eileen Collins")
    page.keyboard.press("Enter")
    expect(
        page.get_by_role("list", name="Named people", exact=True).get_by_text("Eileen Collins")
    ).to_be_visible()
    page.get_by_role("link", name="Eileen Collins", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile("Eileen Collins"))).to_be_visible()
    expect(_photos(page).first).to_be_visible()
    page.get_by_role("button", name="Faces", exact=True).click()
    expect(page.get_by_role("checkbox", name=re.compile("Face")).first).to_be_visible()
    page.goto(library_url.rstrip("/") + "/search?q=person%3A%22Eileen+Collins%22")
    expect(page.locator(".why").first).to_contain_text("Eileen Collins")


def test_findings_are_drawn_and_text_can_be_selected(visit: Any, library_url: str, store: Any) -> None:
    scan = next(
        p for p in ask(library_url, "/api/photos?limit=100")["photos"] if p["name"].startswith("scan_")
    )
    page = visit(library_url).go(f"/photo/{scan['id']}")
    expect(page.get_by_role("dialog", name=re.compile("scan_"))).to_be_visible()
    page.keyboard.press("f")
    toggle = page.get_by_role("group", name="Findings that are drawn", exact=True).get_by_role(
        "button", name=re.compile("Text")
    )
    expect(toggle).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".frame svg polygon, .frame svg rect").nth(2)).to_be_attached()
    toggle.click()
    expect(page.locator(".frame svg polygon, .frame svg rect")).to_have_count(0)
    line = page.locator(".line").first
    expect(line).to_contain_text(re.compile("museum", re.IGNORECASE))
    line.click(click_count=3)
    assert len(page.evaluate("getSelection().toString()").strip()) > 2


def test_the_map_shows_where(visit: Any, library_url: str) -> None:
    page = visit(library_url).go("/map")
    expect(page.locator("[data-ready=true]")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name=re.compile("photos? here")).first).to_be_visible()
    page.get_by_role("complementary", name="Places", exact=True).get_by_role(
        "button", name=re.compile("Vienna")
    ).click()
    expect(page.get_by_role("button", name="6 photos here", exact=True)).to_have_count(1, timeout=60_000)
    page.get_by_role("button", name="6 photos here", exact=True).click()
    expect(
        page.get_by_role("region", name="Photos of this spot", exact=True).get_by_role("link")
    ).to_have_count(6)


def test_activity_names_the_broken_file(visit: Any, library_url: str) -> None:
    page = visit(library_url).go("/activity")
    expect(page.get_by_text("broken.jpg")).to_be_visible()
    page.get_by_role("button", name="Retry broken.jpg", exact=True).click()
    expect(page.get_by_text("Trying again")).to_be_visible()
    settled(library_url, 30)


def test_settings_show_folders_recognizers_and_networks(
    visit: Any, library_url: str, photo_folder: Path
) -> None:
    page = visit(library_url).go("/settings")
    expect(page.get_by_text(str(photo_folder))).to_be_visible()
    expect(page.get_by_role("switch", name="Use faces", exact=True)).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Apache-2.0")).first).to_be_visible()
    expect(page.get_by_text("Nothing leaves this machine.")).to_be_visible()


def test_the_theme_can_be_chosen(visit: Any, library_url: str) -> None:
    page = visit(library_url, color_scheme="light").go("/settings")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_text("Dark", exact=True).click()
    page.wait_for_function(f"light => {background} !== light", arg=light)
    page.reload()
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
    page.wait_for_function(f"light => {background} !== light", arg=light)


def test_a_phone_has_its_navigation_below(visit: Any, library_url: str) -> None:
    page = visit(library_url, width=390, height=844, has_touch=True).go("/")
    expect(_photos(page).first).to_be_visible()
    bar = page.get_by_role("navigation", name="Main", exact=True).bounding_box()
    assert bar["y"] > 700 and bar["width"] > 380
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Settings", exact=True).click()
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_password_is_asked_for(visit: Any, web_app: Path, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("canal grande 1740\n")
    with served(tmp_path / "library", "--password-file", str(secret)) as url:
        window = visit(url)
        page = window.go("/")
        page.get_by_label("Password").fill("wrong guess")
        page.get_by_role("button", name="Open the library", exact=True).click()
        expect(page.get_by_role("alert")).not_to_be_empty()
        window.complaints.clear()  # the browser itself logs the refusal
        page.get_by_label("Password").fill("canal grande 1740")
        page.get_by_role("button", name="Open the library", exact=True).click()
        expect(page.get_by_role("heading", name="Welcome to Veduta", exact=True)).to_be_visible()
        window.close()


@pytest.mark.parametrize("path", ["/nowhere", "/albums/manual:999999", "/people/999999"])
def test_wrong_addresses_are_told(visit: Any, library_url: str, path: str) -> None:
    window = visit(library_url)
    page = window.go(path)
    expect(
        page.get_by_role("heading", name=re.compile("nothing at this address|could not be opened"))
    ).to_be_visible()
    page.wait_for_load_state("networkidle")
    window.complaints.clear()  # the browser itself logs each refusal
