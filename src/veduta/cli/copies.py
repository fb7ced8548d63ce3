"""Where the copies of many photos go, and which of them are done already."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import typer


class Copies:
    """The photos of one command: the targets of all, and a memory of what is done, a line each, in the folder `out`."""

    def __init__(
        self, given: Sequence[Path], paths: Sequence[Path], out: Path, memory: str, wish: str
    ) -> None:
        """`memory` is the name of its file; results hold for the same `wish` only.

        Raises BadParameter where a copy would be written over a photo.
        """
        self.out = out
        self.single = bool(out.suffix) and not out.is_dir() and [p.is_dir() for p in given] == [False]
        self._wish = wish
        self._targets = {paths[0]: out} if self.single and paths else in_folder(given, paths, out)
        self.originals = {path.resolve() for path in paths}
        check_originals(paths, self._targets.values())
        self._memory = None if self.single else out / memory
        self._known = self._read()

    def target(self, path: Path) -> Path:
        """Where the copy of a photo goes."""
        return self._targets[path]

    def done(self, path: Path) -> dict[str, Any] | None:
        """The result of an earlier run, if it holds: same photo, same wish, and the copy still there."""
        told = self._known.get(str(path))
        if told is None or told.get("wish") != self._wish or told.get("source") != _state(path):
            return None
        result: dict[str, Any] = told["result"]
        if result["error"] is not None or (result["out"] is not None and not Path(result["out"]).is_file()):
            return None
        return result

    def record(self, path: Path, result: dict[str, Any]) -> None:
        """Remember a result."""
        if self._memory is None:
            return
        line = {"path": str(path), "source": _state(path), "wish": self._wish, "result": result}
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        with self._memory.open("a", encoding="utf-8", errors="surrogateescape") as file:
            file.write(json.dumps(line) + "\n")

    def _read(self) -> dict[str, dict[str, Any]]:
        if self._memory is None or not self._memory.is_file():
            return {}
        known = {}
        for line in self._memory.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
            try:
                told = json.loads(line)
                known[told["path"]] = told
            except (ValueError, KeyError, TypeError):  # the line that a killed run was writing
                continue
        return known


def _state(path: Path) -> list[int] | None:
    """Size and time of a file: another state, another photo."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return [facts.st_size, facts.st_mtime_ns]


def in_folder(
    given: Sequence[Path], paths: Sequence[Path], out: Path, named: Callable[[Path], str] | None = None
) -> dict[Path, Path]:
    """Copies in the folder `out`: photos of a folder keep their place in it, names that are taken get a number.

    `named` gives the name of a photo's copy; that of `usual_name` without.
    """
    made: dict[Path, Path] = {}
    used: set[str] = set()
    folders = [folder for folder in given if folder.is_dir()]
    for path in paths:
        root = next((folder for folder in folders if folder in path.parents), path.parent)
        place, name = out / path.parent.relative_to(root), Path((named or usual_name)(path))
        target, number = place / name, 1
        while str(target).lower() in used:
            number += 1
            target = place / f"{name.stem} ({number}){name.suffix}"
        used.add(str(target).lower())
        made[path] = target
    return made


def usual_name(path: Path) -> str:
    """The name of a copy in the photo's format, or the nearest that can be written."""
    from veduta.edit.picture_file import name_for
    from veduta.errors import UnreadableImage

    try:
        return name_for(path)
    except (UnreadableImage, OSError):  # it will be told when its turn comes
        return path.name


def check_originals(paths: Sequence[Path], targets: Collection[Path]) -> None:
    """Raise BadParameter where a copy would be written over a photo."""
    originals = {path.resolve() for path in paths}
    if any(target.resolve() in originals for target in targets):
        raise typer.BadParameter("would write over a photo; give another folder", param_hint="-o")
