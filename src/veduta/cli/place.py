"""Where results go: checked before any work is done."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from veduta.errors import BadInput


class NoPlace(BadInput):
    """A file or folder for results that cannot be written, or that holds what they are made from."""


def check_folder(folder: Path) -> None:
    """Raise NoPlace unless `folder` is a folder that can be written to, or one can be made there."""
    for place in (folder, *folder.absolute().parents):
        if place.is_dir():
            if not os.access(place, os.W_OK | os.X_OK):
                raise NoPlace(f"{place}: may not be written to; name another folder for the results")
            return
        if place.exists() or place.is_symlink():
            raise NoPlace(f"{place}: is a file; name a folder for the results")


def check_file(file: Path | None, sources: Iterable[Path | None] = ()) -> None:
    """Raise NoPlace unless `file` can be written, and is none of the `sources`; None is no file and fine."""
    if file is None:
        return
    if file.is_dir():
        raise NoPlace(f"{file}: is a folder; name the file for the result")
    check_folder(file.parent)
    if any(source is not None and source.resolve() == file.resolve() for source in sources):
        raise NoPlace(f"{file}: would write over what it is made from; choose another name")
