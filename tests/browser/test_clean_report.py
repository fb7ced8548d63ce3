"""The page of a cleaned bank, opened from its file in a real browser: put back, load again, save; two banks apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.landmarks.test_clean import make_bank
from veduta.landmarks.bank import Bank
from veduta.landmarks.clean import clean
from veduta.landmarks.clean_report import write_report


def report(folder: Path) -> Path:
    """The page of a small bank that was cleaned."""
    bank, strangers = make_bank(folder)
    with Bank.open(bank) as opened:
        clean(opened, background=strangers)
        return write_report(opened, folder / "report.html")


@pytest.fixture
def page(browser: Browser):  # type: ignore[no-untyped-def]
    """A window in which errors and requests to elsewhere fail the test."""
    context = browser.new_context(accept_downloads=True)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda one: complaints.append(one.url) if one.url.startswith("http") else None)
    yield opened
    context.close()
    assert complaints == []


def test_what_was_put_back_is_there_when_the_page_is_loaded_again(page: Page, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first, second = report(tmp_path / "one"), report(tmp_path / "two")
    page.goto(first.as_uri())
    expect(page.locator("#count")).to_have_text("Nothing to put back")
    photos = page.locator(".photo[data-path]")
    for number in (0, 2):
        photos.nth(number).click()
    photos.nth(1).focus()
    page.keyboard.press("Enter")
    photos.nth(2).click()  # not that one after all
    expect(page.locator("#count")).to_have_text("2 photos to put back")
    page.reload()
    expect(page.locator("#count")).to_have_text("2 photos to put back")
    wanted = [photos.nth(number).get_attribute("data-path") for number in (0, 1)]
    with page.expect_download() as waiting:
        page.locator("#save").click()
    waiting.value.save_as(tmp_path / "restore.txt")
    assert (tmp_path / "restore.txt").read_text("utf-8").split("\n") == [*wanted, ""]
    page.goto(second.as_uri())  # a bank of the same name elsewhere
    expect(page.locator("#count")).to_have_text("Nothing to put back")
    page.goto(first.as_uri())
    page.locator("#none").click()
    page.reload()
    expect(page.locator("#count")).to_have_text("Nothing to put back")
