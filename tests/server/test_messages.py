"""Messages hidden in photos, pairs of photos, photos in motion: asked of the server."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from veduta.edit.stego import reveal
from veduta.see.mask import encode

NOISE = np.random.default_rng(1).integers(0, 256, 450_000, np.uint8)  # cannot be packed


@pytest.fixture
def ids(client: TestClient) -> dict[str, int]:
    """Photos of the library by name."""
    photos = client.get("/api/photos?limit=50").json()["photos"]
    return {Path(one["name"]).stem: one["id"] for one in photos}


def test_a_message_goes_into_a_copy_and_comes_out_again(
    client: TestClient, ids: dict[str, int], tmp_path: Path
) -> None:
    room = client.get(f"/api/photos/{ids['coffee']}/message/room").json()
    assert room["lossless"] > room["robust"] > 10
    original = client.get(f"/api/photos/{ids['coffee']}/original").content
    asked = {"text": "meet at noon", "password": "secret"}
    answer = client.post(f"/api/photos/{ids['coffee']}/message", json=asked)
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/png"
    assert (
        int(answer.headers["x-veduta-fits"]) <= room["lossless"]
        and float(answer.headers["x-veduta-psnr"]) > 45
    )
    copy = tmp_path / "copy.png"
    copy.write_bytes(answer.content)
    assert reveal(copy, "secret").message.text == "meet at noon"
    with Image.open(io.BytesIO(original)) as before, Image.open(copy) as after:
        assert before.size == after.size
        assert np.abs(np.asarray(before).astype(int) - np.asarray(after.convert("RGB"))).max() <= 1
    assert client.get(f"/api/photos/{ids['coffee']}/original").content == original


def test_what_a_photo_holds_is_told(client: TestClient, ids: dict[str, int]) -> None:
    none = client.post(f"/api/photos/{ids['coffee']}/message/reveal", json={})
    assert none.status_code == 409 and "no message" in none.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": ""}, 422),
        ({"text": "x", "mode": "loud"}, 422),
        ({"text": "x", "fidelity": 80}, 422),
        ({"text": bytes(NOISE).hex()}, 422),  # more than there is room for
    ],
)
def test_bad_messages_are_refused(
    client: TestClient, ids: dict[str, int], body: dict[str, Any], status: int
) -> None:
    answer = client.post(f"/api/photos/{ids['coffee']}/message", json=body)
    assert answer.status_code == status, answer.text[:200]


def test_two_photos_of_one_thing_are_told_from_two_of_different_things(
    client: TestClient, ids: dict[str, int]
) -> None:
    same = client.get(f"/api/photos/{ids['astronaut']}/match/{ids['astronaut2']}").json()
    other = client.get(f"/api/photos/{ids['astronaut']}/match/{ids['coffee']}").json()
    assert same["same"] and same["similarity"] > 0.5 and same["homography"] is not None
    assert not other["same"] and other["homography"] is None
    drawn = client.get(f"/api/photos/{ids['astronaut']}/match/{ids['astronaut2']}/picture?features=orb")
    with Image.open(io.BytesIO(drawn.content)) as picture:
        assert picture.width > picture.height
    assert client.get(f"/api/photos/{ids['astronaut']}/match/999").status_code == 404
    assert (
        client.get(f"/api/photos/{ids['astronaut']}/match/{ids['coffee']}?features=surf").status_code == 422
    )


def test_a_photo_is_set_in_motion(client: TestClient, ids: dict[str, int], tmp_path: Path) -> None:
    import av

    path = f"/api/photos/{ids['coffee']}/parallax"
    mask = encode(np.pad(np.ones((80, 60), bool), ((60, 60), (120, 120))))
    asked = {"ground": 0.4, "standing": [mask], "seconds": 0.3, "side": 240}
    answer = client.post(path, json=asked)
    assert answer.status_code == 200 and answer.headers["content-type"] == "video/mp4"
    (tmp_path / "clip.mp4").write_bytes(answer.content)
    with av.open(str(tmp_path / "clip.mp4")) as film:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]
    assert len(frames) == 9 and max(frames[0].shape) == 240
    assert np.abs(frames[0] - frames[4]).mean() > 1  # it moves
    still = client.post(path, json={**asked, "show": "pair"})
    with Image.open(io.BytesIO(still.content)) as picture:
        assert picture.width > 2 * picture.height
    for bad in (
        {},
        {"ground": 0.5, "right": 1},
        {"ground": 2},
        {"right": ids["astronaut"], "standing": [mask]},
    ):
        assert client.post(path, json=bad).status_code == 422
    assert client.post(path, json={"right": 999}).status_code == 404
