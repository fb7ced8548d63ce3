"""The commands with which a user keeps a library: what is said about photos, folders, settings, problems."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_finding_commands import lines, run
from tests.library.handmade import Handmade, face, identities, seen
from tests.library.light import Light, Moody, fill
from veduta.library.add import add_photos
from veduta.library.catalog import Catalog
from veduta.library.schema import PhotoRow
from veduta.see import recognizer


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Path]:
    """A library written by hand: three photos of a trip to Rome, and one that was taken at home."""
    made = Handmade(tmp_path / "library")
    vector = identities(1, 1)[0, 0]
    for number in range(3):
        made.photo(
            f"rome{number}",
            [seen("object", "dog", 0.9, box=(1, 2, 30, 40)), face(vector)],
            f"2023-05-0{number + 1}T10:00",
            position=(41.89, 12.49),
            keywords=["holiday"],
            camera="Lumix",
        )
    made.photo("home", taken="2024-05-02T10:00", position=(48.85, 2.35))
    made.photo("unknown")
    made.catalog.close()
    yield tmp_path / "library"


def test_edit(library: Path) -> None:
    told = lines(
        library, "edit", "/photos/rome0.jpg", "2", "--favorite", "--rating", "4", "--title", " Forum "
    )
    assert told == [{"changed": 2}]
    found = lines(library, "search", "is:favorite", "rating:4", "forum")
    assert {hit["path"] for hit in found} == {"/photos/rome0.jpg", "/photos/rome1.jpg"}
    words = ("--keyword", "+sun", "--keyword", "stone", "--keyword", "-holiday")
    assert lines(library, "edit", "--query", "is:favorite", *words) == [{"changed": 2}]
    [shown] = lines(library, "show", "/photos/rome0.jpg")
    assert shown["keywords"] == ["stone", "sun"]
    assert (shown["favorite"], shown["rating"], shown["title"]) == (True, 4, "Forum")
    assert (
        run(library, "edit", "1", "2", "--no-favorite", "--no-rating", "--title", "", "--hide").returncode
        == 0
    )
    [shown] = lines(library, "show", "1")
    assert (shown["favorite"], shown["rating"], shown["title"]) == (False, None, None)
    assert [hit["path"] for hit in lines(library, "search", "dog")] == ["/photos/rome2.jpg"]
    assert lines(library, "edit", "--query", "is:hidden", "--show") == [{"changed": 2}]
    assert len(lines(library, "search", "dog")) == 3


def test_edit_says_what_is_wrong(library: Path) -> None:
    assert run(library, "edit", "--favorite").returncode == 2
    assert run(library, "edit", "1").returncode == 2
    assert run(library, "edit", "1", "--rating", "6").returncode == 2
    assert run(library, "edit", "1", "--rating", "3", "--no-rating").returncode == 2
    assert run(library, "edit", "1", "--keyword", "+").returncode == 2
    assert run(library, "edit", "--query", "persn:x", "--favorite").returncode == 2
    gone = run(library, "edit", "1", "/photos/none.jpg", "--favorite")
    assert gone.returncode == 2 and "not in the library" in gone.stderr
    assert lines(library, "search", "is:favorite") == [], "nothing is changed when one is wrong"


def test_show(library: Path) -> None:
    [told] = lines(library, "show", "1")
    assert told["path"] == "/photos/rome0.jpg" and told["taken"] == "2023-05-01T10:00:00"
    assert told["place"]["city"] == "Rome" and told["camera"] == "Lumix"
    assert told["files"] == [
        {"path": "/photos/rome0.jpg", "role": "original", "bytes": 1000, "missing": False}
    ]
    assert told["findings"] == [{"kind": "object", "name": "dog", "score": 0.9, "count": 1}]
    assert [person["box"] for person in told["people"]] == [[10, 10, 50, 50]]
    [told] = lines(library, "show", "1", "--findings")
    assert {(f["kind"], f["name"], tuple(f["box"])) for f in told["findings"]} == {
        ("object", "dog", (1, 2, 30, 40)),
        ("face", "face", (10, 10, 50, 50)),
    }
    aloud = run(library, "show", "1").stdout
    assert "Rome" in aloud and "holiday" in aloud and "dog" in aloud
    assert run(library, "show", "99").returncode == 2


def test_times_and_places(library: Path) -> None:
    days = [(one["day"], one["count"]) for one in lines(library, "timeline")]
    assert days == [("2024-05-02", 1), ("2023-05-03", 1), ("2023-05-02", 1), ("2023-05-01", 1), (None, 1)]
    [memory] = lines(library, "memories", "--day", "2024-05-02")
    assert memory == {
        "title": "1 year ago in Rome", "day": "2023-05-02", "years": 1, "photos": ["/photos/rome1.jpg"]
    }  # fmt: skip
    assert run(library, "memories", "--day", "yesterday").returncode == 2
    places = [(one["country"], one["city"], one["photos"]) for one in lines(library, "places")]
    assert places == [("France", "Paris", 1), ("Italy", "Rome", 3)]
    clusters = lines(library, "map")
    assert sorted(cluster["count"] for cluster in clusters) == [1, 3]
    [rome] = lines(library, "map", "--west", "12", "--south", "41", "--east", "13", "--north", "42")
    assert sorted(rome["photos"]) == [f"/photos/rome{number}.jpg" for number in range(3)]
    assert lines(library, "trips") == []
    assert {"text": "object:dog", "kind": "object", "count": 3} in lines(library, "suggest", "do")


def test_trips(tmp_path: Path) -> None:
    made = Handmade(tmp_path)
    for day in range(1, 29):
        made.photo(f"home{day}", taken=f"2022-03-{day:02}T09:00", position=(48.85, 2.35))
    for hour in range(8, 15):
        made.photo(f"away{hour}", taken=f"2022-04-05T{hour:02}:00", position=(41.89, 12.49))
    made.catalog.close()
    [trip] = lines(tmp_path, "trips")
    assert (trip["name"], trip["start"], trip["end"]) == ("Rome, April 2022", "2022-04-05", "2022-04-05")
    assert trip["photos"] == [f"/photos/away{hour}.jpg" for hour in range(8, 15)]
    done = run(tmp_path, "export", str(tmp_path / "out"), "--album", trip["id"])
    assert "0 of 7 photos copied" in done.stdout, "the photos of this library are made up"


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of small pictures; two recognizers are there, one of which fails on a photo."""
    monkeypatch.setattr(recognizer, "REGISTRY", {"light": Light, "moody": Moody})
    fill(tmp_path / "photos", 3)
    with Catalog.open(tmp_path / "library") as catalog:
        add_photos(catalog, [tmp_path / "photos"])
    return tmp_path / "library"


def test_folders(real: Path) -> None:
    photos = real.parent / "photos"
    [told] = lines(real, "folders")
    assert told == {"path": str(photos), "watch": False, "excludes": [], "missing": False, "photos": 5}
    [told] = lines(real, "folders", "change", str(photos), "--watch", "--exclude", "+*.png", "--exclude", "1")
    assert told["watch"] and told["excludes"] == ["*.png", "1"]
    assert lines(real, "add")[0]["photos"] == 3
    [told] = lines(real, "folders", "change", str(photos), "--no-watch", "--exclude", "-1")
    assert not told["watch"] and told["excludes"] == ["*.png"]
    assert "without *.png" in run(real, "folders").stdout
    assert run(real, "folders", "change", str(photos)).returncode == 2
    assert run(real, "folders", "remove", str(photos / "0")).returncode == 2
    run(real, "add")
    before = sorted(os.listdir(photos))  # noqa: PTH208
    assert lines(real, "folders", "remove", str(photos)) == [{"changed": 4}]
    assert lines(real, "folders") == [] and lines(real, "status")[0]["photos"] == 0
    assert sorted(os.listdir(photos)) == before  # noqa: PTH208


def test_settings(real: Path) -> None:
    [told] = lines(real, "settings")
    assert told["recognizers"] == ["light", "moody"] and told["library"] == str(real)
    assert (told["watch"], told["excludes"], told["password"]) == (False, [], False)
    [told] = lines(real, "settings", "set", "--off", "moody", "--watch", "--exclude", "+*.tmp")
    assert (told["recognizers"], told["watch"], told["excludes"]) == (["light"], True, ["*.tmp"])
    assert lines(real, "folders")[0]["excludes"] == ["*.tmp"]
    standing = {
        one["name"]: (one["enabled"], one["pending"]) for one in lines(real, "settings", "recognizers")
    }
    assert standing == {"light": (True, 0), "moody": (False, 0)}
    [told] = lines(real, "settings", "set", "--on", "moody", "--exclude", "-*.tmp", "--no-watch")
    assert (told["recognizers"], told["watch"], told["excludes"]) == (["light", "moody"], False, [])
    assert "light, moody" in run(real, "settings").stdout
    [told] = lines(real.parent / "new", "settings", "set", "--off", "moody")
    assert told["recognizers"] == ["light"], "also before anything is added"
    assert run(real, "settings", "set").returncode == 2
    assert run(real, "settings", "set", "--off", "nose").returncode == 2


def test_problems(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = real.parent / "photos"
    found = {Path(one["path"]).name: one for one in lines(real, "problems")}
    assert set(found) == {"cut.jpg", "empty.jpg", "liar.png", "wide.png"}
    assert (found["wide.png"]["kind"], found["wide.png"]["recognizer"]) == ("recognizer", "moody")
    [told] = lines(real, "problems", "retry", str(photos / "cut.jpg"))
    assert told["failed"] == 4
    assert run(real, "problems", "retry", str(photos / "fine.jpg")).returncode == 2
    monkeypatch.setattr(Moody, "see", Light.see)
    assert lines(real, "problems", "retry", str(photos / "wide.png"))[0]["failed"] == 3
    assert lines(real, "problems", "retry")[0]["failed"] == 3


def test_facts(real: Path) -> None:
    [told] = lines(real, "status", "--facts")
    assert told["photos"] == 5
    assert (told["library"]["folders"], told["library"]["directory"]) == (1, str(real))
    with Catalog.open(real) as catalog, catalog.session() as session:
        assert told["library"]["bytes"] == sum(photo.bytes for photo in session.query(PhotoRow))
    assert "favorites" in run(real, "status", "--facts").stdout
