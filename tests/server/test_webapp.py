"""The built web app is served; pages of the app all lead to its first page."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from veduta.server import webapp


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built app."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Veduta</title>")
    (folder / "assets" / "index-abc123.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setattr(webapp, "STATIC", folder)
    return folder


def test_pages_and_files(client: TestClient, built: Path) -> None:
    for path in ("/", "/photos/12", "/search?q=x", "/people", "/a%00b", "/" + "x" * 5000):
        answer = client.get(path)
        assert answer.status_code == 200 and "<title>Veduta" in answer.text, path
        assert answer.headers["cache-control"] == "no-cache"
    script = client.get("/assets/index-abc123.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    headers = {"If-None-Match": script.headers["etag"]}
    assert client.get("/assets/index-abc123.js", headers=headers).status_code == 304
    assert client.get("/assets/other.js").status_code == 404


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"])
def test_nothing_outside_is_served(client: TestClient, built: Path, path: str) -> None:
    assert "secret" not in client.get(path).text.replace("secret.txt", "")


def test_not_built(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webapp, "STATIC", tmp_path / "nothing")
    answer = client.get("/")
    assert answer.status_code == 200 and "make web" in answer.text


def test_only_reading(client: TestClient, built: Path) -> None:
    assert client.post("/photos").status_code == 405
    assert client.delete("/api/nothing").status_code in (404, 405)
