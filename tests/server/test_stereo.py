"""Pairs of two cameras, asked of the server: distance and obstacles; and work on folders."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.floor_scene import Box, Drawn, Scene, draw
from fastapi.testclient import TestClient
from PIL import Image

from tests.server.test_editing import over, post
from veduta.library.add import add_photos
from veduta.library.catalog import Catalog
from veduta.server.app import create_app

SCENE = Scene(
    (Box(-0.15, 0.75, 0.12, 0.1, 0.02), Box(-0.02, 1.3, 0.2, 0.15, 0.10, -15)),
    width=320,
    height=240,
    focal=280.0,
)
KNOWN = {"focal": 280, "baseline": 1000 * SCENE.baseline, "disparities": 64}


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    """The scene as both cameras see it."""
    return draw(SCENE)


@pytest.fixture(scope="module")
def seen(
    drawn: Drawn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TestClient, dict[str, int]]]:
    """A library of both views and a smaller picture."""
    root = tmp_path_factory.mktemp("stereo")
    (root / "photos").mkdir()
    Image.fromarray(drawn.left).save(root / "photos/left.png")
    Image.fromarray(drawn.right).save(root / "photos/right.png")
    Image.fromarray(drawn.left[:100, :100]).save(root / "photos/small.png")
    with Catalog.open(root / "library") as catalog:
        add_photos(catalog, [root / "photos"], [])
    app = create_app(root / "library", background=False)
    with TestClient(app, base_url="http://127.0.0.1:8484", headers={"X-Veduta": "1"}) as client:
        photos = client.get("/api/photos?limit=50").json()["photos"]
        yield client, {Path(one["name"]).stem: one["id"] for one in photos}


def test_distance_is_told_in_millimeters(seen: Any, drawn: Drawn) -> None:
    client, ids = seen
    path = f"/api/photos/{ids['left']}/stereo/{ids['right']}/depth"
    answer = client.post(path, json=KNOWN)
    assert answer.status_code == 200 and answer.headers["x-veduta-unit"] == "millimeters"
    with Image.open(io.BytesIO(answer.content)) as opened:
        depth = np.asarray(opened).astype(float)
    assert depth.shape == (240, 320)
    near = (drawn.depth < 2) & (depth > 0)
    assert np.median(np.abs(depth[near] / 1000 / drawn.depth[near] - 1)) < 0.02
    plain = client.post(path, json={"disparities": 64})
    assert plain.headers["x-veduta-unit"] == "pixels/256"
    colors = client.post(path, json={"show": "colors", "disparities": 64})
    with Image.open(io.BytesIO(colors.content)) as opened:
        assert opened.mode == "RGB"


def test_obstacles_are_told(seen: Any) -> None:
    client, ids = seen
    path = f"/photos/{ids['left']}/stereo/{ids['right']}/obstacles"
    told = post(client, path, {**KNOWN, "classes": False})
    assert told["camera_height_m"] == pytest.approx(0.35, abs=0.003)
    low, high = told["obstacles"][:2]
    assert (low["height_m"], high["height_m"]) == (
        pytest.approx(0.02, abs=0.006),
        pytest.approx(0.1, abs=0.006),
    )
    assert low["action"] == "avoid" and low["name"] is None and len(low["box"]) == 4


@pytest.mark.parametrize(
    ("what", "body", "status", "word"),
    [
        ("obstacles", {}, 422, "known cameras"),
        ("obstacles", {"focal": 280}, 422, "go together"),
        ("obstacles", {**KNOWN, "rig": {}}, 422, "rig, or focal"),
        ("obstacles", {**KNOWN, "high": 0.1}, 422, "high"),
        ("depth", {"rig": {}}, 422, "not a file of"),
        ("depth", {"method": "magic"}, 422, "method"),
        ("depth", {"disparities": 1}, 422, "disparities"),
    ],
)
def test_bad_wishes_are_refused(seen: Any, what: str, body: Any, status: int, word: str) -> None:
    client, ids = seen
    told = post(client, f"/photos/{ids['left']}/stereo/{ids['right']}/{what}", body, status)
    assert word in told["detail"] and "\n" not in told["detail"]


def test_what_is_no_pair_is_told(seen: Any) -> None:
    client, ids = seen
    told = post(client, f"/photos/{ids['left']}/stereo/{ids['small']}/depth", {}, 422)
    assert "views of a pair have one size" in told["detail"]
    post(client, f"/photos/{ids['left']}/stereo/999/depth", {}, 404)


def test_a_set_is_cleaned_in_the_background(seen: Any, drawn: Drawn, tmp_path: Path) -> None:
    client, _ = seen
    folder = tmp_path / "set"
    folder.mkdir()
    Image.fromarray(drawn.left).save(folder / "a.png")
    Image.fromarray(drawn.left).save(folder / "b.png")
    (folder / "c.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    job = over(client, post(client, "/workshop/sets", {"folder": str(folder), "labels": False}, 201)["id"])
    assert (job["state"], job["message"], job["photo_id"]) == ("done", None, None)
    result = job["result"]
    assert result["pictures"] == 3 and result["faults"]["broken"] == 1 and result["faults"]["copy"] >= 1
    assert Path(result["report"]) == tmp_path / "set.clean/report.html" and Path(result["report"]).is_file()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    inside = post(client, "/workshop/sets", {"folder": str(folder), "out": str(folder / "x")}, 422)
    assert "lies in the folder" in inside["detail"] and not (folder / "x").exists()
    (tmp_path / "empty").mkdir()
    job = over(client, post(client, "/workshop/sets", {"folder": str(tmp_path / "empty")}, 201)["id"])
    assert job["state"] == "failed" and "no pictures" in job["message"]
    for path, status in ((str(tmp_path / "nowhere"), 404), ("sets", 422), (" ", 422)):
        post(client, "/workshop/sets", {"folder": path}, status)


def test_sections_become_a_body_in_the_background(seen: Any, tmp_path: Path) -> None:
    client, _ = seen
    folder, out = tmp_path / "cuts", tmp_path / "body"
    folder.mkdir()
    y, x = np.mgrid[:64, :64]
    rng = np.random.default_rng(2)
    for number in range(8):
        disk = (x - 32) ** 2 + (y - 32) ** 2 < (24 - 2 * abs(number - 4)) ** 2
        grain = rng.integers(0, 30, (64, 64))
        Image.fromarray((disk * 170 + grain).astype(np.uint8)).save(folder / f"{number}.png")
    wish = {"folder": str(folder), "out": str(out), "thickness": 4, "aligned": True}
    job = over(client, post(client, "/workshop/sections", wish, 201)["id"])
    assert (job["state"], job["message"]) == ("done", None)
    assert job["result"]["sections"] == 8 and Path(job["result"]["files"]["view.html"]).is_file()
    (folder / "3.png").write_bytes(b"no picture")
    job = over(client, post(client, "/workshop/sections", wish, 201)["id"])
    assert job["state"] == "failed" and "3.png" in job["message"]
    job = over(client, post(client, "/workshop/sections", {**wish, "skip_unreadable": True}, 201)["id"])
    assert (job["state"], job["result"]["sections"]) == ("done", 7)
    for change, status, word in (
        ({"pixel": 0}, 422, "pixel"),
        ({"ground": "gray"}, 422, "ground"),
        ({"out": str(folder / "in")}, 422, "lies in the folder"),
        ({"folder": str(tmp_path / "nowhere")}, 404, "no such folder"),
    ):
        assert word in post(client, "/workshop/sections", {**wish, **change}, status)["detail"]
    assert not (folder / "in").exists()
