"""The commands that keep a library, run as a user would: answers, exit status, JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.library.light import fill
from veduta.cli.demo import make_demo

STATUS = {
    "type": "object",
    "required": ["photos", "done", "pending", "failed", "problems"],
    "additionalProperties": False,
    "properties": {
        "photos": {"type": "integer"},
        "done": {"type": "integer"},
        "pending": {"type": "integer"},
        "failed": {"type": "integer"},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "reason"],
                "additionalProperties": False,
                "properties": {"path": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
    },
}


def veduta(*arguments: object, expect: int = 0, **environment: str) -> subprocess.CompletedProcess[bytes]:
    run = subprocess.run(
        [sys.executable, "-m", "veduta", *(os.fsencode(str(a)) for a in arguments)],
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )
    assert run.returncode == expect, run.stderr.decode()
    return run


def lines(run: subprocess.CompletedProcess[bytes]) -> list[Any]:
    return [json.loads(line) for line in run.stdout.decode("utf-8").splitlines()]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, store: object) -> Path:
    """A library of small pictures, added by the command with all recognizers."""
    root = tmp_path_factory.mktemp("cli")
    fill(root / "photos", 3)
    (told,) = lines(veduta("add", root / "photos", "--library", root / "library", "--json"))
    jsonschema.validate(told, STATUS)
    assert (told["photos"], told["done"], told["pending"], told["failed"]) == (5, 5, 0, 3)
    return root / "library"


def test_status_is_what_add_ended_with(library: Path) -> None:
    (told,) = lines(veduta("status", "--library", library, "--json"))
    jsonschema.validate(told, STATUS)
    assert told["photos"] == 5
    assert {Path(p["path"]).name for p in told["problems"]} == {"cut.jpg", "empty.jpg", "liar.png"}
    shown = veduta("status", "--library", library).stdout.decode()
    assert shown.startswith("5 photos: 5 done, 0 pending; 3 failed")
    assert "empty" in shown


def test_adding_again_changes_nothing(library: Path) -> None:
    first = veduta("status", "--library", library, "--json").stdout
    assert veduta("add", "--library", library, "--json").stdout == first


def test_backup_restore_and_verify(library: Path, tmp_path: Path) -> None:
    (made,) = lines(veduta("backup", tmp_path / "b", "--library", library, "--json"))
    (back,) = lines(veduta("restore", tmp_path / "b", "--library", tmp_path / "again", "--json"))
    assert made["tables"] == back["tables"]
    veduta("restore", tmp_path / "b", "--library", tmp_path / "again", expect=1)
    (report,) = lines(veduta("verify", "--library", library, "--json"))
    assert report["ok"]
    # The restored library has no thumbnails yet: verify says so, and says how to get them.
    assert b"veduta add --retry" in veduta("verify", "--library", tmp_path / "again", expect=1).stdout


def test_export_by_number(library: Path, tmp_path: Path) -> None:
    (told,) = lines(veduta("export", tmp_path / "out", "--id", "1", "--library", library, "--json"))
    assert set(told) == {"path", "copy", "error"}
    assert Path(told["copy"]).read_bytes() == Path(told["path"]).read_bytes()
    veduta("export", tmp_path / "out", "--library", library, expect=2)
    veduta("export", tmp_path / "out", "--id", "999", "--library", library, expect=2)


def test_wrong_usage_and_missing_things(tmp_path: Path) -> None:
    veduta("add", "--nonsense", expect=2)
    run = veduta("add", tmp_path / "no", "--library", tmp_path / "l", expect=2)
    assert b"there is no such folder" in run.stderr
    assert b"Traceback" not in run.stderr
    run = veduta("status", "--library", tmp_path / "none", expect=1)
    assert b"no library here" in run.stderr


def test_names_that_are_not_text_come_out_as_json(tmp_path: Path) -> None:
    from veduta.library.catalog import Catalog
    from veduta.library.problems import problem

    with Catalog.open(tmp_path) as catalog, catalog.write() as session:
        problem(session, "/caf\udce9.jpg", "no picture")
        problem(session, "/é.jpg", "no picture")
    (told,) = lines(veduta("status", "--library", tmp_path, "--json"))
    assert [p["path"] for p in told["problems"]] == ["/caf\udce9.jpg", "/é.jpg"]


def test_the_demo_is_a_folder_of_photographs_with_licenses(tmp_path: Path) -> None:
    copies = make_demo(tmp_path / "demo")
    assert len(copies) >= 2
    text = (tmp_path / "demo" / "LICENSES.txt").read_text("utf-8")
    assert all(copy.name in text for copy in copies)
    times = {copy: copy.stat().st_mtime_ns for copy in copies}
    make_demo(tmp_path / "demo")
    assert {copy: copy.stat().st_mtime_ns for copy in copies} == times
