"""Banks: every layout is read, doubles are found, what is bad is told and nothing is lost."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from veduta.landmarks.bank import Bank, BankError
from veduta.landmarks.census import Count, census, others
from veduta.landmarks.importing import enlist, fill, items_of, read_pending
from veduta.landmarks.sources import coordinates, slug
from veduta.progress import Silent


def picture(seed: int, width: int = 160, height: int = 120) -> np.ndarray:
    """Colored blobs; each seed looks different from all others."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))


def put(path: Path, seed: int, quality: int = 92, width: int = 160) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    # OpenCV does not write every name; Python does.
    done, data = cv2.imencode(
        ".jpg", picture(seed, width, width * 3 // 4), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    assert done
    path.write_bytes(data.tobytes())
    return path


def write_table(path: Path, rows: list[Mapping[str, object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def counts(folder: Path) -> dict[str, Count]:
    with Bank.open(folder) as bank:
        return {count.id: count for count in census(bank)}


def test_folders_of_any_depth_become_places(tmp_path: Path) -> None:
    source = tmp_path / "source"
    put(source / "asia/India/Agra/taj_mahal/1.jpg", 1)
    put(source / "France/Paris/sacre_coeur/1.jpg", 2)
    put(source / "Rome/colosseum/1.jpg", 3)
    put(source / "天安門/1.jpg", 4)
    put(source / "others/deep/1.jpg", 5)
    with Bank.open(fill(tmp_path / "bank", source)) as bank:
        found = {mark.id: (mark.region, mark.country, mark.city, mark.name) for mark in bank.landmarks()}
        assert others(bank) == 1
    assert found == {
        "taj_mahal": ("asia", "India", "Agra", "Taj Mahal"),
        "sacre_coeur": ("", "France", "Paris", "Sacre Coeur"),
        "colosseum": ("", "", "Rome", "Colosseum"),
        "天安門": ("", "", "", "天安門"),
    }


def test_one_folder_name_in_two_cities_is_two_landmarks(tmp_path: Path) -> None:
    source = tmp_path / "source"
    put(source / "Spain/Madrid/cathedral/1.jpg", 1)
    put(source / "Spain/Toledo/cathedral/1.jpg", 2)
    found = counts(fill(tmp_path / "bank", source))
    assert set(found) == {"Madrid/cathedral", "Toledo/cathedral"}
    assert all("2 landmarks have this name" in " ".join(count.remarks) for count in found.values())


def test_doubles_stay_once_and_in_the_held_out_part(tmp_path: Path) -> None:
    source = tmp_path / "source"
    first = put(source / "train/tower/1.jpg", 1, width=320)
    (source / "train/tower/2.jpg").write_bytes(first.read_bytes())
    put(source / "train/tower/3.jpg", 1, quality=60, width=240)
    put(source / "train/tower/4.jpg", 2)
    put(source / "test/tower/5.jpg", 1, quality=80, width=200)
    done, data = cv2.imencode(".png", picture(2)[:, ::-1])
    assert done
    (source / "train/tower/6.png").write_bytes(data.tobytes())
    with Bank.open(fill(tmp_path / "bank", source)) as bank:
        kept = {photo.path.name: photo.split for photo in bank.photos("tower")}
        why = {photo.path.name: photo.why for photo in bank.photos("tower", kept=False)}
    assert kept.keys() & {"1.jpg", "2.jpg", "3.jpg", "5.jpg"} == {"5.jpg"} and kept["5.jpg"] == "test"
    assert len(kept.keys() & {"4.jpg", "6.png"}) == 1
    assert why["2.jpg"] == "the same file as 1.jpg"
    assert why["3.jpg"].startswith("looks the same as ") and why["3.jpg"].endswith("(in test)")


def test_one_picture_under_two_landmarks_is_nobodys(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name, seeds in {"a": (1, 2), "b": (1, 3, 4), "others": (4, 5)}.items():
        for seed in seeds:
            put(source / name / f"{seed}.jpg", seed)
    with Bank.open(fill(tmp_path / "bank", source)) as bank:
        kept = {(photo.landmark, photo.path.name) for label in ("a", "b", "") for photo in bank.photos(label)}
        why = {photo.why for photo in bank.photos("b", kept=False)}
    assert kept == {("a", "2.jpg"), ("b", "3.jpg"), ("", "4.jpg"), ("", "5.jpg")}
    assert why == {
        "",
        "the same picture stands under a and b",
        "the same picture stands among the photos without landmarks",
    }


def test_what_is_bad_is_told(tmp_path: Path) -> None:
    source = tmp_path / "source"
    put(source / "city/one/1.jpg", 1)
    (source / "city/empty").mkdir()
    put(source / "city/broken/ok.jpg", 2)
    (source / "city/broken/cut.jpg").write_bytes((source / "city/broken/ok.jpg").read_bytes()[:300])
    (source / "city/broken/nothing.jpg").touch()
    put(source / "city/broken/tiny.jpg", 3, width=40)
    put(source / "city/stray.jpg", 4)
    folder = fill(tmp_path / "bank", source)
    found = counts(folder)
    assert found["empty"].photos == 0 and found["empty"].remarks[0].startswith("no photos")
    assert found["one"].remarks[0].startswith("only one photo")
    assert "no coordinates: cannot be found by place" in found["one"].remarks
    assert (found["broken"].kept, found["broken"].unreadable) == (1, 3)
    with Bank.open(folder) as bank:
        why = {photo.path.name: photo.why for photo in bank.photos("broken", kept=False)}
        assert "empty file" in why["nothing.jpg"] and "too small" in why["tiny.jpg"] and why["cut.jpg"]
        assert [reason for _, reason in bank.problems()] == [
            "1 photos lie beside folders of landmarks, not in one; left out"
        ]


def test_a_table_tells_names_and_places(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("a", "b", "c", "d"):
        put(source / name / "1.jpg", ord(name))
    rows = [
        ("a", "Ä-Turm", "48,2", "16.4"),
        ("b", "", "123", "5"),
        ("c", "C", "north", "5"),
        ("d", "D", "0", "0"),
    ]
    keys = ("landmark", "name", "lat", "lon")
    table = write_table(tmp_path / "facts.csv", [dict(zip(keys, row, strict=True)) for row in rows])
    with Bank.open(fill(tmp_path / "bank", source, table)) as bank:
        marks = {mark.id: mark for mark in bank.landmarks()}
        problems = dict(bank.problems())
    assert (marks["a"].name, marks["a"].latitude, marks["a"].longitude) == ("Ä-Turm", 48.2, 16.4)
    assert marks["b"].name == "B" and marks["b"].latitude is None
    assert set(problems) == {"b", "c", "d"} and "not on Earth" in problems["b"]


def test_a_table_of_photos(tmp_path: Path) -> None:
    put(tmp_path / "photos/1.jpg", 1)
    put(tmp_path / "photos/2.jpg", 2)
    rows = [
        {
            "file": "photos/1.jpg",
            "name": "Sacré-Cœur",
            "city": "Paris",
            "latitude": 48.8867,
            "longitude": 2.3431,
        },
        {"file": "photos/2.jpg", "name": "", "city": "", "latitude": "", "longitude": ""},
        {"file": "photos/gone.jpg", "name": "Sacré-Cœur", "city": "", "latitude": "", "longitude": ""},
        {"file": "", "name": "x", "city": "", "latitude": "", "longitude": ""},
    ]
    with Bank.open(fill(tmp_path / "bank", write_table(tmp_path / "all.csv", rows))) as bank:
        (mark,) = bank.landmarks()
        assert (mark.id, mark.name, mark.city) == ("sacré_cœur", "Sacré-Cœur", "Paris")
        assert others(bank) == 1 and len(list(bank.photos())) == 1
        reasons = {reason for _, reason in bank.problems()}
        assert reasons == {"names no file", "cannot be read: No such file or directory"}


def test_the_layout_of_google_landmarks(tmp_path: Path) -> None:
    source = tmp_path / "gld"
    put(source / "train/a/b/c/abcdef.jpg", 1)
    put(source / "1/2/3/123456.jpg", 2)
    rows = [{"id": name, "url": "", "landmark_id": mark} for name, mark in
            (("abcdef", 7), ("123456", 7), ("fedcba", 8))]  # fmt: skip
    write_table(source / "train.csv", rows)
    categories = [
        {"landmark_id": 7, "category": "http://commons.wikimedia.org/wiki/Category:Caf%C3%A9_Central"}
    ]
    write_table(source / "label_to_category.csv", categories)
    with Bank.open(fill(tmp_path / "bank", source, google=True)) as bank:
        assert [(mark.id, mark.name) for mark in bank.landmarks()] == [("7", "Café Central"), ("8", "8")]
        assert len(list(bank.photos("7"))) == 2
        assert "1 of its photos are not there" in next(iter(bank.problems()))[1]


def test_shards_and_interruptions_come_to_the_same(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for number in range(9):
        put(source / f"mark{number % 3}" / f"{number}.jpg", number // 2)
    whole = fill(tmp_path / "whole", source)
    with Bank.open(
        tmp_path / "parts", create=True
    ) as bank:  # as if killed after listing, then after one shard
        enlist(bank, str(source), items_of(source), Silent())
        read_pending(bank, (2, 3))
    for number in (1, 3, 2):
        parts = fill(tmp_path / "parts", source, shard=(number, 3))
    assert counts(whole) == counts(parts)
    with Bank.open(whole) as one, Bank.open(parts) as other:
        assert [p.path for p in one.photos()] == [p.path for p in other.photos()]


def test_a_changed_source_is_read_again_only_where_it_changed(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for seed in range(4):
        put(source / "mark" / f"{seed}.jpg", seed)
    folder = fill(tmp_path / "bank", source)
    with Bank.open(folder) as bank:
        bank.judge([(photo.id, "kept", "", 0.5) for photo in bank.photos("mark")], "bank")
    put(source / "mark/1.jpg", 11, width=200)
    (source / "mark/2.jpg").unlink()
    fill(folder, source)
    with Bank.open(folder) as bank:
        scores = {photo.path.name: photo.score for photo in bank.photos("mark")}
    assert scores == {"0.jpg": 0.5, "1.jpg": None, "3.jpg": 0.5}


def test_errors_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BankError, match="veduta landmarks bank"):
        Bank.open(tmp_path)
    with pytest.raises(BankError, match="no such file"):
        fill(tmp_path / "bank", tmp_path / "nowhere")
    (tmp_path / "void").mkdir()
    with pytest.raises(BankError, match="no photos there"):
        fill(tmp_path / "bank", tmp_path / "void")
    with pytest.raises(BankError, match=r"no train\.csv"):
        fill(tmp_path / "bank", tmp_path / "void", google=True)
    (tmp_path / "latin.csv").write_bytes("file;name\nx.jpg;Sacré\n".encode("latin-1"))
    with pytest.raises(BankError, match="UTF-8"):
        fill(tmp_path / "bank", tmp_path / "latin.csv")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/bank.sqlite").write_bytes(b"not a database, but long enough to look at" * 50)
    with pytest.raises(BankError, match="damaged"):
        Bank.open(tmp_path / "bad")


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_coordinates_of_the_whole_earth(latitude: float, longitude: float) -> None:
    found = coordinates(repr(latitude), repr(longitude))
    assert found == ((latitude, longitude, "") if (latitude, longitude) != (0, 0) else (None, None, found[2]))


@given(st.text())
def test_slugs_are_stable(text: str) -> None:
    assert slug(slug(text)) == slug(text)


def test_the_command(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from veduta.cli.app import app

    put(tmp_path / "source/city/mark/1.jpg", 1)
    run = CliRunner().invoke(
        app, ["landmarks", "bank", str(tmp_path / "source"), "--into", str(tmp_path / "bank"), "--json"]
    )
    assert run.exit_code == 0, run.output
    *marks, summary = [json.loads(line) for line in run.stdout.splitlines()]
    assert marks[0]["id"] == "mark" and marks[0]["kept"] == 1
    assert summary["landmarks"] == 1 and summary["problems"] == []
