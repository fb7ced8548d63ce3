"""Banks in the interface: references are given, dropped photos come back, cleaning runs in the background."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.landmarks.test_bank import put
from tests.landmarks.test_clean import DIRT, MARKS, PHOTOS, bank  # noqa: F401
from tests.server.conftest import HERE
from tests.server.test_folders import wait_until
from veduta.landmarks.bank import Bank
from veduta.landmarks.clean import clean
from veduta.landmarks.features import DIMENSION
from veduta.server.app import create_app

Json = dict[str, Any]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """An empty library, served."""
    app = create_app(tmp_path / "library", background=False)
    with TestClient(app, base_url=HERE, headers={"X-Veduta": "1"}) as client:
        yield client


@pytest.fixture
def folder(bank: Path) -> str:  # noqa: F811
    """A bank that was cleaned: of each landmark, the last DIRT photos were dropped."""
    with Bank.open(bank) as opened:
        clean(opened)
    return str(bank)


def get(client: TestClient, what: str = "", **query: object) -> Json:
    answer = client.get(f"/api/bank{what}", params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def give(client: TestClient, folder: str, landmark: str, photos: list[int]) -> Json:
    answer = client.post(
        "/api/bank/references", json={"folder": folder, "landmark": landmark, "photos": photos}
    )
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def finish(client: TestClient) -> Json:
    wait_until(lambda: get(client, "/cleaning")["state"] not in ("running", "stopping"))
    return get(client, "/cleaning")


def test_what_a_bank_holds(client: TestClient, folder: str) -> None:
    told = get(client, folder=folder)
    assert told["folder"] == folder and told["judged"] and told["pending"] == 0
    assert (told["landmarks"], told["photos"]) == (MARKS, MARKS * PHOTOS)
    assert (told["kept"], told["dropped"]) == (MARKS * (PHOTOS - DIRT), MARKS * DIRT)
    page = get(client, "/landmarks", folder=folder, limit=2, offset=1)
    assert [one["id"] for one in page["landmarks"]] == ["mark1", "mark2"]
    assert (page["total"], page["needing"]) == (MARKS, 0)
    found = get(client, "/landmarks", folder=folder, name="MARK3")["landmarks"]
    assert [(one["id"], one["kept"], one["dropped"], one["remarks"]) for one in found] == [
        ("mark3", PHOTOS - DIRT, DIRT, [])
    ]


def test_what_lost_most_comes_first(client: TestClient, folder: str) -> None:
    with Bank.open(folder) as opened:
        lost = list(opened.photos("mark4"))[:-3]
        opened.judge([(photo.id, "dropped", "unlike its references", -0.1) for photo in lost], "clean")
    page = get(client, "/landmarks", folder=folder)
    first = page["landmarks"][0]
    assert first["id"] == "mark4" and first["suspicious"] and page["needing"] == 1
    assert "more than half" in first["remarks"][0] and "only 3 photos kept" in first["remarks"]


def test_dropped_photos_tell_why_and_come_back(client: TestClient, folder: str) -> None:
    page = get(client, "/photos", folder=folder, landmark="mark0", side="dropped")
    assert page["total"] == DIRT and len(page["photos"]) == DIRT
    for photo in page["photos"]:
        assert photo["why"].startswith("unlike its references") and photo["score"] < 0
    ids = [photo["id"] for photo in page["photos"]]
    answer = client.post("/api/bank/put-back", json={"folder": folder, "photos": ids})
    assert answer.json() == {"changed": DIRT}
    assert get(client, "/photos", folder=folder, landmark="mark0", side="dropped")["total"] == 0
    client.post("/api/bank/cleaning", json={"folder": folder})
    assert finish(client)["state"] == "done"
    kept = get(client, "/photos", folder=folder, landmark="mark0")["photos"]
    assert {photo["judge"] for photo in kept if photo["id"] in ids} == {"person"}
    assert get(client, "/landmark", folder=folder, landmark="mark0")["given"] == []


def test_references_are_suggested_given_and_taken_back(client: TestClient, folder: str) -> None:
    mark = get(client, "/landmark", folder=folder, landmark="mark1")
    assert mark["given"] == [] and len(mark["suggestion"]) == 5 and mark["advice"] == ""
    first = get(client, "/photos", folder=folder, landmark="mark1", limit=5)["photos"]
    assert {photo["id"] for photo in first} == set(mark["suggestion"])
    two = mark["suggestion"][:2]
    given = give(client, folder, "mark1", two)
    assert set(given["given"]) == set(two) and given["suggestion"] == []
    assert given["advice"].startswith("only 2 given") and given["remarks"] == [given["advice"]]
    three = mark["suggestion"][1:4]
    given = give(client, folder, "mark1", three)
    assert set(given["given"]) == set(three) and given["advice"] == "" == "".join(given["remarks"])
    photos = get(client, "/photos", folder=folder, landmark="mark1")["photos"]
    assert {photo["id"] for photo in photos if photo["judge"] == "person"} == set(three)
    assert give(client, folder, "mark1", [])["given"] == []
    client.post("/api/bank/cleaning", json={"folder": folder})
    assert finish(client)["dropped"] == MARKS * DIRT
    assert get(client, "/landmark", folder=folder, landmark="mark1")["suggestion"] == mark["suggestion"]


def test_a_reference_that_was_put_back_stays_so(client: TestClient, folder: str) -> None:
    [photo, _] = get(client, "/photos", folder=folder, landmark="mark2", side="dropped")["photos"]
    client.post("/api/bank/put-back", json={"folder": folder, "photos": [photo["id"]]})
    give(client, folder, "mark2", [photo["id"]])
    give(client, folder, "mark2", [])
    found = get(client, "/photos", folder=folder, landmark="mark2")["photos"]
    assert [(p["judge"], p["why"]) for p in found if p["id"] == photo["id"]] == [
        ("person", "put back by a person")
    ]


def test_pictures_of_the_bank_only(client: TestClient, folder: str, tmp_path: Path) -> None:
    photo = get(client, "/photos", folder=folder, landmark="mark0")["photos"][0]
    answer = client.get(photo["thumb"])
    assert answer.headers["content-type"] == "image/webp" and answer.content[8:12] == b"WEBP"
    assert "immutable" in answer.headers["cache-control"]
    again = client.get(photo["thumb"], headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    put(tmp_path / "private.jpg", 7)
    for path, status in (
        (f"/api/bank/photos/99999/picture/320?folder={folder}", 404),
        (f"/api/bank/photos/{photo['id']}/picture/320?folder={tmp_path}", 409),
        (f"/api/bank/photos/{photo['id']}/picture/5000?folder={folder}", 422),
        (f"/api/bank/photos/{photo['id']}/picture/320?folder=bank", 422),
        (f"/api/bank/photos/..%2F..%2Fprivate.jpg/picture/320?folder={folder}", 404),
    ):
        assert client.get(path).status_code == status, path
    Path(photo["path"]).unlink()
    lost = client.get(photo["preview"])
    assert lost.status_code == 422 and photo["name"] in lost.json()["detail"]
    with Bank.open(folder) as opened, opened.writing() as connection:
        connection.execute("UPDATE photos SET hash = NULL, state = 'dropped', why = 'cut' WHERE id = ?",
                           (photo["id"],))  # fmt: skip
    dropped = get(client, "/photos", folder=folder, landmark="mark0", side="dropped")["photos"]
    assert [(p["why"], p["thumb"]) for p in dropped if p["id"] == photo["id"]] == [("cut", None)]
    assert client.get(photo["thumb"]).status_code == 422
    answer = client.post("/api/bank/put-back", json={"folder": folder, "photos": [photo["id"]]})
    assert answer.status_code == 409 and "cut" in answer.json()["detail"]


def test_what_is_wrong_is_told(client: TestClient, folder: str, tmp_path: Path) -> None:
    for wrong, status, words in (
        (str(tmp_path), 409, "holds no bank"),
        ("relative", 422, "whole path"),
        (str(tmp_path / "nothing"), 409, "veduta landmarks bank"),
    ):
        for answer in (
            client.get("/api/bank", params={"folder": wrong}),
            client.post("/api/bank/cleaning", json={"folder": wrong}),
        ):
            assert answer.status_code == status and words in answer.json()["detail"]
    assert not (tmp_path / "nothing").exists()
    assert client.get("/api/bank/landmark", params={"folder": folder, "landmark": "mark9"}).status_code == 404
    stranger = get(client, "/photos", folder=folder, landmark="mark1")["photos"][0]["id"]
    body = {"folder": folder, "landmark": "mark0", "photos": [stranger]}
    answer = client.post("/api/bank/references", json=body)
    assert answer.status_code == 404 and "no photo of mark0" in answer.json()["detail"]


def undescribed(source: Path) -> str:
    """Photos that were never described; returns the folder of their bank."""
    from veduta.landmarks.importing import fill

    for number in range(40):
        put(source / f"source/mark{number % 2}/{number:02}.jpg", 5000 + number)
    return str(fill(source / "fresh", source / "source"))


def test_one_cleaning_at_a_time_that_can_be_stopped(
    client: TestClient, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = undescribed(tmp_path / "more")
    reached, go_on = threading.Event(), threading.Event()

    def slowly(trunk: object, pictures: list[Any]) -> Any:
        reached.set()
        go_on.wait(30)
        rows = np.random.default_rng(len(pictures)).normal(size=(len(pictures), DIMENSION)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    monkeypatch.setattr("veduta.landmarks.bank_features.describe", slowly)
    monkeypatch.setattr("veduta.landmarks.bank_features.shared_trunk", lambda: None)
    assert get(client, "/cleaning")["state"] == "idle"
    begun = client.post("/api/bank/cleaning", json={"folder": other}).json()
    assert begun["state"] == "running" and begun["folder"] == other
    assert reached.wait(30)
    told = get(client, "/cleaning")
    assert (told["stage"], told["done"], told["total"]) == ("describing photos", 0, 40)
    second = client.post("/api/bank/cleaning", json={"folder": folder})
    assert second.status_code == 409 and "being cleaned" in second.json()["detail"]
    assert client.post("/api/bank/cleaning/stop").json()["state"] == "stopping"
    go_on.set()
    assert finish(client)["state"] == "stopped"
    assert not get(client, folder=other)["judged"]
    client.post("/api/bank/cleaning", json={"folder": other})
    ended = finish(client)
    assert (ended["state"], ended["judged"], ended["stage"]) == ("done", 40, None) and ended["finished"]


def test_what_a_person_does_meanwhile_is_kept(
    client: TestClient, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from veduta.landmarks import clean as cleaning

    [photo, _] = get(client, "/photos", folder=folder, landmark="mark5", side="dropped")["photos"]
    write = cleaning._write

    def late(*arguments: Any) -> None:
        client.post("/api/bank/put-back", json={"folder": folder, "photos": [photo["id"]]})
        write(*arguments)

    monkeypatch.setattr(cleaning, "_write", late)
    client.post("/api/bank/cleaning", json={"folder": folder})
    assert finish(client)["state"] == "done"
    kept = get(client, "/photos", folder=folder, landmark="mark5")["photos"]
    assert photo["id"] in {one["id"] for one in kept}


def test_a_cleaning_that_fails_says_why(client: TestClient, folder: str, tmp_path: Path) -> None:
    with Bank.open(folder) as opened, opened.writing() as connection:
        connection.execute("UPDATE photos SET state = 'pending' WHERE landmark = 'mark0'")
    client.post("/api/bank/cleaning", json={"folder": folder})
    ended = finish(client)
    assert ended["state"] == "failed" and "not all photos were read yet" in ended["message"]


def test_the_end_of_the_server_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = undescribed(tmp_path / "more")
    go_on = threading.Event()
    monkeypatch.setattr("veduta.landmarks.bank_features.describe", lambda *_: go_on.wait(30))
    monkeypatch.setattr("veduta.landmarks.bank_features.shared_trunk", lambda: None)
    app = create_app(tmp_path / "library", background=False)
    cleaner = app.state.context.cleaner
    cleaner.start(Path(folder))
    threading.Timer(0.3, go_on.set).start()
    cleaner.close()
    assert cleaner.state().state in ("stopped", "failed")
    app.state.context.close()
