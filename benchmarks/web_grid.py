"""The web app's grid: how soon the first picture is there, and how long the page ever stands still.

A make-believe server answers at once, so that the browser's own work is measured: 100,000 and 1,000,000 photos,
scrolled by wheel and dragged through all years by the scrubber. Needs the built web app and a Chromium.
"""

from __future__ import annotations

import time

from playwright.sync_api import Page, sync_playwright
from tests.browser.conftest import FLAGS, find_chromium
from tests.browser.synthetic import SyntheticServer

from benchmarks.figure import Figure

WATCH = """window.stalls = [];
new PerformanceObserver((list) => list.getEntries().forEach((e) => window.stalls.push(e.duration)))
  .observe({ type: 'longtask', buffered: true });"""
FRAMES = """() => { window.frames_ = []; let last = performance.now();
  const tick = (now) => { window.frames_.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick); }"""


def _stalls(page: Page) -> float:
    """The longest task since the last call, milliseconds (0: none above 50)."""
    return float(page.evaluate("Math.max(0, ...window.stalls.splice(0))"))


def _late(page: Page) -> float:
    """Share of frames that took more than 50 ms since the last call."""
    late, total = page.evaluate(
        "(() => { const f = window.frames_.splice(0); return [f.filter((t) => t > 50).length, f.length]; })()"
    )
    return float(late) / max(1, total)


def _scroll(page: Page, photos: int) -> list[Figure]:
    start = time.perf_counter()
    page.wait_for_selector(".tile img.loaded")
    first = time.perf_counter() - start
    name = f"web grid, {photos:,} photos"
    figures = [
        Figure(f"{name}: first picture", first, "s", better="lower"),
        Figure(f"{name}: longest task at the start", _stalls(page), "ms", better="lower"),
    ]
    page.evaluate(FRAMES)
    page.mouse.move(700, 500)
    for _ in range(150):
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(16)
    page.wait_for_timeout(500)
    figures.append(Figure(f"{name}: longest task while the wheel turns", _stalls(page), "ms", 200, "lower"))
    figures.append(
        Figure(f"{name}: frames above 50 ms while the wheel turns", _late(page), "", 0.05, "lower")
    )
    box = page.locator(".scrubber").bounding_box()
    if box is None:
        raise RuntimeError("the scrubber is not shown")
    page.mouse.move(box["x"] + 30, box["y"] + 4)
    page.mouse.down()
    for step in range(120):
        page.mouse.move(box["x"] + 30, box["y"] + 4 + step * (box["height"] - 8) / 120)
    page.mouse.up()
    page.wait_for_timeout(1000)
    figures.append(Figure(f"{name}: longest task while years fly by", _stalls(page), "ms", 200, "lower"))
    tiles = page.locator(".tile").count()
    figures.append(Figure(f"{name}: pictures in the page", tiles, "", 150, "lower"))
    return figures


def measure() -> list[Figure]:
    """Scroll both catalogs once."""
    found: list[Figure] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        for photos in (100_000, 1_000_000):
            with SyntheticServer(photos) as server:
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                page.add_init_script(WATCH)
                page.goto(server.url, wait_until="commit")
                found += _scroll(page, photos)
                page.close()
        browser.close()
    return found
