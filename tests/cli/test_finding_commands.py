"""`veduta search`, `similar`, `albums`, `people` and `duplicates` as a user and a script meet them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.library.handmade import Handmade, face, identities, read, seen, unit
from veduta.cli.app import app
from veduta.cli.outcome import status_of
from veduta.errors import VedutaError
from veduta.library import people
from veduta.library.schema import FileRow


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("library")
    made = Handmade(directory)
    vectors = identities(2, 3)
    for number in range(3):
        likeness = seen("likeness", "likeness", vector=unit(1, 0.1 * number, 0))
        made.photo(
            f"dog{number}",
            [seen("object", "dog", 0.9), face(vectors[0, number]), face(vectors[1, number], x=200), likeness],
            f"2023-05-0{number + 1}T10:00",
            position=(48.85, 2.35),
        )
    made.photo("bill", [read("invoice 2031")])
    with made.catalog.write() as session:
        session.add(FileRow(photo_id=1, folder_id=1, path="/photos/copy.jpg", bytes=1000, mtime_ns=9))
    people.assign_new(made.catalog)
    made.catalog.close()
    yield directory


@dataclass
class Done:
    """What a command said and how it ended, as the shell would see it."""

    returncode: int
    stdout: str
    stderr: str


def run(library: Path | None, *arguments: str) -> Done:
    place = [] if library is None else ["--library", str(library)]
    result = CliRunner().invoke(app, [*arguments, *place])
    if isinstance(result.exception, VedutaError):  # as in `main`
        return Done(status_of(result.exception), result.stdout, str(result.exception))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def lines(library: Path, *arguments: str) -> list[dict[str, Any]]:
    done = run(library, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_search(library: Path) -> None:
    found = lines(library, "search", "dog", "place:Paris")
    assert [set(hit) for hit in found] == [{"path", "score", "why"}] * 3
    assert found[0]["path"] == "/photos/dog2.jpg"
    assert "object: dog (0.90)" in found[0]["why"]
    assert lines(library, "search", "xqzzyv") == []
    assert len(lines(library, "search", "dog", "--limit", "2")) == 2
    assert [hit["path"] for hit in lines(library, "search", "-object:dog")] == ["/photos/bill.jpg"]
    assert [hit["path"] for hit in lines(library, "search", '"invoice 2031"')] == ["/photos/bill.jpg"]
    assert "showing results for: place:paris" in run(library, "search", "place:pariss").stderr


def test_what_goes_wrong_has_its_status(library: Path, tmp_path: Path) -> None:
    wrong = run(library, "search", "persn:Anna")
    assert wrong.returncode == 2 and "person:" in wrong.stderr
    assert run(library, "search").returncode == 2
    assert run(library, "albums", "--kind", "nice").returncode == 2
    none = run(tmp_path / "none", "search", "dog")
    assert none.returncode == 1 and "there is no library here" in none.stderr
    assert run(library, "similar", str(tmp_path / "nothing.jpg")).returncode == 2
    assert run(library, "people", "name", "999", "Anna").returncode == 2
    assert run(library, "albums", "show", "manual:99").returncode == 2


def test_similar(library: Path) -> None:
    found = lines(library, "similar", "/photos/dog0.jpg")
    assert [hit["path"] for hit in found] == ["/photos/dog1.jpg", "/photos/dog2.jpg"]
    assert all(set(hit) == {"path", "score", "why"} and hit["score"] > 0.9 for hit in found)


def test_albums(library: Path) -> None:
    found = {(album["album"], album["group"]): album for album in lines(library, "albums")}
    dogs = ["/photos/dog2.jpg", "/photos/dog1.jpg", "/photos/dog0.jpg"]
    assert found["Dog", "Objects"]["photos"] == dogs
    assert found["Paris", "France"]["photos"] == dogs
    assert len(lines(library, "albums", "--kind", "object", "--limit", "1")[0]["photos"]) == 1
    assert "Objects\n  Dog  3  [object:dog]" in run(library, "albums").stdout


def test_own_albums(library: Path) -> None:
    made = run(library, "albums", "create", "Best", "/photos/dog1.jpg").stdout.strip()
    assert run(library, "albums", "add", made, "/photos/bill.jpg").returncode == 0
    assert [photo["path"] for photo in lines(library, "albums", "show", made)] == [
        "/photos/dog1.jpg",
        "/photos/bill.jpg",
    ]
    assert run(library, "albums", "remove", made, "/photos/bill.jpg").returncode == 0
    assert run(library, "albums", "rename", made, "Very best").returncode == 0
    smart = run(library, "albums", "create", "Dogs", "--query", "dog").stdout.strip()
    found = {
        album["album"]: album["photos"]
        for album in lines(library, "albums", "--kind", "manual", "--kind", "smart")
    }
    assert found["Very best"] == ["/photos/dog1.jpg"]
    assert len(found["Dogs"]) == 3
    assert run(library, "albums", "query", smart, "invoice").returncode == 0
    assert [photo["path"] for photo in lines(library, "albums", "show", smart)] == ["/photos/bill.jpg"]
    assert run(library, "albums", "query", smart, "persn:x").returncode == 2
    assert run(library, "albums", "query", made, "dog").returncode == 2, "it is not a saved search"
    assert lines(library, "albums", "add", made, "--query", "dog") == [{"changed": 2}]
    assert lines(library, "albums", "remove", made, "2", "3") == [{"changed": 2}]
    assert run(library, "albums", "add", made).returncode == 2
    for album in (made, smart):
        assert lines(library, "albums", "delete", album) == [{"changed": 1}]
    assert run(library, "albums", "create", "x", "--query", "persn:x").returncode == 2
    assert run(library, "albums", "create", "x", "/photos/none.jpg").returncode == 2


def test_people(library: Path) -> None:
    found = lines(library, "people")
    assert [set(person) for person in found] == [{"id", "name", "faces", "photos"}] * 2
    assert [(person["name"], person["faces"], len(person["photos"])) for person in found] == [
        (None, 3, 3)
    ] * 2
    first, second = (str(person["id"]) for person in found)
    assert run(library, "people", "name", second, "Anna").returncode == 0
    assert [person["name"] for person in lines(library, "people", "list")] == ["Anna", None]
    assert len(lines(library, "search", "person:anna")) == 3
    faces = [str(one["face"]) for one in lines(library, "people", "faces", second)]
    new = run(library, "people", "split", second, faces[0]).stdout.strip()
    assert len(lines(library, "people", "faces", new)) == 1
    assert run(library, "people", "merge", second, new).returncode == 0
    assert len(lines(library, "people", "faces", second)) == 3
    assert run(library, "people", "not", faces[1]).returncode == 0
    assert run(library, "people", "assign", faces[1], second).stdout.strip() == second
    assert lines(library, "people", "assign", faces[1], "--name", "bertha")[0]["id"] != int(second)
    assert lines(library, "people", "assign", faces[1], "--name", "ANNA") == [{"id": int(second)}]
    assert run(library, "people", "assign", faces[1], second, "--name", "Anna").returncode == 2
    assert run(library, "people", "hide", first).returncode == 0
    assert [person["id"] for person in lines(library, "people")] == [int(second)]
    assert len(lines(library, "people", "--hidden")) == 2
    assert run(library, "people", "hide", first, "--show").returncode == 0
    assert run(library, "people", "forget", second, "--yes").stdout.strip() == "3 faces forgotten"
    assert [person["id"] for person in lines(library, "people")] == [int(first)]


def test_duplicates(library: Path) -> None:
    (group,) = lines(library, "duplicates")
    assert (group["kind"], group["best"], group["reason"]) == ("exact", "/photos/dog0.jpg", "oldest file")
    assert [photo["path"] for photo in group["photos"]] == ["/photos/dog0.jpg", "/photos/copy.jpg"]
    assert run(library, "duplicates", "--kind", "near").stdout.startswith("0 groups")
    assert run(library, "duplicates", "--kind", "odd").returncode == 2


def test_names_that_are_not_text(tmp_path: Path) -> None:
    made = Handmade(tmp_path)
    photo = made.photo("odd", [seen("object", "dog", vector=None)])
    with made.catalog.write() as session:
        session.query(FileRow).filter_by(photo_id=photo).update({"path": "/photos/\udcff odd.jpg"})
    made.catalog.close()
    assert lines(tmp_path, "search", "dog")[0]["path"] == "/photos/\udcff odd.jpg"
    assert run(tmp_path, "search", "dog").returncode == 0
    assert np.isfinite(lines(tmp_path, "search", "dog")[0]["score"])
