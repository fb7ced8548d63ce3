"""Long names, narrow windows and colors of the machine: everything keeps its place and can be told apart."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ask

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
ARABIC = "ألبوم العائلة في الصيف الماضي على شاطئ البحر الأبيض المتوسط"


def tell(url: str, method: str, path: str, body: object = None) -> Any:
    """Change something through the API."""
    headers = {"content-type": "application/json", "x-veduta": "1"}
    request = urllib.request.Request(
        url.rstrip("/") + path, json.dumps(body).encode(), headers, method=method
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.fixture
def albums(library_url: str) -> Iterator[dict[str, str]]:
    """Albums with names that are hard to place; the addresses of their pages by name."""
    photos = [one["id"] for one in ask(library_url, "/api/photos?limit=2")["photos"]]
    chosen = {LONG: photos, ARABIC: photos, "Empty": []}
    made = {
        name: tell(library_url, "POST", "/api/albums", {"name": name, "photos": ids})["id"]
        for name, ids in chosen.items()
    }
    yield {name: f"/albums/{one}" for name, one in made.items()}
    for one in made.values():
        tell(library_url, "DELETE", f"/api/albums/{one}")


def test_long_names_keep_to_a_phone(visit: Any, library_url: str, albums: dict[str, str]) -> None:
    window = visit(library_url, width=390, height=844)
    for name, path in albums.items():
        page = window.go(path)
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_text(name)
        box = heading.bounding_box()
        assert box and box["width"] > 150 and box["x"] + box["width"] <= 390
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page = window.go("/albums")
    for name, direction in ((LONG, "ltr"), (ARABIC, "rtl")):
        expect(page.get_by_text(name, exact=True).first).to_have_css("direction", direction)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_viewer_keeps_its_buttons_beside_the_panel(visit: Any, library_url: str) -> None:
    photo = ask(library_url, "/api/photos?limit=1")["photos"][0]["id"]
    page = visit(library_url, width=768, height=1024).go(f"/photo/{photo}")
    expect(page.get_by_role("button", name="More for this photo", exact=True)).to_be_visible()
    page.keyboard.press("i")
    panel = page.get_by_role("complementary", name="Information", exact=True)
    expect(panel).to_be_visible()
    edge = panel.bounding_box()
    for name in ("Edit", "Information", "More for this photo"):
        box = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert edge and box and box["x"] >= 0 and box["x"] + box["width"] <= edge["x"]
    page.get_by_role("button", name="More for this photo", exact=True).click()
    expect(page.get_by_role("menuitem", name="Download the original", exact=True)).to_be_visible()


def test_a_damaged_address_leads_nowhere(visit: Any, library_url: str) -> None:
    window = visit(library_url)
    page = window.go("/")
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    page.evaluate(
        "history.pushState({}, '', '/albums/%E0%A4%A'); dispatchEvent(new PopStateEvent('popstate'))"
    )
    expect(
        page.get_by_role("heading", name=re.compile("nothing at this|could not be opened"))
    ).to_be_visible()
    page.wait_for_load_state("networkidle")
    window.complaints.clear()  # the browser itself logs the refusal


def test_what_is_chosen_is_marked_in_the_colors_of_the_machine(visit: Any, library_url: str) -> None:
    page = visit(library_url, forced_colors="active").go("/settings")
    here = page.get_by_role("link", name="Settings", exact=True)
    there = page.get_by_role("link", name="Albums", exact=True)
    expect(here).to_have_attribute("aria-current", "page")
    ground = "one => getComputedStyle(one).backgroundColor"
    assert here.evaluate(ground) != there.evaluate(ground)
    switch = page.get_by_role("switch", name=re.compile("Watch")).first
    expect(switch).to_be_visible()
    expect(switch).not_to_have_css("appearance", "none")
