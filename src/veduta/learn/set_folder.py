"""A folder of pictures to learn from: its files, their classes and parts, by folder names or by a list."""

from __future__ import annotations

import csv
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from veduta.errors import BadInput
from veduta.image.formats import PHOTO_SUFFIXES, sniff

PARTS = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val", "calibration": "val",
    "test": "test", "testing": "test", "eval": "test",
}  # fmt: skip
"""Folder names that tell a part of a set."""
HELD_OUT = ("val", "test")
_FILE = ("file", "path", "filename", "image")
_LABEL = ("label", "class", "category", "scene")
_PART = ("part", "split", "subset", "set")


class BadSet(BadInput):
    """A folder or list that is no picture set."""


@dataclass(frozen=True, slots=True)
class SetFile:
    """A file of a set: its path below the folder, with "/" between names, and its state on the disk."""

    path: str
    bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture stands in its set: its class and its part, each "" where there is none."""

    label: str = ""
    part: str = ""


def set_files(root: Path) -> Iterator[SetFile]:
    """Every file below `root` that is named or begins like a picture, in order of folders; hidden ones are left out.

    Raises BadSet where there is no such folder. Links to folders are not followed.
    """
    if not root.is_dir():
        raise BadSet(f"{root}: no such folder; give the folder of the picture set")
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if name.startswith(".") or not _like_picture(path):
                continue
            try:
                facts = path.stat()
            except OSError:  # a link to nowhere: nothing that could be read, and nothing that could be lost
                facts = path.lstat()
            if stat.S_ISREG(facts.st_mode) or path.is_symlink():
                yield SetFile(path.relative_to(root).as_posix(), facts.st_size, facts.st_mtime_ns)


def _like_picture(path: Path) -> bool:
    if path.suffix:
        return path.suffix.lower() in PHOTO_SUFFIXES
    try:
        with path.open("rb") as file:
            return sniff(file.read(512)) not in ("other", "video")
    except OSError:
        return False


def place(path: str) -> Place:
    """Class and part of a picture by its folders: the names that tell a part tell the part, the others the class."""
    folders = PurePosixPath(path).parent.parts
    parts = [PARTS[name.lower()] for name in folders if name.lower() in PARTS]
    return Place("/".join(name for name in folders if name.lower() not in PARTS), parts[0] if parts else "")


class Places:
    """Class and part of each picture of a set: as a list tells them, else by folder names."""

    def __init__(self, root: Path, listed: Path | None = None) -> None:
        """`listed` is a CSV file with a column `file`, and `label` or `part` or both (also called `class`, `split`).

        Raises BadSet where it cannot be read or names nothing of that.
        """
        self._listed = {} if listed is None else _read(root, listed)

    def __call__(self, path: str) -> Place:
        """The place of the picture at `path`."""
        by_folder = place(path)
        told = self._listed.get(path)
        if told is None:
            return by_folder if not self._listed else Place("", by_folder.part)
        return Place(told.label or ("" if self._labels else by_folder.label), told.part or by_folder.part)

    @property
    def _labels(self) -> bool:
        return any(one.label for one in self._listed.values())


def _read(root: Path, listed: Path) -> dict[str, Place]:
    try:
        with listed.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            rows = csv.DictReader(file)
            names = {str(name).strip().lower(): name for name in rows.fieldnames or ()}
            file_column = next((names[name] for name in _FILE if name in names), None)
            label_column = next((names[name] for name in _LABEL if name in names), None)
            part_column = next((names[name] for name in _PART if name in names), None)
            if file_column is None or (label_column is None and part_column is None):
                raise BadSet(f"{listed}: needs the column `file`, and `label` or `part` or both")
            found = {}
            for row in rows:
                given = row[file_column] or ""
                path = os.path.relpath(given, root) if Path(given).is_absolute() else given
                label = (row[label_column] or "").strip() if label_column else ""
                part = (row[part_column] or "").strip().lower() if part_column else ""
                found[PurePosixPath(path).as_posix()] = Place(label, PARTS.get(part, part))
            return found
    except OSError as error:
        raise BadSet(f"{listed}: {error.strerror}") from error
    except csv.Error as error:
        raise BadSet(f"{listed}: no CSV file ({error})") from error
