"""Networks are opened only when there is something for them to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.library.light import Light, write_picture
from veduta.errors import ModelUnavailable
from veduta.library import lineup
from veduta.library.add import add_photos
from veduta.library.catalog import Catalog
from veduta.library.status import status, wanted


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Light]:
    """The recognizers that were opened; one is there."""
    made: list[Light] = []

    def open_each() -> tuple[list[Light], dict[str, str]]:
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
    monkeypatch.setattr(lineup, "fingerprint", lambda: "another")
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
    assert lineup.fingerprint() == lineup.fingerprint()
