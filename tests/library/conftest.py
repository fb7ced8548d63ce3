"""An empty library, a folder of small pictures, and a library that holds them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.library.light import Light, fill
from veduta.library.add import add_photos
from veduta.library.catalog import Catalog


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """An empty library."""
    with Catalog.open(tmp_path / "library") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight photos in nine files, three broken ones, a sidecar."""
    return fill(tmp_path / "photos", 6)


@pytest.fixture
def filled(catalog: Catalog, folder: Path) -> Catalog:
    """A library of `folder`."""
    add_photos(catalog, [folder], [Light()])
    return catalog
