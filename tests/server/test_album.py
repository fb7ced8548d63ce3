"""Albums: made by themselves, by hand and by a search."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient


def by_id(client: TestClient) -> dict[str, Any]:
    """All albums by their identifiers."""
    return {album["id"]: album for album in client.get("/api/albums").json()}


def photos(client: TestClient, album: str) -> set[str]:
    """Names of the photos of an album."""
    page = client.get("/api/photos", params={"album": album}).json()
    assert page["total"] == len(page["photos"])
    return {photo["name"] for photo in page["photos"]}


def test_albums_make_themselves(client: TestClient) -> None:
    albums = by_id(client)
    assert photos(client, "object:cat") == {"chelsea.jpg"} and albums["object:cat"]["count"] == 1
    assert {a["name"]: a["count"] for a in albums.values() if a["kind"] == "place"}["Paris"] == 2
    people = [a for a in albums.values() if a["kind"] == "person"]
    assert all(a["cover"].startswith("/api/faces/") for a in people)
    for album in albums.values():
        if album["cover"]:
            assert client.get(album["cover"]).status_code == 200, album
        assert len(photos(client, album["id"])) == album["count"], album
        assert client.get(f"/api/albums/{album['id']}").json() == album
        timeline = client.get("/api/timeline", params={"album": album["id"]}).json()
        assert timeline["total"] == album["count"]
    assert {a["id"] for a in client.get("/api/albums", params={"kind": "place"}).json()} == {
        a for a in albums if a.startswith("place:")
    }


def test_manual_album(client: TestClient, ids: dict[str, int]) -> None:
    made = client.post("/api/albums", json={"name": " Best  of ", "photos": [ids["coffee.jpg"]]})
    assert made.status_code == 201
    album = made.json()["id"]
    assert made.json()["kind"] == "manual" and made.json()["count"] == 1
    url = f"/api/albums/{album}"
    more = {"ids": [ids["rocket.jpg"], ids["coffee.jpg"]]}
    assert client.post(f"{url}/photos", json=more).json() == {"changed": 1}
    assert photos(client, album) == {"coffee.jpg", "rocket.jpg"}
    assert client.get(f"/api/photos/{ids['rocket.jpg']}").json()["albums"][0]["id"] == album
    removed = client.request("DELETE", f"{url}/photos", json={"ids": [ids["coffee.jpg"]]})
    assert removed.json() == {"changed": 1}
    assert photos(client, album) == {"rocket.jpg"}
    assert client.patch(url, json={"name": "Rockets"}).json()["name"] == "Rockets"
    assert client.delete(url).json() == {"changed": 1}
    assert client.get(url).status_code == 404
    assert client.get("/api/photos", params={"album": album}).status_code == 404


def test_smart_album(client: TestClient) -> None:
    album = client.post("/api/albums", json={"name": "Cats", "query": "object:cat"}).json()
    assert album["kind"] == "smart" and album["count"] == 1 and album["query"] == "object:cat"
    assert photos(client, album["id"]) == {"chelsea.jpg"}
    changed = client.patch(f"/api/albums/{album['id']}", json={"query": "after:2021"}).json()
    assert changed["count"] == 3
    assert client.post(f"/api/albums/{album['id']}/photos", json={"ids": [1]}).status_code == 404


def test_wrong_albums(client: TestClient) -> None:
    both = {"name": "x", "query": "cat", "photos": [1]}
    assert client.post("/api/albums", json=both).status_code == 422
    assert client.post("/api/albums", json={"name": "  "}).status_code == 422
    assert client.post("/api/albums", json={"name": "x", "query": "(("}).status_code in (201, 422)
    assert client.post("/api/albums", json={"name": "x", "photos": [10**9]}).status_code == 404
    for album in ("manual:999", "object:no such thing", "a/b", "person:x", "nonsense"):
        assert client.get(f"/api/albums/{album}").status_code == 404, album
        assert client.delete(f"/api/albums/{album}").status_code == 404, album
