"""Reviewing a bank: what needs a look comes first, and everything can be found and read by command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.landmarks.test_bank import put
from tests.landmarks.test_clean import DIRT, PHOTOS, bank  # noqa: F401
from veduta.cli.app import app
from veduta.landmarks.bank import Bank
from veduta.landmarks.clean import clean
from veduta.landmarks.importing import fill
from veduta.landmarks.references import WANTED, give, put_back
from veduta.landmarks.review import advice, photos_of, standing, standings


def test_names_are_found_without_accents_and_by_place(tmp_path: Path) -> None:
    for number in range(5):
        put(tmp_path / f"source/europe/Portugal/Lisbon/torre_de_belém/{number}.jpg", number)
        put(tmp_path / f"source/europe/Spain/Madrid/royal_palace/{number}.jpg", 10 + number)
    with Bank.open(fill(tmp_path / "bank", tmp_path / "source")) as opened:
        for words in ("belem", "BELÉM torre", "lisbon", "portugal belem", "torre_de"):
            assert [one.city for one in standings(opened, words)] == ["Lisbon"], words
        assert len(standings(opened)) == 2 and standings(opened, "belem madrid") == []


def test_what_needs_a_look_comes_first(bank: Path) -> None:  # noqa: F811
    with Bank.open(bank) as opened:
        clean(opened)
        assert not any(one.remarks for one in standings(opened))
        give(opened, list(opened.photos("mark5"))[:2])
        lost = list(opened.photos("mark3"))[: PHOTOS - DIRT - 2]
        opened.judge([(photo.id, "dropped", "unlike its references", -0.1) for photo in lost], "clean")
        assert [one.id for one in standings(opened)][:3] == ["mark3", "mark5", "mark0"]
        assert standing(opened, "mark3").suspicious and not standing(opened, "mark5").suspicious
        assert (standing(opened, "mark5").references, standing(opened, "mark5").suggested) == (2, 0)
        assert standing(opened, "mark0").suggested == WANTED
    assert [bool(advice(count)) for count in range(7)] == [False, True, True, False, False, False, True]


def test_suggested_references_come_first_and_no_person_gave_them(bank: Path) -> None:  # noqa: F811
    with Bank.open(bank) as opened:
        clean(opened)
        kept = list(photos_of(opened, "mark1", "kept"))
        assert [photo.reference for photo in kept] == [True] * WANTED + [False] * (len(kept) - WANTED)
        opened.judge([(kept[0].id, "dropped", "unlike its references", -0.1)], "clean")
        [back] = [photo for photo in photos_of(opened, "mark1", "dropped") if photo.id == kept[0].id]
        assert put_back(opened, [back]) == 1
        for _ in range(2):
            clean(opened)
            assert standing(opened, "mark1").references == 0
        opened.judge([(back.id, "dropped", "the same file as another", None)], "bank")
        assert next(opened.chosen("id = ?", (back.id,))).state == "kept", "a person has the last word"


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command(bank: Path, as_json: bool) -> None:  # noqa: F811
    def run(*arguments: str) -> list[str]:
        options = ["--json"] if as_json else []
        told = CliRunner().invoke(app, ["landmarks", "review", str(bank), *arguments, *options])
        assert told.exit_code == 0, told.output
        return told.stdout.splitlines()

    with Bank.open(bank) as opened:
        clean(opened)
    assert len(run()) == 6 and len(run("--name", "mark2")) == 1
    photos = run("--landmark", "mark0")
    assert len(photos) == PHOTOS
    if as_json:
        facts = [json.loads(line) for line in photos]
        assert [one["suggested"] for one in facts].count(True) == WANTED
        assert [one["state"] for one in facts][-DIRT:] == ["dropped"] * DIRT
        assert all("unlike" in one["why"] and one["score"] < 0 for one in facts[-DIRT:])
    else:
        assert "10 of 12 kept" in run()[0]
        assert ".jpg: suggested reference" in photos[0]
        assert "dropped" in photos[-1] and "unlike its references" in photos[-1]
    wrong = CliRunner().invoke(app, ["landmarks", "review", str(bank), "--landmark", "nowhere"])
    assert wrong.exit_code != 0
