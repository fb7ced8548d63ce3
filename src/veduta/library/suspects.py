"""Files that were being read when a process died: each is tried in a process of its own before it is read
again.

A journal beside the catalog names the files that are being read. It is still there only after a death. A
kill leaves it too, so the files on it are only suspected: one is convicted if it also brings down a child
that does nothing but read it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock

TRIAL_SECONDS = 300.0


class Journal:
    """The files that are being read just now; kept in `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reading: dict[str, int] = {}
        self._lock = Lock()

    def left(self) -> list[str]:
        """The files that were being read when the last process died."""
        try:
            names = json.loads(self._path.read_text("ascii"))
        except (OSError, ValueError):
            return []
        return [str(name) for name in names] if isinstance(names, list) else []

    def begin(self, paths: Iterable[str]) -> None:
        """Note that `paths` are about to be read."""
        with self._lock:
            for path in paths:
                self._reading[path] = self._reading.get(path, 0) + 1
            self._keep()

    def end(self, paths: Iterable[str]) -> None:
        """Note that `paths` have been read."""
        with self._lock:
            for path in paths:
                self._reading.pop(path, None)

    def clear(self) -> None:
        """Remove the journal: all went well."""
        with self._lock:
            self._reading.clear()
            self._path.unlink(missing_ok=True)

    def _keep(self) -> None:
        # Not synced: it has to outlive a process, not a power cut.
        temporary = self._path.with_suffix(".part")
        temporary.write_text(json.dumps(list(self._reading)), "ascii")
        temporary.replace(self._path)


def convict(paths: Sequence[str]) -> dict[str, str]:
    """Read each file in a child process; those that bring it down, with the reason."""
    guilty: dict[str, str] = {}
    left = [path for path in paths if os.path.isfile(path)]  # noqa: PTH113
    while left:
        done, reason = _trial(left)
        if reason is None:
            break
        guilty[left[done]] = reason
        left = left[done + 1 :]
    return guilty


def _trial(paths: Sequence[str]) -> tuple[int, str | None]:
    """How many files a child has read, and what then happened to it (None: nothing)."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", "veduta.library.suspects"],
            input="".join(json.dumps(path) + "\n" for path in paths).encode("ascii"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TRIAL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return (error.stdout or b"").count(
            b"."
        ), "reading this file does not come to an end; it was left alone"
    done = child.stdout.count(b".")
    if child.returncode == 0 or done >= len(paths):
        return done, None
    how = f"signal {-child.returncode}" if child.returncode < 0 else f"exit status {child.returncode}"
    return done, f"reading this file brings the program down ({how}); it was left alone"


def _read_all() -> None:
    from veduta.errors import VedutaError
    from veduta.image.decode import read
    from veduta.image.metadata import read_metadata
    from veduta.settings import settings

    for line in sys.stdin:
        path = Path(json.loads(line))
        for step in (lambda path: read(path, settings().analysis_side), read_metadata):
            try:
                step(path)
            # Whatever is told by an exception is told again, and listed, when the photo is added.
            except (
                VedutaError,
                OSError,
                ValueError,
                MemoryError,
                RuntimeError,
                ArithmeticError,
                LookupError,
            ):
                continue
        sys.stdout.write(".")
        sys.stdout.flush()


if __name__ == "__main__":
    _read_all()
