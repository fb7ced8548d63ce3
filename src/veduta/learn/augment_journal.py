"""The journal of a growing set: a picture stands in it once it is safely on the disk.

To wait for the disk at every picture would take longer than to make it. So pictures are written without waiting, each
under a name of its own until it is whole; then many at once are waited for, and only then written down.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from veduta.files import PART, part_name, write_bytes

Line = dict[str, Any]
AT_ONCE = 100


class Journal:
    """Lines of JSON in a file, each about a picture at `line["file"]` beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path.parent
        self.lines: dict[str, Line] = {}
        self._waiting: list[Line] = []
        self._cut = False  # whether the file ends in the middle of a line
        if path.exists():
            self._read()

    def _read(self) -> None:
        text = self.path.read_text(encoding="utf-8", errors="surrogateescape")
        self._cut = bool(text) and not text.endswith("\n")
        for row in text.splitlines():
            try:
                line = json.loads(row)
                there = all((self.folder / name).is_file() for name in _files(line))
            except (ValueError, KeyError, TypeError):  # cut off when it was interrupted
                continue
            if there:
                self.lines[line["file"]] = line

    def add(self, line: Line) -> None:
        """Note a picture that `put` has written."""
        self.lines[line["file"]] = line
        self._waiting.append(line)
        if len(self._waiting) >= AT_ONCE:
            self.settle()

    def settle(self) -> None:
        """Wait until all that was added is on the disk, and write it down."""
        paths = [self.folder / name for line in self._waiting for name in _files(line)]
        for path in (*paths, *{path.parent for path in paths}):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        with self.path.open("ab") as journal:
            journal.write((b"\n" if self._cut else b"") + _text(self._waiting))
            journal.flush()
            os.fsync(journal.fileno())
        self._waiting, self._cut = [], False

    def close(self, order: Iterable[str]) -> list[Line]:
        """Write all lines anew in this order of their files; returns them."""
        kept = [self.lines[name] for name in order if name in self.lines]
        write_bytes(self.path, _text(kept))
        self._waiting = []
        return kept


def put(path: Path, data: bytes) -> None:
    """Write a file that is whole or not there, without waiting for the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{part_name(path)}{PART}")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _files(line: Mapping[str, Any]) -> list[str]:
    return [line["file"], *([line["map"]] if "map" in line else [])]


def _text(lines: Iterable[Mapping[str, Any]]) -> bytes:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return text.encode("utf-8", "surrogateescape")
