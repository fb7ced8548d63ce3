"""Pictures made of photos in the background: larger ones, one of several; each a version of its photo."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.server.test_editing import over, picture, post

Json = dict[str, Any]


@pytest.fixture
def ids(client: TestClient) -> dict[str, int]:
    """Photos of the library by name."""
    photos = client.get("/api/photos?limit=50").json()["photos"]
    return {Path(one["name"]).stem: one["id"] for one in photos}


def made_of(client: TestClient, path: str, body: Json) -> Json:
    """The version that a job has made."""
    job = over(client, post(client, path, body, 201)["id"])
    assert (job["state"], job["message"]) == ("done", None)
    told: Json = client.get(f"/api/photos/{job['photo_id']}/versions/{job['version_id']}").json()
    return told


def test_a_photo_is_enlarged_as_a_version_with_its_metadata(
    client: TestClient, ids: dict[str, int], tmp_path: Path
) -> None:
    from veduta.edit.upscale import by_lanczos
    from veduta.image.metadata import read_metadata

    number = ids["coffee"]
    original = client.get(f"/api/photos/{number}/original").content
    told = made_of(client, f"/photos/{number}/enlarge", {"by": 2})
    assert (told["name"], told["width"], told["height"]) == ("Enlarged 2×", 1200, 800)
    assert (told["stacked"], told["invented"], told["edits"]) == ([number], False, [])
    content = client.get(told["file"]).content
    expected = by_lanczos(picture(original), 2).astype(int)
    assert np.abs(picture(content).astype(int) - expected).mean() < 3
    (tmp_path / "large.jpg").write_bytes(content)
    facts = read_metadata(tmp_path / "large.jpg")
    assert facts.latitude is not None and facts.camera is not None
    assert b"Enlarged 2 times" in content
    assert client.get(told["thumb"]).headers["content-type"] == "image/webp"
    # It can be gone on with, and what comes out of that still says what it is.
    crop = {"name": "crop", "x": 0, "y": 0, "width": 0.5, "height": 0.5}
    part = post(client, f"/photos/{number}/versions", {"edits": [crop], "version": told["id"]}, 201)
    assert (part["width"], part["height"]) == (600, 400)
    cut = client.get(part["file"]).content
    assert picture(cut).shape == (400, 600, 3) and b"Enlarged 2 times" in cut
    # A version is enlarged as it is, and two of one name are told apart.
    again = made_of(client, f"/photos/{number}/enlarge", {"by": 2, "version": part["id"]})
    assert (again["name"], again["width"]) == ("Enlarged 2× (2)", 1200)
    assert client.get(f"/api/photos/{number}/original").content == original


def test_what_is_invented_says_so(
    client: TestClient, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network's own work is tested beside it; here another one of its shape, small enough to be quick."""
    from veduta.edit import upscale_file
    from veduta.nets.store import ModelStore

    def larger(pixels: Any, by: int, progress: Any) -> Any:
        progress.begin("enlarging", 1)
        progress.advance()
        return pixels.repeat(by, 0).repeat(by, 1)

    monkeypatch.setattr(upscale_file, "by_network", larger)
    monkeypatch.setattr(ModelStore, "path", lambda self, pack: Path("there"))
    number = ids["scan"]
    told = made_of(client, f"/photos/{number}/enlarge", {"by": 4, "method": "network"})
    assert told["invented"] and told["name"] == "Enlarged 4× (not evidence)" and told["width"] == 1200
    client.patch(f"/api/photos/{number}/versions/{told['id']}", json={"name": "Sharp"})
    file = client.get(told["file"], params={"download": True})
    assert "scan - Sharp (not evidence).tif" in file.headers["content-disposition"]
    with Image.open(io.BytesIO(file.content)) as opened:
        assert "not evidence" in str(opened.tag_v2[0x010E])  # type: ignore[attr-defined]
    bright = {"name": "light", "exposure": 0.5}
    on = post(client, f"/photos/{number}/versions", {"edits": [bright], "version": told["id"]}, 201)
    assert on["invented"]
    with Image.open(io.BytesIO(client.get(on["file"]).content)) as opened:
        assert "not evidence" in str(opened.tag_v2[0x010E])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"by": 3}, 422, "by"),
        ({"method": "magic"}, 422, "method"),
        ({"by": 2, "much": 1}, 422, "much"),
        ({"version": 999}, 404, "no version 999"),
    ],
)
def test_what_cannot_be_enlarged_is_refused(
    client: TestClient, ids: dict[str, int], body: Json, status: int, word: str
) -> None:
    number = ids["chelsea"]
    before = len(client.get("/api/edit/jobs").json()["jobs"])
    told = post(client, f"/photos/{number}/enlarge", body, status)
    assert word in told["detail"] and "\n" not in told["detail"]
    post(client, "/photos/999/enlarge", {}, 404)
    assert client.get(f"/api/photos/{number}/versions").json() == {"versions": []}
    assert len(client.get("/api/edit/jobs").json()["jobs"]) == before
