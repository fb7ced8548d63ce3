"""The copies of many photos: where they go, which of them are done already, and how they are told."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veduta.cli.output import emit, printable, say
from veduta.cli.place import NoPlace, check_folder
from veduta.files import sweep

if TYPE_CHECKING:
    from veduta.cli.outcome import Outcomes

PhotosArgument = Annotated[
    list[Path],
    typer.Argument(metavar="PHOTO...", help="Photos, or folders of photos.", show_default=False),
]
OutOption = Annotated[
    Path,
    typer.Option(
        "-o",
        "--out",
        metavar="OUT",
        help="Folder for the copies, or a file for one photo.",
        show_default=False,
    ),
]
# What a file for one photo may end in: no folder is made with such a name.
PICTURES = frozenset(
    [".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".avif", ".heic", ".gif", ".bmp", ".mp4", ".mov"]
)
NoLocationOption = Annotated[bool, typer.Option("--no-location", help="Take the position out of the copies.")]
AgainOption = Annotated[bool, typer.Option("--again", help="Do photos again that are done already.")]
PhotoJsonOption = Annotated[
    bool, typer.Option("--json", help="One JSON object for each photo, one per line.")
]


class Copies:
    """The photos of one command: the targets of all, and a memory of what is done, a line each, in the folder `out`."""

    def __init__(
        self,
        given: Sequence[Path],
        paths: Sequence[Path],
        out: Path,
        memory: str,
        wish: str,
        named: Callable[[Path], str] | None = None,
    ) -> None:
        """`memory` is the name of its file; results hold for the same `wish` only; `named` as for `in_folder`.

        Raises NoPlace, and BadParameter where a copy would be written over a photo.
        """
        self.out = out
        self.single = is_single(given, out)
        self._wish = wish
        self._targets = {paths[0]: out} if self.single else in_folder(given, paths, out, named)
        if self.single:
            check_folder(out.parent)
        check_originals(paths, self._targets.values())
        self._memory = None if self.single else out / memory
        self._known = self._read()
        if self._memory is not None and self._memory.exists():
            sweep(out, deep=True)
        self._writing = Lock()

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

    def result(
        self,
        path: Path,
        again: bool,
        outcomes: Outcomes,
        make: Callable[[], dict[str, Any]],
        blank: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What is told of a photo: the result of an earlier run, marked so, or that of `make`, which is remembered.

        `blank` is what is told besides of one that fails.
        """
        known = None if again else self.done(path)
        if known is not None:
            return {**known, "already": True}
        told: dict[str, Any] = {"path": str(path), "out": None, "notes": [], **(blank or {})}
        told |= outcomes.attempt(path, make)
        if told["error"] is None:
            self._record(path, told)
        return told

    def _record(self, path: Path, result: dict[str, Any]) -> None:
        if self._memory is None:
            return
        line = {"path": str(path), "source": _state(path), "wish": self._wish, "result": result}
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        with self._writing, self._memory.open("a", encoding="utf-8", errors="surrogateescape") as file:
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


def is_single(given: Sequence[Path], out: Path) -> bool:
    """Whether `out` names a file for one photo, not a folder."""
    return bool(out.suffix) and not out.is_dir() and [path.is_dir() for path in given] == [False]


def in_folder(
    given: Sequence[Path], paths: Sequence[Path], out: Path, named: Callable[[Path], str] | None = None
) -> dict[Path, Path]:
    """Copies in the folder `out`: photos of a folder keep their place in it, names that are taken get a number.

    `named` gives the name of a photo's copy; that of `usual_name` without. Raises NoPlace where there can be none.
    """
    if out.suffix.lower() in PICTURES and not out.is_dir():
        raise NoPlace(f"{out}: one file cannot hold the copies of several photos; name a folder")
    check_folder(out)
    sweep(out)
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
        raise typer.BadParameter("would write over a photo; give another name or folder", param_hint="-o")


def all_told(told: Mapping[str, Any], as_json: bool) -> bool:
    """Tell a result as JSON, or why it failed; whether that is all there is to tell."""
    if as_json:
        emit(told)
    elif told["error"] is not None:
        say(f"{printable(told['path'])}: {told['error']}")
    else:
        return False
    return True


def tell_copy(told: Mapping[str, Any], as_json: bool, place: str = "") -> None:
    """Tell of one photo where its copy is, or why there is none; `place` is that of the photo in the row."""
    if all_told(told, as_json):
        return
    size = f" ({told['width']} x {told['height']})" if "width" in told else ""
    already = " (done already)" if told.get("already") else ""
    typer.echo(f"{place}{printable(told['path'])} -> {printable(told['out'])}{size}{already}")
    for note in told.get("notes", ()):
        typer.echo(f"    {note}")
