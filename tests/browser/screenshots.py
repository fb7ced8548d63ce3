"""Take the documentation's pictures of every page, in both themes: `python -m tests.browser.screenshots`.

The photos shown are cut from packaged photographs (see photos.py); none is anybody's private picture.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import urllib.request
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import FLAGS, ROOT, ask, find_chromium, served, settled
from tests.browser.photos import make_photos

TARGET = ROOT / "docs/images"


def _tell(url: str, method: str, path: str, body: object) -> Any:
    """Change something through the API."""
    headers = {"content-type": "application/json", "x-veduta": "1"}
    request = urllib.request.Request(
        url.rstrip("/") + path, json.dumps(body).encode(), headers, method=method
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def _arrange(url: str) -> dict[str, int]:
    """Name people, choose favorites, make albums; gives photo ids by file name."""
    ids = {p["name"].removesuffix(".jpg"): p["id"] for p in ask(url, "/api/photos?limit=200")["photos"]}
    for start, name in (("IMG_119", "Eileen Collins"), ("DSC_030", "Grace Hopper")):
        for photo in (i for n, i in ids.items() if n.startswith(start)):
            for face in ask(url, f"/api/photos/{photo}")["people"]:
                _tell(url, "POST", f"/api/faces/{face['face_id']}/assign", {"name": name})
    best = [ids[n] for n in ("IMG_2041", "IMG_2052", "IMG_1935", "DSC_0411", "IMG_1202")]
    _tell(url, "PATCH", "/api/photos", {"ids": best, "change": {"favorite": True}})
    _tell(
        url,
        "PATCH",
        "/api/photos",
        {"ids": [ids["IMG_2041"]], "change": {"rating": 5, "keywords": ["lake"]}},
    )
    _tell(url, "POST", "/api/albums", {"name": "Cards to print", "photos": best[:4]})
    _tell(url, "POST", "/api/albums", {"name": "Coffee and cats", "query": "place:Vienna"})
    return ids


class Photographer:
    """Takes pictures of pages into `TARGET`, as WebP."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        self.url = url.rstrip("/")

    def take(
        self,
        name: str,
        path: str,
        scheme: str,
        size: tuple[int, int] = (1360, 850),
        act: Callable[[Page], None] | None = None,
    ) -> None:
        """One picture of one page; `act` does something first."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
        )
        page = context.new_page()
        page.goto(self.url + path)
        page.wait_for_selector("h1, h2, [role=dialog]")
        page.wait_for_timeout(900)
        if act is not None:
            act(page)
        page.wait_for_timeout(900)
        picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
        context.close()
        TARGET.mkdir(parents=True, exist_ok=True)
        picture.save(TARGET / f"{name}-{scheme}.webp", quality=80, method=6)
        print(f"{name}-{scheme}.webp", flush=True)


def _select(page: Page) -> None:
    page.locator('[data-index="1"]').focus()
    page.keyboard.press("x")
    page.locator('[data-index="3"]').click(modifiers=["Shift"])
    page.mouse.move(5, 500)


def _press(keys: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for key in keys:
            page.keyboard.press(key)
            page.wait_for_timeout(500)

    return act


def _draw(page: Page, *points: tuple[float, float]) -> None:
    """Lead the mouse over the picture of the editor, from share to share of it."""
    box = page.locator(".frame").bounding_box()
    assert box
    for i, (x, y) in enumerate(points):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=8)
        if i == 0:
            page.mouse.down()
    page.mouse.up()


def _brush(page: Page) -> None:
    page.wait_for_selector(".frame img:not([hidden])")
    page.get_by_role("radiogroup", name="How to mark", exact=True).get_by_text("Brush", exact=True).click()
    for _ in range(4):
        page.keyboard.press("]")
    _draw(page, (0.6, 0.67), (0.585, 0.72), (0.61, 0.76), (0.64, 0.74), (0.645, 0.67), (0.61, 0.7))
    for _ in range(5):
        page.keyboard.press("[")
    _draw(page, (0.635, 0.62), (0.655, 0.52))


def _crop(page: Page) -> None:
    page.wait_for_selector(".frame img:not([hidden])")
    page.keyboard.press("2")
    page.get_by_role("slider", name="Straighten", exact=True).fill("-1.6")
    page.get_by_role("radiogroup", name="Shape", exact=True).get_by_text("4:5", exact=True).click()
    frame = page.get_by_role("button", name=re.compile("^Frame:"))
    for _ in range(3):
        frame.press("Shift+ArrowLeft")
    page.get_by_role("heading", name="Crop", exact=True).click()


def _tone(page: Page) -> None:
    page.wait_for_selector(".frame img:not([hidden])")
    page.keyboard.press("4")
    page.get_by_label("Exposure", exact=True).fill("0.35")
    page.get_by_label("Shadows", exact=True).fill("0.4")
    page.get_by_label("Contrast", exact=True).fill("0.15")
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(2000)


def _map(page: Page) -> None:
    page.wait_for_selector("[data-ready=true]", timeout=60_000)
    page.wait_for_timeout(2500)


def _type(page: Page) -> None:
    page.get_by_role("combobox").press_sequentially("ca", delay=60)
    page.wait_for_timeout(600)


def _card(picture: Image.Image, radius: int) -> Image.Image:
    """A picture with round corners."""
    mask = Image.new("L", (picture.width * 2, picture.height * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, *mask.size), radius * 2, fill=255)
    card = picture.convert("RGBA")
    card.putalpha(mask.resize(picture.size, Image.Resampling.LANCZOS))
    return card


def hero() -> None:
    """The README's picture: the Photos page on a desk, and a phone before it."""
    desk = _card(Image.open(TARGET / "photos-light.webp"), 14)
    phone = Image.open(TARGET / "phone-photos-dark.webp")
    phone = _card(phone.resize((300, round(300 * phone.height / phone.width)), Image.Resampling.LANCZOS), 30)
    scene = Image.new("RGBA", (desk.width + 160, desk.height + 130), "#e6e9e5")
    places = (
        (desk, (60, 52), 14),
        (phone, (scene.width - phone.width - 52, scene.height - phone.height - 40), 30),
    )
    for card, (x, y), radius in places:
        shadow = Image.new("RGBA", scene.size, (20, 35, 32, 0))
        ImageDraw.Draw(shadow).rounded_rectangle(
            (x, y + 14, x + card.width, y + 14 + card.height), radius, (20, 35, 32, 110)
        )
        scene.alpha_composite(shadow.filter(ImageFilter.GaussianBlur(26)))
        scene.alpha_composite(card, (x, y))
    scene.convert("RGB").save(TARGET / "hero.webp", quality=84, method=6)


def main() -> None:
    """All pages, light and dark."""
    folder = Path(tempfile.gettempdir()) / "veduta"  # paths are seen in the pictures
    shutil.rmtree(folder, ignore_errors=True)
    with sync_playwright() as playwright:
        pictures = folder / "Pictures"
        make_photos(pictures)
        for name in ("Documents", "Pictures from Anna", "Scans"):
            (folder / name).mkdir()
        (pictures / "IMG_0007.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut off")
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        with served(folder / "empty", home=folder) as url:
            for scheme in ("light", "dark"):
                Photographer(browser, url).take("welcome", "/", scheme)
        with served(folder / "library", str(pictures)) as url:
            settled(url, 30)
            ids = _arrange(url)
            person = ask(url, "/api/people")[0]["id"]
            camera = Photographer(browser, url)
            for scheme in ("light", "dark"):
                camera.take("photos", "/", scheme)
                camera.take("selection", "/", scheme, act=_select)
                camera.take("search", "/search?q=cat", scheme)
                camera.take("suggestions", "/search", scheme, act=_type)
                camera.take("albums", "/albums", scheme)
                camera.take("people", "/people", scheme)
                camera.take("person", f"/people/{person}", scheme)
                camera.take("map", "/map", scheme, act=_map)
                camera.take("viewer", f"/photo/{ids['IMG_2041']}", scheme, act=_press("i"))
                camera.take("findings", f"/photo/{ids['IMG_1190']}", scheme, act=_press("fi"))
                camera.take("text", f"/photo/{ids['scan_0001']}", scheme, act=_press("fi"))
                camera.take("editor-remove", f"/photo/{ids['IMG_1935']}/edit", scheme, act=_brush)
                camera.take("editor-crop", f"/photo/{ids['IMG_2041']}/edit", scheme, act=_crop)
                camera.take("editor-light", f"/photo/{ids['IMG_2052']}/edit", scheme, act=_tone)
                camera.take("phone-editor", f"/photo/{ids['IMG_2052']}/edit", scheme, (390, 844), act=_tone)
                camera.take("duplicates", "/duplicates", scheme)
                camera.take("activity", "/activity", scheme)
                camera.take("settings", "/settings", scheme)
                camera.take("phone-photos", "/", scheme, (390, 844))
                camera.take("phone-viewer", f"/photo/{ids['IMG_2052']}", scheme, (390, 844))
                camera.take("phone-people", "/people", scheme, (390, 844))
        browser.close()
    hero()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
