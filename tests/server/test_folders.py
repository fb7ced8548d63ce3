"""Folders are added, watched, left out and taken out; their photos come in the background."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from veduta.server.context import Context


def wait_until(done: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for something that happens in the background."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def here(client: TestClient) -> Context:
    """The context of the served library; no network is needed to look at photos."""
    found: Context = client.app.state.context  # type: ignore[attr-defined]
    return found


@pytest.fixture(autouse=True)
def no_recognizers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only thumbnails are made: what recognizers say is not looked at here."""
    monkeypatch.setattr("veduta.library.lineup.names", list)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three photos."""
    place = tmp_path / "holiday"
    place.mkdir()
    for number in range(3):
        Image.new("RGB", (80 + number, 60), (number * 40, 90, 200)).save(place / f"{number}.png")
    return place


def test_add_and_take_out(client: TestClient, here: Context, folder: Path) -> None:
    before = client.get("/api/status").json()
    answer = client.post("/api/folders", json={"path": str(folder)})
    assert answer.status_code == 201 and answer.json()["path"] == str(folder)
    number = answer.json()["id"]
    wait_until(lambda: here.worker.idle)
    status = client.get("/api/status").json()
    assert status["photos"] == before["photos"] + 3 and status["state"] == "idle"
    assert status["library"]["folders"] == before["library"]["folders"] + 1
    listed = client.get("/api/folders").json()
    assert {f["path"]: f["photos"] for f in listed}[str(folder)] == 3
    client.patch("/api/photos", json={"ids": [new_photo(client, "1.png")], "change": {"rating": 3}})
    assert client.delete(f"/api/folders/{number}").json() == {"changed": 3}
    assert client.get("/api/status").json()["photos"] == before["photos"]
    assert client.get("/api/photos", params={"missing": True}).json()["total"] == 3
    assert sorted(p.name for p in folder.iterdir()) == ["0.png", "1.png", "2.png"]
    assert client.delete(f"/api/folders/{number}").status_code == 404
    client.post("/api/folders", json={"path": str(folder)})
    wait_until(lambda: here.worker.idle)
    assert client.get("/api/photos", params={"rating": 3}).json()["total"] == 1


def new_photo(client: TestClient, name: str) -> int:
    """The number of a photo by name."""
    [found] = [p["id"] for p in client.get("/api/photos").json()["photos"] if p["name"] == name]
    return int(found)


def test_patterns_are_left_out(client: TestClient, here: Context, folder: Path) -> None:
    number = client.post("/api/folders", json={"path": str(folder), "excludes": ["2.*"]}).json()["id"]
    wait_until(lambda: here.worker.idle)
    assert client.get("/api/folders").json()[0]["photos"] + client.get("/api/folders").json()[1]["photos"] > 2
    assert not [p for p in client.get("/api/photos").json()["photos"] if p["name"] == "2.png"]
    client.patch(f"/api/folders/{number}", json={"excludes": []})
    wait_until(lambda: here.worker.idle)
    new_photo(client, "2.png")


def test_watched_folders_are_read_again(
    client: TestClient, here: Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("veduta.server.worker.SETTLE_MS", 50)
    client.post("/api/folders", json={"path": str(folder), "watch": True})
    wait_until(lambda: here.worker.idle)
    before = client.get("/api/status").json()["photos"]
    time.sleep(0.5)  # the watch begins in the background
    Image.new("RGB", (50, 50), "red").save(folder / "new.png")
    wait_until(lambda: client.get("/api/status").json()["photos"] == before + 1)


def test_wrong_folders(client: TestClient, root: Path, folder: Path) -> None:
    def refused(path: str) -> int:
        return client.post("/api/folders", json={"path": path}).status_code

    assert refused(str(folder / "nothing")) == 404
    assert refused(str(folder / "1.png")) == 404
    assert refused("relative/folder") == 422
    assert refused("a\0b") == 422
    assert refused("~nobody-of-that-name/x") == 404
    assert refused(str(root / "library" / "thumbs")) == 409
    assert client.patch("/api/folders/999", json={"watch": True}).status_code == 404


def test_choices(client: TestClient, folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / ".hidden").mkdir()
    os.mkdir(os.fsencode(folder) + b"/na\xefve")  # noqa: PTH102
    found = client.get("/api/folders/choices", params={"path": str(folder)}).json()
    assert found["folders"] == [str(folder / "na") + "\\xefve", str(folder / "sub")]
    assert found["parent"] == str(folder.parent)
    assert client.get("/api/folders/choices").status_code == 200
    assert client.get("/api/folders/choices", params={"path": "/nothing/here"}).status_code == 404


def test_problems_and_retry(client: TestClient, here: Context, folder: Path) -> None:
    page = client.get("/api/problems").json()
    assert page["total"] == 1 and page["problems"][0]["path"].endswith("broken.jpg")
    assert page["problems"][0]["reason"]
    assert client.get("/api/status").json()["problems"][0]["path"] == page["problems"][0]["path"]
    (folder / "bad.png").write_bytes((folder / "0.png").read_bytes()[:40])
    client.post("/api/folders", json={"path": str(folder)})
    wait_until(lambda: here.worker.idle)
    assert client.get("/api/problems").json()["total"] == 2
    assert client.post("/api/activity/retry", json={"path": str(folder / "bad.png")}).json() == {"changed": 1}
    wait_until(lambda: here.worker.idle)
    assert client.get("/api/problems").json()["total"] == 2
    assert client.post("/api/activity/retry", json={"ids": [10**9]}).json() == {"changed": 0}
    assert client.post("/api/activity/retry", json={"all": True}).json() == {"changed": 2}
    wait_until(lambda: here.worker.idle)


def test_scan_cancel_and_activity(client: TestClient, here: Context, folder: Path) -> None:
    assert client.get("/api/activity").json()["state"] == "idle"
    client.post("/api/folders", json={"path": str(folder)})
    client.post("/api/activity/cancel")
    wait_until(lambda: here.worker.idle)
    client.post("/api/activity/scan")
    wait_until(lambda: here.worker.idle)
    activity = client.get("/api/activity").json()
    assert activity["pending"] == 0 and activity["message"] is None and activity["finished"]
    new_photo(client, "0.png")


def test_settings(client: TestClient, here: Context, folder: Path) -> None:
    given = client.get("/api/settings").json()
    assert given["local"] and not given["password"] and not given["watch"]
    client.post("/api/folders", json={"path": str(folder)})
    changed = client.patch("/api/settings", json={"watch": True, "excludes": ["*.tmp"]}).json()
    assert changed["watch"] and changed["excludes"] == ["*.tmp"]
    assert all(f["watch"] and f["excludes"] == ["*.tmp"] for f in client.get("/api/folders").json())
    assert client.patch("/api/settings", json={"recognizers": ["nothing"]}).status_code == 422
    wait_until(lambda: here.worker.idle)
