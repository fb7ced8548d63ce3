"""Folders to files: what lies in a folder that could be a photo, and what could not be looked at.

One folder is listed at a time, so that memory stays flat however many files there are.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

SYSTEM_FOLDERS = frozenset(
    {
        "@eadir",
        "#recycle",
        "$recycle.bin",
        "system volume information",
        "lost+found",
        "__macosx",
        "node_modules",
    }
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as the folder's listing tells it; `bytes` is its size."""

    path: str
    bytes: int
    mtime_ns: int


@dataclass(slots=True)
class Listing:
    """One folder: its files in order of their paths, its folders, and (path, reason) of what could not be
    looked at.

    `unread` are the paths below which files are unknown: nothing there may be taken for removed.
    """

    folder: str
    files: list[Seen] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def excluded(name: str, relative: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches a name, or its path below the folder, or a folder on that path."""
    return any(fnmatch(name, p) or fnmatch(relative, p.rstrip("/")) for p in patterns)


def walk(
    root: str, suffixes: frozenset[str], excludes: Sequence[str] = (), skip: Sequence[str] = ()
) -> Iterator[Listing]:
    """List `root` and the folders in it, one after the other.

    Hidden and system folders, whatever `excludes` match and the folders `skip` are left out; links to
    folders are followed once, so that loops end. Raises nothing: what cannot be read is listed.
    """
    visited = {_identity(path) for path in skip} - {None}
    stack = [root]
    while stack:
        folder = stack.pop()
        identity = _identity(folder)
        if identity is not None and identity in visited:
            continue
        visited.add(identity)
        found = listing(folder, root, suffixes, excludes)
        stack += reversed(found.folders)
        yield found


def listing(folder: str, root: str, suffixes: frozenset[str], excludes: Sequence[str] = ()) -> Listing:
    """List the files of one folder in `root` with one of `suffixes` (lower case, with their dot)."""
    found = Listing(folder)
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        found.problems.append((folder, f"folder cannot be read: {_reason(error)}"))
        found.unread.append(folder)
        return found
    for entry in ordered:
        name = entry.name
        if name.startswith(".") or excluded(name, os.path.relpath(entry.path, root), excludes):
            continue
        try:
            if entry.is_dir():
                if name.lower() not in SYSTEM_FOLDERS:
                    found.folders.append(entry.path)
            elif os.path.splitext(name)[1].lower() in suffixes:  # noqa: PTH122
                _take(entry, found)
        except OSError as error:
            found.problems.append((entry.path, _reason(error)))
            found.unread.append(entry.path)
    return found


def _take(entry: os.DirEntry[str], found: Listing) -> None:
    try:
        facts = entry.stat()
    except FileNotFoundError:
        if entry.is_symlink():
            found.problems.append((entry.path, "a link to a file that is not there"))
        return
    if stat.S_ISREG(facts.st_mode):
        found.files.append(Seen(entry.path, facts.st_size, facts.st_mtime_ns))
    else:
        found.problems.append((entry.path, "not a regular file"))


def _identity(path: str) -> tuple[int, int] | None:
    try:
        facts = Path(path).stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
