"""Networks are opened only when there is something for them to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.library.light import Light, write_picture
from veduta.errors import ModelUnavailable, NotFound
from veduta.library import lineup
from veduta.library.add import Options, add_photos
from veduta.library.catalog import Catalog
from veduta.library.choices import choose, chosen
from veduta.library.folders import folders
from veduta.library.status import status, wanted
from veduta.nets.packs import known_packs
from veduta.see.recognizer import ON_REQUEST, REGISTRY


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Light]:
    """The recognizers that were opened; one is there."""
    made: list[Light] = []

    def open_each(wanted: Sequence[str]) -> tuple[list[Light], dict[str, str]]:
        made.append(Light())
        return made[-1:], {}

    monkeypatch.setattr(lineup, "open_each", open_each)
    return made


def test_an_unchanged_library_opens_nothing(catalog: Catalog, folder: Path, opened: list[Light]) -> None:
    first = add_photos(catalog, [folder])
    assert add_photos(catalog, [folder]) == first
    assert len(opened) == 1
    with catalog.session() as session:
        assert wanted(session) == {"thumbnails": "1", "light": "1"}


def test_a_new_photo_opens_them(catalog: Catalog, folder: Path, opened: list[Light]) -> None:
    add_photos(catalog, [folder])
    write_picture(folder / "new.jpg", 50)
    assert add_photos(catalog, [folder]).done == 9
    assert len(opened) == 2


def test_a_changed_program_opens_them(
    catalog: Catalog, folder: Path, opened: list[Light], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_photos(catalog, [folder])
    monkeypatch.setattr(lineup, "fingerprint", lambda wanted: "another")
    add_photos(catalog, [folder])
    add_photos(catalog, [folder])
    assert len(opened) == 2


def test_a_library_analyzed_by_some_is_not_taken_for_done(
    catalog: Catalog, folder: Path, opened: list[Light]
) -> None:
    other = Light()
    other.name = "other"
    add_photos(catalog, [folder])
    add_photos(catalog, [folder], [other])
    add_photos(catalog, [folder])
    assert len(opened) == 2
    with catalog.session() as session:
        assert wanted(session) == {"thumbnails": "1", "light": "1"}


def test_a_recognizer_that_cannot_be_opened_keeps_no_other_from_looking(
    catalog: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_recognizer(name: str) -> Light:
        if name == "light":
            return Light()
        raise {"gone": ModelUnavailable("pull the models"), "broken": KeyError("x")}[name]

    monkeypatch.setattr(lineup, "names", lambda: ["gone", "light", "broken"])
    monkeypatch.setattr(lineup, "open_recognizer", open_recognizer)
    with pytest.raises(ModelUnavailable, match=r"broken: KeyError: 'x'; gone: pull the models"):
        add_photos(catalog, [folder])
    told = status(catalog)
    assert (told.photos, told.pending) == (8, 8), "what has not looked yet is still to do"
    light = Light()
    assert add_photos(catalog, [folder], [light]).done == 8
    assert light.shown == []


def test_the_fingerprint_is_the_same_in_each_run() -> None:
    assert lineup.fingerprint(["text"]) == lineup.fingerprint(["text"])
    assert lineup.fingerprint(["text"]) != lineup.fingerprint(["text", "faces"])


def test_needs_are_networks_that_exist() -> None:
    known = {pack.name for pack in known_packs()}
    assert set(lineup.NEEDS) <= set(REGISTRY)
    assert {pack for packs in lineup.NEEDS.values() for pack in packs} <= known


def test_who_is_left_off_does_not_look_whoever_adds(
    catalog: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def open_recognizer(name: str) -> Light:
        opened.append(name)
        light = Light()
        light.name = name
        return light

    monkeypatch.setattr(lineup, "names", lambda: ["quality", "text"])
    monkeypatch.setattr(lineup, "open_recognizer", open_recognizer)
    choose(catalog, recognizers=["quality"])
    assert add_photos(catalog, [folder]).done == 8
    with catalog.session() as session:
        assert wanted(session) == {"thumbnails": "1", "quality": "1"}
    add_photos(catalog)
    assert opened == ["quality"], "an unchanged choice opens nothing"
    choose(catalog, recognizers=set(REGISTRY) - ON_REQUEST)
    with catalog.session() as session:
        assert chosen(session).recognizers is None, "the usual ones: also those that come later"
    assert add_photos(catalog).done == 8
    assert opened == ["quality", "quality", "text"]


def test_choices_hold_for_folders_that_are_there_and_that_come(catalog: Catalog, folder: Path) -> None:
    add_photos(catalog, [folder / "1"], [Light()], options=Options(excludes=("own",)))
    choose(catalog, watch=True, excludes=["*.png", "private"])
    add_photos(catalog, [folder / "2"], [Light()])
    assert [(f.watch, f.excludes) for f in folders(catalog)] == [
        (True, ["*.png", "own", "private"]),
        (True, ["*.png", "private"]),
    ]
    choose(catalog, excludes=[])
    assert [f.excludes for f in folders(catalog)] == [["own"], []]
    with pytest.raises(NotFound, match="no recognizer is called 'nose'"):
        choose(catalog, recognizers=["nose"])


def test_what_is_asked_for_seldom_looks_where_the_user_says_so(catalog: Catalog) -> None:
    assert not ON_REQUEST & set(lineup.enabled(catalog))
    choose(catalog, recognizers=set(REGISTRY))
    assert set(lineup.enabled(catalog)) >= ON_REQUEST
    choose(catalog, recognizers=["plates"])
    assert lineup.enabled(catalog) == ["plates"]
