"""A file that one process holds at a time: the system lets it go when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class Held(Exception):
    """Another process has held the file for as long as one would wait."""


def take(path: Path, wait: float | None = None, waiting: Callable[[], None] | None = None) -> int:
    """Take the lock file `path`; closing the handle that is returned lets it go.

    `wait` seconds at most (None: for ever); `waiting` is called once if another process holds it. Raises Held when
    time is up, OSError when the file cannot be made.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        start = time.monotonic()
        told = False
        while not _try(handle):
            if wait is not None and time.monotonic() - start >= wait:
                raise Held(path)
            if not told and waiting is not None:
                waiting()
            told = True
            time.sleep(0.05)
    except BaseException:
        os.close(handle)
        raise
    return handle


@contextmanager
def locked(path: Path, wait: float | None = None) -> Iterator[None]:
    """Hold the lock file `path`, see `take`."""
    handle = take(path, wait)
    try:
        yield
    finally:
        os.close(handle)
