"""The workshop in a real browser: references are chosen, dropped photos put back, a bank is cleaned again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import served
from tests.landmarks.test_clean import DIRT, MARKS, PHOTOS, make_bank
from veduta.landmarks.bank import Bank
from veduta.landmarks.clean import clean
from veduta.landmarks.references import give
from veduta.landmarks.review import standing

KEPT = PHOTOS - DIRT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bank that was cleaned: each landmark lost DIRT photos, the last one more than half."""
    folder, strangers = make_bank(tmp_path)
    with Bank.open(folder) as bank:
        clean(bank, background=strangers)
        lost = list(bank.photos(f"mark{MARKS - 1}"))[3:]
        bank.judge(
            [(photo.id, "dropped", "unlike its references: distance 1.02", -0.1) for photo in lost], "clean"
        )
    return folder


@pytest.fixture(scope="module")
def server(web_app: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served library without any photo: banks are no part of it."""
    with served(tmp_path_factory.mktemp("workshop") / "library") as url:
        yield url


def at(folder: Path, landmark: str = "") -> str:
    return f"/workshop?bank={quote(str(folder))}" + (f"&landmark={landmark}" if landmark else "")


def serious(page: Any, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate(
        "axe.run({resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    )
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:200]}"
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]


def test_a_bank_is_opened_from_the_settings(visit: Any, server: str, folder: Path, tmp_path: Path) -> None:
    window = visit(server)
    page = window.go("/settings")
    page.get_by_role("link", name=re.compile("Workshop")).click()
    path = page.get_by_label(re.compile("The bank’s own folder"))
    path.fill(str(tmp_path))
    page.get_by_role("button", name="Open bank", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("holds no bank")
    window.complaints.clear()  # the refusal is logged
    path.fill(str(folder))
    page.get_by_role("button", name="Open bank", exact=True).click()
    expect(page.get_by_role("heading", name="bank", exact=True)).to_be_visible()
    expect(page.get_by_text(f"{MARKS} landmarks · ")).to_be_visible()
    look = page.get_by_role("region", name=re.compile("Needs a look"))
    expect(look.get_by_role("link")).to_have_count(1)
    expect(look.get_by_text("Lost more than half")).to_be_visible()
    page.get_by_role("searchbox").fill("MARK2")
    expect(page.get_by_role("link", name=re.compile("Mark2"))).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Mark5"))).to_have_count(0)
    page.get_by_role("link", name=re.compile("Workshop")).click()
    expect(page.get_by_role("region", name="Opened lately", exact=True).get_by_role("link")).to_contain_text(
        str(folder)
    )


def test_references_are_chosen_by_keyboard(visit: Any, server: str, folder: Path) -> None:
    page = visit(server).go(at(folder, "mark1"))
    expect(page.get_by_text("None chosen: cleaning takes the 5 suggested ones")).to_be_visible()
    kept = page.get_by_role("list", name="Kept photos", exact=True)
    expect(kept.get_by_role("button", name=re.compile("^Suggested reference"))).to_have_count(5)
    first = kept.locator(".chip").first
    first.focus()
    page.keyboard.press("Enter")
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text(re.compile("only 1 given", re.I))).to_be_visible()
    for index in (6, 7):
        kept.locator(".chip").nth(index).click()
    expect(page.get_by_text("3 references chosen")).to_be_visible()
    expect(page.get_by_text(re.compile("only . given", re.I))).to_have_count(0)
    with Bank.open(folder) as bank:
        assert standing(bank, "mark1").references == 3
    kept.locator(".picture").nth(7).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("img")).not_to_have_js_property("naturalWidth", 0)
    expect(dialog.get_by_role("button", name="Reference", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Choose none", exact=True).click()
    page.get_by_role("button", name="Choose none", exact=True).wait_for(state="hidden")
    expect(page.get_by_text("None chosen: the next cleaning suggests some")).to_be_visible()


def test_dropped_photos_are_put_back_and_stay(visit: Any, server: str, folder: Path, store: Any) -> None:
    page = visit(server).go(at(folder, "mark0"))
    dropped = page.get_by_role("list", name="Dropped photos", exact=True)
    expect(dropped.get_by_role("listitem")).to_have_count(DIRT)
    expect(dropped.get_by_text("unlike its references").first).to_be_visible()
    name = dropped.locator(".name").first.inner_text()
    dropped.get_by_role("button", name=f"Put back: {name}", exact=True).click()
    expect(dropped.get_by_role("listitem")).to_have_count(DIRT - 1)
    expect(dropped.get_by_role("button", name=re.compile("Put back"))).to_be_focused()
    kept = page.get_by_role("list", name="Kept photos", exact=True)
    expect(kept.get_by_role("listitem").filter(has_text=name)).to_contain_text("put back by a person")
    page.get_by_role("button", name="Clean again", exact=True).click()
    state = page.get_by_role("region", name="Cleaning", exact=True)
    expect(state.get_by_text(f"Cleaned: {MARKS * PHOTOS} photos judged")).to_be_visible(timeout=90_000)
    expect(kept.get_by_role("listitem").filter(has_text=name)).to_contain_text("put back by a person")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1360), ("dark", 390)])
def test_everyone_can_use_it(
    visit: Any, server: str, folder: Path, axe: str, scheme: str, width: int
) -> None:
    with Bank.open(folder) as bank:
        give(bank, list(bank.photos("mark0"))[:2])
    window = visit(server, width=width, color_scheme=scheme, reduced_motion="reduce")
    for path, shown in (
        ("/workshop", "Open a bank"),
        (at(folder), "Needs a look"),
        (at(folder, "mark0"), "Dropped"),
    ):
        page = window.go(path)
        expect(page.get_by_role("heading", name=re.compile(shown))).to_be_visible()
        page.wait_for_timeout(400)
        assert serious(page, axe) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
