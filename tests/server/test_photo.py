"""The grid, one photo, and what can be changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from tests.server.conftest import FACTS
from veduta.library.catalog import Catalog
from veduta.library.schema import FileRow, PhotoRow

TOTAL = len(FACTS) + 2


def test_grid_is_newest_first_and_unknown_last(client: TestClient) -> None:
    page = client.get("/api/photos").json()
    assert page["total"] == TOTAL == len(page["photos"])
    taken = [photo["taken"] for photo in page["photos"]]
    known = [t for t in taken if t is not None]
    assert known == sorted(known, reverse=True)
    assert taken == known + [None] * (TOTAL - len(known))
    assert page["photos"][0]["name"] == "coffee.jpg"
    assert page["photos"][0]["day"] == "2021-05-02"


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_pages_put_together_are_the_grid(client: TestClient, limit: int) -> None:
    every = [p["id"] for p in client.get("/api/photos").json()["photos"]]
    found: list[int] = []
    for offset in range(0, TOTAL + limit, limit):
        page = client.get("/api/photos", params={"limit": limit, "offset": offset}).json()
        assert page["total"] == TOTAL
        found += [p["id"] for p in page["photos"]]
    assert found == every
    assert client.get("/api/photos", params={"offset": 10_000_000}).json()["photos"] == []


def test_timeline_counts_what_the_grid_shows(client: TestClient) -> None:
    timeline = client.get("/api/timeline").json()
    assert timeline["total"] == TOTAL == sum(day["count"] for day in timeline["days"])
    assert timeline["days"][-1]["day"] is None
    for day in timeline["days"]:
        page = client.get("/api/photos", params={"day": day["day"] or "unknown"}).json()
        assert page["total"] == day["count"] == len(page["photos"])
        assert {p["day"] for p in page["photos"]} == {day["day"]}


def test_filters(client: TestClient, ids: dict[str, int]) -> None:
    def names(**params: object) -> set[str]:
        answer = client.get("/api/photos", params=params)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        return {p["name"] for p in answer.json()["photos"]}

    assert names(**{"from": "2021-05-02"}) == {"coffee.jpg"}
    assert names(to="2019-12-31") == {"rocket.jpg"}
    assert names(**{"from": "2020-01-01", "to": "2021-05-01"}) == {
        "chelsea.jpg",
        "astronaut.jpg",
        "astronaut2.jpg",
    }
    assert names(media="video") == set()
    client.patch(f"/api/photos/{ids['coffee.jpg']}", json={"favorite": True, "rating": 4})
    assert names(favorite=True) == {"coffee.jpg"}
    assert names(rating=4) == {"coffee.jpg"} and names(rating=5) == set()
    client.patch(f"/api/photos/{ids['coffee.jpg']}", json={"hidden": True})
    assert "coffee.jpg" not in names()
    assert names(hidden=True) == {"coffee.jpg"}
    assert client.get("/api/timeline").json()["total"] == TOTAL - 1
    place = client.get(f"/api/photos/{ids['rocket.jpg']}").json()["place"]["id"]
    assert names(place=place) == {"rocket.jpg"}


def test_detail(client: TestClient, ids: dict[str, int]) -> None:
    photo = client.get(f"/api/photos/{ids['astronaut.jpg']}").json()
    assert photo["format"] == "jpg" and photo["displayable"]
    assert (photo["width"], photo["height"]) == (512, 512)
    assert photo["place"]["city"] == "Paris" and photo["place"]["country_code"] == "FR"
    assert photo["latitude"] == pytest.approx(48.8566, abs=1e-3)
    assert photo["taken"] == "2021-05-01T10:00:00"
    assert [person["box"][2] for person in photo["people"]] == [pytest.approx(76.8)]
    assert {"kind": "person", "name": "person", "score": 0.95, "count": 1} in photo["findings"]
    assert [f["role"] for f in photo["files"]] == ["original"]
    assert not client.get(f"/api/photos/{ids['scan.tif']}").json()["displayable"]


def test_findings(client: TestClient, ids: dict[str, int]) -> None:
    found = client.get(f"/api/photos/{ids['chelsea.jpg']}/findings").json()
    assert {(f["kind"], f["name"]) for f in found["findings"]} == {("object", "cat"), ("label", "tabby")}
    assert found["width"] == 451
    [label] = [f for f in found["findings"] if f["kind"] == "label"]
    assert label["extra"] == {"parents": ["cat", "animal"]} and label["box"] is None


def test_neighbors_walk_the_grid(client: TestClient) -> None:
    every = [p["id"] for p in client.get("/api/photos").json()["photos"]]
    for before, photo, after in zip([None, *every], every, [*every[1:], None], strict=False):
        found = client.get(f"/api/photos/{photo}/neighbors").json()
        assert (found["previous"] or {}).get("id") == before
        assert (found["next"] or {}).get("id") == after
    day = client.get("/api/photos", params={"day": "2021-05-01"}).json()["photos"]
    found = client.get(f"/api/photos/{day[0]['id']}/neighbors", params={"day": "2021-05-01"}).json()
    assert found["previous"] is None and found["next"]["id"] == day[1]["id"]


def test_names_in_other_encodings_survive(client: TestClient, root: Path) -> None:
    [photo] = [p for p in client.get("/api/photos").json()["photos"] if "ck.jpg" in p["name"]]
    assert photo["name"] == "br\\xfcck.jpg"
    detail = client.get(f"/api/photos/{photo['id']}").json()
    assert {os.path.basename(f["path"]) for f in detail["files"]} == {"br\\xfcck.jpg", "copy of brick.jpg"}  # noqa: PTH119
    original = client.get(f"/api/photos/{photo['id']}/original", params={"download": True})
    assert original.status_code == 200 and original.content[:2] == b"\xff\xd8"
    assert "xfcck.jpg" in original.headers["content-disposition"]


def test_changes_stay_in_the_catalog(client: TestClient, root: Path, ids: dict[str, int]) -> None:
    number = ids["chelsea.jpg"]
    with Catalog.open(root / "library") as catalog, catalog.session() as session:
        path = session.scalars(select(FileRow.path).where(FileRow.photo_id == number)).one()
        before = Path(path).read_bytes()
    change = {"title": "Chelsea", "keywords": ["cat", "sofa"], "rating": 5, "description": "asleep"}
    photo = client.patch(f"/api/photos/{number}", json=change).json()
    assert {name: photo[name] for name in change} == change
    photo = client.patch(f"/api/photos/{number}", json={"title": None, "keywords": ["sofa"]}).json()
    assert photo["title"] is None and photo["keywords"] == ["sofa"] and photo["rating"] == 5
    assert Path(path).read_bytes() == before
    with Catalog.open(root / "library") as catalog, catalog.session() as session:
        row = session.get_one(PhotoRow, number)
        assert row.user_edited["title"] is None and row.user_edited["rating"] == 5
        assert row.user_edited["removed_keywords"] == ["cat"]
    found = client.get("/api/search", params={"q": "sofa"}).json()
    assert [hit["photo"]["id"] for hit in found["hits"]] == [number]


def test_change_of_many(client: TestClient, ids: dict[str, int]) -> None:
    answer = client.patch("/api/photos", json={"ids": [*ids.values(), 10**12], "change": {"favorite": True}})
    assert answer.json() == {"changed": TOTAL}
    assert client.get("/api/photos", params={"favorite": True}).json()["total"] == TOTAL


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/photos/999999", 404),
        ("/api/photos/999999/findings", 404),
        ("/api/photos/999999/similar", 404),
        ("/api/photos/999999/neighbors", 404),
        ("/api/photos/999999/original", 404),
        ("/api/photos/999999/thumbnail/320", 404),
        ("/api/photos/1/thumbnail/321", 422),
        ("/api/photos/0", 422),
        ("/api/photos/9223372036854775808", 422),
        ("/api/photos/x", 422),
        ("/api/photos?limit=0", 422),
        ("/api/photos?day=2021-13-01", 422),
        ("/api/photos?nonsense=1", 422),
        ("/api/nothing", 404),
    ],
)
def test_problems(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status and answer.json()["detail"]


def test_wrong_changes_are_refused(client: TestClient) -> None:
    for change in ({"rating": 6}, {"titel": "x"}, {"keywords": [""]}, {"title": "x" * 1001}):
        assert client.patch("/api/photos/1", json=change).status_code == 422, change
    assert client.patch("/api/photos/1", content=b"{").status_code == 422
    assert client.patch("/api/photos/1", content=b'{"title": "\\ud800"}').status_code == 422
    assert client.patch("/api/photos/999999", json={"favorite": True}).status_code == 404
