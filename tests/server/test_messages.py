"""Messages hidden in photos, and pairs of photos, asked of the server."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from veduta.edit.stego import reveal

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
