"""Pictures made of photos in the background: larger ones, one of several; each a version of its photo."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.server.test_editing import over, picture, post, wait_until
from veduta.server.renders import Renders

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


@pytest.fixture(scope="module")
def shots(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noisy frames of a camera that shakes, one of something else, and two halves of a view."""
    folder = tmp_path_factory.mktemp("shots")
    rng = np.random.default_rng(5)
    with Image.open(photographs / "astronaut.png") as opened:
        whole = opened.convert("RGB")
    for number in range(4):
        dx, dy = (0.0, 0.0) if number == 0 else rng.uniform(-4, 4, 2)
        size, way = (128, 128), (2.0, 0, 100 + dx, 0, 2.0, 20 + dy)
        frame = whole.transform(size, Image.Transform.AFFINE, way, Image.Resampling.BILINEAR)
        noisy = np.asarray(frame, np.float64) + rng.normal(0, 8, (128, 128, 3))
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / f"frame{number}.png")
    with Image.open(photographs / "coffee.png") as other:
        other.convert("RGB").resize((128, 128)).save(folder / "other.png")
        other.convert("RGB").crop((0, 0, 400, 400)).save(folder / "left.png")
        other.convert("RGB").crop((200, 0, 600, 400)).save(folder / "right.png")
    return folder


@pytest.fixture
def several(shots: Path, tmp_path: Path) -> Any:
    """A library of these, and the photos by name."""
    from veduta.library.add import add_photos
    from veduta.library.catalog import Catalog
    from veduta.server.app import create_app

    with Catalog.open(tmp_path / "library") as catalog:
        add_photos(catalog, [shots], [])
    app = create_app(tmp_path / "library", background=False)
    with TestClient(app, base_url="http://127.0.0.1:8484", headers={"X-Veduta": "1"}) as client:
        photos = client.get("/api/photos?limit=50").json()["photos"]
        yield client, {Path(one["name"]).stem: one["id"] for one in photos}


def test_several_photos_become_one(several: Any) -> None:
    client, ids = several
    wish = [ids[name] for name in ("frame0", "frame1", "other", "frame2", "frame3", "frame1")]
    told = made_of(client, "/fuse", {"photos": wish, "by": 2})
    assert told["stacked"] == [ids[f"frame{n}"] for n in range(4)]  # the other one was left out
    assert (told["name"], told["width"], told["photo_id"]) == ("Fused from 4 photos", 256, ids["frame0"])
    content = client.get(told["file"]).content
    with Image.open(io.BytesIO(content)) as opened:
        assert opened.format == "PNG"
    assert b"Fused from 4 frames." in content
    part = made_of(
        client, "/fuse", {"photos": wish[:2], "by": 3, "region": [0.25, 0.25, 0.5, 0.5], "name": "Face"}
    )
    assert (part["name"], part["width"], part["height"]) == ("Face", 192, 192)
    alone = over(client, post(client, "/fuse", {"photos": [ids["frame0"], ids["left"]]}, 201)["id"])
    assert alone["state"] == "failed" and "no other frame shows" in alone["message"]
    assert len(client.get(f"/api/photos/{ids['frame0']}/versions").json()["versions"]) == 2


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"photos": [1]}, 422, "photos"),
        ({"photos": [1, 1]}, 422, "two photos at least"),
        ({"photos": [1, 999]}, 404, "no photo 999"),
        ({"photos": [1, 2], "by": 5}, 422, "by"),
        ({"photos": [1, 2], "region": [0.9, 0, 0.5, 1]}, 422, "region"),
        ({"photos": [1, 2], "region": [0, 0, 0.01, 0.01]}, 422, "16 x 16 is the least"),
    ],
)
def test_what_cannot_be_fused_is_refused(several: Any, body: Json, status: int, word: str) -> None:
    client, _ = several
    told = post(client, "/fuse", body, status)
    assert word in told["detail"] and "\n" not in told["detail"]
    assert client.get("/api/edit/jobs").json() == {"jobs": []}


def test_two_photos_become_a_panorama(several: Any) -> None:
    client, ids = several
    told = made_of(client, "/panorama", {"photos": [ids["left"], ids["right"]]})
    assert told["name"] == "Panorama" and abs(told["width"] - 600) <= 2 and abs(told["height"] - 400) <= 2
    assert told["stacked"] == [ids["left"], ids["right"]]
    with Image.open(io.BytesIO(client.get(told["file"]).content)) as opened:
        assert opened.mode == "RGBA" and np.asarray(opened)[200, 300, 3] == 255
    alone = over(client, post(client, "/panorama", {"photos": [ids["left"], ids["frame0"]]}, 201)["id"])
    assert alone["state"] == "failed" and "do not show enough of the same" in alone["message"]
    for photos, status in (([ids["left"]] * 2, 422), ([ids["left"]], 422), ([ids["left"], 999], 404)):
        post(client, "/panorama", {"photos": photos}, status)


def test_a_clip_is_made_in_the_background(client: TestClient, ids: dict[str, int]) -> None:
    import av

    body = {"ground": 0.4, "seconds": 0.3, "side": 160}
    job = over(client, post(client, f"/photos/{ids['coffee']}/parallax/job", body, 201)["id"])
    assert (job["state"], job["kind"], job["version_id"]) == ("done", "clip", None)
    answer = client.get(job["file"], params={"download": True})
    assert answer.headers["content-type"] == "video/mp4"
    assert "coffee - in motion.mp4" in answer.headers["content-disposition"]
    with av.open(io.BytesIO(answer.content)) as film:
        assert len(list(film.decode(video=0))) == 9
    assert client.get(job["file"], headers={"Range": "bytes=0-9"}).status_code == 206
    still = {**body, "show": "anaglyph"}
    job = over(client, post(client, f"/photos/{ids['coffee']}/parallax/job", still, 201)["id"])
    assert picture(client.get(job["file"]).content).shape[1] == 160
    before = len(client.get("/api/edit/jobs").json()["jobs"])
    for bad, status in (({}, 422), ({"ground": 2}, 422), ({"right": 999}, 404)):
        post(client, f"/photos/{ids['coffee']}/parallax/job", bad, status)
    assert len(client.get("/api/edit/jobs").json()["jobs"]) == before
    render = post(client, f"/photos/{ids['coffee']}/enlarge", {}, 201)
    assert client.get(f"/api/edit/jobs/{render['id']}/file").status_code == 404


def test_a_photo_is_painted_like_another(client: TestClient, ids: dict[str, int], store: Any) -> None:
    number, painting = ids["chelsea"], ids["astronaut"]
    before = picture(client.get(f"/api/photos/{number}/original").content)
    told = made_of(client, f"/photos/{number}/paint", {"painting": painting, "side": 128})
    assert told["name"] == "Like astronaut" and told["stacked"] == [number, painting]
    assert (told["width"], told["height"]) == (before.shape[1], before.shape[0])
    after = picture(client.get(told["file"]).content).astype(int)
    assert np.abs(after - before).mean() > 10
    faint = {"painting": painting, "side": 128, "strength": 0.1, "colors": True, "name": "Faint"}
    weak = picture(client.get(made_of(client, f"/photos/{number}/paint", faint)["file"]).content)
    assert np.abs(weak.astype(int) - before).mean() < np.abs(after - before).mean() / 3
    for body, status in (
        ({"painting": number}, 422),
        ({"painting": 999}, 404),
        ({"painting": painting, "strength": 0}, 422),
        ({"painting": painting, "side": 3}, 422),
        ({}, 422),
    ):
        post(client, f"/photos/{number}/paint", body, status)


def test_saving_a_version_does_not_wait_for_long_work() -> None:
    renders, go = Renders(), threading.Event()

    def patient(progress: Any) -> None:
        go.wait(10)

    first, second = (renders.add("enlarge", 1, None, patient) for _ in range(2))
    quick = renders.add("render", 1, 5, lambda progress: None)
    wait_until(lambda: renders.get(quick.id).state == "done")
    assert (renders.get(first.id).state, renders.get(second.id).state) == ("running", "waiting")
    assert renders.stop(second.id).state == "stopped"
    go.set()
    wait_until(lambda: renders.get(first.id).state == "done")
    renders.close()
