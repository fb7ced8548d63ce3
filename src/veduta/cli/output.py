"""What commands print: one JSON object per line, and progress on the error stream."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any


def emit(thing: Mapping[str, Any]) -> None:
    """Print one JSON object as one line of UTF-8; file names that are not UTF-8 come as escapes."""
    text = json.dumps(thing, ensure_ascii=False)
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        data = json.dumps(thing).encode("ascii")
    sys.stdout.flush()
    sys.stdout.buffer.write(data + b"\n")
    sys.stdout.buffer.flush()


def printable(text: str) -> str:
    """Text for a person; bytes of file names that are not UTF-8 come as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def say(text: str) -> None:
    """Print a line for a person to the error stream."""
    print(printable(text), file=sys.stderr)


class Bar:
    """Progress as a bar on a terminal; on anything else, as one line at the start of each stage of many steps."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._bar: Any = None
        self._task: Any = None

    def begin(self, what: str, total: int | None = None) -> None:
        """Start a stage."""
        self.end()
        if total == 0:
            return
        if not self._terminal:
            if total != 1:
                say(what if total is None else f"{what}: {total}")
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(what.encode("utf-8", "replace").decode(), total=total)
        self._bar.start()

    def advance(self, steps: int = 1) -> None:
        """Move on."""
        if self._bar is not None:
            self._bar.advance(self._task, steps)

    def end(self) -> None:
        """Finish the stage."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
