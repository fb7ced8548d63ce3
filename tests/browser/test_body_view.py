"""The viewer page of sections, in a real Chromium: planes, surface, keys, dark and light, no network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import PATIENCE
from veduta.space.viewer import page as page_of
from veduta.space.volume import Volume

COUNT_DRAWN = """() => { const c = document.getElementById('surface'), d = document.createElement('canvas');
d.width = c.width; d.height = c.height; const x = d.getContext('2d'); x.drawImage(c, 0, 0);
const p = x.getImageData(0, 0, c.width, c.height).data; let s = 0, h = 0;
for (let n = 0; n < p.length; n += 4) if (p[n] !== p[0]) { s++; h = (h * 31 + p[n] + n) % 1000003; } return [s, h]; }"""


def drawn(view: Page, wanted: str, old: list[int]) -> list[int]:
    """Wait until what is drawn is as wanted; how many pixels it covers, and a number made of them."""
    view.wait_for_function(f"old => {{ const now = ({COUNT_DRAWN})(); return {wanted}; }}", arg=old)
    found: list[int] = view.evaluate(COUNT_DRAWN)
    return found


@pytest.fixture(scope="module")
def view(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page of a block with a bright ball in it; skips where there is no WebGL."""
    z, y, x = np.mgrid[:24, :30, :36]
    ball = (x - 18) ** 2 + (y - 15) ** 2 + (z - 12) ** 2 < 81
    volume = Volume(np.where(ball, 210, 30).astype(np.uint8), 0.5)
    file = tmp_path_factory.mktemp("view") / "view.html"
    file.write_text(page_of(volume, ball, "A <ball>", 120), "utf-8")
    page = browser.new_page(color_scheme="dark")
    page.set_default_timeout(PATIENCE)
    page.on("request", lambda request: asked.append(request.url))
    asked: list[str] = []
    page.goto(Path(file).as_uri())
    page.wait_for_selector("body[data-ready=yes]")
    assert asked == [Path(file).as_uri()]
    if "cannot be shown" in (page.text_content("#told") or ""):
        pytest.skip("this Chromium has no WebGL")
    yield page
    page.close()


def test_planes_show_the_volume(view: Page) -> None:
    assert view.title().startswith("A <ball>")
    gray = "([id, x, y]) => document.getElementById(id).getContext('2d').getImageData(x, y, 1, 1).data[0]"
    for name, (width, height) in {"z": (36, 30), "y": (36, 24), "x": (24, 30)}.items():
        canvas = f"plane-{name}"
        assert view.evaluate(
            "id => [document.getElementById(id).width, document.getElementById(id).height]", canvas
        ) == [
            width,
            height,
        ]
        assert view.evaluate(gray, [canvas, width // 2, height // 2]) == 210
        assert view.evaluate(gray, [canvas, 0, 0]) == 30
    view.focus("#at-z-range")
    view.keyboard.press("Home")
    assert view.evaluate(gray, ["plane-z", 18, 15]) == 30
    assert view.get_attribute("#at-z-range", "aria-valuetext") == "0.00 mm, 1 of 24"


def test_surface_turns_by_keys_and_mouse(view: Page) -> None:
    view.uncheck("#show-planes")
    view.check("#show-planes")
    first = drawn(view, "now[0] > 2000", [])
    view.focus("#surface")
    for _ in range(4):
        view.keyboard.press("ArrowLeft")
    turned = drawn(view, "now[1] !== old[1]", first)
    view.keyboard.press("+")
    drawn(view, "now[0] > old[0]", turned)
    view.keyboard.press("0")
    drawn(view, "now[0] === old[0] && now[1] === old[1]", first)


def test_everything_has_a_name_and_the_page_is_dark_where_asked(view: Page) -> None:
    named = """() => [...document.querySelectorAll('input, button, canvas')].every(
    (e) => e.labels?.length || e.textContent.trim() || e.getAttribute('aria-labelledby'))"""
    assert view.evaluate(named)
    shade = "() => Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"
    assert view.evaluate(shade) < 60
    view.emulate_media(color_scheme="light")
    assert view.evaluate(shade) > 200
