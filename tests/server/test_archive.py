"""Exports come as one zip, whole and told apart."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from fastapi.testclient import TestClient


def test_zip_holds_the_originals(client: TestClient, ids: dict[str, int]) -> None:
    chosen = [ids["astronaut.jpg"], ids["scan.tif"], ids["br\\xfcck.jpg"]]
    answer = client.post("/api/export", json={"photos": chosen})
    assert answer.status_code == 201 and answer.json()["photos"] == 3
    zipped = client.get(answer.json()["url"])
    assert zipped.headers["content-type"] == "application/zip"
    assert "veduta-3-photos.zip" in zipped.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(zipped.content)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 3
        path = client.get(f"/api/photos/{chosen[0]}").json()["path"]
        assert archive.read("astronaut.jpg") == Path(path).read_bytes()
    assert client.get(answer.json()["url"]).status_code == 404


def test_zip_without_positions(client: TestClient, ids: dict[str, int], tmp_path: Path) -> None:
    from veduta.image.metadata import read_metadata

    for location, known in ((True, True), (False, False)):
        answer = client.post("/api/export", json={"photos": [ids["astronaut.jpg"]], "location": location})
        zipped = client.get(answer.json()["url"])
        with zipfile.ZipFile(io.BytesIO(zipped.content)) as archive:
            copy = Path(archive.extract("astronaut.jpg", tmp_path))
        assert (read_metadata(copy).latitude is not None) == known


def test_zip_of_a_search(client: TestClient, ids: dict[str, int]) -> None:
    answer = client.post("/api/export", json={"query": "object:cat"})
    assert answer.json()["photos"] == 1


def test_wrong_exports(client: TestClient) -> None:
    assert client.post("/api/export", json={}).status_code == 422
    assert client.post("/api/export", json={"photos": [10**9]}).status_code == 404
    assert client.post("/api/export", json={"album": "manual:999"}).status_code == 404
    assert client.get("/api/export/nothing").status_code == 404


def test_zip_of_anonymized_copies(
    client: TestClient, ids: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.edit.test_redaction import Told
    from veduta.edit.regions import Eyes
    from veduta.image.decode import read
    from veduta.image.metadata import read_metadata
    from veduta.see.finding import Finding

    face = Finding("face", "face", 0.9, "faces", "1", box=(20.0, 20.0, 30.0, 30.0))
    monkeypatch.setattr("veduta.edit.regions.shared_eyes", lambda: Eyes({"faces": Told("faces", [face])}))
    chosen = ids["astronaut.jpg"]
    answer = client.post("/api/export", json={"photos": [chosen], "anonymize": ["faces"], "style": "replace"})
    zipped = client.get(answer.json()["url"])
    with zipfile.ZipFile(io.BytesIO(zipped.content)) as archive:
        copy = Path(archive.extract("astronaut.jpg", tmp_path))
    assert read_metadata(copy).latitude is None
    assert read(copy)[30:40, 30:40].std(axis=(0, 1)).max() < 6  # one color, but for JPEG's noise
    assert client.post("/api/export", json={"photos": [chosen], "anonymize": ["dogs"]}).status_code == 422
