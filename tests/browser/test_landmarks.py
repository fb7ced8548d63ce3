"""Photographs of landmarks become Attractions in a real browser, over a real library."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ask, served, settled


@pytest.fixture(scope="module")
def attractions_url(
    web_app: Path, eval_dir: Path, store: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A served library of photographs of the Taj Mahal that know no position."""
    root = tmp_path_factory.mktemp("attractions")
    photos = root / "photos"
    photos.mkdir()
    for path in sorted((eval_dir / "landmarks/test/tajmahal").glob("*.jpg"))[:5]:
        shutil.copyfile(path, photos / path.name)
    with served(root / "library", str(photos)) as url:
        settled(url, 5)
        yield url


def test_landmarks_are_albums_by_city(visit: Any, attractions_url: str) -> None:
    page = visit(attractions_url).go("/albums")
    shelf = page.get_by_role("region", name="Attractions", exact=True)
    expect(shelf.get_by_role("heading", name="Agra", exact=True)).to_be_visible()
    shelf.get_by_role("list", name="Agra", exact=True).get_by_role(
        "link", name=re.compile("Taj Mahal")
    ).click()
    expect(page.get_by_role("heading", name=re.compile("Taj Mahal"))).to_be_visible()
    expect(page.locator(".tile a[data-index]").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_viewer_names_the_landmark_and_shows_why(
    visit: Any, attractions_url: str, axe: str, scheme: str
) -> None:
    hit = ask(attractions_url, "/api/search?q=landmark%3A%22taj+mahal%22")["hits"][0]
    assert any(reason.startswith("landmark: Taj Mahal") for reason in hit["why"])
    page = visit(attractions_url, color_scheme=scheme, reduced_motion="reduce").go(
        f"/photo/{hit['photo']['id']}"
    )
    expect(page.get_by_role("dialog", name=re.compile("Photo"))).to_be_visible()
    page.keyboard.press("i")
    panel = page.get_by_role("complementary", name="Information", exact=True)
    expect(panel.get_by_role("link", name="Taj Mahal", exact=True)).to_be_visible()
    expect(panel.get_by_text("Agra, India")).to_be_visible()
    expect(panel.get_by_text("inferred from Taj Mahal")).to_be_visible()
    why = panel.get_by_role("button", name=re.compile("Why here.*Taj Mahal"))
    why.focus()
    page.keyboard.press("Enter")
    expect(why).to_have_attribute("aria-pressed", "true")
    expect(page.locator("img.heat")).not_to_have_js_property("naturalWidth", 0)
    page.evaluate(axe)
    found = page.evaluate(
        "axe.run({resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    )
    assert [v["id"] for v in found["violations"] if v["impact"] in ("serious", "critical")] == []
    page.keyboard.press("Enter")
    expect(why).to_have_attribute("aria-pressed", "false")
    expect(page.locator("img.heat")).to_have_count(0)


def test_the_map_marks_what_is_inferred(visit: Any, attractions_url: str) -> None:
    page = visit(attractions_url).go("/map")
    expect(page.get_by_text("Inferred from landmarks").first).to_be_visible()
