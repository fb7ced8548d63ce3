"""Versions that begin with a picture file of their own, which long work has made of photos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from veduta.edit.edits import Edits
from veduta.image import decode
from veduta.library import versions
from veduta.library.catalog import Catalog
from veduta.library.versions import Version


def keep(catalog: Catalog, photo_id: int, made: Path, name: str, made_of: Sequence[int]) -> Version:
    """Keep `made`, a file of `versions.new_whole`, as a version of a photo; without edits, and with a free name.

    Raises NotFound and BadVersion.
    """
    width, height = decode.size(made)
    return versions.create(
        catalog, photo_id, Edits(), _free(catalog, photo_id, name), (made.name, width, height), made_of
    )


def _free(catalog: Catalog, photo_id: int, name: str) -> str:
    used = {one.name for one in versions.of_photo(catalog, photo_id)}
    number, free = 1, name
    while free in used:
        number += 1
        free = f"{name} ({number})"
    return free
