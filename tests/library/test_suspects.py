"""Files that were being read when a process died."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.library.light import Light
from veduta.library import suspects
from veduta.library.add import Options, add_photos
from veduta.library.catalog import Catalog
from veduta.library.suspects import Journal, convict


def test_the_journal_names_what_is_being_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "reading.json")
    assert journal.left() == []
    journal.begin(["/a/\udcff.jpg", "/b.jpg"])
    journal.end(["/b.jpg"])
    journal.begin(["/c.jpg"])
    assert Journal(tmp_path / "reading.json").left() == ["/a/\udcff.jpg", "/c.jpg"]
    journal.clear()
    assert journal.left() == []


@pytest.mark.parametrize("text", ["", "{", "3", '{"a": 1}'])
def test_a_damaged_journal_names_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "reading.json").write_text(text)
    assert Journal(tmp_path / "reading.json").left() == []


def test_innocent_files_are_acquitted(folder: Path) -> None:
    assert convict([str(folder / "wide.png"), str(folder / "cut.jpg"), str(folder / "gone.jpg")]) == {}


def deadly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sign: str, how: str) -> None:
    """A reader that dies on files whose names hold `sign`."""
    reader = tmp_path / "reader.py"
    reader.write_text(
        "import json, os, signal, sys, time\n"
        "for line in sys.stdin:\n"
        f"    if {sign!r} in json.loads(line):\n"
        f"        {how}\n"
        "    sys.stdout.write('.')\n"
        "    sys.stdout.flush()\n"
    )
    run = suspects.subprocess.run
    monkeypatch.setattr(
        suspects.subprocess, "run", lambda _, **options: run([sys.executable, str(reader)], **options)
    )


def test_a_file_that_brings_the_program_down_is_listed_and_left_alone(
    catalog: Catalog, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["0/p000.jpg", "wide.png", "1/p001.jpg"]
    Journal(catalog.directory / "reading.json").begin(str(folder / name) for name in names)
    deadly(tmp_path, monkeypatch, "wide", "os.kill(os.getpid(), signal.SIGSEGV)")
    light = Light()
    told = add_photos(catalog, [folder], [light])
    assert "signal 11" in dict(told.problems)[str(folder / "wide.png")]
    assert told.photos == 7
    assert folder / "wide.png" not in light.shown
    monkeypatch.undo()
    assert add_photos(catalog, [folder], [light]).photos == 7, "not tried again unasked"
    assert add_photos(catalog, [folder], [light], options=Options(retry=True)).photos == 8


def test_a_file_that_is_read_for_ever_is_convicted(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly(tmp_path, monkeypatch, "p001", "time.sleep(60)")
    monkeypatch.setattr(suspects, "TRIAL_SECONDS", 2.0)
    paths = [str(folder / name) for name in ("0/p000.jpg", "1/p001.jpg", "2/p002.jpg")]
    assert list(convict(paths)) == [paths[1]]
