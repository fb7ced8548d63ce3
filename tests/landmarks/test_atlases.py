"""Atlases in use: the shipped one, and the user's own beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from veduta.errors import NotFound
from veduta.landmarks import atlases
from veduta.landmarks.atlas import Atlas, AtlasError
from veduta.landmarks.atlases import AtlasExists


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for the user's own atlases."""
    folder = tmp_path / "home" / "atlases"
    monkeypatch.setattr(atlases, "home", lambda: folder)
    return folder


def test_the_shipped_atlas_is_in_use_and_knows_where_its_landmarks_stand() -> None:
    assert [one.name for one in atlases.used()] == ["default"]
    marks = {mark.name: mark for mark in Atlas.open("default").landmarks}
    assert (marks["Taj Mahal"].city, marks["Taj Mahal"].country) == ("Agra", "India")
    assert {"Colosseum", "Machu Picchu"} <= set(marks)
    assert sum(path.stat().st_size for path in atlases.shipped().iterdir()) <= 20e6
    assert not [
        path for path in atlases.shipped().rglob("*") if path.suffix.lower() in {".jpg", ".png", ".webp"}
    ]


def test_ones_own_comes_beside_it_and_goes_again(tmp_path: Path, home: Path) -> None:
    before = atlases.fingerprint()
    mine = tmp_path / "lisbon"
    shutil.copytree(atlases.shipped(), mine)
    assert atlases.use(mine).folder == home / "lisbon"
    assert [one.name for one in atlases.used()] == ["default", "lisbon"]
    assert atlases.fingerprint() != before
    with pytest.raises(AtlasExists, match="--again"):
        atlases.use(mine)
    atlases.use(mine, again=True)
    atlases.use(mine, name="porto")
    assert [one.name for one in atlases.used()] == ["default", "lisbon", "porto"]
    atlases.drop("lisbon")
    atlases.drop("porto")
    assert atlases.fingerprint() == before
    assert list(home.iterdir()) == []


def test_what_is_no_atlas_is_not_used(tmp_path: Path, home: Path) -> None:
    with pytest.raises(AtlasError):
        atlases.use(tmp_path)
    for name in ("default", "", "a/b", ".hidden"):
        with pytest.raises(NotFound):
            atlases.use(atlases.shipped(), name=name or " ")
    with pytest.raises(NotFound, match="default"):
        atlases.drop("default")
    assert not home.exists()
