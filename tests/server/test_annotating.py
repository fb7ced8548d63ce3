"""Labeling in the interface: projects, pictures, labels, agreement, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from veduta.see.mask import encode

Json = dict[str, Any]
AT = "/api/annotations"


@pytest.fixture
def signs(client: TestClient, ids: dict[str, int]) -> str:
    """A project with two photos of the library."""
    answer = client.post(AT, json={"name": "signs", "classes": ["sign", "cat"]})
    assert answer.status_code == 201, answer.text
    photos = [ids["coffee.jpg"], ids["chelsea.jpg"]]
    assert client.post(f"{AT}/signs/images", json={"photos": photos}).json() == {"changed": 2}
    assert client.post(f"{AT}/signs/images", json={"photos": photos}).json() == {"changed": 0}
    return f"{AT}/signs"


def label(client: TestClient, at: str, image: int, who: str, *items: Json, done: bool = True) -> Json:
    answer = client.put(
        f"{at}/images/{image}/items", json={"annotator": who, "done": done, "items": list(items)}
    )
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


def test_pictures_are_labeled(client: TestClient, signs: str, ids: dict[str, int]) -> None:
    page = client.get(f"{signs}/images").json()
    assert page["total"] == 2 and page["images"][0]["photo_id"] == ids["coffee.jpg"]
    assert client.get(page["images"][0]["thumb"]).status_code == 200
    mask = encode(np.eye(40, 60, dtype=bool))
    first = {"class_id": 1, "box": [0.1, 0.2, 0.3, 0.4], "mask": mask, "origin": "suggested", "score": 0.5}
    told = label(client, signs, 1, "ann", first, {"class_id": 2, "box": [0, 0, 1, 1]})
    assert told["done"] and told["items"][0]["box"] == pytest.approx(first["box"])
    assert told["items"][0]["mask"] == mask and told["items"][1]["box"] == [0, 0, 1, 1]
    assert client.get(f"{signs}/images/1/items", params={"annotator": "ann"}).json() == told
    again = label(client, signs, 1, "ann", *told["items"])
    assert [one["box"] for one in again["items"]] == [one["box"] for one in told["items"]]
    for state, count in (("all", 2), ("open", 1), ("done", 1)):
        chosen = client.get(f"{signs}/images", params={"annotator": "ann", "state": state}).json()
        assert chosen["total"] == count
    project = client.get(signs).json()
    assert (project["images"], project["done"], project["annotators"]) == (2, 1, ["ann"])
    assert client.get(AT).json()["projects"] == [project]


def test_two_annotators_are_compared(client: TestClient, signs: str) -> None:
    same, other = {"class_id": 1, "box": [0.1, 0.1, 0.2, 0.2]}, {"class_id": 2, "box": [0.5, 0.5, 0.2, 0.2]}
    label(client, signs, 1, "ann", same, other)
    label(client, signs, 1, "bob", same, {**other, "class_id": 1})
    label(client, signs, 2, "ann", same)
    label(client, signs, 2, "bob", done=False)
    told = client.get(f"{signs}/agreement", params={"first": "ann", "second": "bob"}).json()
    assert (told["images"], told["matched"], told["other_class"], told["only_first"]) == (1, 1, 1, 0)
    assert told["classes"][0] == {"class_id": 1, "name": "sign", "f1": 2 / 3, "matched": 1}
    assert told["disagreements"][0]["second"]["class_id"] == 1


@pytest.mark.parametrize("form", ["coco", "yolo", "voc"])
def test_files_go_out_and_come_in(client: TestClient, signs: str, form: str) -> None:
    label(client, signs, 2, "ann", {"class_id": 2, "box": [0.25, 0.125, 0.5, 0.75]})
    data = client.get(f"{signs}/file/{form}", params={"annotator": "ann"})
    assert data.status_code == 200 and "attachment" in data.headers["content-disposition"]
    headers = {"Content-Type": "application/octet-stream"}
    answer = client.post(
        f"{signs}/file/{form}", params={"annotator": "bob"}, content=data.content, headers=headers
    )
    assert answer.json() == {"changed": 1}
    one, two = (
        client.get(f"{signs}/images/2/items", params={"annotator": who}).json()["items"]
        for who in ("ann", "bob")
    )
    assert one[0]["box"] == two[0]["box"] and one[0]["class_id"] == two[0]["class_id"]
    assert client.post(f"{signs}/file/{form}", params={"annotator": "x"}, content=b"-").status_code == 422


def test_what_cannot_be_done_is_told(client: TestClient, signs: str, root: Path) -> None:
    assert client.post(AT, json={"name": "signs"}).status_code == 409
    assert client.post(AT, json={"name": "../evil"}).status_code == 422
    assert not (root / "evil").exists()
    assert client.get(f"{AT}/.hidden").status_code == 422
    assert client.post(f"{signs}/images", json={"photos": [999]}).status_code == 404
    assert client.get(f"{signs}/images/9/items", params={"annotator": "a"}).status_code == 404
    wrong = {"annotator": "ann", "items": [{"class_id": 7, "box": [0, 0, 1, 1]}]}
    assert client.put(f"{signs}/images/1/items", json=wrong).status_code == 422
    label(client, signs, 1, "ann", {"class_id": 1, "box": [0, 0, 1, 1]})
    answer = client.patch(signs, json={"classes": [{"id": 2, "name": "cat"}]})
    assert answer.status_code == 409 and "label them otherwise" in answer.json()["detail"]
    kept = client.patch(signs, json={"classes": [{"id": 1, "name": "post"}, {"name": "dog"}]}).json()
    assert [(one["id"], one["name"]) for one in kept["classes"]] == [(1, "post"), (3, "dog")]
    assert client.delete(f"{signs}/images/1").json() == {"changed": 1}
    assert client.delete(signs).json() == {"changed": 1}
    assert client.get(signs).status_code == 404
