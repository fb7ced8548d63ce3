"""The page of a cleaned picture set, in a real browser: decide, save, read back; in both themes, by keyboard."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from veduta.learn.set_cleaning import clean_set
from veduta.learn.set_decisions import read_decisions, write_kept
from veduta.learn.set_report import write_report


def draw(path: Path, seed: int, mirrored: bool = False) -> None:
    """Squares of random colors: sharp, and unlike those of other seeds."""
    colors = np.random.default_rng(seed).integers(30, 220, (9, 12, 3), np.uint8)
    pixels = colors.repeat(20, 0).repeat(20, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels[:, ::-1] if mirrored else pixels).save(path, quality=90)


@pytest.fixture
def cleaned(tmp_path: Path) -> tuple[Path, Path]:
    """A set with a black, a broken and a mirrored picture, and one with a hostile name; and its report."""
    root = tmp_path / "set"
    for number in range(4):
        draw(root / f"train/good{number}.jpg", number)
    draw(root / "test/mirrored.jpg", 2, mirrored=True)
    Image.fromarray(np.zeros((90, 120, 3), np.uint8)).save(root / 'train/black "<b>,&.jpg')
    (root / "train/broken.jpg").write_bytes((root / "train/good0.jpg").read_bytes()[:900])
    found = clean_set(root, tmp_path / "out", labels=False)
    return root, write_report(found, tmp_path / "out" / "report.html")


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser, cleaned: tuple[Path, Path]):  # type: ignore[no-untyped-def]
    """The report, in a window in which errors and requests to elsewhere fail the test."""
    context = browser.new_context(color_scheme=request.param, accept_downloads=True)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda one: complaints.append(one.url) if one.url.startswith("http") else None)
    opened.goto(cleaned[1].as_uri())
    yield opened
    context.close()
    assert complaints == []


def test_a_person_decides_and_the_list_is_read_back(
    page: Page, cleaned: tuple[Path, Path], tmp_path: Path
) -> None:
    root, _ = cleaned
    expect(page.get_by_role("status")).to_have_text("3 to drop, 0 to keep")
    black = page.get_by_role("button", name="black")
    expect(black).to_have_attribute("aria-pressed", "true")
    black.click()
    expect(black).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("status")).to_have_text("2 to drop, 1 to keep, 1 otherwise than suggested")
    page.reload()
    expect(black).to_have_attribute("aria-pressed", "false")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save decisions", exact=True).click()
    saved = tmp_path / "decisions.csv"
    waiting.value.save_as(saved)
    decisions = read_decisions(saved)
    assert decisions == {
        'train/black "<b>,&.jpg': "keep",
        "train/broken.jpg": "drop",
        "train/good2.jpg": "drop",
    }
    kept = write_kept(root, tmp_path / "out", decisions)
    assert (kept.kept, kept.dropped, kept.unknown) == (5, 2, ())


def test_keys_move_and_decide(page: Page) -> None:
    page.keyboard.press("n")
    page.keyboard.press("k")
    first = page.locator(".shot").first
    expect(first).to_be_focused()
    expect(first).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".shot").nth(1)).to_be_focused()
    page.keyboard.press("d")
    expect(page.get_by_role("status")).to_contain_text("2 to drop")
    page.get_by_role("button", name="As suggested", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("3 to drop, 0 to keep")


def test_the_page_is_accessible(page: Page, axe: str) -> None:
    page.add_script_tag(content=axe)
    found = page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa'] })")
    assert [json.dumps(one["nodes"][0]["html"]) + one["id"] for one in found["violations"]] == []


def test_many_pictures_lie_beside_the_page(
    browser: Browser, cleaned: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, report = cleaned
    monkeypatch.setattr("veduta.learn.set_report.EMBEDDED", 1)
    found = clean_set(root, report.parent, labels=False)
    write_report(found, report)
    small = sorted(report.parent.rglob("report-pictures/*/*.webp"))
    assert len(small) == 3  # black, the mirrored one and the one it is of
    before = [one.stat().st_mtime_ns for one in small]
    write_report(found, report)
    assert [one.stat().st_mtime_ns for one in small] == before
    page = browser.new_page()
    page.goto(report.as_uri())
    page.wait_for_function(
        "[...document.images].length === 3 && [...document.images].every((one) => one.naturalWidth > 0)"
    )
    page.close()
