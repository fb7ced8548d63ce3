"""The grid over 100,000 photos: what is in the page, what is asked for, and where one lands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.synthetic import SyntheticServer

TOTAL = 100_000


@pytest.fixture(scope="module")
def synthetic(web_app: object) -> Iterator[SyntheticServer]:
    """A make-believe library of 100,000 photos."""
    with SyntheticServer(TOTAL) as server:
        yield server


def _positions(page: Any) -> list[int]:
    return [int(v) for v in page.eval_on_selector_all("[data-index]", "all => all.map(e => e.dataset.index)")]


IN_VIEW = """[...document.querySelectorAll('[data-index]')].filter((e) => {
    const box = e.getBoundingClientRect(), view = document.querySelector('.scroller').getBoundingClientRect();
    return box.bottom > view.top && box.top < view.bottom; }).map((e) => Number(e.dataset.index))"""


def _in_view(page: Any) -> list[int]:
    found: list[int] = page.evaluate(f"() => {IN_VIEW}")
    return found


def _comes_into_view(page: Any, index: int) -> None:
    page.wait_for_function(f"(index) => {IN_VIEW}.includes(index)", arg=index)


def test_only_what_is_in_view_is_in_the_page(visit: Any, synthetic: SyntheticServer) -> None:
    window = visit(synthetic.url)
    pages: list[str] = []
    window.page.on("request", lambda r: pages.append(r.url) if "/api/photos?" in r.url else None)
    page = window.go("/")
    page.wait_for_selector(".tile img.loaded")
    assert len(_positions(page)) < 150
    assert len(pages) < 8
    assert page.locator(".canvas").bounding_box()["height"] > 1_000_000
    page.keyboard.press("Tab")


def test_travels_to_the_end_and_back_by_keyboard(visit: Any, synthetic: SyntheticServer) -> None:
    page = visit(synthetic.url).go("/")
    page.wait_for_selector(".tile img.loaded")
    page.locator('[data-index="0"]').focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector('[data-index="1"]:focus')
    page.keyboard.press("End")
    page.wait_for_selector(f'[data-index="{TOTAL - 1}"]:focus')
    page.wait_for_selector(".tile img.loaded")
    _comes_into_view(page, TOTAL - 1)
    page.keyboard.press("ArrowUp")
    page.wait_for_function(f"Number(document.activeElement.dataset.index) < {TOTAL - 1}")
    page.keyboard.press("Home")
    page.wait_for_selector('[data-index="0"]:focus')
    _comes_into_view(page, 0)


def test_photos_do_not_overlap_anywhere(visit: Any, synthetic: SyntheticServer) -> None:
    page = visit(synthetic.url).go("/")
    page.wait_for_selector(".tile img.loaded")
    for share in (0, 0.13, 0.5, 0.81, 1):
        page.evaluate(
            "s => { const e = document.querySelector('.scroller'); e.scrollTop = s * e.scrollHeight; }", share
        )
        page.wait_for_selector(".tile img.loaded")
        page.wait_for_timeout(400)
        boxes = page.eval_on_selector_all(
            ".tile, .month, .day",
            "all => all.map(e => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })",
        )
        assert len(boxes) > 5
        for i, (left, top, right, bottom) in enumerate(boxes):
            for other in boxes[i + 1 :]:
                apart = (
                    other[0] >= right - 1
                    or other[2] <= left + 1
                    or other[1] >= bottom - 1
                    or other[3] <= top + 1
                )
                assert apart, (boxes[i], other)


def test_the_photo_in_view_stays_when_shapes_come_in(visit: Any, synthetic: SyntheticServer) -> None:
    page = visit(synthetic.url).go("/")
    page.wait_for_selector(".tile img.loaded")
    page.evaluate("document.querySelector('.scroller').scrollTop = 2000000")
    page.wait_for_selector(".tile img.loaded")
    page.wait_for_timeout(500)
    before = _in_view(page)
    page.evaluate("document.querySelector('.scroller').scrollBy(0, -600)")
    page.wait_for_timeout(500)
    page.evaluate("document.querySelector('.scroller').scrollBy(0, 600)")
    page.wait_for_function(f"(before) => {IN_VIEW}.some((index) => before.includes(index))", arg=before)


def test_the_scrubber_leads_to_a_year(visit: Any, synthetic: SyntheticServer) -> None:
    page = visit(synthetic.url).go("/")
    page.wait_for_selector(".tile img.loaded")
    scrubber = page.get_by_role("slider", name="Travel to a month", exact=True)
    scrubber.focus()
    expect(scrubber).to_have_attribute("aria-valuetext", "November 2024")
    page.keyboard.press("PageDown")
    page.wait_for_function(
        "document.querySelector('[role=slider]').getAttribute('aria-valuetext').endsWith('2023')"
    )
    box = scrubber.bounding_box()
    page.mouse.click(box["x"] + 30, box["y"] + box["height"] * 0.5)
    page.wait_for_function(
        f"([low, high]) => {{ const first = {IN_VIEW}[0]; return first > low && first < high; }}",
        arg=[TOTAL * 0.3, TOTAL * 0.7],
    )


def test_a_range_is_chosen_with_shift(visit: Any, synthetic: SyntheticServer) -> None:
    page = visit(synthetic.url).go("/")
    page.wait_for_selector(".tile img.loaded")
    page.locator('[data-index="1"]').focus()
    page.keyboard.press("x")
    page.locator('[data-index="6"]').click(modifiers=["Shift"])
    page.get_by_role("toolbar", name="Selected photos", exact=True).wait_for()
    expect(page.locator(".tile.chosen")).to_have_count(6)
    page.keyboard.press("Escape")
    expect(page.locator(".tile.chosen")).to_have_count(0)


def test_a_million_photos_are_reached_too(visit: Any, web_app: object) -> None:
    with SyntheticServer(1_000_000) as server:
        page = visit(server.url).go("/")
        page.wait_for_selector(".tile img.loaded")
        page.locator('[data-index="0"]').focus()
        page.keyboard.press("End")
        page.wait_for_selector('[data-index="999999"]:focus')
        _comes_into_view(page, 999_999)
        page.keyboard.press("Home")
        page.wait_for_selector('[data-index="0"]:focus')
        _comes_into_view(page, 0)
