"""People: named, merged, split, corrected, hidden and forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from veduta.library import people
from veduta.library.catalog import Catalog
from veduta.library.record import Analysis, record
from veduta.see.finding import Finding


@pytest.fixture
def faces(client: TestClient, ids: dict[str, int]) -> list[int]:
    """The two faces of the library, the same person's."""
    return [
        client.get(f"/api/photos/{ids[name]}").json()["people"][0]["face_id"]
        for name in ("astronaut.jpg", "astronaut2.jpg")
    ]


def test_name_hide_and_photos(client: TestClient, faces: list[int], ids: dict[str, int]) -> None:
    person = client.post(f"/api/faces/{faces[0]}/assign", json={"name": "Eileen"}).json()["person_id"]
    client.post(f"/api/faces/{faces[1]}/assign", json={"name": "eileen"})
    card = client.get(f"/api/people/{person}").json()
    assert (card["name"], card["faces"], card["photos"]) == ("Eileen", 2, 2)
    assert client.get(card["cover"]).status_code == 200
    shown = client.get("/api/photos", params={"person": person}).json()["photos"]
    assert {p["id"] for p in shown} == {ids["astronaut.jpg"], ids["astronaut2.jpg"]}
    assert client.patch(f"/api/people/{person}", json={"name": "Eileen Collins"}).json()["name"]
    assert client.get("/api/people").json()[0]["name"] == "Eileen Collins"
    client.patch(f"/api/people/{person}", json={"hidden": True})
    assert client.get("/api/people").json() == []
    assert len(client.get("/api/people", params={"hidden": True}).json()) == 1
    tags = client.get(f"/api/photos/{ids['astronaut.jpg']}").json()["people"]
    assert tags[0]["name"] == "Eileen Collins" and tags[0]["confirmed"]
    page = client.get(f"/api/people/{person}/faces").json()
    assert page["total"] == 2 and {f["id"] for f in page["faces"]} == set(faces)
    assert client.get(f"/api/people/{person}/faces", params={"limit": 1, "offset": 1}).json()["total"] == 2


def test_split_merge_and_not_this_person(client: TestClient, faces: list[int]) -> None:
    person = client.post(f"/api/faces/{faces[0]}/assign", json={"name": "Anna"}).json()["person_id"]
    client.post(f"/api/faces/{faces[1]}/assign", json={"person_id": person})
    other = client.post(f"/api/people/{person}/split", json={"faces": [faces[1]]}).json()
    assert other["id"] != person and other["faces"] == 1
    merged = client.post("/api/people/merge", json={"into": person, "ids": [other["id"]]}).json()
    assert (merged["id"], merged["faces"]) == (person, 2)
    face = client.post(f"/api/faces/{faces[1]}/not-this-person").json()
    assert face["person_id"] != person
    if face["person_id"] is None:
        assert client.post(f"/api/faces/{faces[1]}/not-this-person").status_code == 409
    assert client.get(f"/api/people/{person}").json()["faces"] == 1


def test_forget_is_for_good(client: TestClient, faces: list[int], ids: dict[str, int]) -> None:
    person = client.post(f"/api/faces/{faces[0]}/assign", json={"name": "Anna"}).json()["person_id"]
    assert client.delete(f"/api/people/{person}").json()["changed"] >= 1
    assert client.get(f"/api/people/{person}").status_code == 404
    assert client.get(f"/api/faces/{faces[0]}/crop").status_code == 404
    assert client.get(f"/api/photos/{ids['astronaut.jpg']}").json()["people"] == []


def test_a_face_too_small_to_tell_whose_it_is(client: TestClient, root: Path, ids: dict[str, int]) -> None:
    photo = ids["coffee.jpg"]
    tiny = Finding("face", "face", 0.8, "faces", "1", box=(3.0, 4.0, 9.0, 11.0))
    with Catalog.open(root / "library") as catalog:
        with catalog.write() as session:
            record(session, [Analysis(photo, [], findings={("faces", "1"): [tiny]})])
        people.assign_new(catalog)
    [tag] = client.get(f"/api/photos/{photo}").json()["people"]
    assert tag["person_id"] is None and client.get(tag["crop"]).status_code == 200
    person = client.post(f"/api/faces/{tag['face_id']}/assign", json={"name": "Waiter"}).json()["person_id"]
    [card] = [one for one in client.get("/api/people").json() if one["name"] == "Waiter"]
    assert (card["id"], card["faces"]) == (person, 1) and client.get(card["cover"]).status_code == 200
    assert client.get(f"/api/people/{person}/faces").json()["total"] == 1
    [hit] = client.get("/api/search", params={"q": "person:waiter"}).json()["hits"]
    assert hit["photo"]["id"] == photo


def test_unknown_people_and_faces(client: TestClient, faces: list[int]) -> None:
    far = 10**9
    assert client.get(f"/api/people/{far}").status_code == 404
    assert client.patch(f"/api/people/{far}", json={"name": "x"}).status_code == 404
    assert client.delete(f"/api/people/{far}").status_code == 404
    assert client.get(f"/api/people/{far}/faces").status_code == 404
    assert client.post(f"/api/people/{far}/split", json={"faces": [1]}).status_code == 404
    assert client.post("/api/people/merge", json={"into": far, "ids": [1]}).status_code == 404
    assert client.post(f"/api/faces/{far}/assign", json={"name": "x"}).status_code == 404
    assert client.post(f"/api/faces/{far}/not-this-person").status_code == 404
    assert client.post(f"/api/faces/{faces[0]}/assign", json={"person_id": far}).status_code == 404
