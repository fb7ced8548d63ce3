"""Atomic writes: a reader sees the old file or the new one, never half of one."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PART = ".part"
# A part that was not written to for so many seconds, by a process that is gone, is left over from a killed run.
FORGOTTEN = 60.0


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it is synced and renamed to `path`, on failure removed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=part_name(path), suffix=PART, dir=path.parent)
    except OSError as error:  # told of the file that was asked for, not of its part
        raise OSError(error.errno, error.strerror, str(path)) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path` atomically."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` atomically, as UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def part_name(path: Path) -> str:
    """How the hidden part of a file begins while this process writes it."""
    return f".{path.name[:80]}.{os.getpid()}-"


def sweep(folder: Path, deep: bool = False) -> None:
    """Take away what killed runs left half written in `folder`; `deep`: also in the folders in it."""
    for part in (folder.rglob if deep else folder.glob)(f".*{PART}"):
        written_by = part.name.removesuffix(PART).rpartition(".")[2].partition("-")[0]
        if not written_by.isdecimal() or _alive(int(written_by)):
            continue
        try:
            if part.is_file() and time.time() - part.stat().st_mtime > FORGOTTEN:
                part.unlink()
        except OSError:  # somebody else swept, or may
            continue


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
