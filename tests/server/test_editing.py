"""The editor's side of the server: previews, versions, renders, masks; bad requests; nothing of originals changes."""

from __future__ import annotations

import io
import json
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.server.test_folders import wait_until
from veduta.progress import Progress
from veduta.see.mask import decode, encode
from veduta.server.cleaning import Stopped
from veduta.server.kept import Kept
from veduta.server.renders import Renders

Json = dict[str, Any]
CROP = {"name": "crop", "x": 0.25, "y": 0.0, "width": 0.5, "height": 1.0}
BRIGHT = {"name": "light", "exposure": 0.5}


def post(client: TestClient, path: str, body: Json, status: int = 200) -> Json:
    answer = client.post(f"/api{path}", json=body)
    assert answer.status_code == status, answer.text
    told: Json = answer.json()
    return told


def picture(content: bytes) -> np.ndarray[Any, Any]:
    with Image.open(io.BytesIO(content)) as opened:
        return np.asarray(opened.convert("RGB"))


def hole(height: int = 200, width: int = 300) -> Json:
    mask = np.zeros((height, width), bool)
    mask[height // 4 : height // 2, width // 4 : width // 2] = True
    return encode(mask)


def over(client: TestClient, job: str) -> Json:
    """A job when it is over."""
    told: Json = {}

    def done() -> bool:
        told.update(client.get(f"/api/edit/jobs/{job}").json())
        return told["state"] not in ("waiting", "running", "stopping")

    wait_until(done)
    return told


def job_of(client: TestClient, version: int) -> str:
    jobs = client.get("/api/edit/jobs").json()["jobs"]
    return next(str(job["id"]) for job in jobs if job["version_id"] == version)


def test_operations_tell_their_parameters(client: TestClient) -> None:
    told = client.get("/api/edit/operations").json()
    by_name = {one["name"]: one for one in told["operations"]}
    exposure = by_name["light"]["parameters"][0]
    assert (exposure["name"], exposure["low"], exposure["high"], exposure["neutral"]) == (
        "exposure",
        -4,
        4,
        0,
    )
    assert {
        "crop",
        "rotate",
        "straighten",
        "perspective",
        "white_balance",
        "sharpen",
        "vignette",
        "erase",
    } <= set(by_name)
    assert "auto" in told["methods"] and {"cranes", "people", "plates", "car"} <= set(told["what"])


def test_a_preview_is_the_edited_photo(client: TestClient, ids: dict[str, int]) -> None:
    number = ids["coffee.jpg"]
    plain = client.post(f"/api/photos/{number}/preview", json={"edits": []})
    assert plain.headers["content-type"] == "image/jpeg"
    assert (plain.headers["x-veduta-width"], plain.headers["x-veduta-height"]) == ("600", "400")
    assert picture(plain.content).shape == (400, 600, 3)
    body = {"edits": [CROP, BRIGHT], "side": 200, "format": "webp"}
    edited = client.post(f"/api/photos/{number}/preview", json=body)
    assert edited.headers["content-type"] == "image/webp" and edited.headers["x-veduta-width"] == "300"
    assert picture(edited.content).shape == (200, 150, 3)
    assert picture(edited.content).mean() > picture(plain.content)[:, 150:450].mean() + 5
    erased = {"name": "erase", "mask": hole(), "method": "smooth"}
    holed = client.post(f"/api/photos/{number}/preview", json={"edits": [erased]})
    difference = np.abs(picture(holed.content).astype(int) - picture(plain.content)).max(axis=2)
    assert difference[100:200, 150:300].mean() > 5 * difference[250:].mean()


@pytest.mark.parametrize(
    ("edits", "status", "told"),
    [
        ([{"name": "glow"}], 422, "edit 1: no edit is called 'glow'"),
        ([BRIGHT, {"name": "crop", "width": 2}], 422, "edit 2: crop: width must be 0 to 1, not 2"),
        ([{"name": "erase", "mask": hole(10, 10)}], 422, "mask of 10 x 10 pixels for a picture of 600 x 400"),
        ([{"name": "erase", "mask": {"size": [9, 9], "counts": [81]}}], 422, "for a picture of"),
        ([{"name": "erase", "mask": {"size": [10**6] * 2, "counts": [10**12]}}], 422, "are possible"),
        ([{"name": "erase", "mask": {"size": [200, 300], "counts": [60000]}}], 422, "marks nothing"),
        ([{"name": "erase", "mask": {"size": [200, 300], "counts": [0, 60000]}}], 422, "whole photo"),
        ("light", 422, "valid list"),
    ],
)
def test_edits_that_make_no_sense(
    client: TestClient, ids: dict[str, int], edits: Any, status: int, told: str
) -> None:
    answer = client.post(f"/api/photos/{ids['coffee.jpg']}/preview", json={"edits": edits})
    assert answer.status_code == status, answer.text
    assert told in answer.json()["detail"]


def test_a_spot_becomes_gray(client: TestClient, ids: dict[str, int]) -> None:
    number = ids["rocket.jpg"]
    balance = post(client, f"/photos/{number}/neutral", {"x": 0.9, "y": 0.2})
    edit = {"name": "white_balance", **balance}
    before, after = (
        picture(client.post(f"/api/photos/{number}/preview", json={"edits": edits}).content)
        for edits in ([], [edit])
    )
    spot = (slice(84, 87), slice(575, 578))
    assert np.ptp(after[spot].mean((0, 1))) < np.ptp(before[spot].mean((0, 1))) / 2


def test_a_version_is_kept_rendered_opened_and_taken_away(
    client: TestClient, ids: dict[str, int], made: Path
) -> None:
    number, original = ids["coffee.jpg"], (made / "photos" / "coffee.jpg").read_bytes()
    path = f"/photos/{number}/versions"
    first = post(client, path, {"name": "Narrow", "edits": [CROP, {**BRIGHT, "on": False}]}, 201)
    assert (first["width"], first["height"], first["name"]) == (300, 400, "Narrow")
    job = over(client, job_of(client, first["id"]))
    assert (job["state"], job["fraction"], job["kind"]) == ("done", 1, "render")
    told = client.get(f"/api{path}/{first['id']}").json()
    assert told["rendered"] and told["bytes"] > 1000 and told["format"] == "jpg"
    assert told["edits"][1]["on"] is False
    assert client.get(f"/api/photos/{number}").json()["versions"] == [told]
    assert client.get(f"/api{path}").json() == {"versions": [told]}
    file = client.get(told["file"], params={"download": True})
    assert picture(file.content).shape == (400, 300, 3)
    assert "coffee - Narrow.jpg" in file.headers["content-disposition"]
    small = client.get(told["thumb"])
    assert small.headers["content-type"] == "image/webp" and "immutable" in small.headers["cache-control"]
    assert client.get(told["thumb"], headers={"If-None-Match": small.headers["etag"]}).status_code == 304
    patched = client.patch(f"/api{path}/{first['id']}", json={"edits": []}).json()
    assert patched["width"] == 600 and patched["name"] == "Narrow" and patched["thumb"] != told["thumb"]
    assert picture(client.get(patched["file"]).content).shape == (400, 600, 3)
    renamed = client.patch(f"/api{path}/{first['id']}", json={"name": "Whole"}).json()
    assert renamed["name"] == "Whole" and renamed["thumb"] == patched["thumb"]
    assert client.delete(f"/api{path}/{first['id']}").json() == {"changed": 1}
    for method in ("GET", "PATCH", "DELETE"):
        assert client.request(method, f"/api{path}/{first['id']}", json={}).status_code == 404
    assert client.get(f"/api{path}").json() == {"versions": []}
    assert (made / "photos" / "coffee.jpg").read_bytes() == original


def test_a_version_can_leave_without_its_location(client: TestClient, ids: dict[str, int]) -> None:
    from veduta.image.metadata import read_metadata

    number = ids["coffee.jpg"]
    made = post(client, f"/photos/{number}/versions", {"edits": [BRIGHT]}, 201)
    over(client, job_of(client, made["id"]))
    for location in (True, False):
        answer = client.get(made["file"], params={"location": location})
        path = Path(client.app.state.context.directory) / "copy.jpg"  # type: ignore[attr-defined]
        path.write_bytes(answer.content)
        assert (read_metadata(path).latitude is not None) == location


def test_versions_of_other_photos_are_not_found(client: TestClient, ids: dict[str, int]) -> None:
    made = post(client, f"/photos/{ids['coffee.jpg']}/versions", {"edits": []}, 201)
    other = f"/api/photos/{ids['chelsea.jpg']}/versions/{made['id']}"
    for path in ("", "/file", "/thumbnail/320"):
        assert client.get(other + path).status_code == 404
    assert client.post(f"{other}/render", json={}).status_code == 404
    body = {"edits": [], "version": made["id"]}
    answer = client.post(f"/api/photos/{ids['chelsea.jpg']}/preview", json=body)
    assert answer.status_code == 404 and "there is no version" in answer.json()["detail"]
    assert client.get("/api/photos/999/versions").status_code == 404
    assert client.get("/api/edit/jobs/r999").status_code == 404


def test_masks_are_kept_loaded_and_sent(client: TestClient, ids: dict[str, int]) -> None:
    path = f"/photos/{ids['coffee.jpg']}/masks"
    kept = post(client, path, {"name": "cup", "mask": hole()}, 201)
    assert (kept["width"], kept["height"], kept["pixels"]) == (300, 200, 50 * 75)
    assert [one["name"] for one in client.get(f"/api{path}").json()["masks"]] == ["cup"]
    png = client.get(f"/api{path}/{kept['id']}/file/png")
    full = picture(png.content)[..., 0] > 0
    assert full.shape == (400, 600) and full[102:198, 152:298].all() and full.sum() < 15_500
    coco = client.get(f"/api{path}/{kept['id']}/file/coco")
    assert np.array_equal(decode(json.loads(coco.content)["annotations"][0]["segmentation"]), full)
    for content in (png.content, coco.content):
        answer = client.post(
            f"/api{path}/file", params={"name": "again"}, content=content,
            headers={"Content-Type": "application/octet-stream"},
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        assert np.array_equal(decode(answer.json()["mask"]), full)
    assert client.post(f"/api{path}/file", content=b"nothing").status_code in (409, 422)
    answer = client.post(f"/api{path}", json={"name": "x", "mask": hole(100, 100)})
    assert answer.status_code == 422 and "for a picture of 600 x 400" in answer.json()["detail"]
    assert client.delete(f"/api{path}/{kept['id']}").json() == {"changed": 1}
    assert client.get(f"/api{path}/{kept['id']}").status_code == 404


def test_masks_are_combined(client: TestClient) -> None:
    one, two = np.zeros((60, 80), bool), np.zeros((120, 160), bool)
    one[10:30, 10:40], two[40:100, 40:60] = True, True
    half = np.zeros((60, 80), bool)
    half[20:50, 20:30] = True
    expected = {"add": one | half, "subtract": one & ~half, "intersect": one & half}
    for operation, mask in expected.items():
        steps = [{"mask": encode(one)}, {"operation": operation, "mask": encode(two)}]
        told = post(client, "/masks/combine", {"steps": steps})
        assert np.array_equal(decode(told["mask"]), mask) and told["pixels"] == mask.sum()
    told = post(client, "/masks/combine", {"steps": [{"mask": encode(one)}], "invert": True})
    assert np.array_equal(decode(told["mask"]), ~one)
    told = post(client, "/masks/combine", {"steps": [{"mask": encode(one)}], "grow": 0.05})
    assert decode(told["mask"])[8:32, 8:42].sum() > 24 * 34 * 0.95
    empty = post(client, "/masks/combine", {"steps": [{"mask": encode(np.zeros((4, 4), bool))}]})
    assert empty["box"] is None and empty["pixels"] == 0


def test_a_click_selects_what_is_there(client: TestClient, ids: dict[str, int]) -> None:
    path = f"/photos/{ids['coffee.jpg']}/masks/select"
    told = post(client, path, {"side": 300, "points": [{"x": 0.45, "y": 0.4}]})
    assert (told["width"], told["height"]) == (300, 200)
    mask = decode(told["mask"])
    assert mask[80, 135] and 0 < mask.sum() < 0.9 * mask.size
    x, y, w, h = told["box"]
    rows, columns = np.nonzero(mask)
    assert (x, y) == (columns.min() / 300, rows.min() / 200)
    assert (w, h) == pytest.approx(((np.ptp(columns) + 1) / 300, (np.ptp(rows) + 1) / 200))
    boxed = decode(post(client, path, {"side": 300, "box": [0.2, 0.1, 0.5, 0.8]})["mask"])
    assert boxed.any() and not boxed[:, 260:].any()
    seamed = decode(post(client, path, {"side": 300, "box": [0.2, 0.1, 0.5, 0.8], "seam": True})["mask"])
    assert (seamed | boxed == seamed).all() and seamed.sum() > boxed.sum()
    answer = client.post(f"/api{path}", json={"side": 300})
    assert answer.status_code == 422 and "click" in answer.json()["detail"]


def test_a_click_takes_the_thing_that_is_recognized(client: TestClient, ids: dict[str, int]) -> None:
    path = f"/photos/{ids['astronaut.jpg']}/masks/select"
    asked = {"side": 512, "points": [{"x": 0.43, "y": 0.75}]}
    whole = decode(post(client, path, asked)["mask"])
    part = decode(post(client, path, {**asked, "things": False})["mask"])
    assert whole[100, 220] and whole[400, 220]  # her face, and her suit
    assert not part[100, 220] and part.sum() < 0.8 * whole.sum()


def test_photos_without_their_file(client: TestClient, ids: dict[str, int], made: Path) -> None:
    path, away = made / "photos" / "chelsea.jpg", made / "photos" / "elsewhere.bin"
    path.rename(away)
    try:
        for what, body in (("preview", {"edits": []}), ("masks/select", {"points": [{"x": 0, "y": 0}]})):
            answer = client.post(f"/api/photos/{ids['chelsea.jpg']}/{what}", json=body)
            assert answer.status_code == 404 and "is its drive plugged in" in answer.json()["detail"]
        made_version = post(client, f"/photos/{ids['chelsea.jpg']}/versions", {"edits": [BRIGHT]}, 404)
        assert "plugged in" in made_version["detail"]
    finally:
        away.rename(path)


def test_jobs_run_one_after_the_other_and_stop() -> None:
    renders, running, go = Renders(), threading.Event(), threading.Event()

    def patient(progress: Progress) -> None:
        progress.begin("filling", 4)
        progress.advance()
        running.set()
        go.wait(10)
        progress.advance()

    first = renders.add("render", 1, 1, patient, 2)
    second = renders.add("render", 1, 2, lambda progress: None, 2)
    assert running.wait(10)
    told = renders.get(first.id)
    assert (told.state, told.stage, told.fraction) == ("running", "filling", 0.125)
    assert renders.add("render", 1, 2, lambda progress: None).id == second.id
    assert renders.stop(second.id).state == "stopped"
    assert renders.stop(first.id).state == "stopping"
    go.set()
    wait_until(lambda: renders.get(first.id).state == "stopped")
    assert [job.id for job in renders.jobs()] == [second.id, first.id]

    def failing(progress: Progress) -> None:
        raise ValueError("broken")

    third = renders.add("render", 1, 3, failing)
    wait_until(lambda: renders.get(third.id).state == "failed")
    assert renders.get(third.id).message == "ValueError: broken"
    renders.close()
    with pytest.raises(Exception, match="being stopped"):
        renders.add("render", 1, 4, failing)


def test_closing_stops_a_render_at_its_next_step() -> None:
    renders, stopped = Renders(), threading.Event()

    def endless(progress: Progress) -> None:
        progress.begin("filling", 10**9)
        try:
            while True:
                progress.advance()
                time.sleep(0.001)
        except Stopped:
            stopped.set()
            raise

    renders.add("render", 1, 1, endless)
    wait_until(lambda: renders.jobs()[0].state == "running")
    renders.close()
    assert stopped.is_set()


def test_kept_pictures_leave_when_room_is_needed() -> None:
    kept = Kept(most=100)
    pictures = {str(n): np.full((2, 4, 3), n, np.uint8) for n in range(5)}  # 24 bytes each
    for key, pixels in pictures.items():
        kept.put(key, pixels)
        assert kept.get("0") is not None
    assert kept.get("1") is None and kept.get("4") is pictures["4"]
    kept.put("large", np.zeros((5, 3, 3), np.uint8))
    assert kept.get("large") is None


def test_a_stack_becomes_a_version_of_its_first_photo(
    client: TestClient, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stacking itself does is tested beside it; here only what is made of its result."""
    import veduta.edit.stack as stacking
    from veduta.library import stacks

    asked: list[tuple[int, int | None]] = []

    class Made:
        pixels = np.full((300, 400, 3), (10, 200, 30), np.uint8)

    def made(shots: Any, tourists: Any, reference: int, **more: Any) -> Made:
        asked.append((len(shots), reference))
        return Made()

    monkeypatch.setattr(stacking, "stack", made)
    monkeypatch.setattr(stacks, "_tourists", lambda: None)
    first, second = ids["coffee.jpg"], ids["chelsea.jpg"]
    job = over(client, post(client, "/stack", {"photos": [first, second, first]}, 201)["id"])
    assert (job["state"], job["message"], job["photo_id"]) == ("done", None, first)
    assert asked == [(2, 0)]
    at = f"/photos/{first}/versions"
    told = client.get(f"/api{at}/{job['version_id']}").json()
    assert (told["name"], told["stacked"], told["width"]) == ("Stack 1", [first, second], 400)
    body = {"edits": [CROP], "version": told["id"]}
    seen = client.post(f"/api/photos/{first}/preview", json=body)
    assert seen.headers["x-veduta-width"] == "200"
    assert np.abs(picture(seen.content).mean((0, 1)) - (10, 200, 30)).max() < 3
    on_top = post(client, at, {"edits": [CROP], "version": told["id"]}, 201)
    assert (on_top["width"], on_top["stacked"]) == (200, [first, second])
    changed = client.patch(f"/api{at}/{told['id']}", json={"edits": [CROP]}).json()
    assert changed["width"] == 200
    client.delete(f"/api{at}/{told['id']}")
    assert picture(client.get(on_top["file"]).content).shape == (300, 200, 3)
    for wrong, status in (([first, first], 422), ([first, 999], 404), ([first], 422)):
        post(client, "/stack", {"photos": wrong}, status)
