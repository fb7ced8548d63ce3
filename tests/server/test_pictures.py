"""Thumbnails, previews, originals and faces."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from veduta.library.catalog import Catalog
from veduta.library.schema import Face


def test_thumbnails(client: TestClient, ids: dict[str, int]) -> None:
    for name, number in ids.items():
        for side in (320, 1440):
            answer = client.get(f"/api/photos/{number}/thumbnail/{side}")
            assert answer.status_code == 200 and answer.headers["content-type"] == "image/webp", name
            with Image.open(io.BytesIO(answer.content)) as picture:
                assert picture.format == "WEBP" and max(picture.size) <= side


def test_only_named_thumbnails_are_kept_for_ever(client: TestClient) -> None:
    [photo, other, *_] = client.get("/api/photos").json()["photos"]
    named = client.get(photo["thumb"])
    assert "immutable" in named.headers["cache-control"]
    assert "no-cache" in client.get(photo["thumb"].split("?")[0]).headers["cache-control"]
    wrong = photo["thumb"].split("?")[0] + "?" + other["thumb"].split("?")[1]
    assert "no-cache" in client.get(wrong).headers["cache-control"]
    tag = {"If-None-Match": named.headers["etag"]}
    assert client.get(photo["thumb"], headers=tag).status_code == 304
    assert client.get(photo["preview"], headers=tag).status_code == 200


def test_lost_thumbnails_are_made_again(client: TestClient, root: Path, ids: dict[str, int]) -> None:
    shutil.rmtree(root / "library" / "thumbs")
    for name, number in ids.items():
        assert client.get(f"/api/photos/{number}/thumbnail/320").status_code == 200, name


@pytest.fixture
def original(client: TestClient, ids: dict[str, int]) -> tuple[str, bytes]:
    """The address of an original and its bytes."""
    url = f"/api/photos/{ids['astronaut.jpg']}/original"
    detail = client.get(url.removesuffix("/original")).json()
    return url, Path(detail["path"]).read_bytes()


def test_original_is_the_file(client: TestClient, original: tuple[str, bytes]) -> None:
    url, data = original
    answer = client.get(url)
    assert answer.content == data
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"] == "inline"
    tag = answer.headers["etag"]
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(url, headers={"If-None-Match": f'"x", W/{tag}'}).status_code == 304
    assert client.get(url, headers={"If-None-Match": '"x"'}).status_code == 200


def test_ranges(client: TestClient, original: tuple[str, bytes]) -> None:
    url, data = original
    size = len(data)
    for asked, begin, end in (("0-99", 0, 100), ("100-", 100, size), ("-50", size - 50, size), ("5-5", 5, 6)):
        answer = client.get(url, headers={"Range": f"bytes={asked}"})
        assert answer.status_code == 206 and answer.content == data[begin:end]
        assert answer.headers["content-range"] == f"bytes {begin}-{end - 1}/{size}"
    assert client.get(url, headers={"Range": f"bytes={size}-"}).status_code == 416
    tag = client.get(url).headers["etag"]
    part = {"Range": "bytes=0-9"}
    assert client.get(url, headers={**part, "If-Range": tag}).status_code == 206
    changed = client.get(url, headers={**part, "If-Range": '"other"'})
    assert changed.status_code == 200 and changed.content == data


def test_lost_original_is_told(client: TestClient, root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "drive"
    folder.mkdir()
    Image.new("RGB", (64, 48), "navy").save(folder / "sea.png")
    from veduta.library.add import add_photos

    with Catalog.open(root / "library") as catalog:
        add_photos(catalog, [folder], [])
    client.app.state.context.memory.forget()  # type: ignore[attr-defined]
    [photo] = [p for p in client.get("/api/photos").json()["photos"] if p["name"] == "sea.png"]
    (folder / "sea.png").unlink()
    answer = client.get(f"/api/photos/{photo['id']}/original")
    assert answer.status_code == 404 and "is its drive plugged in" in answer.json()["detail"]
    assert client.get(photo["preview"]).status_code == 200


def test_face_crop(client: TestClient, root: Path, ids: dict[str, int]) -> None:
    [person] = client.get(f"/api/photos/{ids['astronaut.jpg']}").json()["people"]
    answer = client.get(person["crop"])
    assert answer.headers["content-type"] == "image/webp"
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.size[0] == picture.size[1] <= 256
    assert client.get(person["crop"], headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert "no-cache" in answer.headers["cache-control"]
    with Catalog.open(root / "library") as catalog, catalog.write() as session:
        face = session.get_one(Face, person["face_id"])
        face.x, face.y, face.w, face.h = 500.0, -20.0, 40.0, 60.0
    assert client.get(person["crop"]).status_code == 200
    assert client.get("/api/faces/999999/crop").status_code == 404
