"""A real Chromium, and a real server over a small real library."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.photos import make_photos
from tests.browser.synthetic import STATIC

ROOT = Path(__file__).parents[2]
PATIENCE = 60_000  # milliseconds: machines that test may be slow
expect.set_options(timeout=PATIENCE)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this room drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def find_chromium() -> str | None:
    """Path of a Chromium or Chrome on this machine: VEDUTA_CHROMIUM, else what the PATH has."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("VEDUTA_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def web_app() -> Path:
    """The built web app; skips where it was not built."""
    if not (STATIC / "index.html").is_file():
        pytest.skip("the web app is not built: run `make web`")
    return STATIC


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's script."""
    script = ROOT / "web/node_modules/axe-core/axe.min.js"
    if not script.is_file():
        pytest.skip("axe-core is not installed: run `npm ci` in web/")
    return script.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def browser(web_app: Path) -> Iterator[Browser]:
    """Chromium; skips where there is none."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium found on this machine (install it, or set VEDUTA_CHROMIUM to its path)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield running
        running.close()


class Visit:
    """One browser window that fails the test when the page logs an error or asks another machine for anything."""

    def __init__(
        self, browser: Browser, url: str, width: int = 1360, height: int = 850, **options: Any
    ) -> None:
        self.url = url
        self.closed = False
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height}, **options
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", self._asked)

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.strangers.append(request.url)

    def go(self, path: str = "/") -> Page:
        """Open a page of the app."""
        self.page.goto(self.url.rstrip("/") + path)
        return self.page

    def close(self) -> None:
        """End the visit; what went wrong unseen fails the test."""
        if self.closed:
            return
        self.closed = True
        self.context.close()
        if self.complaints:
            raise AssertionError("the page complained: " + "\n".join(self.complaints))
        if self.strangers:
            raise AssertionError("the page asked other machines: " + ", ".join(self.strangers))


@pytest.fixture
def visit(browser: Browser) -> Iterator[Any]:
    """Opens windows: `visit(url, width=390)`; closes and judges them at the end."""
    open_ones: list[Visit] = []

    def begin(url: str, **options: Any) -> Visit:
        open_ones.append(Visit(browser, url, **options))
        return open_ones[-1]

    yield begin
    for one in open_ones:
        one.close()


@contextmanager
def served(library: Path, *arguments: str, home: Path | None = None) -> Iterator[str]:
    """`veduta up` with a free port (and another home folder); gives the address, and stops it at the end."""
    command = [sys.executable, "-m", "veduta", "up", *arguments, "--library", str(library)]
    command += ["--port", "0", "--no-browser", "--no-pull"]
    log = library.parent / f"{library.name}.log"
    with log.open("wb") as output:
        surroundings = {**os.environ, **({"HOME": str(home)} if home else {})}
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, env=surroundings
        )
    try:
        yield _address(process, log)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(600):
        told = re.search(r"http://127\.0\.0\.1:\d+/", log.read_text(encoding="utf-8", errors="replace"))
        if told:
            return told[0]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(
        f"veduta up did not start: {log.read_text(encoding='utf-8', errors='replace')[-3000:]}"
    )


def ask(url: str, path: str) -> Any:
    """The JSON at an address of the API."""
    with urllib.request.urlopen(url.rstrip("/") + path, timeout=30) as answer:
        return json.load(answer)


def settled(url: str, photos: int) -> None:
    """Wait until the library has read so many photos and rests."""
    for _ in range(1200):
        status = ask(url, "/api/status")
        if status["state"] == "idle" and status["photos"] >= photos:
            return
        if status["state"] == "failed":
            raise AssertionError(f"reading photos stopped: {ask(url, '/api/activity')['message']}")
        time.sleep(0.25)
    raise AssertionError(f"the library did not come to rest: {status}")


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dated and located photos, and one file that is none."""
    folder = tmp_path_factory.mktemp("pictures") / "photos"
    make_photos(folder)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 this is no picture")
    return folder


@pytest.fixture(scope="session")
def library_url(web_app: Path, photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served library of the photos, read by whatever recognizers have their networks."""
    library = tmp_path_factory.mktemp("library") / "library"
    with served(library, str(photo_folder)) as url:
        settled(url, 30)
        yield url
