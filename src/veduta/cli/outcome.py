"""How a command ends: the line that tells an error, the exit status, and what becomes of many files.

0: all was done. 2: what was asked for cannot be done as it was asked, nothing was written. 1: of several files some
failed and each was named, or something broke that nobody asked wrongly for.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from veduta.cli.output import printable, say
from veduta.errors import BadInput, ModelUnavailable, UnreadableImage, VedutaError

DONE, FAILED, REFUSED, STOPPED = 0, 1, 2, 130
# Wrong words on the command line, as the parser of this Typer tells them.
WRONG_WORDS: Any = typer.BadParameter.__bases__[0]
ENDS: tuple[Any, ...] = (VedutaError, OSError, MemoryError, WRONG_WORDS, typer.Abort)
# What the system says of files that were named wrongly; of the others, such as a full disk, nobody is to blame.
_NAMED_WRONGLY = frozenset(
    {
        errno.ENOENT,
        errno.EACCES,
        errno.EPERM,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EEXIST,
        errno.EROFS,
        errno.ENAMETOOLONG,
        errno.ELOOP,
        errno.EINVAL,
    }
)


def status_of(error: BaseException) -> int:
    """The exit status of a command that ends with `error`."""
    if isinstance(error, OSError):
        return REFUSED if error.errno in _NAMED_WRONGLY else FAILED
    return REFUSED if isinstance(error, (BadInput, WRONG_WORDS)) else FAILED


def reason_of(error: BaseException, path: Path | None = None) -> str:
    """What went wrong, in words; without the name of `path`, which is told beside it."""
    if isinstance(error, MemoryError):
        return "too large for this machine's memory"
    if isinstance(error, UnreadableImage) and error.path == path:
        return error.reason
    if isinstance(error, OSError):
        said = error.strerror or str(error)
        elsewhere = error.filename is not None and str(error.filename) != str(path)
        return f"{error.filename}: {said}" if elsewhere else said
    told = str(error)
    return told if path is None else told.removeprefix(f"{path}: ").removeprefix(f"{path.name}: ")


def ended(error: Any) -> int:
    """Tell an error that ends the command, one line where it was asked wrongly; returns the exit status."""
    if isinstance(error, typer.Abort):
        say("stopped")
        return FAILED
    if not isinstance(error, WRONG_WORDS):
        said = reason_of(error)
        say(f"veduta: {_one_line(said) if status_of(error) == REFUSED else said}")
        return status_of(error)
    text, where = error.format_message(), error.ctx
    if where is not None and text == where.get_help():
        say(text)  # a group without a command: its help is the answer
    elif where is not None:
        say(f"{where.command_path}: {_one_line(text).rstrip('.')} (see `{where.command_path} --help`)")
    else:
        say(f"veduta: {_one_line(text)}")
    return REFUSED


def _one_line(text: str) -> str:
    return " ".join(printable(text).split())


class Outcomes:
    """What becomes of the files of one command: one that fails is told and does not stop the others."""

    def __init__(self, count: int) -> None:
        """Take how many files there are: where it is one, its failure is that of the command."""
        self._alone = count == 1
        self._status = DONE

    def attempt(self, path: Path, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `work` tells of a file, with "error" None, or why it failed; raises ModelUnavailable.

        Without its network, no other file would fare better.
        """
        try:
            return {"error": None, **work()}
        except ModelUnavailable:
            raise
        except (VedutaError, OSError, MemoryError) as error:
            self.failed(status_of(error))
            return {"error": reason_of(error, path)}

    def failed(self, status: int = FAILED) -> None:
        """Count a file that failed."""
        self._status = status if self._alone else FAILED

    def end(self) -> None:
        """End the command with its status where files failed."""
        if self._status != DONE:
            raise typer.Exit(self._status)
