"""The photos that a command is given: files, and those in folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from veduta.errors import BadInput


class NothingGiven(BadInput):
    """Folders without anything that the command could work on, or that copies would be written into."""


def expand(
    given: Sequence[Path], suffixes: frozenset[str] | None = None, skip: Path | None = None
) -> tuple[list[Path], list[tuple[Path, str]]]:
    """The photos (in folders: files with these suffixes) in what was given, each once, and (path, reason) of what
    cannot be looked at. The folder `skip` is not looked into. Raises NothingGiven where there are none.
    """
    from veduta.image.formats import PHOTO_SUFFIXES
    from veduta.library.walk import walk

    paths: dict[Path, None] = {}
    problems: list[tuple[Path, str]] = []
    for path in given:
        if path.is_dir():
            if skip is not None and skip.resolve() == path.resolve():
                raise NothingGiven(f"{skip}: copies would write over the photos in it; name another folder")
            listings = list(walk(str(path), suffixes or PHOTO_SUFFIXES, skip=[str(skip)] if skip else []))
            files = sorted(file.path for listing in listings for file in listing.files)
            paths.update(dict.fromkeys(map(Path, files)))
            problems += [(Path(where), reason) for one in listings for where, reason in one.problems]
        else:
            paths[path] = None
    if not paths and not problems:
        raise NothingGiven(f"{', '.join(map(str, given))}: no photos there")
    return list(paths), problems
